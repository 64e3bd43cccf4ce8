"""Measure the judgements per second of a local model, with full prompts and with a cached shared prefix.

Run it in the repository: ``python studies/own/judgements_per_second.py [--model NAME] [--pairs N] [--seed N]``. It
writes ``studies/own/results/judgements_per_second.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from dialin.jobs.machine import processor_name
from dialin.llm.client import Client
from dialin.llm.llama import LlamaBackend, LlamaOptions
from dialin.llm.usage import Usage
from dialin.models.store import ensure
from dialin.prompts.prompt import Prompt

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data" / "bank77_small.parquet"
RESULT = HERE / "results" / "judgements_per_second.json"
SYSTEM = (
    "You read two messages that customers sent to the support desk of a company. Decide whether both messages "
    "express the same intent: would one and the same answer, or one and the same action by the desk, serve both "
    "customers? The same topic alone is not enough. Answer with one word, Yes or No."
)
SHOTS = (
    ("where is my parcel", "has my order been shipped yet", "Yes"),
    ("how do I change my password", "my phone was stolen on the train", "No"),
    ("can I pay with a gift voucher", "which ways of paying do you accept", "Yes"),
    ("I want to end my subscription", "how much is the subscription for a year", "No"),
    ("the courier left the box at the wrong house", "my delivery went to another address", "Yes"),
    ("please send me a copy of the invoice", "the invoice shows the wrong amount", "No"),
)


def main() -> None:
    options = _arguments()
    prompts = _prompts(options.pairs, options.seed)
    path = next(ensure(options.model).glob("*.gguf"))
    slow, p_slow = _measure(path, prompts, reuse=False)
    fast, p_fast = _measure(path, prompts, reuse=True)
    result = _setting(options) | {
        "in_full": slow,
        "shared_prefix": fast,
        "ratio": round(fast["judgements_per_second"] / slow["judgements_per_second"], 2),
        "n_same_verdict": int(((p_slow > 0.5) == (p_fast > 0.5)).sum()),
        "largest_difference_of_p_yes": round(float(np.abs(p_slow - p_fast).max()), 4),
    }
    text = json.dumps(result, indent=2)
    RESULT.write_text(text + "\n", encoding="utf-8")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _prompts(n_pairs: int, seed: int) -> list[Prompt]:
    """Return prompts about random pairs; half of the pairs share a gold intent."""
    table = pq.read_table(DATA).to_pydict()
    texts, labels = np.array(table["text"]), np.array(table["label"])
    rng = np.random.default_rng(seed)
    pairs = []
    for i, first in enumerate(rng.choice(len(texts), n_pairs, replace=False)):
        others = np.flatnonzero((labels == labels[first]) == (i % 2 == 0))
        pairs.append((texts[first], texts[rng.choice(others[others != first])]))
    shots = tuple((_question(a, b), answer) for a, b, answer in SHOTS)
    return [Prompt(SYSTEM, shots, _question(a, b)) for a, b in pairs]


def _question(first: str, second: str) -> str:
    return f"1: {first}\n2: {second}\nSame intent?"


def _measure(path: Path, prompts: Sequence[Prompt], reuse: bool) -> tuple[dict[str, Any], Any]:
    backend = LlamaBackend(path, options=LlamaOptions(reuse_prefix=reuse))
    with Client(backend) as client:
        client.choose([Prompt("Warm up.", (), "now")], ["Yes", "No"])
        before, start = client.ledger.total(), time.perf_counter()
        p = client.choose(prompts, ["Yes", "No"])
        seconds = time.perf_counter() - start
        usage = client.ledger.total() - before
    return _figures(len(prompts), seconds, usage), p[:, 0] / np.maximum(p.sum(axis=1), 1e-9)


def _figures(n: int, seconds: float, usage: Usage) -> dict[str, Any]:
    return {
        "n_judgements": n,
        "seconds": round(seconds, 2),
        "judgements_per_second": round(n / seconds, 3),
        "prompt_tokens_per_judgement": round(usage.tokens_in / n, 1),
    }


def _setting(options: argparse.Namespace) -> dict[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None  # not on Windows
    return {
        "command": " ".join(["python", "studies/own/judgements_per_second.py", *sys.argv[1:]]),
        "seed": options.seed,
        "model": options.model,
        "data": DATA.name,
        "machine": {
            "platform": platform.platform(),
            "processor": processor_name(),
            "n_cpus": os.cpu_count(),
            "load_before": load,
            "python": platform.python_version(),
        },
    }


if __name__ == "__main__":
    main()
