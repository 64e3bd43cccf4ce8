"""Computes the coordinates of the page's static pictures: the tree, small lines and columns.

The templates draw them as SVG. They need no script, print sharply, and take their colours from the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialin.cluster.tree import Tree
from dialin.facts.brackets import brackets

ROW, TREE_WIDTH, MARGIN = 22, 300, 6
"""Height of a leaf of the tree, width of its branches, and free space at its root, in pixels."""
LINE_WIDTH, LINE_HEIGHT = 96, 22
COLUMNS_WIDTH, COLUMNS_HEIGHT = 720, 150


@dataclass(frozen=True)
class JoinLine:
    """SVG path of one join of the tree, with the place of an intent of its branch (−1 if it joins several)."""

    path: str
    intent: int


@dataclass(frozen=True)
class TreePicture:
    """Drawing of the tree, from its root on the left to its leaves on the right.

    Parameters
    ----------
    order : tuple of int
        Places of the intents from top to bottom, `row` pixels each.
    joins : tuple of JoinLine
        Joins of the tree.
    width, row : int
        Width of the branches and height of a leaf, in pixels.
    """

    order: tuple[int, ...]
    joins: tuple[JoinLine, ...]
    width: int = TREE_WIDTH
    row: int = ROW

    @property
    def height(self) -> int:
        """The height in pixels."""
        return self.row * len(self.order)


def tree_picture(tree: Tree, branches: Sequence[int]) -> TreePicture:
    """Return the picture of a tree; a join of intents of one branch has their colour.

    Parameters
    ----------
    tree : Tree
        The dendrogram.
    branches : sequence of int
        Number of the branch of each leaf; −1 for none.
    """
    top = max(float(tree.height[-1]), 1e-9) if len(tree.height) else 1.0
    of = [*branches, *(-1 for _ in tree.children)]
    for i, (a, b) in enumerate(tree.children):
        of[tree.n_leaves + i] = of[a] if of[a] == of[b] else -1
    joins = []
    for i, bracket in enumerate(brackets(tree)):
        members = tree.members(tree.n_leaves + i).tolist()
        x, *ends = (_across(height, top) for height in (bracket.height, *bracket.heights))
        y = [ROW * (place + 0.5) for place in bracket.places]
        path = f"M{ends[0]:.1f} {y[0]:.1f}H{x:.1f}V{y[1]:.1f}H{ends[1]:.1f}"
        joins.append(JoinLine(path, int(members[len(members) // 2]) if of[tree.n_leaves + i] >= 0 else -1))
    return TreePicture(tuple(tree.rows.tolist()), tuple(joins))


def _across(height: float, top: float) -> float:
    return MARGIN + (TREE_WIDTH - MARGIN) * (1 - height / top)


def line_points(values: Sequence[float]) -> str:
    """Return the SVG points of a small line through the values, with 0 at the bottom and the maximum at the top.

    Examples
    --------
    >>> line_points([0, 2, 1])
    '0.0,21.0 48.0,1.0 96.0,11.0'
    """
    top, step = max(*values, 1e-9), LINE_WIDTH / max(len(values) - 1, 1)
    height = LINE_HEIGHT - 2
    return " ".join(f"{i * step:.1f},{1 + height * (1 - value / top):.1f}" for i, value in enumerate(values))


@dataclass(frozen=True)
class StackedColumn:
    """A column of two parts, one on the other, in pixels: left edge, width, and top and height of each part."""

    x: float
    width: float
    lower: tuple[float, float]
    upper: tuple[float, float]


def columns(lower: Sequence[int], upper: Sequence[int]) -> list[StackedColumn]:
    """Return the columns of two equally long rows of counts, the upper ones standing on the lower ones.

    Examples
    --------
    >>> first, second = columns([1, 2], [0, 2])
    >>> (second.x, second.width, second.lower, second.upper)
    (360.0, 354.0, (75.0, 75.0), (0.0, 75.0))
    """
    top = max(max((a + b for a, b in zip(lower, upper, strict=True)), default=0), 1)
    step, unit = COLUMNS_WIDTH / max(len(lower), 1), COLUMNS_HEIGHT / top
    width = round(step - min(6.0, step / 4), 2)
    return [
        StackedColumn(
            round(i * step, 2),
            width,
            (round(COLUMNS_HEIGHT - a * unit, 2), round(a * unit, 2)),
            (round(COLUMNS_HEIGHT - (a + b) * unit, 2), round(b * unit, 2)),
        )
        for i, (a, b) in enumerate(zip(lower, upper, strict=True))
    ]
