"""The order in which people look at the intents of a run."""

from __future__ import annotations

import pytest

from dialin.name.sections import section_of
from dialin.review.rank import RankedIntent


def ranked(
    intent: int, kind: str, doubt: float, name: str = "a-b", *, is_done: bool = False, is_new: bool = False
) -> RankedIntent:
    section = section_of({"name": name, "kind": kind, "p_good": 0.5})
    fixed = {"size": 3, "n_occurrences": 9, "p_good": 0.5, "close": -1, "close_name": "", "cosine": 0.0}
    told = {"name": name, "section": section, "role": "", "wants_split": False, "examples": (), "description": ""}
    own = {"intent": intent, "kind": kind, "doubt": doubt, "is_done": is_done, "is_new": is_new}
    return RankedIntent(**fixed, **told, **own)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "order"),
    [
        ([ranked(0, "social", 90), ranked(1, "need", 2), ranked(2, "need", 5)], [2, 1, 0]),
        ([ranked(0, "", 1), ranked(1, "need", 2), ranked(2, "answer", 5)], [1, 0, 2]),
        ([ranked(0, "need", 9), ranked(1, "social", 1, is_new=True)], [1, 0]),
        ([ranked(0, "need", 9, is_done=True), ranked(1, "social", 1)], [1, 0]),
        ([ranked(0, "need", 9, "various-requests"), ranked(1, "need", 1), ranked(2, "social", 8)], [1, 0, 2]),
    ],
    ids=[
        "the most doubtful needs",
        "unknown kinds are as needs",
        "new ones",
        "settled ones last",
        "leftovers after needs",
    ],
)
def test_needs_come_before_what_else_is_said(rows: list[RankedIntent], order: list[int]) -> None:
    assert [row.intent for row in sorted(rows, key=lambda row: row.turn)] == order


def test_what_may_not_fit_agrees_with_the_expected_purity() -> None:
    """Of 9 utterances with P(good) ½, .61 + .42 · ½ = .82 should fit, so 9 · .18 = 1.62 may not, however doubtful."""
    assert ranked(0, "need", 8.5).misfits == pytest.approx(1.62)
