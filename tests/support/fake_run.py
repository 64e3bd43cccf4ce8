"""Run folders made by hand: sentences with the intents that a test wants them to have, without any clustering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa

from dialin import files, saved
from dialin.cluster.strata import Stratum
from dialin.discover.assign import build
from dialin.discover.connections import Connections
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.discover.state import Intent, Result
from dialin.jobs.results import write_result
from dialin.jobs.timing import SessionLog
from dialin.judge.verdict import Verdict
from dialin.name.kinds import KINDS, Kinds, may_be_need, prevailing
from dialin.read.columns import Columns
from dialin.read.corpus import corpus_of
from dialin.read.dates import dates
from dialin.report.map import places
from dialin.review.edits import Edit, Merge, Move, Noise, Rename
from dialin.review.log import DECISIONS, append
from dialin.runs.manifest import COMPLETE, RunPlan
from dialin.runs.run import Run, load
from dialin.runs.start import start
from dialin.search.iterate import Round
from dialin.search.trial import Trial
from scripted import HashingEmbedder, spread_out_once


@dataclass(frozen=True)
class Said:
    """One utterance: what was said, with which intent ("" for none), where, its kind, and what describes the intent."""

    text: str
    intent: str
    dialogue: str | None = None
    role: str | None = None
    date: str | None = None
    kind: str = ""
    description: str = ""


def fake_run(folder: Path, said: Sequence[Said], **changes: Any) -> Run:
    """Write a run folder in which each text has the intent of its first utterance; `changes` go into the manifest.

    Texts are not cleaned as they are when they are read: a page has to bear what older or other tools let through.
    """
    corpus = corpus_of(table_of(said))
    X = HashingEmbedder().encode(corpus.texts)
    opened = Connections(None, HashingEmbedder().encode, "test:hashing", "a test")
    plan = RunPlan("calls.jsonl", Columns(), Settings(), Specs("none", "none"))
    run = start(folder, plan, corpus, opened)
    run = replace(run, manifest=replace(run.manifest, **({"status": COMPLETE} | changes)))
    files.write_array(folder / files.EMBEDDINGS, X)
    result = result_of(corpus.texts, corpus.roles, corpus.counts.tolist(), said, X)
    with patch.object(places, "spread_out", spread_out_once):
        write_result(run, result, SessionLog(folder))
    return load(folder)


def without_hashes(folder: Path) -> None:
    """Let a run forget the hashes of its files, as runs of older versions do, and those of whoever wants to deceive."""
    path = folder / files.MANIFEST
    files.write_json(path, saved.read_json(path) | {"files": {}, "result": ""})


def table_of(said: Sequence[Said]) -> pa.Table:
    """Return the utterances as `dialin.read.table.read_table` would."""
    day = dates(pa.array([s.date for s in said], pa.string()), "date", "a test", is_given=True)
    return pa.table(
        {
            "row": pa.array(range(len(said)), pa.int64()),
            "text": pa.array([s.text for s in said], pa.large_string()),
            "dialogue_id": pa.array([s.dialogue for s in said], pa.string()),
            "turn": pa.nulls(len(said), pa.int64()),
            "role": pa.array([s.role for s in said], pa.string()),
            "date": day,
        }
    )


def result_of(texts: list[str], roles: list[str] | None, counts: list[int], said: Sequence[Said], X: Any) -> Result:
    """Return the result that the texts with their intents are."""
    given = {s.text: s.intent for s in reversed(said)}
    used, names = roles or [""] * len(texts), [given[text] for text in texts]
    size: Counter[str] = Counter()
    for name, count in zip(names, counts, strict=True):
        size[name] += count
    kind_of = {s.intent: s.kind for s in reversed(said)}
    about = {s.intent: s.description for s in reversed(said)}
    ordered = sorted(filter(None, size), key=lambda name: (not may_be_need(kind_of[name]), -size[name], name))
    labels = np.array([ordered.index(name) if name else -1 for name in names])
    clusters = [np.flatnonzero(labels == i) for i in range(len(ordered))]
    own = [used[rows[0]] for rows in clusters]
    kinds = kinds_of_said(texts, said)
    votes = [prevailing(kinds.at(rows), np.array(counts)[rows]) for rows in clusters]
    intents = tuple(
        Intent(
            i, name, len(rows), size[name], 0.9, own[i], tuple(texts[row] for row in rows[:5]), *votes[i], about[name]
        )
        for i, (name, rows) in enumerate(zip(ordered, clusters, strict=True))
    )
    trials = (Trial(2, 3, 5), Trial(len(ordered), 6, 1, 1))
    round_ = Round(len(texts), tuple(clusters), (Verdict.of(0.9),) * len(clusters), trials, len(ordered))
    rounds = ((Stratum("", is_chinese=False), round_),)
    reasons = ["noise" if label < 0 else "" for label in labels]
    pieces = build(X, clusters, range(len(ordered)), own)
    return Result(
        intents=intents,
        labels=labels,
        p_intent=np.where(labels >= 0, 1.0, 0.0),
        reasons=reasons,
        rounds=rounds,
        pieces=pieces,
        complete=True,
        roles=used,
        kinds=kinds if any(s.kind for s in said) else None,
    )


def kinds_of_said(texts: list[str], said: Sequence[Said]) -> Kinds:
    """Return the kind of the first utterance of each text, for certain."""
    given = {s.text: s.kind for s in reversed(said)}
    rows = [[float(given[text] == kind) if given[text] else np.nan for kind in KINDS] for text in texts]
    return Kinds(np.array(rows))


def calls(n_weeks: int = 6) -> list[Said]:
    """Return calls about refunds, parcels and passwords, in English and Chinese, over some weeks of 2024.

    In each week there is a call about a parcel; from the fourth week on, three about refunds, too.
    """
    found = []
    for week in range(n_weeks):
        day = f"2024-01-{1 + 7 * week:02d}" if week < 5 else f"2024-02-{7 * week - 30:02d}"
        found += call(f"p{week}", day, f"where is my parcel number {week}", "inquire-parcel")
        for i in range(3 if week >= 3 else 0):
            found += call(f"r{week}{i}", day, f"money back, refund please {week} {i}", "request-refund")
        found += call(f"z{week}", day, f"我的密码忘了{'零一二三四五六七八'[week]}", "重置-密码")
    return found


def call(dialogue: str, day: str, wish: str, intent: str) -> list[Said]:
    """Return one call: a greeting, the wish, an answer, thanks, and something that means nothing."""
    turns = [
        ("hello good morning", "greet-agent", "customer"),
        (wish, intent, "customer"),
        (f"let me look that up: {intent.replace('-', ' ')}", f"answer-{intent}", "agent"),
        ("thanks, bye", "thank-agent", "customer"),
        (f"hm {dialogue}", "", "customer"),
    ]
    return [Said(text, name, dialogue, role, day) for text, name, role in turns]


def reviewed_run(folder: Path) -> Run:
    """Write a run of `calls`, reviewed: refunds joined to parcels, thanks taken out, one password in a new intent.

    So the number of the refunds is gone, that of the thanks too, and the new number comes after all.
    """
    run = fake_run(folder, calls())
    number = {name: i for i, name in run.found_names.items()}
    texts = run.corpus.texts
    edits: list[Edit] = [
        Merge(number["inquire-parcel"], (number["request-refund"],), "ask-anything"),
        Noise((texts.index("thanks, bye"),)),
        Move((texts.index("我的密码忘了二"),), len(number), "新-密码"),
        Rename(number["greet-agent"], "say-hello"),
    ]
    return decide(folder, *edits)


def decide(folder: Path, *edits: Edit) -> Run:
    """Let Ana decide this about a run, one edit after the other; return the run as it is then."""
    for edit in edits:
        note(folder / DECISIONS, "Ana", edit)
    return load(folder)


def note(log: Path, by: str, edit: Edit) -> None:
    """Add an edit to a log, whatever the log holds."""
    append(log, by, lambda _: edit)
