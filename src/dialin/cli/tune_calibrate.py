"""Defines ``tune calibrate``, which calibrates an LLM: it fits how answers become P(good)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import click

from dialin.cli.given import glossary_of
from dialin.cli.options import JSON, glossary_option
from dialin.cli.output import print_json, say
from dialin.cli.progress import Meter
from dialin.discover.connect import calibration_file, connect
from dialin.discover.replies import shared_store
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.files import quoted, without_nan, write_json
from dialin.jobs.discover import tools_of
from dialin.judge.calibration import Calibration, calibration_of
from dialin.judge.coherence import JudgeSettings
from dialin.llm.client import Client
from dialin.llm.spec import NO_LLM
from dialin.models.store import sha256_of
from dialin.prompts.steering import Steering, check_steering
from dialin.prompts.templates import Form
from dialin.tune.fit_calibration import Bin, JudgedClusters, Trust, ask, bins_of, fit, held_out_p, trust_of
from dialin.tune.text import read_clusters


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--llm", required=True, metavar="SPEC", help="The LLM to calibrate, as for discover.")
@click.option(
    "--form",
    type=click.Choice(["auto", "pairs", "list", "tuned"]),
    default="auto",
    show_default=True,
    help="How to ask the judge LLM. auto: tuned with an adapter, list for a server, otherwise pairs.",
)
@click.option("--about", default="", metavar="TEXT", help="As for discover: what runs with this calibration will say.")
@glossary_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The .json file to write. Default: a file in the folder of the adapter.",
)
@JSON
def calibrate(
    data: tuple[Path, ...], llm: str, form: Form | Literal["auto"], out: Path | None, as_json: bool, **options: Any
) -> None:
    """Calibrate an LLM: fit how its answers become P(good).

    DATA are files from `dialin tune data` that the LLM has not been tuned on. The LLM is asked the judge's question
    about each cluster. The fit turns its answers into P(good) in any run with --calibration FILE, or in any run with
    the adapter whose folder holds the file.
    """
    told = Steering(options["about"], glossary=glossary_of(options))
    check_steering(told)
    target = out or beside_adapter(llm)
    rows = [row for path in data for row in read_clusters(path, "calibration")]
    n_shown = max(len(row["shown"]) for row in rows)
    base = replace(calibration_of(llm, form), n_shown=n_shown, steering=told.key)
    asked, name = ask_clusters(rows, llm, base, told)
    fitted = replace(fit(asked, base), name=f"{name}/{base.form}")
    p = held_out_p(asked, base)
    trust, bins = trust_of(asked, p), bins_of(p["both"], asked.good)
    files = {path.name: sha256_of(path) for path in data}
    found = {"calibration": asdict(fitted), "trust": [asdict(each) for each in trust]}
    found |= {"reliability": [asdict(each) for each in bins], "data": files}
    write_json(target, without_nan(found))
    if as_json:
        print_json(found)
    else:
        say(text_of(trust, bins))
        say(how_to_use(fitted, target, llm, is_beside=out is None))


def beside_adapter(llm: str) -> Path:
    """Return the file in the folder of an adapter; raise InputError if there is no such folder."""
    path = calibration_file(llm)
    if path is None:
        raise InputError(f"{llm} has no adapter folder to write into", hint="give --out FILE")
    return path


def ask_clusters(
    rows: Sequence[dict[str, Any]], llm: str, base: Calibration, steering: Steering
) -> tuple[JudgedClusters, str]:
    """Ask about the clusters, with progress on stderr; return the answers and the name of the LLM."""
    if llm == NO_LLM:
        raise InputError("there is no LLM to calibrate", hint="give --llm SPEC")
    texts = [text for row in rows for text in row["shown"]]
    with Meter() as meter:
        meter.step("embed")
        with (
            connect(Specs(llm), texts, meter.embedded, meter.say) as opened,
            tools_of(opened, lambda backend: Client(backend, [shared_store()]), meter.replied) as tools,
        ):
            meter.step("judge")
            client = replace(tools, steering=steering).llm_for("judge")
            assert client is not None  # NO_LLM is refused above
            settings = JudgeSettings(form=base.form, n_representatives=base.n_shown)
            return ask(rows, client, settings, opened.embed), client.name


def text_of(trust: Sequence[Trust], bins: Sequence[Bin]) -> str:
    """Return the figures and the reliability diagram as text."""
    lines = [f"{'on clusters that the fit has not seen':<40}{'n':>7}{'AUC':>7}{'accuracy':>10}{'ECE':>7}"]
    lines += [
        f"{each.source:<28}{each.judge:<12}{each.n:>7,}{each.auc:>7.3f}{each.accuracy:>10.3f}{each.ece:>7.3f}"
        for each in trust
    ]
    lost = trust[-1].n_unreadable
    lines += [f"{lost:,} answers could not be read"] if lost else []
    lines += ["", f"{'P(good)':<10}{'good':>6}{'n':>7}"]
    lines += [f"{each.p_good:<10.2f}{each.good:>6.2f}{each.n:>7,}  {'█' * round(30 * each.good)}" for each in bins]
    return "\n".join(lines)


def how_to_use(fitted: Calibration, path: Path, llm: str, *, is_beside: bool) -> str:
    """Return the line with the command that uses the calibration."""
    option = "" if is_beside else f" --calibration {quoted(path)}"
    return f"\n{fitted.name} is calibrated; use it with: dialin discover INPUT --out RUN --judge-llm {llm}{option}"
