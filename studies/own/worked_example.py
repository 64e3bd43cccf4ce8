"""Compute the example of docs/how-it-works.md: twelve sentences on a circle go through the real steps of dialin.

The vectors are written by hand and the LLM follows a script. The code of a real run computes the tree, the cut, the
evidence, the verdicts, the pieces and the merge. `scripts/reference` puts the tables into the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.cut_weights import CutWeights
from dialin.cluster.cuts import Curves, MeasuredSample, curves
from dialin.cluster.granularity import MIN_MEASURED, Granularity, SuggestedCut, cut_probabilities, quantiles
from dialin.cluster.partition import Agglomerative
from dialin.cluster.tree import Tree
from dialin.discover.assign import Pieces, build
from dialin.judge.calibration import calibration_of
from dialin.judge.certainty import with_certainty
from dialin.judge.coherence import CoherenceJudge, JudgeSettings
from dialin.judge.evidence import CosineEvidence, HeightEvidence, SuggestedHeights
from dialin.judge.sample import sampler_of
from dialin.judge.verdict import SURE_LOG_ODDS, Judge, Verdict
from dialin.name.label_graph import (
    MergeSettings,
    auto_kappa,
    auto_theta,
    distances,
    label_edges,
    same_intent_probability,
)
from dialin.name.merge import MergeResult, NearestGroups, verified
from dialin.prompts.prompt import Prompt
from dialin.search.tree_search import TreeSearch, Walk, posterior
from dialin.search.trial import SearchResult
from dialin.text.markdown import table

MIN_SIZE = 2
CUTS = np.arange(2, 7)
SENTENCES = (
    ("where is my parcel", 3, "track"),
    ("track my parcel", 11, "track"),
    ("when does my order come", 40, "track"),
    ("is my order on its way", 48, "track"),
    ("send it to my office instead", 71, "address"),
    ("change the delivery address", 79, "address"),
    ("I want my money back", 140, "refund"),
    ("how do I get a refund", 148, "refund"),
    ("cancel my order", 205, "cancel-order"),
    ("stop the order from yesterday", 212, "cancel-order"),
    ("cancel my membership", 222, "cancel-membership"),
    ("end my membership today", 230, "cancel-membership"),
)
"""Text, angle of its vector in degrees, and its intent according to the scripted LLM."""
NAMES = {
    (0, 1): ("track-parcel", 0),
    (2, 3): ("track-order", 14),
    (4, 5): ("change-address", 80),
    (6, 7): ("request-refund", 150),
    (8, 9): ("cancel-order", 230),
    (10, 11): ("cancel-membership", 262),
    (0, 1, 2, 3): ("track-delivery", 7),
}
"""Name that the scripted LLM gives to a piece or an intent, and the angle of the name's vector in degrees."""
NEW = (("has my parcel left the depot", 9), ("do you sell gift cards", 105))
SURE = 0.97
"""Probability that the scripted LLM gives to the answer that it believes in."""


def on_circle(degrees: Sequence[float]) -> NDArray[np.float32]:
    """Return unit vectors at these angles, shape (n, 2)."""
    angle = np.radians(np.array(degrees, dtype=np.float64))
    return np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


