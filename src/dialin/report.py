"""A run folder as people read it: a table on the terminal, and one self-contained HTML page."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import IO, Any

import jinja2
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialin import folder as files
from dialin.errors import InputError
from dialin.reliability import Goodness, expected_goodness
from dialin.run import CAPPED, COMPLETE, Run

N_SHOWN = 2
"""Examples of an intent in the terminal table."""
REASONS = {
    "rare": "too few sentences like it",
    "mixed": "no coherent intent around it",
    "noise": "like no other sentence",
    "budget": "the cap was reached first",
}


@dataclass(frozen=True)
class Summary:
    """What a run found, in numbers.

    Parameters
    ----------
    status : str
        "complete" or "capped".
    intents : list of dict
        Rows of ``intents.parquet``, each with its `share` of all utterances.
    n_sentences, n_occurrences : int
        Distinct sentences, and utterances.
    n_assigned : int
        Utterances that have an intent.
    unassigned : dict of str to int
        Utterances without one, by reason.
    goodness : Goodness
        Share of the intents that the judge of the run finds good, with its 95 % interval.
    questions, tokens_in, tokens_out : int
        Distinct questions to the LLM, and their tokens.
    """

    status: str
    intents: list[dict[str, Any]]
    n_sentences: int
    n_occurrences: int
    n_assigned: int
    unassigned: dict[str, int]
    goodness: Goodness
    questions: int
    tokens_in: int
    tokens_out: int

    @property
    def coverage(self) -> float:
        """Share of the utterances that have an intent."""
        return self.n_assigned / self.n_occurrences


def summary_of(run: Run) -> Summary:
    """Read what a run found.

    Raises
    ------
    InputError
        It has not ended yet.
    """
    if run.manifest.status not in {COMPLETE, CAPPED}:
        raise InputError(
            f"the run in {run.folder} has no result yet, its status is {run.manifest.status!r}",
            hint=f"go on with: {run.resume_command}",
        )
    return _summary(run)


def _summary(run: Run) -> Summary:
    n = run.manifest.source.n_occurrences
    intents = files.read_table_of(run.folder / files.INTENTS).to_pylist()
    sentences = files.read_table_of(run.folder / files.SENTENCES, ["intent_id", "reason", "count"])
    left: Counter[str] = Counter()
    for row in sentences.to_pylist():
        if row["intent_id"] < 0:
            left[row["reason"]] += row["count"]
    usage = run.manifest.usage.values()
    return Summary(
        status=run.manifest.status,
        intents=[intent | {"share": intent["n_occurrences"] / n} for intent in intents],
        n_sentences=run.manifest.source.n_sentences,
        n_occurrences=n,
        n_assigned=n - left.total(),
        unassigned=dict(left.most_common()),
        goodness=expected_goodness([intent["p_good"] for intent in intents]),
        questions=sum(step["questions"] for step in usage),
        tokens_in=sum(step["tokens_in"] for step in usage),
        tokens_out=sum(step["tokens_out"] for step in usage),
    )


# --- JSON -----------------------------------------------------------------------------------------


def as_json(run: Run) -> dict[str, object]:
    """Return what ``--json`` prints."""
    summary = summary_of(run)
    found = goodness_json(summary.goodness)
    manifest = run.manifest
    return {
        "run": str(run.folder),
        **asdict(summary),
        "goodness": found,
        "coverage": summary.coverage,
        "usage": manifest.usage,
        "llm": manifest.llm,
        "embedder": manifest.embedder,
        "settings": asdict(manifest.settings),
    }


def goodness_json(found: Goodness) -> dict[str, object]:
    """Return a goodness for JSON, which knows no nan."""
    return {name: None if value != value else value for name, value in asdict(found).items()}  # noqa: PLR0124


# --- terminal -------------------------------------------------------------------------------------


def console_on(stream: IO[str]) -> Console:
    """Return a console on a stream: as wide as the terminal, 80 columns and no colours in a pipe."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else 80)


def print_report(run: Run, stream: IO[str]) -> None:
    """Print table and totals."""
    console, summary = console_on(stream), summary_of(run)
    if summary.intents:
        console.print(intents_rich(summary))
    else:
        console.print("no intent was found")
    for line in totals(run, summary):
        console.print(Text(line), overflow="fold")


def intents_rich(summary: Summary) -> Table:
    """Return the table of intents, for a console of any width from 80."""
    has_roles = any(intent["role"] for intent in summary.intents)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    table.add_column("intent", no_wrap=True, overflow="ellipsis", max_width=26)
    for name in ("size", "share", "P(good)"):
        table.add_column(name, no_wrap=True, justify="right")
    if has_roles:
        table.add_column("role", no_wrap=True)
    table.add_column("examples", no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    for intent in summary.intents:
        table.add_row(*_cells(intent, has_roles))
    return table


def _cells(intent: dict[str, Any], has_roles: bool) -> list[Text]:
    examples = "\n".join(_one_line(text) for text in intent["examples"][:N_SHOWN])
    role = [Text(intent["role"] or "")] if has_roles else []
    share, p_good = f"{intent['share']:.1%}", f"{intent['p_good']:.2f}"
    name = Text(intent["name"], style="bold")
    return [name, Text(f"{intent['size']:,}"), Text(share), Text(p_good), *role, Text(examples)]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def totals(run: Run, summary: Summary) -> list[str]:
    """Return the lines under the table: what was found, what it cost, what is left."""
    found = summary.goodness
    n = len(summary.intents)
    good = f" · expected goodness {found.value:.2f} ({found.low:.2f}–{found.high:.2f})" if n else ""
    lines = [
        f"{n} intent{'s' * (n != 1)} · {summary.coverage:.1%} of {summary.n_occurrences:,} utterances{good}",
        f"{summary.questions:,} LLM calls · {summary.tokens_in:,} tokens in, {summary.tokens_out:,} out",
    ]
    if summary.unassigned:
        parts = [f"{reason} {n:,}" for reason, n in summary.unassigned.items()]
        lines.append(f"unassigned: {', '.join(parts)}")
    if summary.status == CAPPED:
        lines.append(f"CAPPED: the best so far. Go on with: {run.resume_command} --max-calls N")
    return lines


# --- HTML -----------------------------------------------------------------------------------------


def page(run: Run) -> str:
    """Return the report of a run as one HTML page that needs nothing else."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("dialin"), autoescape=True, trim_blocks=True)
    rounds = (run.folder / files.ROUNDS).read_text("utf-8").splitlines()
    return environment.get_template("report.html.j2").render(
        manifest=run.manifest,
        summary=_summary(run),
        rounds=[json.loads(line) for line in rounds],
        reasons=REASONS,
    )
