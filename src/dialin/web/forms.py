"""Turn a submitted form into an edit. This module checks the fields; the desk checks that the edit fits the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from dialin.errors import InputError
from dialin.review.edits import Accept, Edit, Merge, Move, Noise, Rename, Split, SplitPart, Vote
from dialin.review.stages import all_named, named_so, standing_of
from dialin.review.state import ReviewState
from dialin.web.seen import Seen

MAX_NAME = 120
MAX_FIELDS = 2_000
"""Fields of a form: a page of the overview has 200 intents to select, and a page of sentences 50."""
NEW_INTENT, NAMED_INTENT = "new", "named"
"""Values in place of the number of an intent: one that may be new, and one that exists; the form holds its name."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class Form:
    """The fields of a submitted form, each with its values."""

    values: Mapping[str, Sequence[str]]

    def one(self, key: str) -> str:
        """Return the first value of a field; "" if it has none."""
        return (self.values.get(key) or [""])[0].strip()

    def number(self, key: str) -> int:
        """Return the number in a field; raise InputError if it is not a number."""
        return number_in(self.one(key), key)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return the numbers in a field, each once; raise InputError if it has none."""
        found = self.all_numbers(key)
        if not found:
            raise InputError(f"nothing is selected ({key})", hint="select something first")
        return found

    def all_numbers(self, *keys: str) -> tuple[int, ...]:
        """Return the numbers in some fields, each once; raise InputError if one is not a number."""
        found = [(n, key) for key in keys for value in self.values.get(key, ()) for n in re.split(r"[\s,]+", value)]
        return tuple(dict.fromkeys(number_in(n, key) for n, key in found if n))

    def name(self, key: str = "name") -> str:
        """Return the name in a field, on one line and without characters that change the text direction."""
        return clean_name(self.one(key))


def number_in(text: str, key: str) -> int:
    """Return a text as a number; raise InputError, which names `key`, if it is not one."""
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise InputError(f"{key} must be a number, got {text[:40]!r}")
    return int(text)


def clean_name(name: str) -> str:
    r"""Return a name on one line, cut to `MAX_NAME` characters.

    Examples
    --------
    >>> clean_name(" cancel\n\u202eorder ")
    'cancel order'
    """
    return " ".join(_CONTROL.sub(" ", name).split())[:MAX_NAME]


def form_of(body: bytes) -> Form:
    """Return the fields of a URL-encoded body; raise InputError if there are more than `MAX_FIELDS`."""
    try:
        return Form(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise InputError(f"the form has more than {MAX_FIELDS:,} fields", hint="select fewer at once") from error


def seen_in(form: Form) -> Seen:
    """Return what the page of a form showed of the intents and sentences that the form names.

    A verdict names none: it is about the cluster as it was found, or about the ``look`` that the form holds.
    """
    line = form.number("seen") if form.one("seen") else None
    if form.one("do") in ("good", "bad"):
        return Seen(line)
    sentences = [key for key in form.values if key == "s" or key.startswith("sentences")]
    return Seen(
        line,
        intents=form.all_numbers(*(key for key in ("intent", "others") if form.one(key) != NAMED_INTENT)),
        targets=form.all_numbers("placed", *([] if form.one("to") == NEW_INTENT else ["to"])),
        sentences=form.all_numbers(*sentences),
        is_acceptance=form.one("do") == "accept",
    )


def decision(form: Form, newer: Container[int] = frozenset()) -> Callable[[ReviewState], Edit]:
    """Return a function that turns the newest state into the edit of a form.

    Parameters
    ----------
    form : Form
        The form.
    newer : container of int
        Intents that should not be the one that a merge keeps, because an earlier run knows the others.

    Raises
    ------
    InputError
        The form names no known edit, or a field is missing or wrong.
    """
    kind = form.one("do")
    others = {"split": _split, "name": _named, "give": _given, "rename": _renamed, "reject": _rejected}
    if kind in others:
        return others[kind](form)
    if kind in ("move", "noise"):
        return _about_sentences(form, kind)
    if kind == "merge":
        return _merged(form, newer)
    edit = _about_intent(form, kind)
    return lambda _: edit


def _about_intent(form: Form, kind: str) -> Edit:
    if kind == "accept":
        return Accept(form.number("intent"))
    if kind == "want-split":
        return Split(form.number("intent"))
    if kind in ("good", "bad"):
        return Vote(form.number("intent"), kind == "good", form.number("group"), form.number("look"))
    raise InputError(f"unknown edit {kind[:40]!r}")


def _split(form: Form) -> Callable[[ReviewState], Edit]:
    """Return the split; the first part keeps the id, the others get ids that are free when the edit is written."""
    intent, n = form.number("intent"), sum(key.startswith("sentences") for key in form.values)
    if n < 2:
        raise InputError(f"a split needs at least two parts, got {n}")
    parts = [(_needed(form.name(f"name{i}")), form.numbers(f"sentences{i}")) for i in range(n)]

    def decide(state: ReviewState) -> Edit:
        ids = [intent, *range(state.free, state.free + n - 1)]
        return Split(intent, tuple(SplitPart(i, name, rows) for i, (name, rows) in zip(ids, parts, strict=True)))

    return decide


def _about_sentences(form: Form, kind: str) -> Callable[[ReviewState], Edit]:
    rows = form.numbers("s")
    if kind == "noise":
        return lambda _: Noise(rows)
    if form.one("to") != NEW_INTENT:
        target = form.number("to")
        return lambda _: Move(rows, target)
    return _moved_by_name(rows, _needed(form.name("new")), lambda state: state.intents)


def _moved_by_name(
    rows: tuple[int, ...], name: str, among: Callable[[ReviewState], Iterable[int]]
) -> Callable[[ReviewState], Edit]:
    """Return the move of sentences to the intent with a name; the intent is created if the name is new."""

    def decide(state: ReviewState) -> Edit:
        known = named_so(state, among(state), name)
        return Move(rows, state.free, name) if known is None else Move(rows, known)

    return decide


def _merged(form: Form, newer: Container[int]) -> Callable[[ReviewState], Edit]:
    """Return the merge of some intents; without a choice, the largest is kept of those that are not `newer`."""
    for key, named in (("intent", "others"), ("others", "intent")):
        if form.one(named) == NAMED_INTENT:
            return _merged_by_name(form, key)
    chosen = form.numbers("others")
    own = form.number("intent") if form.one("intent") else min(chosen, key=lambda i: (i in newer, i))
    edit = Merge(own, tuple(i for i in chosen if i != own) or (own,), form.name())
    return lambda _: edit


def _merged_by_name(form: Form, key: str) -> Callable[[ReviewState], Edit]:
    """Return the merge of the intent in a field, ``intent`` or ``others``, with the one that has a name."""
    own, name = form.number(key), _needed(form.name("other"))

    def decide(state: ReviewState) -> Edit:
        other = named_so(state, (i for i in state.intents if i != own), name)
        if other is None:
            raise InputError(f"there is no other intent {name!r}", hint="search for it, and copy its name")
        return Merge(own, (other,)) if key == "intent" else Merge(other, (own,))

    return decide


def _renamed(form: Form) -> Callable[[ReviewState], Edit]:
    """Return the renaming of an intent; no other intent may have that name."""
    intent, name = form.number("intent"), _needed(form.name())

    def decide(state: ReviewState) -> Edit:
        known = state.intents.get(intent)
        others = all_named(state, (i for i in state.intents if i != intent), name)
        if known and known.name != name and any((state.labels == i).any() for i in others):
            raise InputError(f"another intent is called {name!r}", hint="merge the two, or choose another name")
        return Rename(intent, name)

    return decide


def _rejected(form: Form) -> Callable[[ReviewState], Edit]:
    """Return the removal of all sentences of an intent."""
    intent = form.number("intent")

    def decide(state: ReviewState) -> Edit:
        rows = state.members(intent).tolist()
        if not rows:
            raise InputError(f"intent {intent} no longer has sentences")
        return Noise(tuple(rows))

    return decide


def _named(form: Form) -> Callable[[ReviewState], Edit]:
    """Return the naming of a cluster; a name that another intent has merges the two."""
    intent, name = form.number("intent"), _needed(form.name())

    def decide(state: ReviewState) -> Edit:
        same = named_so(state, (i for i in standing_of(state).named if i != intent), name)
        return Rename(intent, name) if same is None else Merge(same, (intent,))

    return decide


def _given(form: Form) -> Callable[[ReviewState], Edit]:
    """Return the move of sentences to the named intent of an annotation."""
    return _moved_by_name(form.numbers("s"), _needed(form.name()), lambda state: standing_of(state).named)


def _needed(name: str) -> str:
    if not name:
        raise InputError("the name is missing")
    return name
