"""Writes the difference between two runs as one self-contained HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dialin import files
from dialin.report.diff.flow import NODE, WIDTH, FlowPicture, flow_picture
from dialin.report.diff.words import (
    INTERVAL_NOTE,
    based,
    explained,
    interval,
    n_by_state,
    points,
    ranked_changes,
    to_look_at,
)
from dialin.report.html import asset, environment
from dialin.taxonomy.alarm import figures_of, is_counted
from dialin.taxonomy.difference import NEW, Change, Difference
from dialin.taxonomy.snapshot import IntentSeen

LABEL = 230
"""Width of the names on each side of the picture, in pixels."""


@dataclass(frozen=True, eq=False)
class DifferencePage:
    """Data of the template: the difference, and what the two runs are called."""

    difference: Difference
    old_name: str
    new_name: str
    style: str

    node, width, label, note = NODE, WIDTH, LABEL, INTERVAL_NOTE

    @cached_property
    def picture(self) -> FlowPicture:
        """The picture of the flows."""
        return flow_picture(self.difference)

    @property
    def changes(self) -> list[Change]:
        """All changes, in the order of reading."""
        return ranked_changes(self.difference)

    @property
    def new(self) -> list[Change]:
        """The new intents, the largest first."""
        return [change for change in self.changes if NEW in change.states]

    @property
    def counts(self) -> dict[str, int]:
        """The number of intents in each state."""
        return n_by_state(self.difference)

    @property
    def n_counted(self) -> dict[str, int]:
        """The number of intents in each state whose shares the figures add up."""
        return n_by_state(self.difference, [one for one in self.changes if is_counted(self.difference, one)])

    @property
    def figures(self) -> dict[str, float]:
        """The figures that ``--fail-on`` looks at."""
        return figures_of(self.difference)

    @property
    def base_line(self) -> str:
        """The sentences that say what the shares are of."""
        return " ".join(f"{line[:1].upper()}{line[1:]}." for line in based(self.difference))

    @property
    def lines(self) -> list[str]:
        """What to look at."""
        return to_look_at(self.difference)

    def seen(self, change: Change) -> IntentSeen:
        """Return the intent of a change."""
        return self.difference.seen(change)

    def about(self, change: Change) -> str:
        """Return the states of a change in words."""
        return explained(self.difference, change)

    def moved(self, change: Change) -> str:
        """Return the difference of the shares of a change, in percentage points."""
        return points(change.share.difference)

    def interval(self, change: Change) -> str:
        """Return its interval."""
        return interval(change)


def difference_html(difference: Difference, old_name: str, new_name: str) -> str:
    """Return the page; all text from the data is escaped."""
    style = asset("templates/style.css") + asset("templates/diff.css")
    page = DifferencePage(difference, old_name, new_name, style)
    return environment().get_template("diff.html.j2").render(page=page)


def write_difference(difference: Difference, names: tuple[str, str], path: Path) -> None:
    """Write the page; raise InputError if it cannot be written."""
    files.write_text(path, difference_html(difference, *names))
