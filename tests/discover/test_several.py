"""An utterance states several intents if its parts explain it better than one intent for all of it, by the price."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.discover.several import LONGEST, PRICE, PartIntent, Stated, best_division, ranges_of, stated_in

NONE = PartIntent(-1, 0.0, 0.0)
Found = dict[tuple[int, int], PartIntent]


def clauses_of(*lengths: int) -> list[tuple[int, int]]:
    """Return clauses of these lengths, with a joint of five characters between two."""
    ends = [sum(lengths[: i + 1]) + 5 * i for i in range(len(lengths))]
    return [(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def found_in(clauses: Sequence[tuple[int, int]], of: Found) -> list[tuple[int, int, int]]:
    """Return what is stated, where a part that `of` lacks states nothing."""
    whole = dict.fromkeys(ranges_of(len(clauses)), NONE) | of
    return [(one.start, one.end, one.intent_id) for one in stated_in(clauses, whole)]


def test_two_needs_are_cut_apart() -> None:
    """10 of 30 characters gain 0, 20 of them 3: 0 + 3 · 20/30 = 2, less the price of a cut."""
    found = {(0, 1): PartIntent(0, 0.9, 0.0), (1, 2): PartIntent(1, 0.8, 3.0)}
    assert PRICE < 2
    assert found_in(clauses_of(10, 20), found) == [(0, 10, 0), (15, 35, 1)]


def test_a_gain_of_the_price_alone_cuts_nothing() -> None:
    """3/2 of a gain on half of the characters: 0.75 is less than the price; 2 · PRICE on half of them is just it."""
    for gain in (1.5, 2 * PRICE):
        found = {(0, 1): PartIntent(0, 0.9, 0.0), (1, 2): PartIntent(1, 0.8, gain)}
        assert found_in(clauses_of(10, 10), found) == []


def test_parts_that_agree_stay_whole() -> None:
    """However much they gain against the intent of the whole: two parts of one intent are no two intents."""
    found = {part: PartIntent(4, 0.9, 9.0) for part in ranges_of(2)}
    assert found_in(clauses_of(10, 10), found) == []


@pytest.mark.parametrize("lengths", [(), (7,)])
def test_no_clause_and_one_clause_stay_whole(lengths: tuple[int, ...]) -> None:
    found = {part: PartIntent(4, 0.9, 9.0) for part in ranges_of(len(lengths))}
    assert found_in(clauses_of(*lengths), found) == []


def test_what_states_nothing_lies_between() -> None:
    """A greeting, a need, thanks, another need: only the needs are told, each where it is."""
    found = {(1, 2): PartIntent(0, 0.9, 2.0), (3, 4): PartIntent(1, 0.9, 9.0)}
    assert found_in(clauses_of(5, 10, 5, 10), found) == [(10, 20, 0), (35, 45, 1)]


def test_neighbours_of_one_intent_are_one_part_with_the_higher_p() -> None:
    """Longer than the longest part that is looked at: it goes on."""
    n = LONGEST + 2
    found: Found = {(i, i + 1): PartIntent(0, 0.5 + i / 100, 6.0) for i in range(n)}
    found[n, n + 1] = PartIntent(1, 0.9, 6.0)
    clauses = clauses_of(*[10] * (n + 1))
    stated = stated_in(clauses, dict.fromkeys(ranges_of(n + 1), NONE) | found)
    assert stated == (
        Stated(0, clauses[n - 1][1], 0, 0.5 + (n - 1) / 100),
        Stated(*clauses[n], 1, 0.9),
    )


def test_an_intent_may_come_back() -> None:
    found = {(i, i + 1): PartIntent(i % 2, 0.9, 9.0) for i in range(3)}
    assert [one[2] for one in found_in(clauses_of(10, 10, 10), found)] == [0, 1, 0]


def test_a_part_of_two_clauses_is_taken_where_it_explains_more() -> None:
    """Alone, the clauses of the second half are of two intents and gain 2 each; together they gain 8."""
    found = {
        (0, 1): PartIntent(0, 0.9, 2.0),
        (1, 2): PartIntent(1, 0.9, 2.0),
        (2, 3): PartIntent(2, 0.9, 2.0),
        (1, 3): PartIntent(3, 0.9, 8.0),
    }
    assert found_in(clauses_of(10, 10, 10), found) == [(0, 10, 0), (15, 40, 3)]


def best_by_hand(clauses: list[tuple[int, int]], found: Found) -> float:
    """Return the best value over all ways to cut, by trying each."""
    n, total, best = len(clauses), sum(end - start for start, end in clauses), float("-inf")
    for size in range(n):
        for inner in combinations(range(1, n), size):
            ends = [0, *inner, n]
            parts = [found.get(part) for part in pairwise(ends)]
            spans = list(pairwise(ends))
            if any(p is None or (p.intent_id < 0 and b - a > 1) for p, (a, b) in zip(parts, spans, strict=True)):
                continue
            said = [(p, sum(e - s for s, e in clauses[a:b])) for p, (a, b) in zip(parts, spans, strict=True) if p]
            needs = [(p, length) for p, length in said if p.intent_id >= 0]
            n_cuts = sum(x.intent_id != y.intent_id for (x, _), (y, _) in pairwise(needs))
            best = max(best, sum(p.gain * length / total for p, length in needs) - PRICE * n_cuts)
    return best


@given(st.data())
def test_the_best_of_all_ways_is_found(data: st.DataObject) -> None:
    clauses = clauses_of(*data.draw(st.lists(st.integers(2, 9), min_size=1, max_size=5)))
    part = st.builds(PartIntent, st.integers(-1, 2), st.just(0.5), st.integers(0, 8).map(float))
    found = {own: data.draw(part) for own in ranges_of(len(clauses))}
    stated = stated_in(clauses, found)
    assert best_division(clauses, found).value == pytest.approx(best_by_hand(clauses, found))
    assert all(one.intent_id != other.intent_id for one, other in pairwise(stated))
    assert all(one.end <= other.start for one, other in pairwise(stated))


def test_a_long_text_takes_no_longer_than_its_length_asks() -> None:
    """2,000 clauses of 50 intents; only ways that can still win are kept."""
    clauses = clauses_of(*[10] * 2_000)
    found = dict.fromkeys(ranges_of(2_000), NONE) | {(i, i + 1): PartIntent(i % 50, 0.9, 2_000.0) for i in range(2_000)}
    assert len(stated_in(clauses, found)) == 2_000
