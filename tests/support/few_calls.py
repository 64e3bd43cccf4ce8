"""Some of the example calls, in both languages: all of them would take minutes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from dialin.cli.demo import DEMO_GOLD, DEMO_INPUT, examples


def write_few_calls(folder: Path, step: int) -> int:
    """Write every `step`-th of the example calls and its gold labels into a folder; return the number of utterances."""
    lines = (examples() / DEMO_INPUT).read_text("utf-8").splitlines(keepends=True)[::step]
    calls = [json.loads(line) for line in lines]
    kept = {call["dialogue_id"] for call in calls}
    with (examples() / DEMO_GOLD).open(encoding="utf-8", newline="") as file:
        head, *gold = csv.reader(file)
    place = head.index("dialogue_id")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DEMO_INPUT).write_text("".join(lines), "utf-8")
    with (folder / DEMO_GOLD).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *(row for row in gold if row[place] in kept)])
    return sum(len(call["turns"]) for call in calls)


def package_with_few_calls(folder: Path, step: int) -> None:
    """Make a folder from which `dialin` is imported as it is, except that it has only some of the example calls."""
    source, cli, own = examples().parents[1], examples().parent, folder / "dialin" / "cli"
    own.mkdir(parents=True)
    for path in [*source.iterdir(), *cli.iterdir()]:
        if path not in {cli, examples()}:
            (folder / "dialin" / path.relative_to(source)).symlink_to(path)
    write_few_calls(own / "examples", step)
