"""Computes the picture of how utterances flow from the intents of an older run to those of a newer one (alluvial)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialin.report.colours import UNASSIGNED_COLOUR, Colour, colours
from dialin.taxonomy.difference import Difference
from dialin.taxonomy.snapshot import IntentSeen

WIDTH, NODE, HEIGHT = 400, 12, 560
"""Width of the picture between the names, width of a bar, and height of all utterances together, in pixels."""
ROW, GAP = 17, 5
"""Least height of an intent, so that its name can be read, and space between two, in pixels."""
N_DRAWN = 40
"""Intents of each run that are drawn, the most frequent ones."""
THINNEST = 0.75
"""Least height of the thicker end of a ribbon that is drawn, in pixels."""


@dataclass(frozen=True)
class Node:
    """Bar of an intent: its place in its run, top, height, and height of its row, in pixels; and its colour."""

    place: int
    intent: IntentSeen
    share: float
    y: float
    height: float
    row: float
    colour: Colour

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return self.y + self.row / 2


@dataclass(frozen=True)
class Ribbon:
    """SVG path of what flows from one intent to another, its colour, and what it says."""

    path: str
    colour: Colour
    title: str


@dataclass(frozen=True)
class FlowPicture:
    """The picture: intents before on the left, now on the right, and ribbons between them."""

    left: tuple[Node, ...]
    right: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    n_left_out: int

    @property
    def height(self) -> float:
        """The height in pixels."""
        return max((node.y + node.row for node in (*self.left, *self.right)), default=0.0) + GAP


def flow_picture(difference: Difference) -> FlowPicture:
    """Return the picture of the most frequent intents of two runs."""
    old, new = difference.old, difference.new
    right_order = _largest([one.n_occurrences for one in new.intents])
    paint = dict(zip(right_order, colours(range(len(right_order))), strict=True))
    home = _homes(difference)
    left_order = sorted(
        _largest([one.n_occurrences for one in old.intents]),
        key=lambda place: (right_order.index(home[place]) if home.get(place) in paint else len(right_order), place),
    )
    left = _stacked(old.intents, old.n_occurrences, left_order, {i: paint.get(home.get(i, -1)) for i in left_order})
    right = _stacked(new.intents, new.n_occurrences, right_order, dict(paint))
    n_left_out = len(old.intents) + len(new.intents) - len(left) - len(right)
    return FlowPicture(left, right, _ribbons(difference, left, right), n_left_out)


def _largest(sizes: Sequence[int]) -> list[int]:
    return sorted(range(len(sizes)), key=lambda place: (-sizes[place], place))[:N_DRAWN]


def _homes(difference: Difference) -> dict[int, int]:
    """Return the newer intent that each older one is, or was merged into."""
    same = {one.old: one.new for one in difference.changes if one.old is not None and one.new is not None}
    merged = {
        one.old: one.related[0] for one in difference.changes if one.old is not None and one.new is None and one.related
    }
    return merged | same


def _stacked(
    intents: Sequence[IntentSeen], n_occurrences: int, order: Sequence[int], paint: dict[int, Colour | None]
) -> tuple[Node, ...]:
    """Return the bars of intents, one below the other."""
    nodes, y = [], float(GAP)
    for place in order:
        share = intents[place].n_occurrences / max(n_occurrences, 1)
        height = HEIGHT * share
        row = max(height, ROW)
        nodes.append(Node(place, intents[place], share, y, height, row, paint[place] or UNASSIGNED_COLOUR))
        y += row + GAP
    return tuple(nodes)


def _ribbons(difference: Difference, left: Sequence[Node], right: Sequence[Node]) -> tuple[Ribbon, ...]:
    """Return the ribbons; the ends at a bar stand below each other, in the order of the bars on the other side."""
    flows, ribbons = difference.flows, []
    begin, end = {node.place: node.y for node in left}, {node.place: node.y for node in right}
    for a in left:
        for b in right:
            went, came = float(flows.went[a.place, b.place]), float(flows.came[a.place, b.place])
            heights = went * a.height, came * b.height
            if max(heights) < THINNEST:
                continue
            path = ribbon_path((begin[a.place], heights[0]), (end[b.place], heights[1]))
            title = f"{a.intent.name} → {b.intent.name}: {went:.0%} of the one, {came:.0%} of the other"
            ribbons.append(Ribbon(path, b.colour, title))
            begin[a.place] += heights[0]
            end[b.place] += heights[1]
    return tuple(ribbons)


def ribbon_path(left: tuple[float, float], right: tuple[float, float]) -> str:
    """Return the SVG path of a ribbon between two bars, each end with its top and height.

    Examples
    --------
    >>> ribbon_path((0, 10), (20, 5))
    'M12 0.0C200 0.0 200 20.0 388 20.0V25.0C200 25.0 200 10.0 12 10.0Z'
    """
    (y0, h0), (y1, h1) = left, right
    a, b, middle = NODE, WIDTH - NODE, WIDTH // 2
    upper = f"M{a} {y0:.1f}C{middle} {y0:.1f} {middle} {y1:.1f} {b} {y1:.1f}"
    return f"{upper}V{y1 + h1:.1f}C{middle} {y1 + h1:.1f} {middle} {y0 + h0:.1f} {a} {y0 + h0:.1f}Z"
