"""Measure whether intents keep their identity from month to month, and whether new ones are found as new.

``python -m studies.own.months`` makes four months of CLINC150, without a common sentence: 40 intents are there in each
month, 5 begin with each month after the first, and 5 end with each month before the last. In three pairs of close
intents, one of the two is rare until the second month and as frequent as the other from the third on (what looks like a
split); in three more it is the other way round (what looks like a merge). dialin runs without an LLM, each month with
``--since`` the one before. Gold labels serve for the scores alone. The shipped embedder has learnt CLINC150, so groups
are found better here than in a domain that it does not know. Writes ``studies/own/results/months.json``.

same_uid : share of the sentences of the 40 unchanged intents, among those with an intent, whose uid is the one that
    most sentences of their gold intent had in the month before.
same_meaning : the share whose uid was, in the month before, an intent of mostly their gold intent. It forgives a gold
    intent that dialin found in two pieces.
precision, recall : of the intents that are "new" against the month before, the share that is mostly a gold intent that
    began; of the gold intents that began, the share with at least half of their sentences in "new" intents.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dialin import files
from dialin.cli import main as dialin_command
from dialin.runs.run import load
from studies.own import data, machine

CLINC = "clinc150_full_with_oos"
N_MONTHS, N_STABLE, N_MOVING = 4, 40, 5
N_EACH, N_RARE = 20, 2
SPLIT = (
    ("restaurant_reviews", "restaurant_suggestion"),
    ("reminder", "reminder_update"),
    ("report_lost_card", "damaged_card"),
)
MERGE = (
    ("schedule_meeting", "meeting_schedule"),
    ("todo_list", "todo_list_update"),
    ("credit_limit", "credit_limit_change"),
)


@dataclass(frozen=True)
class Course:
    """Which gold intents are there in each month, and how often.

    Parameters
    ----------
    stable : tuple of str
        Intents that are there in each month.
    begins, ends : tuple of tuple of str
        Intents that begin with each month after the first, and that end with each month before the last.
    """

    stable: tuple[str, ...]
    begins: tuple[tuple[str, ...], ...]
    ends: tuple[tuple[str, ...], ...]

    def amounts(self, month: int) -> dict[str, int]:
        """Return the number of sentences of each intent in a month, counted from 0."""
        there = [*self.stable, *sum(self.begins[:month], ()), *sum(self.ends[month:], ())]
        late = month >= N_MONTHS // 2
        rare = {other: N_EACH if late else N_RARE for _, other in SPLIT}
        rare |= {other: N_RARE if late else N_EACH for _, other in MERGE}
        return dict.fromkeys([*there, *(one for one, _ in (*SPLIT, *MERGE))], N_EACH) | rare


def course_of(labels: Sequence[str], seed: int) -> Course:
    """Return a random course of these gold intents."""
    pairs = {one for pair in (*SPLIT, *MERGE) for one in pair}
    free = np.random.default_rng(seed).permutation(sorted(set(labels) - pairs)).tolist()
    groups = [tuple(free[N_STABLE + i * N_MOVING :][:N_MOVING]) for i in range(2 * (N_MONTHS - 1))]
    return Course(tuple(free[:N_STABLE]), tuple(groups[: N_MONTHS - 1]), tuple(groups[N_MONTHS - 1 :]))


def months_of(texts: dict[str, list[str]], course: Course) -> list[dict[str, str]]:
    """Return the gold intent of each sentence of each month; no sentence is in two months.

    Parameters
    ----------
    texts : dict of str to list of str
        The sentences of each gold intent.
    course : Course
        What is there when.
    """
    used, months = Counter[str](), list[dict[str, str]]()
    for month in range(N_MONTHS):
        found = dict[str, str]()
        for label, n in course.amounts(month).items():
            found |= dict.fromkeys(texts[label][used[label] :][:n], label)
            used[label] += n
        months.append(found)
    return months


def discovered(folder: Path, month: dict[str, str], number: int) -> Path:
    """Let dialin find the intents of a month, since those of the month before; return the run."""
    source, out = folder / f"{number}.csv", folder / f"run{number}"
    with source.open("w", newline="") as file:
        csv.writer(file).writerows([("text",), *((text,) for text in month)])
    since = ["--since", str(folder / f"run{number - 1}")] if number else []
    dialin_command(
        ["discover", str(source), "--out", str(out), "--llm", "none", "--json", *since], standalone_mode=False
    )
    return out


def uids_of(folder: Path) -> dict[str, str]:
    """Return the uid of each sentence of a run that has an intent."""
    run = load(folder)
    uids = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["uid"].to_pylist(), strict=True))
    pairs = zip(run.sentences["text"].to_pylist(), run.sentences["intent_id"].to_pylist(), strict=True)
    return {text: uids[label] for text, label in pairs if label >= 0}


def mostly(uids: dict[str, str], gold: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the gold intent of most sentences of each uid, and the uid of most sentences of each gold intent."""
    pairs = Counter((uid, gold[text]) for text, uid in uids.items() if text in gold)
    ordered = [pair for pair, _ in sorted(pairs.items(), key=lambda item: (item[1], item[0]))]
    return dict(ordered), {label: uid for uid, label in ordered}


