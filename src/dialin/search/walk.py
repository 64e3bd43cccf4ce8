"""Which nodes of the dendrogram are asked about: those of one cut first, then upward and downward from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dialin.cluster.tree import Tree
from dialin.errors import BudgetError
from dialin.judge.coherence import Rows, Verdict

Ask = Callable[[Sequence[Rows]], list[Verdict]]
BATCH = 16
"""Nodes judged at a time: what a cap of the budget can cost."""


class Walk:
    """Asks about the nodes of a tree from one cut on, and holds what was said.

    Above a bad node all are bad, and below a good one all are good: asking in the middle saves the questions about
    what is far above, as asking downward saves those about what is far below. A "good" that is not sure is confirmed,
    by the parent or by the children.

    Parameters
    ----------
    tree : Tree
        The dendrogram.
    ask : callable
        Sets of rows -> verdicts.
    min_size : int
        Smaller nodes are not asked about.
    sure : float
        Log-odds from which a "good" needs no confirmation.
    """

    def __init__(self, tree: Tree, ask: Ask, min_size: int, sure: float) -> None:
        self.tree, self.min_size, self.sure = tree, min_size, sure
        self.verdicts: dict[int, Verdict] = {}
        self._ask = ask

    def run(self, cut: Sequence[int]) -> bool:
        """Judge the nodes of a cut, then what is above and below them; return whether a cap of the budget ended it."""
        try:
            self._judge([node for node in cut if not self._is_small(node)])
            self._climb(cut)
            self._descend(cut)
        except BudgetError:
            return True
        return False

    def _climb(self, cut: Sequence[int]) -> None:
        """Judge each node above the cut whose children are good, or too small to tell, and so on upward."""
        above = [node for node in ancestors(self.tree, cut) if not self._is_small(node)]
        while ready := [node for node in above if node not in self.verdicts and self._is_ready(node)]:
            self._judge(ready)

    def _descend(self, cut: Sequence[int]) -> None:
        """Judge the children of each node that is not settled, level by level."""
        level = [node for node in cut if node in self.verdicts]
        while level := [child for node in level if not self._is_settled(node) for child in self._large_children(node)]:
            self._judge(level)

    def _judge(self, nodes: Sequence[int]) -> None:
        for batch in (nodes[i : i + BATCH] for i in range(0, len(nodes), BATCH)):
            verdicts = self._ask([self.tree.members(node) for node in batch])
            self.verdicts.update(zip(batch, verdicts, strict=True))

    def _is_ready(self, node: int) -> bool:
        return all(self._is_small(child) or self._is_good(child) for child in self.tree.children_of(node))

    def _is_settled(self, node: int) -> bool:
        sure = self.verdicts[node].log_odds >= self.sure
        return self.verdicts[node].good and (sure or self._is_good(int(self.tree.parent[node])))

    def _is_good(self, node: int) -> bool:
        return node in self.verdicts and self.verdicts[node].good

    def _is_small(self, node: int) -> bool:
        return self.tree.size(node) < self.min_size

    def _large_children(self, node: int) -> list[int]:
        return [child for child in self.tree.children_of(node) if not self._is_small(child)]


def ancestors(tree: Tree, nodes: Iterable[int]) -> list[int]:
    """Return all nodes above some nodes, lowest first."""
    found = set[int]()
    for node in map(int, nodes):
        above = int(tree.parent[node])
        while above >= 0 and above not in found:
            found.add(above)
            above = int(tree.parent[above])
    return sorted(found)
