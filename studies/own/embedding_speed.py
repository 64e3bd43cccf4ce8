"""Measure how many sentences an embedder reads in a second of a core, beside others and in several rounds.

``python -m studies.own.embedding_speed local:/path/to/old local:intents-en-v5 --data bank77_small`` says what a change
of the embedder brings on this machine. Time is that of the processor, summed over its cores, so other programs disturb
it little; where nothing else runs, two cores read twice as many sentences in a second of the clock, which is noted,
too. Each embedder reads the same sentences, without the cache. Writes
``studies/own/results/embedding_speed_DATA.json``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence

import numpy as np
import tokenizers
from numpy.typing import NDArray

from dialin.embed.base import Embedder
from dialin.embed.choose import embedder_of
from dialin.embed.onnx import TOKENIZER, files_of
from studies.own import data, machine


def rates(embedders: Sequence[Embedder], texts: list[str], rounds: int) -> NDArray[np.float64]:
    """Return sentences a second, shape (rounds, n embedders, 2): of a core, and of the clock."""
    for embedder in embedders:
        embedder.encode(texts[:64])
    return np.array([[_rates(embedder, texts) for embedder in embedders] for _ in range(rounds)])


def _rates(embedder: Embedder, texts: list[str]) -> tuple[float, float]:
    start, clock = time.process_time(), time.perf_counter()
    embedder.encode(texts)
    return len(texts) / (time.process_time() - start), len(texts) / (time.perf_counter() - clock)


def tokens_and_seconds(embedder: str, texts: list[str]) -> tuple[float, float]:
    """Return the mean number of tokens of a text, and the seconds that all texts take to become tokens."""
    path = files_of(embedder.removeprefix("local:")).folder / TOKENIZER
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    start = time.perf_counter()
    found = tokenizer.encode_batch(texts)
    seconds = time.perf_counter() - start
    return float(np.mean([len(one.ids) for one in found])), seconds


def _by_name(names: Sequence[str], values: NDArray[np.float64]) -> dict[str, list[float]]:
    return {name: column.round().tolist() for name, column in zip(names, values.T, strict=True)}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("embedders", nargs="+", metavar="local:NAME", help="the first is what the others are beside")
    parser.add_argument("--data", required=True, help="name of a data set, without its ending")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n", type=int, default=3_000, help="number of sentences")
    options = parser.parse_args()
    texts = data.load(options.data)[0][: options.n]
    load_before = os.getloadavg()
    found = rates([embedder_of(spec) for spec in options.embedders], texts, options.rounds)
    n_tokens, seconds = tokens_and_seconds(options.embedders[-1], texts)
    results = machine.provenance(
        sentences=len(texts),
        tokens_a_sentence=round(n_tokens, 1),
        seconds_to_make_tokens=round(seconds, 3),
        load_average_before=load_before,
        cores=os.cpu_count(),
        of_a_core=_by_name(options.embedders, found[:, :, 0]),
        of_the_clock=_by_name(options.embedders, found[:, :, 1]),
        median_ratio=np.median(found[:, :, 0] / found[:, :1, 0], axis=0).round(2).tolist(),
    )
    machine.write(f"embedding_speed_{options.data}", results)
    print(results)


if __name__ == "__main__":
    main()
