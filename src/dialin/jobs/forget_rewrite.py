"""Writes a run anew beside itself, without the sentences that go."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from dialin import files, saved
from dialin.discover.assign import read_pieces, write_pieces
from dialin.errors import InputError
from dialin.facts.outcome_columns import with_outcomes
from dialin.jobs.carry import is_kept_result
from dialin.jobs.forget_log import LogWithout
from dialin.jobs.forget_rows import (
    Going,
    intents_without,
    occurrences_without,
    pieces_without,
    pinned_without,
    sentences_without,
    stated_without,
)
from dialin.jobs.traces import Traces, question_and_reply
from dialin.llm.cache import ReplyStore
from dialin.name.labels import number
from dialin.review.branches import with_intents
from dialin.review.log import DECISIONS, first_line_of, read_log
from dialin.review.pin import read_pinned, write_pinned
from dialin.runs import lock
from dialin.runs.branches import read_tree, write_tree
from dialin.runs.integrity import hashes_in, result_id
from dialin.runs.listed import read_listed, write_listed
from dialin.runs.manifest import write_manifest
from dialin.runs.run import Run, corpus_in, fingerprint
from dialin.runs.tables import read_found_intents, read_occurrences, read_sentences, with_paths


def made_without(run: Run, going: Going, traces: Traces) -> Path:
    """Return a new folder beside the run that holds the run without what goes."""
    staging = run.folder.with_name(f".{run.folder.name}.starting")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        left_out = shutil.ignore_patterns(lock.LOCK, files.REPORT, ".*.tmp")
        shutil.copytree(run.folder, staging, symlinks=True, ignore=left_out)
        for kept in [path for path in staging.iterdir() if is_kept_result(path)]:
            _rewrite_result(kept, going, traces)
        _rewrite_vectors(run, staging, going)
        _rewrite_listed(staging / files.LISTED_INTENTS, going)
        _rewrite_result(staging, going, traces)
        for stale in staging.rglob(files.DRIFT):
            stale.unlink()  # it counts what goes, and only the earlier run could say how much
        if (staging / files.REPLIES).is_file():
            forget_replies(staging / files.REPLIES, traces)
        _rewrite_manifest(run, staging)
    except BaseException as error:
        shutil.rmtree(staging, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, InputError):
            raise files.cannot_write(run.folder, error) from error
        raise
    return staging


def forget_replies(path: Path, traces: Traces) -> int:
    """Remove the replies from a store that hold a forgotten text, or whose question does; return their number."""
    if not path.is_file():
        return 0
    with closing(ReplyStore(path)) as store:
        found = [key for key, *said in store.contents() if any(map(traces.are_in, question_and_reply(*said)))]
        return store.remove(found)


def _rewrite_vectors(run: Run, folder: Path, going: Going) -> None:
    """Take the vectors of sentences that go out of all files; the tables are still as they were."""
    data, pieces, pinned = run.data, folder / files.PIECES, folder / files.PINNED_INTENTS
    if (kept := read_pinned(pinned)) is not None:
        write_pinned(pinned, pinned_without(kept, going.stays))
    if data is None:
        return
    if pieces.is_file():
        write_pieces(pieces, pieces_without(read_pieces(pieces), data.X, run.assignment_roles, going.stays))
    X = saved.read_array(run.folder / files.EMBEDDINGS, len(run.corpus.texts))
    if X is not None:
        files.write_array(folder / files.EMBEDDINGS, X[going.stays])


def _rewrite_listed(path: Path, going: Going) -> None:
    """Take the texts that go out of the examples of the known intents, in whatever case they are there."""
    gone = {text.casefold() for text in going.texts}
    listed = read_listed(path)
    if listed:
        kept = (tuple(text for text in one.examples if text.casefold() not in gone) for one in listed)
        write_listed(path, tuple(replace(one, examples=left) for one, left in zip(listed, kept, strict=True)))


def _rewrite_result(folder: Path, going: Going, traces: Traces) -> None:
    """Rewrite the tables and the log of a run, or of an earlier result that it keeps."""
    before = read_sentences(folder)
    after = sentences_without(before, going)
    lost = dict[int, str]()
    if (folder / files.INTENTS).is_file():
        intents = read_found_intents(folder, before)
        found = _renamed(intents_without(intents, after, before), traces)
        left = set(found["intent_id"].to_pylist())
        found = _with_tree(folder, found, set(intents["intent_id"].to_pylist()), traces)
        names = dict(zip(intents["intent_id"].to_pylist(), intents["name"].to_pylist(), strict=True))
        lost = {intent: name for intent, name in names.items() if intent not in left}
        files.write_table(folder / files.INTENTS, found)
    files.write_table(folder / files.SENTENCES, after)
    if (folder / files.OCCURRENCES).is_file():
        occurrences = stated_without(occurrences_without(read_occurrences(folder, before.num_rows), going), lost)
        files.write_table(folder / files.OCCURRENCES, occurrences)
        _rewrite_outcomes(folder, after, occurrences)
    if (folder / DECISIONS).is_file():
        _rewrite_log(folder / DECISIONS, LogWithout(going.new_ids, lost, traces.without))


def _rewrite_outcomes(folder: Path, sentences: pa.Table, occurrences: pa.Table) -> None:
    """Compute what came of the dialogues that are left, and write it with the intents."""
    if (folder / files.INTENTS).is_file():
        intents = read_found_intents(folder, sentences)
        files.write_table(folder / files.INTENTS, with_outcomes(intents, sentences, occurrences))


def _with_tree(folder: Path, found: pa.Table, known: set[int], traces: Traces) -> pa.Table:
    """Rewrite the tree of a result without what goes, if it has one; return the intents with their paths in it."""
    path = folder / files.INTENT_TREE
    if not path.is_file():
        return found
    tree = with_intents(read_tree(folder, known), dict.fromkeys(found["intent_id"].to_pylist()))
    told = [
        replace(one, name=traces.without(one.name), description=traces.without(one.description))
        for one in tree.branches
    ]
    tree = replace(tree, branches=tuple(told))
    write_tree(path, tree)
    return with_paths(found, tree)


def _renamed(intents: pa.Table, traces: Traces) -> pa.Table:
    """Return the intents without forgotten texts in their names and descriptions."""
    rows = intents.to_pylist()
    names = number([traces.without(row["name"]) for row in rows])
    about = [traces.without(row.get("description") or "") for row in rows]
    changed = [row | {"name": name} for row, name in zip(rows, names, strict=True)]
    if "description" in intents.column_names:
        changed = [row | {"description": text} for row, text in zip(changed, about, strict=True)]
    return pa.Table.from_pylist(changed, intents.schema)


def _rewrite_log(path: Path, rewriter: LogWithout) -> None:
    """Rewrite the lines of a log that are decisions; each keeps its number."""
    entries = read_log(path)
    lines = path.read_text("utf-8").splitlines()
    for entry in rewriter.entries(entries):
        lines[entry.line - 1] = entry.as_line()
    files.write_text(path, "".join(line + "\n" for line in lines))


def _rewrite_manifest(run: Run, folder: Path) -> None:
    """Write the manifest of the new folder, and the id of its result into the log."""
    corpus = corpus_in(folder)
    n = len(corpus.texts), corpus.occurrences.num_rows
    source = replace(run.manifest.source, sha256=fingerprint(corpus), n_sentences=n[0], n_occurrences=n[1])
    manifest = replace(run.manifest, source=source)
    if run.manifest.result:
        hashes = hashes_in(folder)
        manifest = replace(manifest, files=hashes, result=result_id(hashes))
    write_manifest(folder, manifest)
    log = folder / DECISIONS
    if log.is_file() and "result" in (header := first_line_of(log)):
        _, rest = log.read_text("utf-8").split("\n", 1)
        files.write_text(log, json.dumps(header | {"result": manifest.result}) + "\n" + rest)
