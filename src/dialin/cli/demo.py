"""Defines ``demo``, which runs discover on the example calls."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from dialin import files
from dialin.cli.discover import make_run, print_run
from dialin.cli.evaluate import print_scores
from dialin.cli.options import JSON
from dialin.cli.output import say
from dialin.discover.settings import Settings
from dialin.discover.specs import DEFAULT_LLM, Specs, who_judges
from dialin.errors import InputError
from dialin.files import MANIFEST
from dialin.jobs.evaluate import evaluate_run
from dialin.jobs.forget import is_written
from dialin.llm.spec import AUTO
from dialin.read.columns import Columns
from dialin.review.log import DECISIONS
from dialin.runs.lock import held
from dialin.runs.manifest import RunPlan, read_manifest
from dialin.runs.start import discard

DEMO_INPUT, DEMO_GOLD = "calls.jsonl", "calls_gold.csv"


@click.command()
@click.option("--llm", metavar="SPEC", default=DEFAULT_LLM, show_default=True, help="As for discover.")
@click.option("--judge-llm", metavar="SPEC", default=AUTO, show_default=True, help="As for discover.")
@click.option("--out", type=click.Path(path_type=Path), default="demo-run", show_default=True, help="Folder to make.")
@click.option(
    "--write-calls",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write two months of example calls with their gold labels into a folder, and run nothing.",
)
@JSON
def demo(llm: str, judge_llm: str, out: Path, write_calls: Path | None, as_json: bool) -> None:
    """Run discover on the example calls and score the result.

    An earlier demo run in the same folder is replaced.
    """
    folder = examples()
    if write_calls:
        copy_examples(folder, write_calls)
        return
    forget_demo(out, folder / DEMO_INPUT)
    plan = RunPlan(str(folder / DEMO_INPUT), Columns(), *who_judges(Settings(), Specs(llm, judge_llm)))
    run = make_run(out, plan)
    print_run(run, as_json)
    if not as_json:
        say(f"\nagainst the gold labels in {folder / DEMO_GOLD} (the two languages count separately):")
        print_scores(evaluate_run(run, "intent_in_language", folder / DEMO_GOLD))
        say(f"\neverything is in {out}; open in a browser: {out / 'report.html'}")


def examples() -> Path:
    """Return the folder of the example calls in the package."""
    return Path(str(resources.files("dialin.cli") / "examples"))


def copy_examples(folder: Path, target: Path) -> None:
    """Copy the files of the example calls, and say which; raise InputError if one of them is there already."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix in {".jsonl", ".csv"})
    there = [name for name in names if (target / name).exists()]
    if there:
        raise InputError(f"{target / there[0]} already exists", hint="choose another folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.cannot_write(target, error) from error
    for name in names:
        files.write_text(target / name, (folder / name).read_text("utf-8"))
    say(f"wrote to {target}: {', '.join(names)}")


def forget_demo(out: Path, source: Path) -> None:
    """Delete an earlier demo run; any other folder stays, and `make_run` refuses it.

    Raises
    ------
    InputError
        People have made decisions about the demo run, somebody has put other files there, or a process works on it.
    """
    if not (out / MANIFEST).is_file() or read_manifest(out).source.path != str(source):
        return
    with held(out, "dialin demo"):
        others = sorted(path.name for path in out.iterdir() if path.name == DECISIONS or not is_written(path.name))
        if others:
            first = "decisions of people" if DECISIONS in others else f"{others[0]}, which demo did not write"
            raise InputError(f"{out} holds {first}", hint="choose another --out, or delete the folder yourself")
        discard(out)
