"""Forgets dialogues or texts of a run: takes them out of every file of it and of the user's cache, and proves it.

The new folder is made beside the run and takes its place in one step; a stop before leaves the run as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dialin import files
from dialin.embed.cache import remove_vectors
from dialin.errors import InputError
from dialin.jobs.forget import REPLY_CACHE, VECTOR_CACHE
from dialin.jobs.forget_rewrite import forget_replies, made_without
from dialin.jobs.forget_rows import going_of
from dialin.jobs.traces import LookedAt, Traces, file_holds, search_folder, still_holding
from dialin.models.home import home_path
from dialin.report.html import write_report
from dialin.runs import lock
from dialin.runs.run import load

EXPORTS = ("export", "exports")
"""Folders of a run whose files can be made again: one with a forgotten text is deleted."""


@dataclass(frozen=True)
class ForgottenPart:
    """What was forgotten of a run.

    Parameters
    ----------
    n_utterances, n_sentences : int
        Utterances that went, and sentences that nobody else says.
    n_replies, n_vectors : int
        Shared replies and vectors that went.
    deleted : tuple of Path
        Exports in the folder that held a forgotten text, and went.
    had_drift : bool
        Whether ``drift.json`` went, whose numbers counted what was forgotten.
    looked : tuple of LookedAt
        The files that were searched afterwards.
    """

    n_utterances: int
    n_sentences: int
    n_replies: int
    n_vectors: int
    deleted: tuple[Path, ...]
    looked: tuple[LookedAt, ...]
    had_drift: bool = False


def forget_part(folder: Path, dialogues: Sequence[str] = (), texts: Sequence[str] = ()) -> ForgottenPart:
    """Take dialogues and texts out of every file of a run and of the user's cache, and search them afterwards.

    A sentence that others say, too, stays, and is counted less often.

    Parameters
    ----------
    folder : Path
        The run.
    dialogues : sequence of str
        Ids of dialogues.
    texts : sequence of str
        Whole sentences, whoever says them.

    Raises
    ------
    InputError
        There is no such dialogue or text, nothing would be left, or a file cannot be read or written; the run is as it
        was.
    """
    place = folder.resolve()
    restore(place)
    had_drift = (place / files.DRIFT).is_file()
    with lock.held(place, "dialin forget"):
        run = load(place)
        going = going_of(run.corpus, dialogues, texts)
        kept = tuple(text for text, stays in zip(run.corpus.texts, going.stays.tolist(), strict=True) if stays)
        traces = Traces(going.texts, kept)
        n_replies = forget_replies(home_path() / REPLY_CACHE, traces)
        n_vectors = _forget_vectors(home_path() / VECTOR_CACHE, traces)
        staging = made_without(run, going, traces)
    _put_in_place(staging, place)  # without the lock, which is an open file: Windows renames no folder with one
    deleted = _delete_exports(place, traces)
    if run.manifest.result:
        write_report(load(place), place / files.REPORT)
    looked = (*search_folder(place, traces), *_search_cache(traces))
    n_sentences = int((~going.stays).sum())
    return ForgottenPart(int(going.utterances.sum()), n_sentences, n_replies, n_vectors, deleted, looked, had_drift)


# --- the cache ------------------------------------------------------------------------------------


def _forget_vectors(path: Path, traces: Traces) -> int:
    return remove_vectors(path, traces.texts) if path.is_file() and traces.texts else 0


def _search_cache(traces: Traces) -> list[LookedAt]:
    home = home_path()
    paths = [path for name in (REPLY_CACHE, VECTOR_CACHE) for path in sorted(home.glob(f"{name}*"))]
    return [LookedAt(path, file_holds(path, traces)) for path in paths]


# --- the folder -----------------------------------------------------------------------------------


def restore(place: Path) -> None:
    """Give a run its name again if a process was killed between the two renames that put the new one in its place."""
    before = _before(place)
    if before.is_dir():
        if place.exists():
            shutil.rmtree(before)
        else:
            before.rename(place)


def _before(place: Path) -> Path:
    return place.with_name(f".{place.name}.before")


def _put_in_place(staging: Path, place: Path) -> None:
    before = _before(place)
    try:
        place.rename(before)
        staging.rename(place)
        shutil.rmtree(before)
    except OSError as error:
        raise InputError(
            f"cannot replace {place}: {error.strerror or error}", hint="close what uses it, and try again"
        ) from error


def _delete_exports(place: Path, traces: Traces) -> tuple[Path, ...]:
    """Delete the exports in a run folder that hold a forgotten text."""
    found = [
        path
        for name in EXPORTS
        if (place / name).is_dir()
        for path in still_holding(search_folder(place / name, traces))
    ]
    for path in found:
        path.unlink()
    return tuple(found)
