"""Reads and writes ``manifest.json``: the task of a run, the models it used, and its status."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dialin import files, saved
from dialin.cluster.granularity import SuggestedNumber
from dialin.discover.settings import Auto, Settings, check
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, calibration_in
from dialin.judge.guarantee import Cascaded
from dialin.llm.prices import Cost
from dialin.llm.spec import NO_LLM
from dialin.read.columns import Columns
from dialin.read.database import SqlQuery
from dialin.read.intent_list import ListedIntent
from dialin.redact.choice import OFF
from dialin.runs.integrity import FileHash
from dialin.runs.typed import check_types

RUNNING, COMPLETE, CAPPED, INTERRUPTED = "running", "complete", "capped", "interrupted"
MAX_UPDATES = 100
"""Most updates that are followed back; a folder that follows itself would otherwise never end."""


@dataclass(frozen=True)
class InputSource:
    """Input of a run.

    Parameters
    ----------
    path : str
        Absolute path of the input, or its URL without secrets; "-" for standard input.
    columns : Columns
        Column names given by the user.
    sha256 : str
        Hash of the sentences as read and of the places where they occur.
    n_sentences, n_occurrences, n_blank : int
        Numbers of distinct sentences, of utterances, and of rows without text.
    sql : str
        The query, if the input is a database.
    redact : str
        Who found what must not be seen before it was replaced: one of `dialin.redact.engine.ENGINES`.
    """

    path: str
    columns: Columns
    sha256: str
    n_sentences: int
    n_occurrences: int
    n_blank: int
    sql: str = ""
    redact: str = OFF


@dataclass(frozen=True)
class RunPlan:
    """Task of a run.

    Parameters
    ----------
    source : str or SqlQuery
        Path or URL of the input, or "-"; or a query to a database.
    columns : Columns
        Names of its columns.
    settings : Settings
        Settings of the method.
    specs : Specs
        LLMs and embedder.
    since : Path, optional
        Folder of an earlier run; the new run finds its intents again, and keeps what people decided about it.
    redact : str, optional
        One of `dialin.redact.engine.ENGINES`; None: nobody has said, which is "off".
    listed : tuple of ListedIntent
        Intents that are there from the start; none by default.
    multi : bool
        Whether the utterances that state several intents are found.
    is_update : bool
        Whether the new run is the one `since` with new utterances, and all that it found stays as it is.
    """

    source: str | SqlQuery
    columns: Columns
    settings: Settings
    specs: Specs = field(default_factory=Specs)
    since: Path | None = None
    redact: str | None = None
    listed: tuple[ListedIntent, ...] = ()
    multi: bool = False
    is_update: bool = False


@dataclass(frozen=True)
class Manifest:
    """Contents of ``manifest.json``, which are equal for equal data, settings, seed and models on one machine.

    `files` and `result` are those of `dialin.runs.integrity`; a run without a result has none. `note` is what the user
    should know about the answers of the LLM (`dialin.jobs.answers`), `unseen` the listed intents without a sentence.
    """

    dialin: str
    status: str
    settings: Settings
    source: InputSource
    embedder: str
    embedder_reason: str
    llm: str
    judge_llm: str
    models: dict[str, dict[str, str]]
    prompts: list[str]
    calibration: Calibration | Auto = "auto"
    cascade_llm: str = NO_LLM
    fallback_llms: list[str] = field(default_factory=list)
    cascaded: Cascaded | None = None
    usage: dict[str, dict[str, int]] = field(default_factory=dict)
    cost: Cost | None = None
    since: str = ""
    is_update: bool = False
    unseen: list[str] = field(default_factory=list)
    suggested: SuggestedNumber | None = None
    files: dict[str, FileHash] = field(default_factory=dict)
    result: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the values of ``manifest.json``."""
        return {"format": files.FORMAT, **asdict(self)}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a run."""
    files.write_json(folder / files.MANIFEST, manifest.as_dict())


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run.

    Raises
    ------
    InputError
        If there is no manifest, it has another format, or it is damaged.
    """
    path = folder / files.MANIFEST
    if not path.is_file():
        raise InputError(f"there is no run in {folder}", hint="make one with: dialin discover INPUT --out RUN")
    return manifest_of(saved.read_json(path), path)


def updated_runs(manifest: Manifest) -> list[tuple[Path, Manifest | None]]:
    """Return the folder and the manifest of each run that a run updates, the latest first.

    One that cannot be read has None, and is the last: what it updates is unknown. At most `MAX_UPDATES` are returned.
    """
    found = list[tuple[Path, Manifest | None]]()
    while manifest.is_update and len(found) < MAX_UPDATES:
        folder = Path(manifest.since)
        try:
            manifest = read_manifest(folder)
        except InputError:
            return [*found, (folder, None)]
        found.append((folder, manifest))
    return found


def manifest_of(values: Any, path: Path) -> Manifest:
    """Return the manifest with the values of its file; raise InputError if they are damaged or in another format."""
    if not isinstance(values, dict):
        raise InputError(f"{path} is damaged: it does not hold a JSON object", hint="make the run again")
    saved.check_format(values.get("format"), f"the run in {path.parent}", values.get("dialin", ""))
    try:
        settings: dict[str, Any] = {"context": "none"} | values["settings"]  # runs before there was a context had none
        settings |= {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
        source = values["source"] | {"columns": _columns_in(values["source"]["columns"])}
        given = values["calibration"]
        calibration = given if given == "auto" else calibration_in(given)
        suggested, cost, cascaded = map(values.get, ("suggested", "cost", "cascaded"))  # older folders have none
        method = Settings(**settings)
        check(method)
        parts = {
            "settings": method,
            "source": InputSource(**source),
            "calibration": calibration,
            "suggested": None if suggested is None else SuggestedNumber(**suggested),
            "cost": None if cost is None else Cost(**cost),
            "cascaded": None if cascaded is None else Cascaded(**cascaded),
            "files": {name: FileHash(**known) for name, known in values.get("files", {}).items()},
        }
        parts["since"] = values.get("since", values.get("pinned", ""))  # dialin 0.2 wrote what people decided alone
        manifest = Manifest(
            **{name: value for name, value in values.items() if name not in ("format", "pinned")} | parts
        )
        check_types(manifest)
        return manifest
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}", hint="make the run again") from error


def _columns_in(values: dict[str, Any]) -> Columns:
    """Return the names of the columns in a manifest; runs before there were outcomes named none."""
    return Columns(**values | {"outcomes": tuple(values.get("outcomes", ()))})
