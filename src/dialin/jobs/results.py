"""Writes what was found about a run: every file of a result, the manifest last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dialin import files
from dialin.discover.assign import write_pieces
from dialin.discover.state import Result
from dialin.facts.outcome_columns import with_outcomes
from dialin.jobs.carry import carry_over, keep_reviewed
from dialin.jobs.identify import earlier_seen, identified
from dialin.jobs.timing import SessionLog
from dialin.jobs.update import Beside
from dialin.report.html import write_report
from dialin.runs.branches import write_tree
from dialin.runs.integrity import hashes_in, result_id
from dialin.runs.manifest import RUNNING, read_manifest, write_manifest
from dialin.runs.run import Run
from dialin.runs.tables import asked_for_several, intents_table, rounds_json, sentences_table


@dataclass(frozen=True)
class Identified:
    """A result whose intents have their uids, and the values of ``taxonomy.json``; None without an earlier run."""

    result: Result
    taxonomy: dict[str, Any] | None


def write_result(run: Run, result: Result, log: SessionLog) -> Run:
    """Give the intents of a result their identity, and do what `write_identified` does, without notes."""
    return write_identified(run, Identified(*identified(run, result, earlier_seen(run))), log, lambda _: None, None)


def write_identified(
    run: Run, found: Identified, log: SessionLog, on_note: Callable[[str], None], beside: Beside | None
) -> Run:
    """Write all files of a result, and return the run with it; the manifest comes last and makes the others valid.

    Decisions about an earlier result of the run are carried over; `on_note` is told how many. Before there are any, an
    update takes over those about the run that it updates. A stop in between leaves a run without a result, which can
    be gone on with, and never half of two results.
    """
    folder, result, taxonomy = run.folder, found.result, found.taxonomy
    kept = keep_reviewed(replace(run, manifest=read_manifest(folder)))
    write_manifest(folder, replace(run.manifest, status=RUNNING, files={}, result=""))
    files.write_json_lines(folder / files.ROUNDS, rounds_json(result))
    write_pieces(folder / files.PIECES, result.pieces)
    sentences = sentences_table(run.corpus, result)
    intents = with_outcomes(intents_table(result), sentences, run.corpus.occurrences)
    files.write_table(folder / files.INTENTS, intents)
    files.write_table(folder / files.SENTENCES, sentences)
    if asked_for_several(run.corpus):
        files.write_table(folder / files.OCCURRENCES, run.corpus.occurrences)
    if taxonomy:
        files.write_json(folder / files.TAXONOMY, taxonomy)
    write_tree(folder / files.INTENT_TREE, result.tree)
    if beside:
        files.write_json(folder / files.DRIFT, beside.drift)
    hashes = hashes_in(folder)
    ended = replace(run, manifest=replace(run.manifest, files=hashes, result=result_id(hashes)))
    if kept:
        on_note(carry_over(ended, kept))
    elif beside:
        beside.write_log(folder, ended.manifest.result)
    log.write(ended.manifest.status)  # the report shows the seconds so far
    write_report(ended, folder / files.REPORT)
    log.write(ended.manifest.status)
    write_manifest(folder, ended.manifest)
    return ended
