"""Compute the plot of quality against questions: marks, ticks and error bars, which ``page.html.j2`` draws.

The axis of questions is logarithmic, with a place of its own for 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dialin.bench.compare import METRICS
from dialin.bench.methods import DIALIN, ITL, PAPER, asks, cap_of
from dialin.bench.table import NAMES, Figure, TableLine

WIDTH, HEIGHT = 390, 270
LEFT, RIGHT, TOP, BOTTOM = 38, 22, 22, 40
ZERO, FIRST = LEFT + 12, LEFT + 44
"""Distances of 0 questions and of the first power of ten from the left edge."""
RADIUS, CAPPED_RADIUS = 5.0, 3.0
CORNERS = {"square": (4, 45), "diamond": (4, 0), "up": (3, -90), "down": (3, 90), "pentagon": (5, -90), "six": (6, 0)}
"""Number of corners of each shape, and the angle of the first corner in degrees."""
SHAPES = ("circle", *CORNERS)
FAMILIES = ("free", "peer", "paper", "dialin")
"""Methods without an LLM, other papers' methods, the paper's methods and dialin: a colour for each."""


@dataclass(frozen=True)
class Tick:
    """A position on an axis, and its label."""

    at: float
    text: str


@dataclass(frozen=True)
class Look:
    """The look of a method: the colour of its family, its own shape within the family, and hollow if it is told k."""

    method: str
    family: str
    shape: str
    hollow: bool

    def outline(self, x: float, y: float) -> str:
        """Return the SVG path of the shape around a point; the shape of a capped method is small."""
        r = RADIUS if cap_of(self.method) is None else CAPPED_RADIUS
        if self.shape == "circle":
            return f"M{x - r:.1f},{y:.1f}a{r},{r} 0 1 0 {2 * r},0a{r},{r} 0 1 0 {-2 * r},0Z"
        n, first = CORNERS[self.shape]
        angles = [math.radians(first + 360 * i / n) for i in range(n)]
        corners = [f"{x + 1.2 * r * math.cos(a):.1f},{y + 1.2 * r * math.sin(a):.1f}" for a in angles]
        return f"M{'L'.join(corners)}Z"


@dataclass(frozen=True)
class Mark:
    """The mark of a method in a panel: position, error bar and tooltip."""

    look: Look
    x: float
    y: float
    low: float
    high: float
    text: str

    @property
    def path(self) -> str:
        """SVG path of its shape."""
        return self.look.outline(self.x, self.y)


@dataclass(frozen=True)
class Panel:
    """The panel of one score.

    Parameters
    ----------
    title : str
        Name of the score.
    across, up : list of Tick
        Ticks of the horizontal and the vertical axis.
    marks : list of Mark
        One mark per method.
    curve : str
        Points of the line that joins dialin and its capped runs; "" if there are no capped runs.
    """

    title: str
    across: list[Tick]
    up: list[Tick]
    marks: list[Mark]
    curve: str


@dataclass(frozen=True)
class AxisScale:
    """The scale of an axis: linear, or logarithmic with 0 at a place of its own."""

    low: float
    high: float
    begin: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the position of a value."""
        if self.is_log and value < 1:
            return float(ZERO)
        part = ((math.log10(value) if self.is_log else value) - self.low) / (self.high - self.low)
        return self.begin + part * (self.end - self.begin)


def panels_of(lines: Sequence[TableLine], looks: Sequence[Look]) -> list[Panel]:
    """Return a panel for each score, from the lines of one data set or of all data sets together."""
    across = calls_scale([_mean(line, "calls") for line in lines])
    own = {look.method: look for look in looks}
    return [panel_of(metric, lines, across, own) for metric in METRICS]


def panel_of(metric: str, lines: Sequence[TableLine], across: AxisScale, looks: dict[str, Look]) -> Panel:
    """Return the panel of one score."""
    up = score_scale([end for line in lines if (f := line.figures[metric]) for end in ends(f)])
    marks = [mark_of(line, f, looks[line.method], (across, up)) for line in lines if (f := line.figures[metric])]
    return Panel(NAMES[metric], calls_ticks(across), score_ticks(up), marks, curve_of(marks))