@dataclass
class ScriptedLlm:
    """An LLM that gives probability `SURE` to Good if all shown sentences share an intent, and to Bad if not."""

    name: str = "openai:scripted"

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:  # noqa: ARG002 (protocol)
        """Return P(Good) and P(Bad) for each prompt, shape (n_prompts, 2)."""
        return np.array([self._answer(prompt.user) for prompt in prompts])

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Raise NotImplementedError: the names are in `NAMES`."""
        raise NotImplementedError

    def _answer(self, shown: str) -> tuple[float, float]:
        rows = frozenset(row for row, (text, _, _) in enumerate(SENTENCES) if f"- {text}\n" in f"{shown}\n")
        is_good = len({SENTENCES[row][2] for row in rows}) == 1
        return (SURE, 1 - SURE) if is_good else (1 - SURE, SURE)


@dataclass(frozen=True)
class Judged:
    """A judged set of sentences."""

    rows: tuple[int, ...]
    verdict: Verdict
    parts: tuple[tuple[int, ...], ...] = ()


@dataclass
class Recorder(Judge):
    """A judge that passes every question to another judge and records its verdicts."""

    judge_: CoherenceJudge
    sets: list[Judged] = field(default_factory=list)
    unions: list[Judged] = field(default_factory=list)

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster."""
        verdicts = self.judge_.judge(clusters)
        self.sets += [Judged(numbers(c), v) for c, v in zip(clusters, verdicts, strict=True)]
        return verdicts

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per union."""
        verdicts = self.judge_.judge_unions(pairs)
        for (a, b), verdict in zip(pairs, verdicts, strict=True):
            self.unions.append(Judged(numbers(np.concatenate([a, b])), verdict, (numbers(a), numbers(b))))
        return verdicts


def numbers(rows: Rows) -> tuple[int, ...]:
    """Return rows as plain numbers, ascending."""
    return tuple(sorted(map(int, rows)))


class Example:
    """The steps of the example, each computed once from the steps before it."""

    def __init__(self) -> None:
        self.texts = [text for text, _, _ in SENTENCES]
        self.X = on_circle([angle for _, angle, _ in SENTENCES])
        self.calibration = calibration_of("openai:scripted")

    @cached_property
    def tree(self) -> Tree:
        """Ward's tree over the smoothed vectors."""
        return Agglomerative(smooth=True).fit(self.X).tree

    @cached_property
    def curves(self) -> Curves:
        """Stability and separation of every cut."""
        return curves(MeasuredSample(self.X), CUTS, MIN_SIZE, n_samples=8, rng=np.random.default_rng(0))

    @cached_property
    def worth(self) -> NDArray[np.float64]:
        """Stability times separation, shape (n_cuts,)."""
        return np.asarray(self.curves.stability.mean(axis=0) * self.curves.separation)

    @cached_property
    def granularity(self) -> Granularity:
        """The cuts with their probabilities; the vectors are of no fitted embedder, so closeness does not count.

        Nor is the number raised, as it is where a hundred sentences and more are measured.
        """
        numbers = CUTS.astype(np.float64)
        p = cut_probabilities(self.worth, numbers, 1.0, CutWeights())
        low, median, high = (round(k) for k in quantiles(numbers, p))
        return Granularity(median, low, high, numbers, p)

    @cached_property
    def cut(self) -> SuggestedCut:
        """Their heights in the tree."""
        return SuggestedCut.of(self.granularity, self.tree, np.ones(len(self.X), dtype=np.bool_))

    @cached_property
    def evidence(self) -> HeightEvidence:
        """Evidence from the vectors."""
        stratum = np.zeros(len(self.X), dtype=np.int64)
        otherwise = CosineEvidence(self.X, stratum, self.calibration.geometry_weights)
        points = Agglomerative(smooth=True).points(self.X)
        heights = SuggestedHeights(stratum, (self.cut,), (0,), points)
        return HeightEvidence(heights, self.calibration.height_slope, otherwise)

    @cached_property
    def recorder(self) -> Recorder:
        """The judge, with a record of its verdicts."""
        settings = JudgeSettings(form=self.calibration.form)
        judge = CoherenceJudge(
            self.texts, self.X, ScriptedLlm(), sampler_of("convex"), settings, self.calibration, evidence=self.evidence
        )
        return Recorder(judge)

    @cached_property
    def found(self) -> SearchResult:
        """The pieces that the search keeps."""
        search = TreeSearch(MIN_SIZE, np.full(len(self.X), self.cut.height))
        return search(Agglomerative(smooth=True).fit(self.X), self.recorder.judge, [])

    @cached_property
    def pieces(self) -> list[tuple[int, ...]]:
        """The sentences of each piece, ascending."""
        return sorted(map(numbers, self.found.clusters))

    @cached_property
    def names(self) -> NDArray[np.float32]:
        """The vectors of the names of the pieces, shape (n_pieces, 2)."""
        return on_circle([NAMES[piece][1] for piece in self.pieces])

    @cached_property
    def merged(self) -> MergeResult:
        """The pieces merged into intents."""
        clusters = [np.array(piece) for piece in self.pieces]
        return verified(clusters, label_edges(self.names, MergeSettings()), self.recorder, NearestGroups(self.X))

    @cached_property
    def intents(self) -> list[tuple[int, ...]]:
        """The sentences of each intent."""
        return [numbers(np.concatenate([self.pieces[i] for i in group])) for group in self.merged.groups]

    @cached_property
    def decision(self) -> Pieces:
        """The function that assigns sentences."""
        owner = {i: g for g, group in enumerate(self.merged.groups) for i in group}
        return build(
            self.X, [np.array(p) for p in self.pieces], [owner[i] for i in range(len(owner))], [""] * len(owner)
        )

    def asked(self, rows: tuple[int, ...], verdict: Verdict) -> str:
        """Return the LLM's P(Good), or a dash if it was not asked."""
        if not verdict.n_asked:
            return "—"
        return f"{SURE if len({SENTENCES[row][2] for row in rows}) == 1 else 1 - SURE:.2f}"


