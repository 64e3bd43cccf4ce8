"""The picture of a run in a notebook: headline, map and largest intents, in HTML that needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dialin.facts.facts import IntentFacts
from dialin.report.colours import Colour
from dialin.report.html import environment, open_page
from dialin.report.map.points import SCALE, sampled
from dialin.report.page import Page
from dialin.runs.run import Run

MAX_DOTS = 3_000
"""Sentences of the map: each is an element of the document, and a notebook keeps them all."""
MAX_INTENTS = 12
WIDTH = 320.0
"""Pixels of the map, in both directions."""


@dataclass(frozen=True)
class Dot:
    """A sentence of the map, in pixels."""

    x: float
    y: float
    colour: Colour


@dataclass(frozen=True)
class Picture:
    """What the template reads."""

    page: Page

    @property
    def intents(self) -> tuple[IntentFacts, ...]:
        """The largest intents."""
        return self.page.facts.intents[:MAX_INTENTS]

    @property
    def n_others(self) -> int:
        """Intents beyond those."""
        return len(self.page.facts.intents) - len(self.intents)

    @property
    def width(self) -> float:
        """Pixels of the map."""
        return WIDTH

    @cached_property
    def dots(self) -> list[Dot]:
        """The sentences of the map, those without an intent first; none where the run has no vectors."""
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
    """Return the picture of a run as HTML; whatever people wrote is escaped.

    Raises
    ------
    InputError
        The run has no result yet.
    """
    return str(environment().get_template("notebook.html.j2").render(picture=Picture(open_page(run))))
