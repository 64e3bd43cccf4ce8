"""Chooses what of a run goes into an export: the rules that all formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np

from dialin import files
from dialin.arrays import RowVectors
from dialin.errors import InputError
from dialin.export.base import NO_INTENT_ID, BotIntent, Content, ExportFormat
from dialin.export.candidates import Candidate, Sentences, candidates, each_once, of_none
from dialin.export.figures import exported_figures
from dialin.export.names import exported_names
from dialin.export.shares import WHAT_IT_TAKES, Share, language_shares, most_different, within
from dialin.export.tally import Tally
from dialin.export.wanted import Wanted, wanted_intents
from dialin.files import quoted
from dialin.read.codes import codes_of
from dialin.runs.run import Run


@dataclass(frozen=True)
class Selection:
    """What goes into an export, and what was left out."""

    content: Content
    tally: Tally


def selection_of(run: Run, wanted: Wanted, form: ExportFormat) -> Selection:
    """Return what goes into an export of a run, as its last review left it.

    Raises
    ------
    InputError
        Nothing is left to export, the user wants more phrases than the platform takes, or the run has no vectors.
    """
    check_most(wanted, form)
    vectors = vectors_of(run)
    tally, sentences = Tally(), sentences_of(run)
    rows = wanted_intents(run, wanted, tally)
    found = phrases_by_intent(sentences, rows, wanted, form, tally)
    none = of_none(sentences, wanted, form, found.values(), tally)
    parts = [share for intent, own in found.items() for share in language_shares(intent, own)]
    parts += language_shares(NO_INTENT_ID, none)
    cut = [most_different(share, vectors, most_of(share.language, wanted, form), form, tally) for share in parts]
    content = content_of(run, rows, _within_limits(cut, form, tally), wanted, form)
    _tell_empty(rows, content, tally)
    check_some(run, content, tally)
    return Selection(content, tally)


def check_most(wanted: Wanted, form: ExportFormat) -> None:
    """Raise InputError if the user wants more phrases of an intent than the platform takes."""
    allowed = form.limits(wanted.language).phrases
    if allowed is not None and wanted.max_phrases is not None and wanted.max_phrases > allowed:
        raise InputError(
            f"--max-phrases must be at most {allowed:,} for {form.name}, got {wanted.max_phrases:,}",
            hint="that is what the platform takes",
        )


def most_of(language: str, wanted: Wanted, form: ExportFormat) -> int | None:
    """Return how many phrases an intent gets in a language; None: all."""
    limits = form.limits(language)
    return wanted.max_phrases or limits.usual or limits.phrases


def vectors_of(run: Run) -> Callable[[], RowVectors]:
    """Return what returns the vectors of the sentences, which stay in their file; raise InputError if there are none.

    They are opened only where phrases have to be chosen by them, as they are all read once then, to be checked.
    """
    if not (run.folder / files.EMBEDDINGS).exists():
        raise InputError(f"{run.folder} has no vectors", hint=f"continue the run with: {run.resume_command}")
    return cache(lambda: _opened(run))


def _opened(run: Run) -> RowVectors:
    X = run.vectors
    assert X is not None  # the file has just been there
    return X


def sentences_of(run: Run) -> Sentences:
    """Return the sentences of a run after its review."""
    table = run.sentences
    roles = codes_of(table["role"]).texts.tolist()
    columns = [table[name].to_numpy() for name in ("count", "intent_id", "p_intent")]
    return Sentences(list(run.corpus.texts), roles, *columns)


def phrases_by_intent(
    sentences: Sentences, rows: list[dict[str, Any]], wanted: Wanted, form: ExportFormat, tally: Tally
) -> dict[int, list[Candidate]]:
    """Return the phrases of each wanted intent, in the order of the intents; each phrase is in one intent, once."""
    place = {row["intent_id"]: i for i, row in enumerate(rows)}
    own = np.flatnonzero(np.isin(sentences.labels, list(place))).tolist()
    found: dict[int, list[Candidate]] = {intent: [] for intent in place}
    for one in each_once(candidates(sentences, own, wanted, form, tally), sentences.labels, place, tally):
        found[int(sentences.labels[one.row])].append(one)
    return found


def _within_limits(found: list[Share], form: ExportFormat, tally: Tally) -> list[Share]:
    """Return the shares that the platform takes: language by language, or all together."""
    if not form.per_language:
        return within(found, form.limits(""), tally)
    ordered = sorted(found, key=lambda share: share.language)
    groups = groupby(ordered, lambda share: share.language)
    return [share for language, own in groups for share in within(list(own), form.limits(language), tally)]


def content_of(run: Run, rows: list[dict[str, Any]], found: list[Share], wanted: Wanted, form: ExportFormat) -> Content:
    """Return what an export holds, from the rows of the intents and the shares that were chosen."""
    by_intent: dict[int, list[Share]] = {}
    for share in found:
        by_intent.setdefault(share.intent, []).append(share)
    own = [row for row in rows if any(share.chosen for share in by_intent.get(row["intent_id"], []))]
    names = exported_names(((row["intent_id"], row["name"]) for row in own), naming_with_none(form))
    figures = exported_figures(run, wanted.min_dialogues)
    intents = [
        BotIntent(
            row["intent_id"],
            row["name"],
            names[row["intent_id"]],
            " ".join((row.get("description") or "").split()),
            tuple(one.phrase for share in by_intent[row["intent_id"]] for one in share.chosen),
            path=tuple(row.get("path") or ()),
            figures=figures.get(row["intent_id"], {}),
        )
        for row in own
    ]
    none = tuple(one.phrase for share in by_intent.get(NO_INTENT_ID, []) for one in share.chosen)
    if none:
        intents.append(BotIntent(NO_INTENT_ID, "", form.none_name, "", none))
    return Content(run.folder.resolve().name, languages_of(intents), tuple(intents))


def _tell_empty(rows: list[dict[str, Any]], content: Content, tally: Tally) -> None:
    """Count the wanted intents of which no phrase is left, with the limit that cut them or the most frequent reason."""
    exported = {intent.intent_id for intent in content.intents}
    for intent in [row["intent_id"] for row in rows]:
        if intent not in exported and intent not in tally.intents:
            reasons = tally.phrases.get(intent, Counter({"no phrase left": 1}))
            full = [reason for reason in reasons if reason.endswith(WHAT_IT_TAKES)]
            tally.leave_intent(intent, (full or [reasons.most_common(1)[0][0]])[0])


def naming_with_none(form: ExportFormat) -> Any:
    """Return the naming of a format, with the name of the intent of none reserved."""
    return replace(form.naming, reserved=(*form.naming.reserved, *filter(None, [form.none_name])))


def languages_of(intents: Iterable[BotIntent]) -> tuple[str, ...]:
    """Return the languages of the phrases, the one with most phrases first."""
    counts = Counter(phrase.language for intent in intents for phrase in intent.phrases)
    return tuple(sorted(counts, key=lambda language: (-counts[language], language)))


def check_some(run: Run, content: Content, tally: Tally) -> None:
    """Raise InputError if no intent is left to export."""
    if any(not intent.is_none for intent in content.intents):
        return
    why = ", ".join(f"{n:,} {reason}" for reason, n in tally.intents_by_reason.items())
    raise InputError(
        f"no intent of {run.folder} is left to export: {why or 'it has none'}",
        hint=f"look at them: dialin show {quoted(run.folder)}",
    )