# --- the tables of the page -----------------------------------------------------------------------


def span(rows: Sequence[int]) -> str:
    """Return sentence numbers, counted from 1; consecutive numbers form a span.

    Examples
    --------
    >>> span([0, 1, 2, 5])
    '1–3, 6'
    """
    runs: list[list[int]] = []
    for row in sorted(rows):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return ", ".join(f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1}–{run[-1] + 1}" for run in runs)


def signed(value: float) -> str:
    """Return a number with its sign and two decimals."""
    return f"{value:+.2f}".replace("-", "−")


def sentence_table() -> str:
    """Return the table of sentences and angles, three per row."""
    cells = [(i + 1, text, f"{angle}°") for i, (text, angle, _) in enumerate(SENTENCES)]
    rows = [(*cells[i], *cells[i + 4], *cells[i + 8]) for i in range(4)]
    return table(("", "sentence", "angle") * 3, rows)


def cut_table(example: Example) -> str:
    """Return the table of the worth of each cut, one column per cut."""
    figures = {
        "stability": example.curves.stability.mean(axis=0),
        "separation": example.curves.separation,
        "probability": example.granularity.p,
    }
    rows = [(name, *(f"{value:.2f}" for value in values)) for name, values in figures.items()]
    return table(("clusters", *map(str, CUTS)), rows)


def node_table(example: Example) -> str:
    """Return the table of the nodes: height, evidence, answer, verdict, and P(good) given the node's relatives."""
    kept = set(example.pieces)
    said = {judged.rows: judged.verdict for judged in example.recorder.sets}
    tree = example.tree
    walk = Walk(tree, example.recorder.judge_.judge, MIN_SIZE, sure=SURE_LOG_ODDS)
    walk.run(tree.cut_below(np.full(len(example.X), example.cut.height)).tolist())
    chance = posterior(tree, walk.verdicts, prior=0.5)
    rows = []
    for node in range(tree.n_leaves, tree.root + 1):
        members = numbers(tree.members(node))
        verdict = said.get(members)
        rows.append(
            (
                span(members),
                f"{tree.height[node - tree.n_leaves]:.2f}",
                signed(example.evidence.log_odds(np.array(members))),
                "—" if verdict is None else example.asked(members, verdict),
                "—" if verdict is None else f"{verdict.p_good:.2f}",
                f"{chance[node][0]:.2f}" if node in chance else "—",
                "yes" if members in kept else "",
            )
        )
    head = ("node", "height", "evidence", "LLM says Good", "verdict P(good)", "beside its relatives", "kept")
    return table(head, rows)


