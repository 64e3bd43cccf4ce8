"""What the study of acts counts of its readings, and where the means of acts lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dialin.name.acts import ROLES
from studies.own import machine
from studies.own.acts import left_out, readings, said_by

READ = """reading,language,role,kind,sentences,share,former,name,former_is,name_is,preferred
1,en,agent,answer,9,0.5,various-replies,confirm-refund,broad,right,name
1,en,agent,answer,9,0.35,various-replies,ask-name,broad,wrong,former
1,zh,agent,data,4,0.2,询问-姓名,询问-地址,right,wrong,
"""


def test_names_with_enough_votes_are_counted_apart(tmp_path: Path) -> None:
    """From .35 on they have enough; who prefers neither has said so."""
    path = tmp_path / "read.csv"
    path.write_text(READ, encoding="utf-8")
    assert readings(path) == {
        "reading 1, enough votes": {
            "name": {"right": 1, "wrong": 1},
            "former": {"broad": 2},
            "preferred": {"name": 1, "former": 1},
        },
        "reading 1, fewer votes": {"name": {"wrong": 1}, "former": {"right": 1}, "preferred": {"neither": 1}},
    }


def test_the_results_are_those_of_the_table() -> None:
    """If not: ``python -m studies.own.acts --measure``."""
    assert machine.read("acts")["readings"] == readings()


def test_each_act_is_said_twice_in_twelve_businesses() -> None:
    for language in ("en", "zh"):
        said = said_by(language)
        assert said.keys() == {*ROLES}
        for turns in said.values():
            assert {len(by_business) for by_business in turns.values()} == {12}
            assert {len(own) for by_business in turns.values() for own in by_business.values()} == {2}


def test_a_turn_is_measured_by_the_other_businesses() -> None:
    """The clinic thanks as others take leave: so by the other business, only its goodbye, (.6, .8), fits, with .8.

    Without the bank, thanks lie at (0, 1) and goodbyes at (.6, .8): both turns of the bank lie nearer to the other's.
    """
    turns = {"say-thanks": {"bank": ["ta"], "clinic": ["cheers"]}, "say-goodbye": {"bank": ["bye"], "clinic": ["ciao"]}}
    X = dict(zip(("ta", "cheers", "bye", "ciao"), np.array([[1, 0], [0, 1], [0, 1], [0.6, 0.8]]), strict=True))
    assert left_out(turns, X) == {
        "acts": 2,
        "turns": 4,
        "nearest to their own": 0.25,
        "cosine of these, 2 %, 10 %, median": [0.8, 0.8, 0.8],
    }
