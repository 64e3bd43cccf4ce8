"""Limits for a scheduled job: what they may say, and when they are exceeded."""

from __future__ import annotations

import pytest

from dialin.errors import InputError
from dialin.taxonomy.alarm import FIGURES, Limit, exceeded, figures_of, limit_of
from dialin.taxonomy.difference import difference
from dialin.taxonomy.migration import migration_csv, migration_rows
from two_months import month

OLD = {"refund": [0, 1, 2, 3], "parcel": [40, 41, 42, 43, 44, 45], "=密码": [80, 81], "": [200, 210]}
NEW = {"refund": [0, 1, 2, 3], "parcel": [40, 41, 42, 43], "late": [44, 45], "invoice": [140, 141], "": [200, 210, 220]}


@pytest.mark.parametrize("text", ["new>0.02", "gone > .5", "changed>0", "unassigned>0.999"])
def test_a_limit_is_a_figure_and_a_share(text: str) -> None:
    found = limit_of(text)
    assert found.figure in FIGURES
    assert found.value == float(text.split(">")[1])


@pytest.mark.parametrize(
    "text", ["", "new", "new>", "new<0.1", "new>=0.1", "new>1", "new>2%", "New>0.1", "old>0.1", "new>-1"]
)
def test_anything_else_is_an_error_that_says_what_a_limit_is(text: str) -> None:
    with pytest.raises(InputError, match="is not a limit") as error:
        limit_of(text)
    assert "new>0.02" in str(error.value)


def test_the_figures_are_shares_of_utterances() -> None:
    """Of 15 now, 2 are invoices and 3 have no intent; of 14 before, 2 were passwords. Parcels go from 6/14 to 4/15."""
    found = figures_of(difference(month(OLD, times=100), month(NEW, times=100)))
    changed = pytest.approx(6 / 14 - 4 / 15)
    assert found == {"new": 2 / 15, "gone": 2 / 14, "changed": changed, "unassigned": 3 / 15}


def test_what_chance_may_explain_does_not_count() -> None:
    """Said once each, none of these differences is certain."""
    found = figures_of(difference(month(OLD), month(NEW)))
    assert found == {"new": 0, "gone": 0, "changed": 0.0, "unassigned": 3 / 15}


def test_only_what_is_above_its_limit_is_told() -> None:
    found = difference(month(OLD, times=100), month(NEW, times=100))
    assert exceeded(found, [Limit("new", 0.1), Limit("gone", 0.2), Limit("unassigned", 0.1)]) == [
        "new is 0.1333, above 0.1",
        "unassigned is 0.2000, above 0.1",
    ]
    assert exceeded(found, [Limit("new", 2 / 15)]) == []


def test_the_migration_table_leads_from_old_to_new() -> None:
    """A third of the parcels is late now; what is gone goes nowhere."""
    found = difference(month(OLD, {"refund": "i1"}), month(NEW, {"refund": "i1", "late": "i9"}))
    assert list(migration_rows(found)) == [
        ("i1", "refund", "i1", "refund", 1.0),
        ("", "parcel", "", "parcel", 0.6667),
        ("", "parcel", "i9", "late", 0.3333),
        ("", "=密码", "", "", 1.0),
    ]
    assert migration_csv(found).splitlines()[-1] == ",'=密码,,,1.0"
