"""Write the data card of an annotation in Markdown: source, counts, labels, protocol, agreement and changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialin.annotate.dataset import LABELLED_STAGES
from dialin.review.stages import Stage, standing_of
from dialin.review.state import ReviewState
from dialin.review.verdicts import GROUPS, JUDGES, agreement_text, fleiss_agreement
from dialin.runs.manifest import Manifest
from dialin.runs.run import Run
from dialin.text.markdown import cell, table

N_EXAMPLES = 3
CUT = 120
"""Maximum length of an example, in characters."""
PROTOCOL = """1. {start}
2. Each person in the first group independently judged each cluster good (one intent) or bad, without seeing the
   verdicts of others. The number of verdicts per cluster is {wanted}; then the majority decides, and a tie waits for
   one more verdict.
3. The good clusters were named; clusters with the same name are one intent.
4. Each sentence of the bad clusters was moved to an existing intent or a new one, or marked as having none.
5. Each person in the second group independently judged each intent good or bad; bad intents were changed and verified
   again.

Fleiss' κ covers the clusters with the most common number of verdicts, two or more. An intent that was changed and
verified again counts as a separate item."""


@dataclass(frozen=True)
class LabelSummary:
    """A label of the data set, with its counts, its verification and its most frequent sentences."""

    label: str
    n_sentences: int
    n_utterances: int
    is_verified: bool
    examples: tuple[str, ...]


def label_summaries(run: Run) -> list[LabelSummary]:
    """Return the labels of the data set, the most frequent first; intents with the same name share a label."""
    state, standing = run.review, standing_of(run.review)
    rows: dict[str, list[int]] = {}
    verified: dict[str, bool] = {}
    for intent in standing.at(*LABELLED_STAGES):
        name = state.intents[intent].name
        rows.setdefault(name, []).extend(standing.rows[intent].tolist())
        verified[name] = verified.get(name, True) and standing.stages[intent] is Stage.VERIFIED
    found = [_sized(run, name, own, verified[name]) for name, own in rows.items()]
    return sorted(found, key=lambda sized: (-sized.n_utterances, sized.label))


def _sized(run: Run, name: str, rows: list[int], is_verified: bool) -> LabelSummary:
    counts = run.corpus.counts
    frequent = sorted(rows, key=lambda row: (-int(counts[row]), row))[:N_EXAMPLES]
    examples = tuple(cut(run.corpus.texts[row]) for row in frequent)
    return LabelSummary(name, len(rows), int(counts[rows].sum()), is_verified, examples)


def cut(text: str) -> str:
    """Return a text, cut to `CUT` characters with an ellipsis.

    Examples
    --------
    >>> len(cut("a" * 120)), cut("a" * 121)[-3:]
    (120, 'aa…')
    """
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def data_card(run: Run, data: Path) -> str:
    """Return the data card of an annotation in Markdown; `data` is the file of the data set."""
    found = label_summaries(run)
    parts = [
        f"# {cell(data.stem)}\n\nSentences labelled by people with their intents, written by `dialin annotate` "
        f"(dialin {run.manifest.dialin}). Data file: `{data.name}`.",
        f"## Source\n\n{table(('', ''), _source(run.manifest))}",
        f"## Counts\n\n{table(('', 'sentences', 'utterances'), _counts(run, found))}",
        f"## Labels\n\n{table(('label', 'sentences', 'utterances', 'verified', 'examples'), map(_row, found))}",
        f"## Protocol\n\n{PROTOCOL.format(start=_start(run.manifest), wanted=run.review.judged.wanted)}",
        f"## Agreement\n\n{_agreement(run.review)}",
        f"## Changes by people\n\n{_changes(run)}",
    ]
    return "\n\n".join(parts) + "\n"


def _source(manifest: Manifest) -> list[tuple[str, object]]:
    source = manifest.source
    return [
        ("file", Path(source.path).name if source.path != "-" else "standard input"),
        ("sha256 of its sentences and their occurrences", source.sha256),
        ("embedder", manifest.embedder),
        ("k of k-means", manifest.settings.n_clusters[0] if manifest.settings.judge == "people" else "not k-means"),
        ("seed", manifest.settings.seed),
        ("dialin", manifest.dialin),
    ]


def _start(manifest: Manifest) -> str:
    if manifest.settings.judge == "people":
        return "K-means with many clusters on the embeddings of the distinct sentences, without an LLM."
    return f"The clusters are the intents that `dialin discover` found, with the LLM {cell(manifest.llm)}."


def _counts(run: Run, found: list[LabelSummary]) -> list[tuple[str, int, int]]:
    """Return the number of sentences and utterances in total, with a label, and without one by reason."""
    state, standing, counts = run.review, standing_of(run.review), run.corpus.counts
    left: dict[str, list[int]] = {}
    none = np.flatnonzero(state.labels < 0)
    left["noise according to a person"] = none[state.pinned[none]].tolist()
    left["never in an intent"] = standing.loose.tolist()
    for stage in (Stage.JUDGE, Stage.NAME, Stage.SHARE_OUT, Stage.REJECTED):
        left[f"in clusters {stage}"] = [row for i in standing.at(stage) for row in standing.rows[i].tolist()]
    labelled = [("labelled", sum(s.n_sentences for s in found), sum(s.n_utterances for s in found))]
    sure = [s for s in found if s.is_verified]
    labelled += [("of these verified", sum(s.n_sentences for s in sure), sum(s.n_utterances for s in sure))]
    unlabelled = [(f"not labelled: {why}", len(rows), int(counts[rows].sum())) for why, rows in left.items() if rows]
    source = run.manifest.source
    blank = [("blank rows", 0, source.n_blank)] if source.n_blank else []
    return [("all", source.n_sentences, source.n_occurrences), *labelled, *unlabelled, *blank]


def _row(sized: LabelSummary) -> tuple[object, ...]:
    verified, examples = "yes" if sized.is_verified else "no", " ／ ".join(sized.examples)
    return sized.label, sized.n_sentences, sized.n_utterances, verified, examples


def _agreement(state: ReviewState) -> str:
    return "\n".join(f"- group {group}: {agreement_text(fleiss_agreement(state.judged, group))}" for group in GROUPS)


def _changes(run: Run) -> str:
    """Return the outcome of the clusters and the number of sentences that were moved."""
    state = run.review
    good = Counter(state.judged.decision(JUDGES, intent) for intent in run.found_names)
    start = run.found[0]["intent_id"].to_numpy()
    moved = state.pinned & (state.labels != start)
    lines = [
        f"- clusters at the start: {good.total()}; good: {good[True]}, bad: {good[False]}, undecided: {good[None]}",
        f"- sentences that a person moved to another intent: {int((moved & (state.labels >= 0)).sum())}",
        f"- sentences that a person removed from their intent: {int((moved & (state.labels < 0)).sum())}",
    ]
    return "\n".join(lines)
