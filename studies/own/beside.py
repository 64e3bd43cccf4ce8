"""Measure the gain from an LLM with a known error rate over the embeddings alone.

The scripted LLM answers like a server, in the paper's form. Unlike the judges of `studies.own.quality`, it does not
replace the embeddings: dialin asks it only where its answer could turn their verdict, with the calibration of an
unknown LLM. Other rows leave out `dialin.judge.evidence.LlmCorrections`, or use no LLM. The method is not told k.
Writes ``studies/own/results/beside.json`` and a table of means, ``beside.md``.
"""

from __future__ import annotations

import argparse
import json
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np

from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.judge.evidence import LlmCorrections
from dialin.prompts.quoted import BULLET_CHARS, as_quote
from dialin.score.metrics import score
from dialin.text.markdown import raw_table
from studies.own import data, machine
from studies.own.once import measured_once
from studies.own.oracle import OracleLLM
from studies.own.quality import Case, case_of

SETS = (
    "hwu64",
    "mtop_i_small",
    "bitext_customer_support",
    "smp2019_ecdt_nlu_train",
    "bank77_small",
    "clinc_i_small",
    "massive_i_small",
    "massive_i_zh_small",
    "dstc11_dev_insurance_task1_turns",
)
WRONG = (None, 0.0, 0.05, 0.1, 0.2)
SCORES = ("ami", "ari", "acc")


def row_of(case: Case, wrong: float | None, *, corrected: bool) -> dict[str, object]:
    """Run dialin with an LLM that gives a share `wrong` of false answers (None: without an LLM); return its scores."""
    shown = {as_quote(text, BULLET_CHARS): str(label) for text, label in zip(case.texts, case.gold, strict=True)}
    llm = None if wrong is None else OracleLLM(shown, wrong, case.seed)
    with nullcontext() if corrected else patch.object(LlmCorrections, "learn"):
        found = discover(case.data, Tools(None, case.embedder.encode, judge_llm=llm), Settings(seed=case.seed))
    scores = score(found.labels, case.gold)
    return {
        "data": case.name,
        "wrong": wrong,
        "corrected": corrected,
        "seed": case.seed,
        **{key: round(float(getattr(scores, key)), 3) for key in SCORES},
        "k_ratio": round(scores.n_clusters / scores.n_true, 2),
        "questions": llm.n_asked if llm else 0,
    }


def table(rows: list[dict[str, object]]) -> str:
    """Return AMI, ARI, ACC, clusters / true and questions for each set, averaged over seeds, as a Markdown table."""
    head = ("data", "wrong answers", "corrections", *SCORES, "clusters / true", "questions")
    lines = []
    for key in dict.fromkeys((row["data"], row["wrong"], row["corrected"]) for row in rows):
        own = [row for row in rows if (row["data"], row["wrong"], row["corrected"]) == key]
        means = [np.mean([float(str(row[c])) for row in own]) for c in (*SCORES, "k_ratio", "questions")]
        wrong = "no LLM" if key[1] is None else f"{100 * float(str(key[1])):.0f} %"
        lines.append((str(key[0]), wrong, "yes" if key[2] else "no", *(f"{mean:.4g}" for mean in means)))
    return raw_table(head, lines) + "\n"


def main() -> None:
    """Run every variant and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS), choices=list(data.SOURCES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in options.data:
        for seed in options.seeds:
            case = case_of(name, seed)
            for wrong in WRONG:
                for corrected in (True, False) if wrong is not None else (True,):
                    rows.append(row_of(case, wrong, corrected=corrected))
                    print(json.dumps(rows[-1]), flush=True)
        path = machine.write("beside", {**machine.provenance(seed=options.seeds), "rows": rows})
        Path(path).with_suffix(".md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    with measured_once():
        main()