def mark_of(line: TableLine, figure: Figure, look: Look, scales: tuple[AxisScale, AxisScale]) -> Mark:
    """Return the mark of a method."""
    across, up = scales
    calls, (low, high) = _mean(line, "calls"), ends(figure)
    spread = "" if figure.std is None else f" ± {figure.std:.3f}"
    text = f"{line.method}: {figure.mean:.3f}{spread} with {calls:,.0f} questions"
    return Mark(look, across.at(calls), up.at(figure.mean), up.at(low), up.at(high), text)


def curve_of(marks: Sequence[Mark]) -> str:
    """Return the points of the line through dialin's marks, by number of questions; "" with fewer than two marks."""
    own = sorted((mark.x, mark.y) for mark in marks if mark.look.family == "dialin")
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in own) if len(own) > 1 else ""


def ends(figure: Figure) -> tuple[float, float]:
    """Return the ends of an error bar: one standard deviation over seeds to each side, the upper end at most 1."""
    spread = figure.std or 0.0
    return figure.mean - spread, min(figure.mean + spread, max(figure.mean, 1.0))


def calls_scale(calls: Sequence[float]) -> AxisScale:
    """Return the scale of questions, over whole powers of ten."""
    asked = [math.log10(n) for n in calls if n >= 1] or [0.0]
    low, high = math.floor(min(asked)), math.ceil(max(asked))
    return AxisScale(low, max(high, low + 1), FIRST, WIDTH - RIGHT, is_log=True)


def calls_ticks(scale: AxisScale) -> list[Tick]:
    """Return ticks at 0 and at the powers of ten."""
    powers = [10**i for i in range(int(scale.low), int(scale.high) + 1)]
    return [Tick(ZERO, "0"), *(Tick(scale.at(n), f"{n:,}") for n in powers)]


def score_scale(scores: Sequence[float]) -> AxisScale:
    """Return the scale of a score, over whole tenths.

    Examples
    --------
    >>> found = score_scale([0.43, 0.61])
    >>> round(found.low, 1), round(found.high, 1)
    (0.4, 0.7)
    """
    low, high = math.floor(10 * min(scores)) / 10, math.ceil(10 * max(scores)) / 10
    return AxisScale(low, max(high, low + 0.1), HEIGHT - BOTTOM, TOP)


def score_ticks(scale: AxisScale) -> list[Tick]:
    """Return ticks at the tenths, or at every second tenth if there are many."""
    first, last = round(10 * scale.low), round(10 * scale.high)
    return [Tick(scale.at(i / 10), f"{i / 10:.1f}") for i in range(first, last + 1, 1 if last - first < 6 else 2)]


def looks_of(methods: Sequence[str], told: Sequence[str]) -> list[Look]:
    """Return the look of each method, the same in every panel; methods in `told` are told k.

    Capped runs of dialin look like dialin.
    """
    order = {family: [m for m in methods if kind_of(m) == family and cap_of(m) is None] for family in FAMILIES}
    return [
        Look(m, family, SHAPES[order[family].index(m) % len(SHAPES)] if m in order[family] else SHAPES[0], m in told)
        for m in methods
        if (family := kind_of(m))
    ]


def kind_of(method: str) -> str:
    """Return the family of a method.

    Examples
    --------
    >>> [kind_of(name) for name in ("gmm", "idas", "itl-merge", "dialin@50")]
    ['free', 'peer', 'paper', 'dialin']
    """
    if method == PAPER or method in ITL:
        return "paper"
    if method == DIALIN or cap_of(method) is not None:
        return "dialin"
    return "peer" if asks(method) else "free"


def _mean(line: TableLine, name: str) -> float:
    figure = line.figures[name]
    return figure.mean if figure else 0.0
