"""Says what an update found: where the new utterances went, the candidates, and what changed beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from dialin import files, saved
from dialin.facts.headline import Summary, summary_json, summary_of
from dialin.report.terminal import print_intents, print_line
from dialin.report.totals import stored_line, totals
from dialin.runs.run import Run

POINTS = 100
N_SHOWN = 3
"""Intents and sentences of a group that are shown."""
WHAT_NOW = "nothing was moved: dialin review makes an intent of such a group; a new run with --since may find it, too"


@dataclass(frozen=True)
class UpdateFound:
    """What an update found.

    Parameters
    ----------
    summary : Summary
        The headline figures of the whole run.
    drift : dict
        The values of ``drift.json``.
    texts : sequence of str
        The sentences of the run.
    """

    summary: Summary
    drift: dict[str, Any]
    texts: Sequence[str]

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """The intents that nobody has accepted yet, the most frequent first."""
        found = [intent for intent in self.summary.intents if intent.get("candidate")]
        return sorted(found, key=lambda intent: -intent["n_occurrences"])

    @property
    def found_now(self) -> list[dict[str, Any]]:
        """The candidates that this update found."""
        return [one for one in self.candidates if one["uid"] not in self._earlier]

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """The candidates of the earlier run, which still wait for somebody to accept them."""
        return [one for one in self.candidates if one["uid"] in self._earlier]

    @property
    def _earlier(self) -> set[str]:
        return {one["uid"] for one in self.drift["intents"]}

    @property
    def unit(self) -> str:
        """What the figures count: "needs" if something was left out as not a need, else "utterances"."""
        return self.summary.unit

    @property
    def names(self) -> dict[str, str]:
        """The name of each intent by its uid."""
        return {intent["uid"]: intent["name"] for intent in self.summary.intents}


def update_found(run: Run) -> UpdateFound:
    """Return what an update found, as its last review left it; raise InputError if it has no result yet."""
    return UpdateFound(summary_of(run), saved.read_json(run.folder / files.DRIFT), run.corpus.texts)


def update_json(run: Run) -> dict[str, Any]:
    """Return the figures of an update as plain values, for ``--json``."""
    found = update_found(run)
    return summary_json(run) | {"candidates": found.candidates, "drift": found.drift}


def print_update(run: Run, console: Console) -> None:
    """Print where the new utterances went, the candidates, what changed, and the totals of the run."""
    found = update_found(run)
    for line in went_lines(found):
        print_line(console, line)
    for title, candidates in (("new", found.found_now), ("earlier", found.waiting)):
        if candidates:
            print_line(console, f"{title} candidates:")
            print_intents(console, candidates)
    if found.candidates and found.summary.n_left_out and not found.summary.n_dialogues:
        print_line(console, f"shares of the candidates are of all {found.summary.n_occurrences:,} utterances")
    for line in [*inside_lines(found), *changed_lines(found)] or ["nothing changed beyond chance"]:
        print_line(console, line)
    for line in filter(None, [*totals(run, found.summary), stored_line(run, found.summary)]):
        print_line(console, line)


def went_lines(found: UpdateFound) -> list[str]:
    """Return the lines about where the new utterances went, and apart, those that had no intent before."""
    new, homeless = found.drift["new"], found.drift["homeless"]
    lines = [f"{new['n']:,} new {found.unit}: {went_words(new)}"]
    if homeless["n"]:
        lines.append(f"of the {found.unit} that had no intent before: {went_words(homeless)}")
    return lines


def went_words(went: dict[str, int]) -> str:
    """Return where utterances went, in words; the numbers add up to all.

    Examples
    --------
    >>> went_words({"n": 9, "known": 6, "earlier_candidates": 0, "candidates": 2, "nowhere": 1})
    '6 in known intents, 2 in new candidates, 1 without an intent'
    """
    places = {
        "known": "in known intents",
        "earlier_candidates": "in earlier candidates",
        "candidates": "in new candidates",
        "nowhere": "without an intent",
    }
    return ", ".join(f"{went[name]:,} {where}" for name, where in places.items() if went[name])


def inside_lines(found: UpdateFound) -> list[str]:
    """Return a line for each group of new sentences in known intents, and one that says what can be done."""
    lines = [f"look at: {_inside(found, one)}" for one in found.drift.get("inside", [])]
    return [*lines, WHAT_NOW] if lines else []


def _inside(found: UpdateFound, group: dict[str, Any]) -> str:
    """Return where the sentences of a group are, and what some of them say."""
    places = [f"{found.names.get(one['uid'], one['uid'])} ({one['n']:,})" for one in group["intents"]]
    shown, n_more = places[:N_SHOWN], len(places) - N_SHOWN
    where = ", ".join(shown) + (f" and {n_more} more" if n_more > 0 else "")
    homeless = f", with {group['n_nowhere']:,} without an intent," if group["n_nowhere"] else ""
    n = sum(one["n"] for one in group["intents"])
    said = " ".join(f"“{found.texts[row]}”" for row in group["sentences"][:N_SHOWN])
    return f"{n:,} {found.unit} in {where}{homeless} may be a new intent: {said}"


def changed_lines(found: UpdateFound) -> list[str]:
    """Return a line for each change beyond chance."""
    none = found.drift["unassigned"]
    lines = [f"look at: more or fewer {found.unit} have no known intent: {_moved(none)}"] if none["is_certain"] else []
    for one in found.drift["intents"]:
        lines += [
            f"look at: {found.names.get(one['uid'], one['uid'])}: {_said(one, what, found.unit)}"
            for what in one["changed"]
        ]
    return lines


def _said(one: dict[str, Any], what: str, unit: str) -> str:
    """Return what changed about an intent."""
    if what == "distance":
        far = one["distance"]
        return (
            f"what is said in it now is {'less' if far['after'] > far['before'] else 'more'} alike: "
            f"mean distance to its centre {far['before']:.3f} before, {far['after']:.3f} now"
        )
    if what == "unassigned":
        return f"of the {unit} nearest to it, the share too far away to be in it: {_moved(one['unassigned'])}"
    return f"its share of the {unit} with a known intent: {_moved(one['share'])}"


def _moved(share: dict[str, float]) -> str:
    """Return a share before and now, with the interval of the difference."""
    low, high = POINTS * share["low"], POINTS * share["high"]
    return f"{share['before']:.1%} before, {share['after']:.1%} now ({low:+.1f} to {high:+.1f} points)"
