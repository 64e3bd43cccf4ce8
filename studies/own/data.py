"""Load the labelled sentences of the studies from ``../shared/data`` (or ``$DIALIN_DATA``).

``python -m studies.own.data FOLDER --data NAME …`` writes a random sample of each set for ``dialin bench``: on a whole
set, a method that asks one question per sentence keeps the embedded LLM busy for hours.
"""

from __future__ import annotations

import argparse
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
"""Original source of each data set."""


def folder() -> Path:
    """Return the folder of the parquet files."""
    return Path(os.environ.get("DIALIN_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def load(name: str, n_max: int = 4_500, seed: int = 0) -> tuple[list[str], NDArray[np.str_]]:
    """Return distinct labelled sentences and their labels: all, or a random sample of `n_max`."""
    table = pq.read_table(folder() / f"{name}.parquet", columns=["text", "label"]).to_pylist()
    pairs = {row["text"]: str(row["label"]) for row in reversed(table) if row["text"] and row["label"]}
    texts = sorted(pairs)
    if len(texts) > n_max:
        rows = np.sort(np.random.default_rng(seed).choice(len(texts), n_max, replace=False))
        texts = [texts[i] for i in rows]
    return texts, np.array([pairs[text] for text in texts])


def sample(name: str, n: int, seed: int) -> tuple[list[str], NDArray[np.str_]]:
    """Return n random distinct sentences of a data set (all if it has fewer) and their labels."""
    texts, gold = load(name)
    rows = np.random.default_rng(seed).choice(len(texts), min(n, len(texts)), replace=False)
    return [texts[row] for row in rows], gold[rows]


def dialogues(n: int) -> pa.Table:
    """Return the turns of the first n dialogues of sgd_dialogues: text, dialogue_id, turn, role, label."""
    columns = ["text", "dialogue_id", "turn", "role", "label"]
    table = pq.read_table(folder() / "sgd_dialogues.parquet", columns=columns)
    first = pc.unique(table["dialogue_id"]).slice(0, n)
    return table.filter(pc.is_in(table["dialogue_id"], value_set=first))


def main() -> None:
    """Write ``FOLDER/NAME_N.parquet``, with the columns text and label, for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", nargs="+", required=True, choices=list(SOURCES))
    parser.add_argument("--n", type=int, default=1_000, help="sentences per set")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.data:
        texts, gold = sample(name, options.n, options.seed)
        table = pa.table({"text": texts, "label": gold.tolist()})
        pq.write_table(table, options.folder / f"{name}_{options.n}.parquet")


if __name__ == "__main__":
    main()
