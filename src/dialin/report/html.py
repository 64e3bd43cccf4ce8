"""Writes the report of a run as one self-contained HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import jinja2

from dialin import files
from dialin.export.registry import FORMATS
from dialin.facts.build import facts_of
from dialin.facts.facts import stratum_of
from dialin.facts.loaded import load_files
from dialin.facts.outcomes import AS_USUAL, OutcomeQuestion
from dialin.facts.withheld import withhold
from dialin.judge.certainty import with_certainty
from dialin.llm.prices import shown_money
from dialin.report.map.points import points_of
from dialin.report.outcome_words import compared_text, figure, outcome_heading, segment_text
from dialin.report.page import Page
from dialin.report.private import without_sentences
from dialin.report.took import shown_seconds
from dialin.runs.run import Run
from dialin.text.script import language_of
from dialin.text.width import shortened

TEXT_WIDTH = 300
"""Maximum width of a sentence in the tables, in columns."""
SCRIPTS = ("map/map.js", "templates/table.js", "templates/sort.js", "templates/take_out.js", "templates/start.js")


@dataclass(frozen=True)
class ReportView:
    """What a report shows: sentences or not, intents of at least so many dialogues, and the outcomes asked about."""

    sentences: bool = True
    min_dialogues: int = 0
    question: OutcomeQuestion = AS_USUAL


WHOLE = ReportView()
"""All that a run holds."""


def write_report(run: Run, path: Path, view: ReportView = WHOLE) -> int:
    """Write the report of a run; return its bytes.

    Raises
    ------
    InputError
        If the run has no result yet, a file of the run cannot be read, or the page cannot be written.
    """
    html = report_html(run, view)
    files.write_text(path, html)
    return path.stat().st_size


def report_html(run: Run, view: ReportView = WHOLE) -> str:
    """Return the report of a run as one self-contained HTML page."""
    page = open_page(run, view)
    return fill_templates(page if view.sentences else without_sentences(page))


def open_page(run: Run, view: ReportView = WHOLE) -> Page:
    """Return the page of a run for the templates; raise InputError if it has no result, or a file cannot be read."""
    contents = withhold(load_files(run), view.min_dialogues)
    script, style = "\n".join(map(asset, SCRIPTS)), asset("templates/style.css")
    return Page(run.manifest, facts_of(contents, view.question), points_of(contents), style, script)


def asset(path: str) -> str:
    """Return the text of a file in this folder that goes into the page unchanged."""
    return resources.files("dialin.report").joinpath(path).read_text("utf-8")


def fill_templates(page: Page) -> str:
    """Return the page as HTML; all text from the data is escaped."""
    return environment().get_template("page.html.j2").render(page=page)


@cache
def environment() -> jinja2.Environment:
    """Return the environment of the report's templates, with their filters; it escapes all text from the data."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader("dialin.report"), jinja2.PackageLoader("dialin.report.map", "")]
        ),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {
        "number": with_commas,
        "percent": percent,
        "money": shown_money,
        "duration": shown_seconds,
        "short": shortened_text,
        "is_chinese": is_chinese,
        "with_certainty": with_certainty,
        "figure": figure,
        "heading": outcome_heading,
        "compared": compared_text,
        "segment": segment_text,
    }
    made.filters["stratum"] = stratum_of
    made.globals["platforms"] = [(form.name, form.title) for form in FORMATS.values()]
    return made


# --- filters of the templates ---------------------------------------------------------------------


def with_commas(value: float) -> str:
    """Return a number, rounded to a whole number, with commas between thousands."""
    return f"{value:,.0f}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in [0, 1] as a percentage."""
    return f"{share:.{digits}%}".replace("%", "\u202f%")


def shortened_text(text: str, width: int = TEXT_WIDTH) -> str:
    """Return a sentence cut to the width of a table, in columns."""
    return shortened(text, width)


def is_chinese(text: str) -> bool:
    """Return whether a text needs Chinese glyphs, in a font that also has Japanese ones."""
    return language_of([text]) == "zh"