def union_table(example: Example) -> str:
    """Return the table of the proposed unions: distance of the names, evidence, answer and verdict."""
    assert example.merged.groups  # the merge fills the record
    rows = []
    for judged in example.recorder.unions:
        a, b = judged.parts
        apart, p_one, is_edge = names_of(example, a, b)
        rows.append(
            (
                f"{span(a)} with {span(b)}",
                apart,
                p_one,
                is_edge,
                signed(example.evidence.log_odds(np.array(a), np.array(b))),
                example.asked(judged.rows, judged.verdict),
                f"{judged.verdict.p_good:.2f}",
            )
        )
    head = ("union", "names apart (rad)", "P(one intent)", "edge", "evidence", "LLM says Good", "verdict P(good)")
    return table(head, rows)


def names_of(example: Example, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[str, str, str]:
    """Return distance, P(one intent) and edge (yes or no) for the names of two pieces; dashes for other sets."""
    if a not in example.pieces or b not in example.pieces:
        return "—", "—", "—"
    i, j = sorted((example.pieces.index(a), example.pieces.index(b)))
    P = same_intent_probability(example.names, auto_kappa(example.names))
    is_edge = (i, j) in label_edges(example.names, MergeSettings())
    return f"{distances(example.names, 'geodesic')[i, j]:.2f}", f"{P[i, j]:.2f}", "yes" if is_edge else "no"


def intent_table(example: Example) -> str:
    """Return the table of the intents, one column per intent."""
    intents = sorted(example.intents)
    sure = [example.recorder.judge_.confidence(np.array(intent)) or 0.0 for intent in intents]
    rows = [("sentences", *map(span, intents)), ("P(good), reported", *map(with_certainty, sure))]
    return table(("intent", *(NAMES[intent][0] for intent in intents)), rows)


def new_table(example: Example) -> str:
    """Return the table of two new sentences and their intents."""
    X = on_circle([angle for _, angle in NEW])
    piece, cosine, _ = example.decision.nearest(X, [""] * len(NEW))
    labels, _ = example.decision.assign(X, [""] * len(NEW))
    rows = []
    for i, (text, angle) in enumerate(NEW):
        name = NAMES[example.intents[labels[i]]][0] if labels[i] >= 0 else "none (−1)"
        rows.append(
            (
                text,
                f"{angle}°",
                span(example.pieces[piece[i]]),
                f"{cosine[i]:.3f}",
                f"{example.decision.radii[piece[i]]:.3f}",
                name,
            )
        )
    return table(("new sentence", "angle", "nearest piece", "cosine", "radius", "intent"), rows)


def value_line(example: Example) -> str:
    """Return the single numbers that the page mentions, in one line."""
    values = {
        "sentences needed for a cut": f"{MIN_MEASURED}",
        "height of the cut": f"{example.cut.height:.2f}",
        "slope": f"{example.calibration.height_slope:.0f}",
        "answer span": f"{example.calibration.answer_span:.2f}",
        "sure": f"{1 / (1 + np.exp(-SURE_LOG_ODDS)):.2f}",
        "θ": f"{auto_theta(distances(example.names, 'geodesic')):.2f}",
        "κ": f"{auto_kappa(example.names):.1f}",
        "τ": f"{MergeSettings().tau}",
    }
    return " · ".join(f"{name}: {value}" for name, value in values.items())


def blocks() -> dict[str, str]:
    """Return the generated parts of docs/how-it-works.md by name."""
    example = Example()
    return {
        "example sentences": sentence_table(),
        "example cuts": cut_table(example),
        "example values": value_line(example),
        "example nodes": node_table(example),
        "example unions": union_table(example),
        "example intents": intent_table(example),
        "example new sentences": new_table(example),
    }


if __name__ == "__main__":
    print("\n\n".join(blocks().values()))
