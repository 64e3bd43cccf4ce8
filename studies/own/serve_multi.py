"""What `multi` costs in requests to `dialin serve`: ``python -m studies.own.serve_multi``.

Clients ask about distinct utterances, one a request, with `multi` and without: some are one sentence, some are two
that are joined. The four ways take turns in short rounds, so that other jobs on the machine slow all of them down
alike. Results: ``studies/own/results/serve_multi.json``.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studies.own import machine
from studies.own.serve_load import Load, alone, dialin_serve, loaded, made_run, never_said

CLIENTS = (1, 16)
SENTENCES = {"one sentence": 1, "two sentences": 2}


def joined(texts: Iterator[str], n: int) -> Iterator[str]:
    """Yield utterances of n texts each."""
    while True:
        yield ", and also ".join(next(texts) for _ in range(n))


def measured(port: int, n_rounds: int, seconds: float) -> dict[str, Any]:
    """Return the figures of each number of clients, of each kind of utterance, with multi and without."""
    found: dict[str, Any] = {}
    texts = never_said()  # no two ways share a text: one that was asked before is not embedded again
    for n_clients in CLIENTS:
        ways = {
            (kind, word): (alone(joined(texts, n), multi=is_multi), Load())
            for kind, n in SENTENCES.items()
            for word, is_multi in (("without", False), ("with", True))
        }
        for _ in range(n_rounds):
            for asked, all_of_it in ways.values():
                add(all_of_it, loaded(port, asked, n_clients, seconds))
        found[str(n_clients)] = {f"{kind}, {word}": load.figures() for (kind, word), (_, load) in ways.items()}
    return found


def add(all_of_it: Load, more: Load) -> None:
    """Add what clients met in one round."""
    all_of_it.seconds += more.seconds
    all_of_it.n_errors += more.n_errors
    all_of_it.took += more.took


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each way in a round")
    parser.add_argument("--dry", action="store_true", help="print the results, and write none")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="dialin-load-") as work, dialin_serve(made_run(Path(work))) as (port, _):
        found = measured(port, options.rounds, options.seconds)
    print(json.dumps(found, indent=1))
    if not options.dry:
        machine.write("serve_multi", {"provenance": machine.provenance(cores=os.cpu_count()), "clients": found})


if __name__ == "__main__":
    main()
