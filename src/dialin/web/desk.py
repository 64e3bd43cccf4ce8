"""Keep the state of a run under review up to date with its log, and add edits to the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin import files
from dialin.errors import InputError
from dialin.review.apply import Earlier, Row, edited_rows, p_after, rows_with_place, state_of
from dialin.review.columns import SentenceColumns, sentence_columns
from dialin.review.edits import Accept, Edit, Entry, Redo, Undo, Vote
from dialin.review.log import DECISIONS, DecisionLog, n_taken_over
from dialin.review.nearness import IntentNearness, nearness_of
from dialin.review.rank import RankedIntent, Ranker, Since
from dialin.review.replay import Replayer, refusal, replay
from dialin.review.state import ReviewState
from dialin.runs.listed import read_listed
from dialin.runs.run import Run
from dialin.taxonomy.recorded import Recorded, recorded_in
from dialin.taxonomy.told_groups import ToldGroup, open_groups, told_groups
from dialin.text.unseen import plain_name
from dialin.web.seen import Seen, check_own_seen, check_unchanged, concerned_by


@dataclass(frozen=True)
class View:
    """A consistent snapshot of a run under review; later edits do not change it.

    `folded` holds the texts without case, for the search; `near` is None without vectors; `recorded` is what the run
    says of an earlier one, `unseen` has the names of listed intents that no intent bears, and `groups` are those of new
    sentences that its update told, and people have not dealt with.
    """

    run: Run
    entries: tuple[Entry, ...]
    state: ReviewState
    own: SentenceColumns
    ranked: tuple[RankedIntent, ...]
    texts: Sequence[str]
    counts: NDArray[np.int64]
    p: NDArray[np.float64]
    X: NDArray[np.float32] | None
    near: IntentNearness | None
    folded: pa.Array
    recorded: Recorded
    unseen: tuple[str, ...]
    groups: tuple[ToldGroup, ...] = ()

    def name(self, intent: int) -> str:
        """Return the name of an intent; "no intent" for −1 and for ids that no longer exist."""
        known = self.state.intents.get(intent)
        return known.name if known else "no intent"

    def most_doubtful(self, intent: int) -> NDArray[np.int64]:
        """Return the sentences of an intent by ascending P(intent), in a tie the most frequent first."""
        rows = self.state.members(intent)
        return rows[np.lexsort((rows, -self.counts[rows], self.p[rows]))]


class Desk:
    """A run under review, safe for any number of people and threads.

    Parameters
    ----------
    run : Run
        A run with a result.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._path, self._lock = run, run.folder / DECISIONS, Lock()
        self._found = run.found
        self._start = state_of(*self._found, run.found_tree)
        self._log, self._replayer, self._ranker = DecisionLog(self._path), Replayer(self._start), Ranker()
        self._own = sentence_columns(self._found[0])
        self._rows = rows_with_place(self._own, self._start.labels, self._found[1])
        self._folded = pa.array([text.casefold() for text in run.corpus.texts], pa.large_string())
        self._recorded = recorded_in(run)
        self._since = since_of(self._recorded)
        self._groups = told_groups(run.folder, len(self._folded))
        self._listed = [plain_name(one.name) for one in read_listed(run.folder / files.LISTED_INTENTS)]
        data = run.data
        self._X = data.X if data else None
        self._near = None if data is None else nearness_of(self._start.labels, data.X, self._own.roles.codes)
        self._earlier: Earlier | None = None
        self._size = -1
        self._view: View | None = None

    @property
    def newer(self) -> frozenset[int]:
        """The intents of the run that an earlier run did not have."""
        rows = self._rows.values()
        return frozenset(row["intent_id"] for row in rows if row.get("candidate") or row["uid"] in self._since.new)

    def view(self) -> View:
        """Return the current snapshot, with everyone's edits."""
        with self._lock:
            size = self._path.stat().st_size if self._path.exists() else 0
            if self._view is None or size != self._size:
                self._size, self._view = size, self._seen(self._log.read())
            return self._view

    def _seen(self, entries: list[Entry]) -> View:
        state = self._replayer.after(entries)
        own = replace(self._own, p=p_after(self._own.p, state))
        intents = edited_rows(own, self._rows, state, self._earlier)
        self._earlier = Earlier(state, {row["intent_id"]: row for row in intents})
        since = replace(self._since, looked_at=looked_at(entries, state, n_taken_over(self._path)))
        if self._near is not None and self._X is not None:
            self._near = self._near.after(state.labels, self._X)
        return View(
            run=self._run,
            entries=tuple(entries),
            state=state,
            own=own,
            ranked=tuple(self._ranker.ranking(state, intents, self._near, since)),
            texts=self._run.corpus.texts,
            counts=own.counts,
            p=own.p,
            X=self._X,
            near=self._near,
            folded=self._folded,
            recorded=self._recorded,
            unseen=unseen_names(self._listed, intents),
            groups=open_groups(self._groups, state.pinned),
        )

    def decide(self, by: str, decide: Callable[[ReviewState], Edit], seen: Seen) -> None:
        """Write the edit that `decide` returns for the newest state.

        Raises
        ------
        StaleError
            What the person saw has changed in the meantime; nothing is written.
        InputError
            The edit does not fit what others have done in the meantime; nothing is written.
        """

        def checked(entries: list[Entry]) -> Edit:
            check_unchanged(self._start, entries, seen)
            state = self._replayer.after(entries)
            edit = decide(state)
            if not isinstance(edit, Undo | Redo) and (why := refusal(state, edit, by)):
                raise InputError(why, hint="someone else may have changed it; reload the page")
            return edit

        self._log.append(by, checked)

    def accept_all(self, by: str, intents: Sequence[int], seen: Seen) -> None:
        """Accept some intents at once, one line of the log each; those that are confirmed already are left out.

        Raises
        ------
        StaleError
            What the person saw has changed in the meantime; nothing is written.
        InputError
            None of them waits to be accepted; nothing is written.
        """

        def checked(entries: list[Entry]) -> list[Edit]:
            check_unchanged(self._start, entries, seen)
            state = self._replayer.after(entries)
            known = [(intent, state.intents[intent]) for intent in intents if intent in state.intents]
            waiting = [intent for intent, one in known if not one.confirmed or one.wants_split]
            if not waiting:
                raise InputError("there is nothing to accept", hint="reload the page: somebody may have accepted them")
            return [Accept(intent) for intent in waiting if not refusal(state, Accept(intent), by)]

        self._log.append_all(by, checked)

    def turn(self, by: str, line: int | None, turn: type[Undo] | type[Redo], seen: Seen) -> int:
        """Undo or redo an edit, by default this person's last one with all of its batch; return its line.

        Raises
        ------
        StaleError
            The page did not show this person's last decisions, so it named none or another one.
        InputError
            There is no such edit, or a later one depends on it; nothing is written.
        """
        found = list[int]()

        def checked(entries: list[Entry]) -> list[Edit]:
            if line is None and seen.line is not None:
                check_own_seen(entries, by, seen.line)
            found.extend(turned(self._start, entries, by, line, turn))
            return [turn(each) for each in found]

        self._log.append_all(by, checked)
        return found[0]


