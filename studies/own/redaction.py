"""Measure how exactly and how fast `--redact rules` finds what is marked in the set of tests/redact/data.

Usage: python -m studies.own.redaction

A finding counts if its place and its type are those of the mark. A quarter of the set, chosen by a hash of the text,
was not looked at while the rules were made: it is reported apart.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from dialin.redact.finding import CARD, EMAIL, IBAN, ID, TYPES
from dialin.redact.rules import find_private
from redaction_set import MarkedSentence, marked_sentences
from studies.own.machine import provenance, write

PROVED = (CARD, IBAN)
"""Types of which every value has a checksum; of the ids, most have."""
N_TIMED = 20_000
PLAIN = ("where is my parcel", "I want my money back please", "我的密码忘了怎么办", "thanks, that is all for today")
"""Sentences without anything to find: nine of ten that are timed."""


def main() -> None:
    """Measure, print and write."""
    sentences = marked_sentences()
    parts = {
        "all": sentences,
        "seen": [one for one in sentences if not one.is_held_out],
        "held out": [one for one in sentences if one.is_held_out],
    }
    results: dict[str, Any] = {name: scores(part) for name, part in parts.items()}
    results["sentences"] = about(sentences)
    results["speed"] = speed([one.text for one in sentences])
    for name in parts:
        for kind, found in results[name].items():
            print(f"{name:9} {kind:8} {found}")
    print(results["speed"])
    write("redaction", {**provenance(), **results})


def scores(sentences: list[MarkedSentence]) -> dict[str, dict[str, float]]:
    """Return precision, recall and their counts, by type and together."""
    right, extra, missed = Counter[str](), Counter[str](), Counter[str]()
    for one in sentences:
        found = frozenset(find_private(one.text))
        right.update(f.type for f in found & one.marks)
        extra.update(f.type for f in found - one.marks)
        missed.update(f.type for f in one.marks - found)
    kinds = {kind: (kind,) for kind in TYPES if right[kind] + missed[kind] + extra[kind]}
    groups = {"all": TYPES, "with a checksum": PROVED, "with a checksum, mostly": (*PROVED, ID), **kinds}
    return {name: _score(*(sum(c[k] for k in of) for c in (right, extra, missed))) for name, of in groups.items()}


def _score(right: int, extra: int, missed: int) -> dict[str, float]:
    return {
        "precision": round(right / max(right + extra, 1), 4),
        "recall": round(right / max(right + missed, 1), 4),
        "n_right": right,
        "n_extra": extra,
        "n_missed": missed,
    }


def about(sentences: list[MarkedSentence]) -> dict[str, int]:
    """Return how many sentences there are of each sort."""
    return {
        "n": len(sentences),
        "held out": sum(one.is_held_out for one in sentences),
        "Chinese": sum(one.language == "zh" for one in sentences),
        "of agents": sum(one.role == "agent" for one in sentences),
        "with nothing to find": sum(not one.marks for one in sentences),
        "places": sum(len(one.marks) for one in sentences),
        "with an e-mail address": sum(any(m.type == EMAIL for m in one.marks) for one in sentences),
    }


def speed(texts: list[str]) -> dict[str, float]:
    """Return sentences a second of one core: of the set, and of a table in which one of ten is of the set."""
    import pyarrow as pa  # noqa: PLC0415

    from dialin.redact.engine import RuleFinder  # noqa: PLC0415
    from dialin.redact.table import redacted_table  # noqa: PLC0415

    start = time.process_time()
    for text in texts:
        find_private(text)
    hard = len(texts) / (time.process_time() - start)
    said = [f"{texts[i // 10 % len(texts)]} {i}" if i % 10 == 0 else f"{PLAIN[i % 4]}" for i in range(N_TIMED)]
    nulls = {name: pa.nulls(N_TIMED, kind) for name, kind in (("dialogue_id", pa.string()), ("turn", pa.int64()))}
    table = pa.table({"row": range(N_TIMED), "text": pa.array(said, pa.large_string()), **nulls})
    start = time.process_time()
    redacted_table(table, RuleFinder())
    usual = N_TIMED / (time.process_time() - start)
    return {"sentences_per_second_of_the_set": round(hard), "sentences_per_second_one_in_ten": round(usual)}


if __name__ == "__main__":
    main()
