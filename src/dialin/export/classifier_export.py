"""Makes the export of a trained classifier: its intents, its files, and what ``export.json`` says of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dialin.arrays import Rows
from dialin.errors import InputError
from dialin.export.account import ACCOUNT, NAMES, ExportFrame
from dialin.export.base import SKLEARN
from dialin.export.candidates import CHINESE_CODE
from dialin.export.packing import csv_bytes, json_bytes
from dialin.export.run_export import Export
from dialin.export.sklearn_pipeline import check_sklearn_files, sklearn_files
from dialin.export.tally import Tally
from dialin.export.wanted import Wanted, wanted_intents
from dialin.facts.headline import summary_of
from dialin.runs.run import Run
from dialin.text.formulas import without_formula
from dialin.text.script import is_chinese


def classifier_export(run: Run, wanted: Wanted) -> Export:
    """Return the export of a classifier that has learnt the wanted intents of a run; nothing is written.

    The sentences of the other intents count as none of these: a bot hears them, too.

    Raises
    ------
    InputError
        The run has no result yet, an option does not suit a classifier, fewer than two intents are left, or skops is
        not installed.
    """
    check_options(wanted)
    summary_of(run)  # raises if the run has no result yet
    tally = Tally()
    rows = wanted_intents(run, wanted, tally)
    names = {row["intent_id"]: row["name"] for row in rows}
    learnt = heard(run, wanted)
    files = sklearn_files(run, learnt, names)
    check_sklearn_files(files)
    listed = [
        (intent_id, name, name) for intent_id, name in zip(names, map(without_formula, names.values()), strict=True)
    ]
    counts = {
        "languages": languages_heard(run, learnt, wanted),
        "n_intents": len(names),
        "n_phrases": int(np.isin(run.sentences["intent_id"].to_numpy()[learnt], list(names)).sum()),
        "n_none": 0,
        "n_renamed": 0,
    }
    account = ExportFrame(SKLEARN, run.folder.resolve().name, wanted, tally, files).account(counts, {})
    found = {**files, NAMES: csv_bytes([("intent_id", "name", "exported_name"), *listed]), ACCOUNT: json_bytes(account)}
    return Export(found, account)


def check_options(wanted: Wanted) -> None:
    """Raise InputError for options of formats with phrases: a classifier learns from all sentences."""
    for name, is_given in (("--max-phrases", wanted.max_phrases is not None), ("--with-none", wanted.with_none)):
        if is_given:
            raise InputError(f"{name} is for formats with phrases", hint=f"leave it out with --to {SKLEARN}")


def heard(run: Run, wanted: Wanted) -> Rows:
    """Return the sentences that somebody with a wanted role says."""
    return np.flatnonzero([wanted.says(role) for role in run.sentences["role"].to_pylist()])


def languages_heard(run: Run, rows: Rows, wanted: Wanted) -> list[str]:
    """Return the languages of some sentences, sorted."""
    texts = run.sentences["text"].take(pa.array(rows)).to_pylist()
    return sorted({CHINESE_CODE if is_chinese(text) else wanted.language for text in texts})
