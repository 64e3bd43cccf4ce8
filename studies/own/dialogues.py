"""Score `dialin discover` on whole dialogues: 2,000 of sgd_dialogues, both roles, with predicted and actual time.

The study runs the command cold, as a new user would, and scores the turns that have a label. ``--run`` scores an
existing run instead. Writes ``studies/own/results/dialogues-LLM.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import pyarrow.parquet as pq

from dialin.jobs.evaluate import evaluate_run
from dialin.runs.run import load
from studies.own import cold, data, machine


def main() -> None:
    """Run the command, score the run and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=2_000)
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--run", type=Path, help="existing run of the same dialogues")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "dialogues.parquet"
        turns = data.dialogues(options.dialogues)
        pq.write_table(turns, source)
        run = options.run or Path(folder) / "run"
        if not options.run:
            cold.discover(source, run, options.llm, seed=0)
        timing = json.loads((run / "timing.json").read_text(encoding="utf-8"))
        opened = load(run)
        about = machine.provenance(
            dialogues=options.dialogues, turns=turns.num_rows, seed=opened.manifest.settings.seed
        )
        scores = evaluate_run(opened, "label", source)
    models = {"llm": opened.manifest.llm, "embedder": opened.manifest.embedder}
    name = str(models["llm"]).split(":")[-1]
    results = {**about, **models, "scores": asdict(scores), "sessions": timing["sessions"]}
    print(machine.write(f"dialogues-{name}", results))


if __name__ == "__main__":
    main()
