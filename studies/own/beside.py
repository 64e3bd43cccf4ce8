"""What an LLM that errs as told adds to the embeddings; it is asked as a server is, in the paper's form.

Unlike the judges of `studies.own.quality` it does not replace the embeddings: it is asked where it could turn what they
say, as the calibration of an unknown LLM has it. Beside it, what `dialin.judge.evidence.LlmCorrections` buy, and the
embeddings alone. Not told k. Writes ``benchmarks/results/beside.json`` and a table of means, ``beside.md``.
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
from dialin.prompts.templates import BULLET_CHARS
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
    """Run dialin with an LLM that is wrong so often (None: without one), and score it."""
    shown = {text[:BULLET_CHARS]: str(label) for text, label in zip(case.texts, case.gold, strict=True)}
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
    """Return AMI, ARI, ACC, clusters / true and questions of each set, means over seeds, as Markdown."""
    head = ("data", "wrong answers", "corrections", *SCORES, "clusters / true", "questions")
    lines = []
    for key in dict.fromkeys((row["data"], row["wrong"], row["corrected"]) for row in rows):
        own = [row for row in rows if (row["data"], row["wrong"], row["corrected"]) == key]
        means = [np.mean([float(str(row[c])) for row in own]) for c in (*SCORES, "k_ratio", "questions")]
        wrong = "no LLM" if key[1] is None else f"{100 * float(str(key[1])):.0f} %"
        lines.append((str(key[0]), wrong, "yes" if key[2] else "no", *(f"{mean:.4g}" for mean in means)))
    return raw_table(head, lines) + "\n"


def main() -> None:
    """Measure and write."""
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
