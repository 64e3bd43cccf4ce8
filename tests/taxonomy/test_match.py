"""Which intents of two runs are the same, on hand-made evidence and on sentences whose meaning is an angle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.taxonomy.difference import difference, difference_by
from dialin.taxonomy.flows import Flows, flows_between
from dialin.taxonomy.match import Matching, matched
from two_months import Said, month

JANUARY: Said = {"refund": [0, 1, 2, 3], "parcel": [40, 41, 42, 43], "密码": [80, 81, 82]}


def evidence(went: list[list[float]], came: list[list[float]]) -> Flows:
    shape = np.array(went).shape
    return Flows(np.array(went), np.array(came), np.zeros(shape, np.int64), np.zeros(shape))


def test_most_one_way_and_a_part_the_other_way_are_the_same() -> None:
    """Half is most, a tenth of the older is a part, and so is a quarter of the newer; a little less of any is not."""
    assert matched(evidence([[0.5]], [[0.25]]), {}).same == {0: 0}
    assert matched(evidence([[0.1]], [[0.5]]), {}).same == {0: 0}
    assert matched(evidence([[0.49]], [[0.49]]), {}) == Matching({}, {}, {})
    assert matched(evidence([[0.09]], [[1.0]]), {}) == Matching({}, {}, {})
    assert matched(evidence([[1.0]], [[0.09]]), {}) == Matching({}, {}, {})


def test_something_new_that_took_in_an_old_intent_is_not_that_intent() -> None:
    """All of the old intent is in the new one, but four of five sentences there come from nowhere."""
    assert matched(evidence([[1.0]], [[0.2]]), {}) == Matching({}, {}, {0: 0})


def test_a_new_intent_within_an_old_border_is_new() -> None:
    """All its sentences are put into the old intent by the older run, but none of the old intent's goes to it."""
    found = matched(evidence([[1.0, 0.0]], [[1.0, 1.0]]), {})
    assert found == Matching({0: 0}, {}, {})


def test_two_that_go_into_one_are_merged_into_the_larger() -> None:
    """The sums of both shares are 1 + .7 and 1 + .3: the first is the same, the second was merged into it."""
    assert matched(evidence([[1.0], [1.0]], [[0.7], [0.3]]), {}) == Matching({0: 0}, {}, {1: 0})


def test_the_matching_is_the_best_as_a_whole() -> None:
    """Alone, each old intent would be the first new one (1.2 and 1.15); the best sum is .6 + .6 + .5 + .65."""
    went, came = [[0.6, 0.6], [0.65, 0.0]], [[0.6, 0.55], [0.5, 0.0]]
    assert matched(evidence(went, came), {}).same == {0: 1, 1: 0}


def test_what_people_decided_binds() -> None:
    """Nothing but the decision makes the second old intent the new one."""
    assert matched(evidence([[1.0], [0.0]], [[1.0], [0.0]]), {1: 0}) == Matching({1: 0}, {}, {0: 0})


def test_no_intents_match_none() -> None:
    none = np.zeros((0, 2))
    assert matched(Flows(none, none, none.astype(np.int64), none), {}) == Matching({}, {}, {})


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_a_matching_is_one_to_one_and_no_intent_has_two_fates(m: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = matched(Flows(rng.random((m, k)), rng.random((m, k)), np.zeros((m, k), np.int64), np.zeros((m, k))), {})
    assert len(set(found.same.values())) == len(found.same)
    assert not set(found.same) & set(found.merged)
    assert not set(found.same.values()) & set(found.split)


def test_a_shared_sentence_is_where_each_run_put_it() -> None:
    """In February 3° is a parcel: a quarter of the refunds went there, and a fifth of the parcels came from them."""
    february = {"refund": [0, 1, 2], "parcel": [3, 40, 41, 42, 43], "密码": [80, 81, 82]}
    flows = flows_between(month(JANUARY), month(february))
    assert flows.went.tolist() == [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 1]]
    assert flows.came.tolist() == [[1, pytest.approx(0.2), 0], [0, pytest.approx(0.8), 0], [0, 0, 1]]
    assert flows.shared.tolist() == [[3, 1, 0], [0, 4, 0], [0, 0, 3]]


def test_months_without_a_common_sentence_are_compared_by_both_decision_functions() -> None:
    february = {"refund": [0.5, 1.5, 2.5], "parcel": [40.5, 41.5, 42.5], "密码": [80.5, 81.5]}
    flows = flows_between(month(JANUARY), month(february))
    assert flows.shared.sum() == 0
    assert np.diag(flows.came).tolist() == [1, 1, 1]
    assert np.diag(flows.went).min() >= 0.5
    assert np.diag(flows.cosine) == pytest.approx(1, abs=1e-3)


def fates(old: Said, new: Said) -> dict[str, tuple[str, ...]]:
    found = difference(month(old), month(new))
    return {found.seen(change).name: change.states for change in found.changes}


def test_the_same_month_again_keeps_all() -> None:
    assert fates(JANUARY, JANUARY) == dict.fromkeys(JANUARY, ("kept",))
    shuffled: Said = {name: list(reversed(JANUARY[name])) for name in reversed(list(JANUARY))}
    assert fates(JANUARY, shuffled) == dict.fromkeys(JANUARY, ("kept",))


