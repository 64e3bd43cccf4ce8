"""Labelled sentences for benchmarks, from ``../shared/data`` (or ``$DIALIN_DATA``)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

SOURCES = {
    "bank77_small": "BANKING77 test split (PolyAI), CC BY 4.0",
    "clinc_i_small": "CLINC150 test split, in scope, CC BY 3.0",
    "massive_i_small": "MASSIVE en-US test split, CC BY 4.0",
    "massive_i_zh_small": "MASSIVE zh-CN test split, CC BY 4.0",
    "dstc11_dev_insurance_task1_turns": "DSTC11 track 2, insurance, CDLA-Permissive-2.0",
    "mtop_i_small": "MTOP English test split",
    "bitext_customer_support": "Bitext customer support, CDLA-Sharing-1.0",
    "hwu64": "NLU-Evaluation-Data (HWU64), CC BY 4.0",
    "smp2019_ecdt_nlu_train": "SMP2019-ECDT task 1, train",
    "sgd_dialogues": "Schema-Guided Dialogue, CC BY-SA 4.0",
}
"""What each set is; outside this machine they come from these original sources."""


def folder() -> Path:
    """Return where the parquet files lie."""
    return Path(os.environ.get("DIALIN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def load(name: str, n_max: int = 4_500, seed: int = 0) -> tuple[list[str], NDArray[np.str_]]:
    """Return distinct labelled sentences and their labels; more than `n_max` are sampled."""
    table = pq.read_table(folder() / f"{name}.parquet", columns=["text", "label"]).to_pylist()
    pairs = {row["text"]: str(row["label"]) for row in reversed(table) if row["text"] and row["label"]}
    texts = sorted(pairs)
    if len(texts) > n_max:
        rows = np.sort(np.random.default_rng(seed).choice(len(texts), n_max, replace=False))
        texts = [texts[i] for i in rows]
    return texts, np.array([pairs[text] for text in texts])


def dialogues(n: int) -> pa.Table:
    """Return the turns of the first n dialogues of sgd_dialogues: text, dialogue_id, turn, role, label."""
    columns = ["text", "dialogue_id", "turn", "role", "label"]
    table = pq.read_table(folder() / "sgd_dialogues.parquet", columns=columns)
    first = pc.unique(table["dialogue_id"]).slice(0, n)
    return table.filter(pc.is_in(table["dialogue_id"], value_set=first))
