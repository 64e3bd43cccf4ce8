"""Bets against the lottery that checks verdicts: fair, as computed by hand, and hardly ever won."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dialin.judge.guarantee import RISK, STAKES, Cascaded, SpotChecks, log_won


def wealth_by_hand(chance: float, n_found: int, n_missed: int) -> float:
    """Return the mean wealth of the four bettors after so many disagreements of one chance."""
    found = ((1 - STAKES) / (1 - STAKES * chance)) ** n_found
    missed = (1 / (1 - STAKES * chance)) ** n_missed
    return float((found * missed).mean())


def checks_with(chance: float, n_found: int) -> SpotChecks:
    checks = SpotChecks()
    for _ in range(n_found):
        checks.found(chance)
    return checks


@pytest.mark.parametrize("chance", [0.02, 0.3, 0.98])
def test_every_bet_is_fair(chance: float) -> None:
    found, missed = (1 - STAKES) / (1 - STAKES * chance), np.exp(log_won(np.array([chance])))[0]
    assert chance * found + (1 - chance) * missed == pytest.approx(np.ones(len(STAKES)))


@pytest.mark.parametrize("n_found", [0, 1, 4])
@pytest.mark.parametrize("chance", [0.1, 0.5])
def test_most_missed_is_what_the_bettor_is_not_yet_rich_by(chance: float, n_found: int) -> None:
    missed = checks_with(chance, n_found).most_missed([chance] * 200)
    assert 0 < missed < 200
    assert wealth_by_hand(chance, n_found, missed) < 1 / RISK <= wealth_by_hand(chance, n_found, missed + 1)


def test_no_more_can_be_missed_than_was_left_unchecked() -> None:
    checks = SpotChecks()
    assert checks.most_missed() == 0
    checks.unchecked += [0.1, 0.1]
    assert checks.most_missed() == 2
    assert checks.most_missed([0.1]) == 3


def test_what_was_found_leaves_room_for_more_that_was_missed() -> None:
    missed = [checks_with(0.3, n).most_missed([0.3] * 500) for n in range(6)]
    assert missed == sorted(set(missed))


def test_unlikely_checks_are_thought_to_have_missed_first() -> None:
    """Sure checks miss nothing, so only as many as the unlikely ones left are in doubt."""
    assert SpotChecks().most_missed([0.98] * 50 + [0.02] * 3) in {3, 4}


@pytest.mark.parametrize("n_found", [0, 2])
@pytest.mark.parametrize("allowed", [5, 10, 50])
def test_the_chance_is_the_least_that_proves_no_more_than_allowed(allowed: int, n_found: int) -> None:
    checks = checks_with(0.5, n_found)
    chance = checks.chance(allowed)
    assert checks.most_missed([chance] * 1000) <= allowed
    assert checks.most_missed([chance - 0.02] * 1000) > allowed


def test_after_many_disagreements_every_verdict_is_checked() -> None:
    assert checks_with(0.5, 30).chance(1) == 1.0


def steady(_: int) -> float:
    return 0.3


def falling(n: int) -> float:
    return max(0.1, 0.9 - 0.05 * n)


def until_found(n: int) -> float:
    return 0.1 if n == 0 else 0.9


@pytest.mark.parametrize("chance_after", [steady, falling, until_found], ids=["steady", "falling", "bold until found"])
def test_more_was_missed_at_any_moment_in_few_runs(chance_after: Callable[[int], float]) -> None:
    """A judge that is always wrong misses as much as a judge can: in 200 runs, 10 may pass the bound at some moment."""
    rng = np.random.default_rng(0)
    n_passed = sum(has_passed(rng, chance_after) for _ in range(200))
    assert n_passed <= 10


def has_passed(rng: np.random.Generator, chance_after: Callable[[int], float]) -> bool:
    checks, n_found = SpotChecks(), 0
    for n in range(20):
        chance = chance_after(n_found if chance_after is until_found else n)
        if rng.random() < chance:
            checks.found(chance)
            n_found += 1
        else:
            checks.unchecked.append(chance)
            if len(checks.unchecked) > checks.most_missed():
                return True
    return False


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Cascaded(0.95, 180, 100, 30, 2, 80),
            ["100 of 180 sets", "95 % of all 180", "80 questions to openai:m"],
        ),
        (Cascaded(0.95, 38, 0, 0, 0, 38), ["none of 38 sets", "95 % agreement", "38 questions to openai:m"]),
        (Cascaded(0.95), ["openai:m was asked about no set"]),
    ],
    ids=["some by the cheap judge", "all by the dear judge", "all by the embeddings"],
)
def test_the_line_says_who_decided_what_is_guaranteed_and_what_it_cost(found: Cascaded, words: list[str]) -> None:
    line = found.line("openai:m")
    assert all(part in line for part in words)
    assert "\n" not in line
