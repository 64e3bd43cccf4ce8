"""Plans the update of a run, and puts its sentences and the new ones into one corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin import files
from dialin.arrays import Ints
from dialin.errors import InputError
from dialin.read.cells import one_array
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.database import SqlQuery
from dialin.read.limits import NO_LIMITS, ReadLimits
from dialin.redact.choice import OFF
from dialin.redact.source import RedactedCorpus, Redaction, read_redacted
from dialin.runs.listed import read_listed
from dialin.runs.manifest import RunPlan
from dialin.runs.redaction import read_redaction
from dialin.runs.run import Run, check_ended, load


def update_plan(earlier: Run, source: str | SqlQuery, columns: Mapping[str, Any], redact: str | None = None) -> RunPlan:
    """Return the plan of the update of a run with the sentences of a source, which are read and judged as its own were.

    Parameters
    ----------
    earlier : Run
        The run.
    source : str or SqlQuery
        The new sentences, as in `RunPlan`.
    columns : mapping of str to object
        Fields of `dialin.read.columns.Columns` that are not those of the run.
    redact : str, optional
        One of `dialin.redact.choice.ENGINES`; by default that of the run.

    Raises
    ------
    InputError
        The run has no result yet, people judged it, or a model of it is at a server that the user has not allowed.
    """
    check_ended(earlier)
    of = earlier.manifest
    if of.settings.judge == "people":
        raise InputError(
            f"{earlier.folder} was judged by people, whom an update cannot ask",
            hint="make a run with: dialin discover INPUT --since " + files.quoted(earlier.folder),
        )
    return RunPlan(
        source=source,
        columns=replace(of.source.columns, **columns),
        settings=replace(of.settings, coverage="auto"),  # a share of all sentences says nothing about the homeless ones
        specs=earlier.specs,
        since=earlier.folder,
        redact=redact or of.source.redact,
        listed=read_listed(earlier.folder / files.LISTED_INTENTS),
        is_update=True,
    )


def united(plan: RunPlan, limits: ReadLimits = NO_LIMITS) -> RedactedCorpus:
    """Return the sentences of the run that a plan updates and the new ones, whose rows come after.

    Parameters
    ----------
    plan : RunPlan
        The task.
    limits : ReadLimits
        What reading may take; the sentences and rows of the earlier run count, too.

    Raises
    ------
    InputError
        The source cannot be read, has no sentence, shares dialogues or has columns that do not fit, or the limits raise
        it.
    """
    earlier = load(Path(plan.since or ""))
    found = read_redacted(plan.source, plan.columns, plan.redact or OFF, _beside(earlier.corpus, limits))
    _check_dialogues(earlier, found.corpus)
    offset = earlier.corpus.occurrences.num_rows + earlier.manifest.source.n_blank
    corpus = joined_corpus(earlier.corpus, found.corpus, offset)
    n_blank = earlier.manifest.source.n_blank + found.corpus.n_blank
    before = read_redaction(earlier.folder / files.REDACTION)
    return RedactedCorpus(replace(corpus, n_blank=n_blank), added(before, found.redaction))


def _beside(known: Corpus, limits: ReadLimits) -> ReadLimits:
    """Return the limits of what is read beside known sentences; how many of them come again is not known yet."""

    def check(n: int, n_rows: int) -> None:
        limits.check_number(max(n, len(known.texts)), n_rows + known.occurrences.num_rows)

    return replace(limits, check_number=check)


def joined_corpus(before: Corpus, new: Corpus, offset: int) -> Corpus:
    """Return what `corpus_of` returns for the rows of both corpora, without making these rows with their texts.

    Parameters
    ----------
    before, new : Corpus
        The corpora.
    offset : int
        What is added to the number of each row of `new`.
    """
    both, texts, roles = (before, new), list[str](), list[str]()
    ids = [np.empty(len(one.texts), dtype=np.int64) for one in both]
    for (text, role), of_it in groupby(merge(*map(_numbered, both, (0, 1))), key=itemgetter(0, 1)):
        for _, _, which, row in of_it:
            ids[which][row] = len(texts)
        texts.append(text)
        roles.append(role)
    counts = np.zeros(len(texts), dtype=np.int64)
    for own, one in zip(ids, both, strict=True):
        counts[own] += one.counts
    old_rows, new_rows = (_with_ids(one.occurrences, own) for own, one in zip(ids, both, strict=True))
    occurrences = _joined(old_rows, new_rows.set_column(0, "row", pc.add(new_rows["row"], offset)))
    has_roles = any(one.roles is not None for one in both)
    return Corpus(texts, counts, roles if has_roles else None, occurrences)


def _numbered(corpus: Corpus, which: int) -> Iterator[tuple[str, str, int, int]]:
    """Yield the text and role of each sentence, the number of its corpus, and its own number there."""
    roles = corpus.roles or repeat("")
    return ((text, role, which, row) for row, (text, role) in enumerate(zip(corpus.texts, roles, strict=False)))


def _with_ids(occurrences: pa.Table, ids: Ints) -> pa.Table:
    """Return rows with other numbers of sentences, which come second, after the numbers of the rows."""
    others = occurrences.drop_columns(["row", "sentence_id"])
    told = {"row": occurrences["row"], "sentence_id": pa.array(ids[occurrences["sentence_id"].to_numpy()])}
    return pa.table({**told, **dict(zip(others.column_names, others.columns, strict=True))})


def new_part(run: Run, earlier: Run) -> Corpus:
    """Return the new sentences of an update, alone: those of the rows after the rows of the earlier run."""
    rows = run.corpus.occurrences.slice(earlier.corpus.occurrences.num_rows)
    return corpus_of(table_of_corpus(replace(run.corpus, occurrences=rows)))


def table_of_corpus(corpus: Corpus) -> pa.Table:
    """Return the table that a corpus was made of: one row for each utterance, with its text."""
    ids = one_array(corpus.occurrences["sentence_id"])
    texts = pa.array(corpus.texts, pa.large_string()).take(ids)
    return corpus.occurrences.drop_columns(["sentence_id"]).append_column("text", texts)


def added(before: Redaction | None, new: Redaction | None) -> Redaction | None:
    """Return what was replaced in both parts; None if nothing was looked for in either.

    Examples
    --------
    >>> added(Redaction("rules", {}, 2, {"CARD": 1, "PHONE": 1}), Redaction("rules", {}, 1, {"PHONE": 2})).line
    'redacted by rules: 3 utterances (PHONE 3, CARD 1)'
    """
    if before is None or new is None:
        return new or before
    counts = Counter(before.replaced)
    counts.update(new.replaced)
    return replace(new, n_utterances=before.n_utterances + new.n_utterances, replaced=dict(counts.most_common()))


def _check_dialogues(earlier: Run, new: Corpus) -> None:
    """Raise InputError if a dialogue is in both parts: its utterances would count twice, or those of two be one."""
    known = pc.unique(earlier.corpus.occurrences["dialogue_id"]).drop_null()
    told = pc.unique(new.occurrences["dialogue_id"]).drop_null()
    shared = told.filter(pc.is_in(told, value_set=known)).to_pylist()
    if shared:
        raise InputError(
            f"{len(shared):,} of the {len(told):,} new dialogues have the id of a dialogue in {earlier.folder}, "
            f"such as {shared[0][:40]!r}",
            hint="give only new dialogues, each with an id of its own",
        )


def _joined(before: pa.Table, new: pa.Table) -> pa.Table:
    """Return the rows of both tables; a column that one of them lacks is null there."""
    for name in set(before.column_names) & set(new.column_names):
        if before.schema.field(name).type != new.schema.field(name).type:
            new = new.set_column(
                new.column_names.index(name), name, _as(new[name], before.schema.field(name).type, name)
            )
    return pa.concat_tables([before, new], promote_options="default").combine_chunks()


def _as(column: pa.ChunkedArray, kind: pa.DataType, name: str) -> pa.ChunkedArray:
    try:
        return column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"column {name!r} of the new sentences does not hold values of the type {kind}, as that of the run does",
            hint="write it as in the file that the run was made of",
        ) from error