def stability(before: tuple[dict[str, str], dict[str, str]], now: list[tuple[str, str]]) -> dict[str, float]:
    """Return the stability of sentences with their uid and gold intent, given `mostly` of the month before."""
    meaning, usual = before
    same = [usual.get(label) == uid for uid, label in now]
    alike = [meaning.get(uid) == label for uid, label in now]
    return {"same_uid": round(float(np.mean(same)), 4), "same_meaning": round(float(np.mean(alike)), 4)}


def new_found(uids: dict[str, str], gold: dict[str, str], new: set[str], begun: set[str]) -> dict[str, Any]:
    """Return precision and recall of the new intents of a month."""
    meaning, _ = mostly(uids, gold)
    right = sum(meaning.get(uid) in begun for uid in new)
    at_home = {label: [uids.get(text) in new for text, own in gold.items() if own == label] for label in sorted(begun)}
    found = sum(np.mean(rows) >= 0.5 for rows in at_home.values())
    return {
        "n_new": len(new),
        "n_begun": len(begun),
        "precision": round(right / max(len(new), 1), 4),
        "recall": round(float(found) / max(len(begun), 1), 4),
    }


def step_row(folder: Path, months: list[dict[str, str]], course: Course, number: int) -> dict[str, Any]:
    """Return the figures of a month against the one before."""
    before, now = uids_of(folder / f"run{number - 1}"), uids_of(folder / f"run{number}")
    gold = months[number]
    stable = [(now[text], label) for text, label in gold.items() if label in course.stable and text in now]
    n_stable = sum(label in course.stable for label in gold.values())
    told = json.loads((folder / f"run{number}" / files.TAXONOMY).read_text())["intents"]
    new = {row["uid"] for row in told if "new" in row["states"]}
    return {
        "month": number + 1,
        "n_sentences": len(gold),
        "n_intents": len(set(now.values())),
        "n_gold": len(set(gold.values())),
        "assigned": round(len(stable) / n_stable, 4),
        **stability(mostly(before, months[number - 1]), stable),
        **new_found(now, gold, new, set(course.begins[number - 1])),
        "states": dict(Counter(state for row in told for state in row["states"]).most_common()),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the months, run dialin on each, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="number of random courses")
    given = parser.parse_args(arguments)
    texts, labels = data.load(CLINC, n_max=10**6)
    rows = []
    for seed in range(given.seeds):
        order = np.random.default_rng(seed).permutation(len(texts))
        of = dict[str, list[str]]()
        for row in order.tolist():
            of.setdefault(str(labels[row]), []).append(" ".join(texts[row].split()))  # as dialin reads it
        of.pop("oos", None)
        course = course_of(list(of), seed)
        months = months_of(of, course)
        with tempfile.TemporaryDirectory() as place:
            for number, month in enumerate(months):
                discovered(Path(place), month, number)
            rows += [{"seed": seed} | step_row(Path(place), months, course, n) for n in range(1, N_MONTHS)]
        names = ("same_uid", "same_meaning", "precision", "recall")
        mean = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in names}
        machine.write("months", machine.provenance(mean=mean, rows=rows))


if __name__ == "__main__":
    main()