def since_of(recorded: Recorded) -> Since:
    """Return which intents are new, and which have drifted."""
    changes = recorded.changes.items()
    return Since(
        new=frozenset(uid for uid, change in changes if change.is_new),
        drifted=frozenset(uid for uid, change in changes if change.has_drifted),
    )


def looked_at(entries: Sequence[Entry], state: ReviewState, n_earlier: int) -> frozenset[int]:
    """Return the intents that decisions in effect name, without the first `n_earlier` decisions of the log."""
    active = set(state.active)
    return frozenset[int]().union(*(concerned_by(e.edit)[0] for e in entries[n_earlier:] if e.line in active))


def unseen_names(listed: Sequence[str], intents: Sequence[Row]) -> tuple[str, ...]:
    """Return the listed names that no intent has, in the order of the list, ignoring case."""
    seen = {row["name"].casefold() for row in intents} if listed else set()
    return tuple(name for name in listed if name.casefold() not in seen)


def turned(
    start: ReviewState, entries: list[Entry], by: str, line: int | None, turn: type[Undo] | type[Redo]
) -> list[int]:
    """Return the lines to undo or redo; raise InputError if there is none or a later line depends on one.

    Without a `line`, they are this person's last one, and the others that were written with it at once.
    """
    before = replay(start, entries)
    lines = before.active if turn is Undo else before.undone
    own = {entry.line for entry in entries if entry.by == by}
    mine = [at for at in lines if at in own]  # in the order in which they took effect or were undone
    chosen = (mine[-1] if mine else None) if line is None else line
    word = turn.__name__.lower()
    if chosen is None or chosen not in lines:
        raise InputError(f"there is nothing to {word}")
    theirs = next((e.by for e in entries if e.line == chosen and isinstance(e.edit, Vote) and e.by != by), None)
    if theirs is not None:
        raise InputError(f"line {chosen} is a verdict by {theirs}", hint="only the person who gave it can take it back")
    batch = next((entry.batch for entry in entries if entry.line == chosen), "")
    together = {entry.line for entry in entries if batch and line is None and entry.batch == batch} & set(lines)
    turning = [chosen, *sorted(together - {chosen})]
    after = replay(start, [*entries, *(Entry(len(entries) + 1_000_000 + i, turn(at)) for i, at in enumerate(turning))])
    if set(after.void) - set(before.void):
        raise InputError(f"cannot {word} line {chosen}: line {min(set(after.void) - set(before.void))} builds on it")
    return turning
