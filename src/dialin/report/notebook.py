"""Draws the picture of a run for a notebook: headline, map and largest intents, in HTML without a script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dialin.facts.facts import IntentFacts
from dialin.facts.sample import sampled
from dialin.report.colours import Colour
from dialin.report.html import environment, open_page
from dialin.report.map.points import SCALE
from dialin.report.page import Page
from dialin.runs.run import Run

MAX_DOTS = 3_000
"""Maximum number of sentences on the map: each is an element of the document, and a notebook stores them all."""
MAX_INTENTS = 12
WIDTH = 320.0
"""Width and height of the map, in pixels."""


@dataclass(frozen=True)
class Dot:
    """Point of the map for one sentence, in pixels."""

    x: float
    y: float
    colour: Colour


@dataclass(frozen=True)
class Picture:
    """Data of the notebook template."""

    page: Page

    @property
    def intents(self) -> tuple[IntentFacts, ...]:
        """The first intents of the list: the largest needs."""
        return self.page.facts.listed[:MAX_INTENTS]

    @property
    def n_others(self) -> int:
        """The number of other intents."""
        return len(self.page.facts.intents) - len(self.intents)

    @property
    def width(self) -> float:
        """The width and height of the map, in pixels."""
        return WIDTH

    @cached_property
    def dots(self) -> list[Dot]:
        """The points of the map, those without an intent first; empty if the run has no vectors."""
        points = self.page.points
        if points is None:
            return []
        number = [one.intent_id for one in self.page.facts.intents]
        rows = sampled(points.labels, MAX_DOTS, seed=0)
        rows = rows[points.labels[rows].argsort(kind="stable")]
        places = (points.places[rows] * (WIDTH / SCALE)).round(1).tolist()
        labels = points.labels[rows].tolist()
        return [
            Dot(x, y, self.page.colour(number[label] if label >= 0 else -1))
            for (x, y), label in zip(places, labels, strict=True)
        ]


def picture(run: Run) -> str:
    """Return the picture of a run as HTML; all text from the data is escaped.

    Raises
    ------
    InputError
        If the run has no result yet.
    """
    return str(environment().get_template("notebook.html.j2").render(picture=Picture(open_page(run))))