def test_new_and_gone_intents_are_told() -> None:
    february: Said = {"refund": [0.5, 1.5, 2.5], "parcel": [40.5, 41.5, 42.5], "invoice": [140, 141, 142]}
    assert fates(JANUARY, february) == {
        "refund": ("kept",),
        "parcel": ("kept",),
        "invoice": ("new",),
        "密码": ("gone",),
    }


def test_a_split_and_a_merge_are_told_with_their_relatives() -> None:
    """Of six refunds, four stay and two are "late"; parcels and passwords become one, of which parcels are most."""
    old: Said = {"refund": [0, 1, 2, 3, 10, 11], "parcel": [40, 41, 42, 43], "密码": [50, 51, 52]}
    new: Said = {"refund": [0, 1, 2, 3], "late": [10, 11], "all": [40, 41, 42, 43, 50, 51, 52]}
    found = difference(month(old), month(new))
    states = {found.seen(change).name: change.states for change in found.changes}
    assert states == {"refund": ("split",), "late": ("split",), "all": ("merged", "renamed"), "密码": ("merged",)}
    relatives = {found.seen(change).name: [one.name for one in found.relatives(change)] for change in found.changes}
    assert relatives == {"refund": ["late"], "late": ["refund"], "all": ["密码"], "密码": ["all"]}


def test_a_split_is_certain_if_that_of_a_part_is() -> None:
    """One refund of nine was late, and four of ten are: said 100 times each, for sure; said once each, perhaps not."""
    old: Said = {"refund": [0, 1, 2, 3, 4, 5, 6, 7, 10], "parcel": [40, 41, 42, 43], "密码": [80, 81, 82]}
    new: Said = {"refund": [0, 1, 2, 3, 4, 5], "late": [9.5, 10, 10.5, 11], "parcel": [40, 41, 42], "密码": [80, 81]}
    for times, is_chance in ((100, False), (1, True)):
        found = difference(month(old, times=times), month(new, times=times))
        split = [change for change in found.changes if "split" in change.states]
        assert [found.seen(change).name for change in split] == ["refund", "late"]
        assert [found.may_be_chance(change) for change in split] == [is_chance] * 2


def test_another_cut_of_what_was_said_before_is_no_change() -> None:
    """A fifth of all is cut off refunds, and was said before as often: its share is certain, but nothing is new."""
    refunds, late = [0, 1, 2, 3], [20, 21]
    old, new = (
        month(said, times=100)
        for said in (
            {"refund": [*refunds, *late], "parcel": [60, 61, 62, 63]},
            {"refund": refunds, "late": late, "parcel": [60, 61, 62, 63]},
        )
    )
    (cut,) = (change for change in difference(old, new).changes if change.old is None)
    assert cut.share.is_certain
    assert cut.put is not None
    assert (cut.put.before, cut.put.after) == (0.2, 0.2)
    assert not cut.is_certain
    (joined,) = (change for change in difference(new, old).changes if change.new is None)
    assert (joined.share.is_certain, joined.is_certain) == (True, False)


def test_two_of_one_name_that_are_left_over_are_the_same() -> None:
    """Three of ten parcels go to what is called so now, which has seven others: neither share is most of anything."""
    flows = evidence([[0.3, 0.0]], [[0.3, 0.0]])
    old, new = month({"parcel": [0, 1]}), month({"Parcel": [40, 41], "refund": [80, 81]})
    found = difference_by(old, new, flows)
    assert [(change.old, change.new) for change in found.changes] == [(0, 0), (None, 1)]
    assert [one.old for one in difference_by(old, month({"late": [40], "refund": [80]}), flows).changes] == [
        None,
        None,
        0,
    ]


@pytest.mark.parametrize("name", ["various-requests-2", "report-problem", "各种-地址与电话"])
def test_a_name_that_tells_no_need_makes_no_two_intents_one(name: str) -> None:
    """As above, with such a name: what it stands for is another thing every month."""
    found = difference_by(month({name: [0, 1]}), month({name: [40, 41]}), evidence([[0.3]], [[0.3]]))
    assert [(change.old, change.new) for change in found.changes] == [(None, 0), (0, None)]


def test_a_change_of_share_counts_if_its_interval_does() -> None:
    """Refunds go from 4 to 12 of 12 + 7 said 100 times each; said once each, that may be chance."""
    more: Said = {"refund": [x / 4 for x in range(12)], "parcel": [40, 41, 42, 43], "密码": [80, 81, 82]}
    many = difference(month(JANUARY, times=100), month(more, times=100))
    assert [change.states for change in many.changes] == [("grown",), ("shrunk",), ("shrunk",)]
    few = difference(month(JANUARY), month(more))
    assert [change.states for change in few.changes] == [("kept",)] * 3


def test_the_same_uid_is_the_same_intent_wherever_its_sentences_are() -> None:
    old = month({"refund": [0, 1, 2]}, {"refund": "i1"})
    found = difference(old, month({"parcel": [90, 91], "refund": [180, 181]}, {"refund": "i1", "parcel": "i2"}))
    assert [(change.states, change.old) for change in found.changes] == [(("new",), None), (("kept",), 0)]
