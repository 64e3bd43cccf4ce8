"""Pieces on a circle: who belongs where, how far a piece may grow, and why the rest stays out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dialin.arrays import Matrix, Rows
from dialin.cluster.labels import centroid
from dialin.discover.assign import Pieces, build, products, reasons, widen
from dialin.judge.verdict import Verdict
from oracles import BAD, GOOD, UNREADABLE, Constant, Oracle, blobs, on_circle, unit

ANY = ["", ""]


def why_none(X: Matrix, labels: NDArray[np.int64], least: int) -> list[str]:
    return reasons(X, labels, np.full(len(X), least))


def two_pieces(*roles: str) -> Pieces:
    """Two pieces, ±5° around 0° and ±10° around 90°, of the intents 7 and 3."""
    X = on_circle(-5, 5, 80, 100)
    return build(X, [np.array([0, 1]), np.array([2, 3])], [7, 3], roles or ANY)


def labels_of(pieces: Pieces, *degrees: float, role: str = "") -> list[int]:
    return [int(g) for g in pieces.assign(on_circle(*degrees), [role] * len(degrees))[0]]


def test_centroid() -> None:
    np.testing.assert_allclose(centroid(on_circle(0, 90)), [np.sqrt(0.5)] * 2, atol=1e-6)
    assert np.all(np.isfinite(centroid(on_circle(0, 180))))


def test_build() -> None:
    pieces = two_pieces("agent", "")
    np.testing.assert_allclose(pieces.centroids, on_circle(0, 90), atol=1e-6)
    np.testing.assert_allclose(pieces.radii, np.cos(np.radians([5, 10])), atol=1e-6)
    assert pieces.intents.tolist() == [7, 3]
    assert pieces.roles == ("agent", "")


def test_within_the_radius_and_beyond() -> None:
    """The radius goes to the farthest member: 5° to either side of 0°, 10° of 90°."""
    assert labels_of(two_pieces(), 0, 4.9, 5, 5.5, 79.5, 80, 95, 101, 200) == [7, 7, 7, -1, -1, 3, 3, -1, -1]


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_members_get_the_intent_of_their_cluster(sizes: list[int], seed: int) -> None:
    X, gold = blobs(sizes, seed=seed)
    clusters = [np.flatnonzero(gold == g) for g in range(len(sizes))]
    pieces = build(X, clusters, range(len(sizes)), [""] * len(sizes))
    labels, p = pieces.assign(X, [""] * len(X))
    assert np.array_equal(labels, gold)
    assert np.all(p > 0.9)


def test_p_intent_by_hand() -> None:
    """At 45° both pieces are equally near: e⁰ / (e⁰ + e⁰) = ½; where both are one intent, 1; where none, 0."""
    wide = Pieces(on_circle(0, 90), np.full(2, -1, np.float32), np.array([0, 1]), ("", ""))
    assert wide.assign(on_circle(45), [""])[1] == pytest.approx(0.5, abs=1e-4)
    one = Pieces(wide.centroids, wide.radii, np.array([4, 4]), wide.roles)
    assert one.assign(on_circle(45), [""])[1] == pytest.approx(1)
    assert two_pieces().assign(on_circle(45), [""])[1] == 0


def test_p_intent_falls_with_the_distance_to_the_border() -> None:
    wide = Pieces(on_circle(0, 90), np.full(2, -1, np.float32), np.array([0, 1]), ("", ""))
    p = wide.assign(on_circle(0, 20, 40, 44), [""] * 4)[1]
    assert np.all(np.diff(p) < 0)
    assert p[0] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("role", "expected"),
    [("customer", [7, -1]), ("agent", [-1, 3]), ("", [7, 3]), ("supervisor", [-1, -1])],
)
def test_pieces_take_their_own_role(role: str, expected: list[int]) -> None:
    assert labels_of(two_pieces("customer", "agent"), 0, 90, role=role) == expected


@pytest.mark.parametrize("role", ["customer", "agent", ""])
def test_a_piece_of_no_role_takes_all(role: str) -> None:
    assert labels_of(two_pieces(), 0, 90, role=role) == [7, 3]


def test_the_nearest_of_the_own_role_not_of_all() -> None:
    pieces = build(on_circle(0, 4, 2), [np.array([0, 1]), np.array([2])], [0, 1], ["agent", "customer"])
    assert labels_of(pieces, 2, role="agent") == [0]
    assert labels_of(pieces, 2, role="customer") == [1]


def test_no_pieces_and_no_rows() -> None:
    nothing = build(on_circle(0, 90), [], [], [])
    assert labels_of(nothing, 0, 90) == [-1, -1]
    labels, p = two_pieces().assign(on_circle(), [])
    assert len(labels) == len(p) == 0


def test_chunks_change_nothing() -> None:
    X, gold = blobs([9, 8, 7])
    pieces = build(X, [np.flatnonzero(gold == g) for g in range(3)], range(3), [""] * 3)
    none, least = np.full(24, -1), np.full(24, 3)
    whole, (labels, p) = pieces.assign(X, [""] * 24), pieces.assign(X, [""] * 24, chunk=5)
    assert np.array_equal(labels, whole[0])
    np.testing.assert_allclose(p, whole[1], atol=1e-6)
    assert reasons(X, none, least, chunk=5) == reasons(X, none, least)


def test_what_is_about_as_near_as_the_members_belongs_too() -> None:
    """Members at 0°, 0° and ±20° around 0°: cosines 1, 1 and twice cos 20° = .940, so mean .970 and deviation .030.

    Four deviations below the mean are .849, which is 32°; at 33° one belongs no more.
    """
    X = on_circle(0, 0, 20, -20, 31, 33)
    pieces = build(X, [np.arange(4)], [5], ANY[:1])
    mean, deviation = (1 + np.cos(np.radians(20))) / 2, (1 - np.cos(np.radians(20))) / 2
    np.testing.assert_allclose(pieces.radii, mean - 4 * deviation, atol=1e-6)
    assert pieces.assign(X, [""] * 6)[0].tolist() == [5, 5, 5, 5, 5, -1]


def test_how_much_members_vary_is_measured_over_all_pieces() -> None:
    """A piece of two, whose members are equally near, borrows the deviation of the other one."""
    X = on_circle(0, 0, 20, -20, 179, 181)
    pieces = build(X, [np.arange(4), np.array([4, 5])], [0, 1], ANY[:1] * 2)
    deviation = (1 - np.cos(np.radians(20))) / 2 * np.sqrt(4 / 6)
    np.testing.assert_allclose(pieces.radii[1], np.cos(np.radians(1)) - 4 * deviation, atol=1e-6)


# --- coverage ----------------------------------------------------------------------------------------------------

CROWD = on_circle(-5, 5, 8, 12, 80, 100, 115, 130)
"""Pieces around 0° (rows 0, 1) and 90° (4, 5); 8° and 12° are near the first, 115° and 130° near the second."""


def crowd_pieces() -> Pieces:
    return build(CROWD, [np.array([0, 1]), np.array([4, 5])], [0, 1], ANY)


def widened(coverage: float, judge: Oracle | Constant) -> list[int]:
    pieces = widen(crowd_pieces(), CROWD, [""] * 8, coverage, judge)
    return [int(g) for g in pieces.assign(CROWD, [""] * 8)[0]]


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [
        (0.0, [0, 0, -1, -1, 1, 1, -1, -1]),
        (0.5, [0, 0, -1, -1, 1, 1, -1, -1]),  # 4 of 8 have one already
        (0.6, [0, 0, 0, -1, 1, 1, -1, -1]),  # ⌈4.8⌉ = 5: the one that lacks least, cos 5° − cos 8° = .006
        (0.75, [0, 0, 0, 0, 1, 1, -1, -1]),  # 6: and cos 5° − cos 12° = .018
        (0.8, [0, 0, 0, 0, 1, 1, 1, -1]),  # ⌈6.4⌉ = 7: and cos 10° − cos 25° = .079
        (1.0, [0, 0, 0, 0, 1, 1, 1, 1]),
    ],
)
def test_coverage_takes_the_nearest_first(coverage: float, expected: list[int]) -> None:
    assert widened(coverage, Constant(GOOD)) == expected


@pytest.mark.parametrize("verdict", [BAD, UNREADABLE])
def test_coverage_is_not_reached_against_the_judge(verdict: Verdict) -> None:
    assert widened(1.0, Constant(verdict)) == widened(0.0, Constant(GOOD))


def test_each_piece_grows_by_itself() -> None:
    """The judge agrees to 0° growing and not to 90°; it is asked about members and newcomers together."""
    oracle = Oracle(np.array([0, 0, 0, 0, 1, 1, 2, 2]))
    assert widened(1.0, oracle) == [0, 0, 0, 0, 1, 1, -1, -1]
    assert {frozenset({0, 1, 2, 3}), frozenset({4, 5, 6, 7})} <= set(oracle.asked)
    assert len(oracle.asked) == len(set(oracle.asked))


def test_nothing_is_asked_where_the_coverage_is_reached() -> None:
    oracle = Oracle(np.zeros(8, dtype=np.int64))
    widened(0.5, oracle)
    assert oracle.asked == []


def test_coverage_keeps_to_the_roles() -> None:
    pieces = build(CROWD, [np.array([0, 1]), np.array([4, 5])], [0, 1], ["customer", "agent"])
    roles = ["customer"] * 4 + ["agent"] * 3 + ["customer"]
    labels = widen(pieces, CROWD, roles, 1.0, Constant(GOOD)).assign(CROWD, roles)[0]
    assert labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 0]  # 130° goes to 0°, the customer's


def test_sentences_without_a_piece_of_their_role_are_not_covered() -> None:
    """Of 8, 4 are in, two near ones could be, two supervisors cannot: 75 % is 6, so both near ones come in."""
    roles = ["customer"] * 6 + ["supervisor"] * 2
    pieces = build(CROWD, [np.array([0, 1]), np.array([4, 5])], [0, 1], ["customer"] * 2)
    labels = widen(pieces, CROWD, roles, 0.75, Constant(GOOD)).assign(CROWD, roles)[0]
    assert labels.tolist() == [0, 0, 0, 0, 1, 1, -1, -1]


def test_coverage_without_pieces() -> None:
    nothing = build(CROWD, [], [], [])
    assert len(widen(nothing, CROWD, [""] * 8, 0.9, Constant(GOOD)).radii) == 0


def test_the_judge_is_never_asked_about_an_empty_half() -> None:
    """Piece 0 holds two groups 30° to either side of its axis, each nearer to a piece of its own.

    A sentence 35° off, at a right angle to both, is nearest to piece 0, which has no members by then.
    """

    def at(polar: float, azimuth: float) -> list[float]:
        p, a = np.radians([polar, azimuth])
        return [np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)]

    X = unit(np.array([at(30, 0), at(30, 180), at(30, 0), at(30, 180), at(35, 90)]))
    pieces = build(X, [np.array([0, 1]), np.array([2]), np.array([3])], [0, 1, 2], [""] * 3)
    halves: list[int] = []

    class Watching(Constant):
        def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
            halves.extend(len(half) for pair in pairs for half in pair)
            return super().judge_unions(pairs)

    widen(pieces, X, [""] * 5, 1.0, Watching(GOOD))
    assert 0 not in halves


# --- reasons -----------------------------------------------------------------------------------------------------


def test_reasons_by_hand() -> None:
    """Members of the intent lie 4° apart, so what is 4° or less away is near. With at least 4 to a cluster:

    200° has nobody: noise. 100° has two (96.5°, 103.5°; they have but one each): rare. 300° … 303° have three each,
    enough for a cluster of four, but none came of it: mixed.
    """
    X = on_circle(0, 4, 8, 200, 96.5, 100, 103.5, 300, 301, 302, 303)
    labels = np.array([0, 0, 0] + [-1] * 8)
    assert why_none(X, labels, 4) == ["", "", "", "noise", "rare", "rare", "rare", *["mixed"] * 4]


def test_a_reason_goes_by_the_least_size_among_the_like() -> None:
    """The same four, each with three beside it, where a cluster needs 4, and where it needs 5."""
    X, labels = on_circle(0, 4, 8, 300, 301, 302, 303), np.array([0, 0, 0] + [-1] * 4)
    assert reasons(X, labels, np.array([4, 4, 4, 4, 4, 5, 5]))[3:] == ["mixed", "mixed", "rare", "rare"]


def test_reasons_are_about_the_unassigned_only() -> None:
    """At 1° there are three members of an intent, but no other sentence that has none."""
    X = on_circle(0, 2, 4, 1)
    assert why_none(X, np.array([0, 0, 0, -1]), 3) == ["", "", "", "noise"]


def test_no_reason_is_needed_or_no_intent_is_there() -> None:
    X = on_circle(0, 1, 90)
    assert why_none(X, np.array([0, 0, 1]), 3) == ["", "", ""]
    assert why_none(X, np.array([-1, -1, -1]), 3) == ["noise"] * 3
    assert why_none(X[:0], np.zeros(0, dtype=np.int64), 3) == []


@given(seed=st.integers(0, 99), n=st.integers(0, 30))
@settings(max_examples=30)
def test_every_unassigned_sentence_has_a_reason_and_no_other(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 3, size=n)
    why = why_none(unit(rng.normal(size=(n, 3))), labels, 3)
    assert all((reason in ("noise", "rare", "mixed")) == (label < 0) for reason, label in zip(why, labels, strict=True))
    assert all(reason == "" for reason, label in zip(why, labels, strict=True) if label >= 0)


def test_no_bit_depends_on_the_threads_of_blas() -> None:
    """With two threads OpenBLAS cuts a product elsewhere, and some sums round otherwise."""
    rng = np.random.default_rng(0)
    X, centroids = rng.normal(size=(600, 384)).astype(np.float32), rng.normal(size=(397, 384)).astype(np.float32)
    with threadpool_limits(1, user_api="blas"):
        one = products(X, centroids)
    with threadpool_limits(2, user_api="blas"):
        assert np.array_equal(products(X, centroids), one)


def test_no_bit_of_a_row_depends_on_its_place() -> None:
    rng = np.random.default_rng(0)
    X, centroids = rng.normal(size=(302, 384)).astype(np.float32), rng.normal(size=(81, 384)).astype(np.float32)
    order = rng.permutation(len(X))
    assert np.array_equal(products(X[order], centroids), products(X, centroids)[order])
