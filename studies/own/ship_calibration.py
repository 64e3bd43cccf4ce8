"""Copy the coefficients that ``dialin tune calibrate`` wrote into dialin's own ``src/dialin/judge/calibration.json``.

The figures and the reliability diagram go unchanged into ``studies/own/results/calibration-MODEL.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from dialin.judge.calibration import read_calibration
from studies.own import machine

TABLE = Path(__file__).resolve().parents[2] / "src/dialin/judge/calibration.json"


def entry_of(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the name and the entry of a calibration in the table, without the weights that all LLMs share."""
    found = read_calibration(path)
    model, form = found.name.split("#")[0], found.form
    numbers = {
        "llm_weights": found.llm_weights,
        "joint_weights": found.joint_weights,
        "audit_weights": found.audit_weights or found.joint_weights,
    }
    entry: dict[str, Any] = {name: [round(value, 4) for value in values] for name, values in numbers.items()}
    shift = {language: round(value, 4) for language, value in found.language_shift.items()}
    entry |= {"answer_span": round(found.answer_span, 2), "language_shift": shift, "n_shown": found.n_shown}
    return f"{model}/{form}", entry | {"prompt_version": found.prompt_version}


def main() -> None:
    """Put the calibration into the table and write its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="calibration.json of dialin tune calibrate")
    options = parser.parse_args()
    name, entry = entry_of(options.file)
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    table["llms"][name] = entry
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    figures = json.loads(options.file.read_text(encoding="utf-8"))
    model = name.split("/")[0].split(":")[-1]
    print(name, machine.write(f"calibration-{model}", machine.provenance(**figures)))


if __name__ == "__main__":
    main()
