"""A scikit-learn classifier for `dialin export --to sklearn`, saved by skops, which runs no code when it is loaded.

The files are ``classifier.skops``, ``classifier.json``, ``predict.py``, an example that runs, and ``README.md``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping
from importlib import resources
from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

from dialin import __version__
from dialin.arrays import Rows
from dialin.errors import InputError
from dialin.export.classifier import NONE, OUTSIDE, LearntClassifier, learnt_classifier
from dialin.files import without_nan
from dialin.name.actions import AGENT
from dialin.read.codes import codes_of
from dialin.runs.run import Run

MODEL, ABOUT, EXAMPLE, README = "classifier.skops", "classifier.json", "predict.py", "README.md"
NONE_NAME = "none of these"
SKLEARN_FORMAT = 1
_OLDEST = (1980, 1, 1, 0, 0, 0)
_SCHEMA, _PART = "schema.json", ".npy"
_ID = re.compile(r'(?<="__id__": )\d+|(?<=")\d+(?=\.npy")')


def skops_library() -> Any:
    """Return the module `skops.io`; raise InputError if it is not installed."""
    try:
        import skops.io  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise InputError("the format sklearn needs skops", hint='pip install "dialin[classifier]"') from error
    return skops.io


def sklearn_files(
    run: Run, rows: Rows | None = None, intents: Collection[int] | None = None, outside: float = OUTSIDE
) -> dict[str, bytes]:
    """Return the files of a classifier that has learnt the intents of a run, as its last review left them.

    Parameters
    ----------
    run : Run
        A run with a result and vectors. Its sentences are learnt by their own words, whatever is said next.
    rows : ndarray of int64, optional
        Sentences to learn from; by default all but those of an agent.
    intents : collection of int, optional
        Intents to learn; the sentences of others are none of these. By default all.
    outside : float
        As for `dialin.export.classifier.learnt_classifier`.

    Returns
    -------
    dict of str to bytes
        The content of each file; the same bytes each time for the same run.

    Raises
    ------
    InputError
        The run has no vectors, or fewer than two intents to learn; or skops is not installed.
    """
    library, data = skops_library(), run.data
    if data is None:
        raise InputError(f"{run.folder} has no vectors", hint=f"continue the run with: {run.resume_command}")
    kept = heard_rows(run) if rows is None else rows
    labels = run.sentences["intent_id"].to_numpy()[kept]
    if intents is not None:
        labels = np.where(np.isin(labels, list(intents)), labels, NONE)
    learnt = learnt_classifier(np.asarray(data.own_vectors[kept], np.float64), labels, outside)
    return {
        MODEL: with_fixed_ids(library.dumps(learnt.model)),
        ABOUT: json.dumps(classifier_facts(run, learnt), ensure_ascii=False, indent=1).encode() + b"\n",
        EXAMPLE: _page("predict.py").encode(),
        README: _page("README.md").replace("{embedder}", run.manifest.embedder).encode(),
    }


def heard_rows(run: Run) -> Rows:
    """Return the sentences that no agent says: what a bot hears."""
    return np.flatnonzero(~codes_of(run.sentences["role"]).where(AGENT))


def classifier_facts(run: Run, learnt: LearntClassifier) -> dict[str, Any]:
    """Return what ``classifier.json`` says: the names of the classes, the embedder, and how good the classifier is."""
    names = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["name"].to_pylist(), strict=True))
    classes = [int(each) for each in learnt.model.classes_]
    found: dict[str, Any] = without_nan(
        {
            "format": SKLEARN_FORMAT,
            "dialin": __version__,
            "scikit-learn": sklearn.__version__,
            "run": run.folder.resolve().name,
            "embedder": run.manifest.embedder,
            "dimensions": int(learnt.model.n_features_in_),
            "names": {str(each): names.get(each, NONE_NAME) for each in classes},
            "temperature": learnt.temperature,
            "none_score": learnt.none_score,
            "cross_validated": {
                "n_known": learnt.n_known,
                "n_unknown": learnt.n_unknown,
                "accuracy": learnt.accuracy,
                "rejected": learnt.rejected,
            },
        }
    )
    return found


def _page(name: str) -> str:
    return resources.files("dialin.export").joinpath("classifier_pages", name).read_text("utf-8")


def with_fixed_ids(archive: bytes) -> bytes:
    """Return an archive of skops with running numbers for the addresses in memory that it names its parts by."""
    numbers, made = dict[str, str](), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "w") as new:
        schema = _ID.sub(lambda found: numbers.setdefault(found[0], str(len(numbers))), old.read(_SCHEMA).decode())
        parts = {numbers[name.removesuffix(_PART)] + _PART: name for name in old.namelist() if name != _SCHEMA}
        for name in sorted(parts):
            new.writestr(zipfile.ZipInfo(name, _OLDEST), old.read(parts[name]), zipfile.ZIP_DEFLATED)
        new.writestr(zipfile.ZipInfo(_SCHEMA, _OLDEST), schema, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def check_sklearn_files(found: Mapping[str, bytes]) -> LogisticRegression:
    """Return the classifier in some files.

    Raises
    ------
    InputError
        A file is missing or damaged, needs code of others, or the classes are not those that have a name.
    """
    library = skops_library()
    try:
        said = json.loads(found[ABOUT])
        model = library.loads(found[MODEL], trusted=[])
        names, n = {int(each) for each in said["names"]}, int(said["dimensions"])
        p = model.predict_proba(np.zeros((1, n)))
    except Exception as error:  # skops raises what its loaders meet
        raise InputError(f"{MODEL} or {ABOUT} is damaged: {type(error).__name__}", hint="export it again") from error
    is_whole = isinstance(model, LogisticRegression) and set(model.classes_.tolist()) == names and NONE in names
    if not is_whole or not np.isclose(p.sum(), 1.0):
        raise InputError(f"{MODEL} holds other classes than {ABOUT} names", hint="export it again")
    return model
