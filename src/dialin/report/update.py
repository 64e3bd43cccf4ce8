"""Says what an update found: where the new utterances went, the candidates, and what chance does not explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console

from dialin import files, saved
from dialin.facts.headline import Summary, summary_json, summary_of
from dialin.report.terminal import print_line, table_of_intents, totals
from dialin.runs.run import Run

POINTS = 100


@dataclass(frozen=True)
class UpdateFound:
    """What an update found.

    Parameters
    ----------
    summary : Summary
        The headline figures of the whole run.
    drift : dict
        The values of ``drift.json``.
    """

    summary: Summary
    drift: dict[str, Any]

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """The intents that nobody has accepted yet, the most frequent first."""
        found = [intent for intent in self.summary.intents if intent.get("candidate")]
        return sorted(found, key=lambda intent: -intent["n_occurrences"])

    @property
    def names(self) -> dict[str, str]:
        """The name of each intent by its uid."""
        return {intent["uid"]: intent["name"] for intent in self.summary.intents}


def update_found(run: Run) -> UpdateFound:
    """Return what an update found, as its last review left it; raise InputError if it has no result yet."""
    return UpdateFound(summary_of(run), saved.read_json(run.folder / files.DRIFT))


def update_json(run: Run) -> dict[str, Any]:
    """Return the figures of an update as plain values, for ``--json``."""
    found = update_found(run)
    return summary_json(run) | {"candidates": found.candidates, "drift": found.drift}


def print_update(run: Run, console: Console) -> None:
    """Print where the new utterances went, the candidates, what changed, and the totals of the run."""
    found = update_found(run)
    print_line(console, went_line(found))
    if found.candidates:
        console.print(table_of_intents(found.candidates))
    for line in changed_lines(found) or ["no change that chance does not explain"]:
        print_line(console, line)
    for line in totals(run, found.summary):
        print_line(console, line)


def went_line(found: UpdateFound) -> str:
    """Return the line about where the new utterances went, and what became of all that had no intent."""
    drift = found.drift
    n_known, n_joined = (sum(one[name] for one in drift["intents"]) for name in ("n_new", "n_joined"))
    n, in_candidates = len(found.candidates), sum(one["n_occurrences"] for one in found.candidates)
    line = f"{drift['n_new']:,} new utterances, {n_known:,} of them in known intents"
    joined = f"; {n_joined:,} without an intent joined known ones" if n_joined else ""
    return f"{line}{joined}; {n:,} candidate{'s' * (n != 1)} with {in_candidates:,} utterances"


def changed_lines(found: UpdateFound) -> list[str]:
    """Return a line for each change that chance does not explain."""
    none = found.drift["unassigned"]
    lines = [f"look at: {_moved(none)} have no intent"] if none["is_certain"] else []
    for one in found.drift["intents"]:
        lines += [f"look at: {found.names.get(one['uid'], one['uid'])}: {_said(one, what)}" for what in one["changed"]]
    return lines


def _said(one: dict[str, Any], what: str) -> str:
    """Return what changed about an intent."""
    if what == "distance":
        return (
            f"mean distance from its centre {one['distance']['before']:.3f} before, {one['distance']['after']:.3f} now"
        )
    if what == "unassigned":
        return f"{_moved(one['unassigned'])} of what lies nearest to it have no intent"
    return f"{_moved(one['share'])} of the utterances"


def _moved(share: dict[str, float]) -> str:
    """Return a share before and now, with the interval of the difference."""
    low, high = POINTS * share["low"], POINTS * share["high"]
    return f"{share['before']:.1%} before, {share['after']:.1%} now ({low:+.1f} to {high:+.1f} points)"
