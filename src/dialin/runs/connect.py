"""Opens what a run talks to: the LLM with its stores of replies, and the embedder with its cache of vectors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import platformdirs
from numpy.typing import NDArray

from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.errors import InputError
from dialin.files import cannot_write
from dialin.judge.calibration import Calibration, read_calibration
from dialin.llm import backend_of, parted, shipped_adapters
from dialin.llm.base import Backend, Reply, Request
from dialin.llm.cache import ReplyStore
from dialin.models import store as models

CALIBRATION = "calibration.json"
"""Name of the calibration in a folder of ``dialin tune``."""
DEFAULT_LLM = "local:qwen2.5-coder-0.5b"
TUNED_JUDGE = "local:gemma-3-270m+judge"
"""Who judges in the place of the untuned models of the catalogue: it measured better than each, and is faster."""
NO_LLM = "none"
AUTO = "auto"
PREFLIGHT_SECONDS = 10.0


def cache_home() -> Path:
    """Return the folder of what all runs share: ``$DIALIN_HOME`` if set, else the user's cache folder.

    Raises
    ------
    InputError
        It cannot be made.
    """
    home = Path(os.environ.get("DIALIN_HOME") or platformdirs.user_cache_dir("dialin")).expanduser()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(home, error) from error
    return home


def shared_store() -> ReplyStore:
    """Open the replies of all runs of this user."""
    return ReplyStore(cache_home() / "replies.sqlite")


def share(run_store: Path) -> None:
    """Copy the replies of a run, which must be closed, to the shared store; what is there already stays."""
    shared_store().close()  # made where it is missing
    with closing(sqlite3.connect(cache_home() / "replies.sqlite", timeout=30, isolation_level=None)) as db:
        try:
            db.execute("ATTACH ? AS run", (str(run_store),))
            db.execute("INSERT OR IGNORE INTO main.replies SELECT * FROM run.replies")
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"cannot share the replies of {run_store}: {error}", hint="is the disk full? they are kept there"
            ) from error


def asked(run_store: Path) -> dict[str, dict[str, int]]:
    """Return the distinct questions of a run by step, and their tokens, paid for or not."""
    if not run_store.exists():
        return {}
    sql = "SELECT step, COUNT(*), SUM(tokens_in), SUM(tokens_out) FROM replies GROUP BY step ORDER BY step"
    names = ("questions", "tokens_in", "tokens_out")
    try:
        with closing(sqlite3.connect(run_store, timeout=30)) as db:
            return {step: dict(zip(names, counts, strict=True)) for step, *counts in db.execute(sql)}
    except sqlite3.DatabaseError as error:
        raise InputError(f"cannot read the reply store {run_store}: {error}") from error


@dataclass(frozen=True)
class Specs:
    """What a run is to talk to.

    Parameters
    ----------
    llm : str
        Who names, "none" for nobody: a spec of `dialin.llm.backend_of`.
    judge_llm : str
        Who judges; "auto": see `judge`.
    embedder : str
        A spec of `dialin.embed.choose.embedder_of`; "auto" chooses by the texts.
    calibration : Calibration, optional
        Of who judges; None: the one in the folder of its adapter, or the one shipped for it.
    """

    llm: str = DEFAULT_LLM
    judge_llm: str = AUTO
    embedder: str = AUTO
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if self.judge_llm == NO_LLM != self.llm:
            raise InputError("an LLM that names can have no judge beside it", hint="use --judge geometry")

    @property
    def judge(self) -> str:
        """The spec of who judges; with "auto" `TUNED_JUDGE` for a model of the catalogue, any other LLM for itself."""
        if self.judge_llm != AUTO:
            return self.judge_llm
        return TUNED_JUDGE if self.llm.removeprefix("local:") in models.catalogue() else self.llm


@dataclass(frozen=True)
class Connections:
    """What a run talks to.

    Parameters
    ----------
    backend : Backend or None
        The LLM; None with ``--llm none``.
    embedder : Embedder
        With the cache of vectors before it.
    embedder_name : str
        The spec that gives it again, never "auto".
    reason : str
        Why it is this embedder.
    judge : Backend or None
        Who judges in the place of the LLM.
    calibration : Calibration or None
        Of who judges; None: the one shipped for it.
    """

    backend: Backend | None
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    embedder_name: str
    reason: str
    judge: Backend | None = None
    calibration: Calibration | None = None

    def close(self) -> None:
        """Give back the models or the connections."""
        for backend in (self.backend, self.judge):
            if backend:
                backend.close()


def connect(specs: Specs, texts: Sequence[str], on_embed: Callable[[int, int], None] | None = None) -> Connections:
    """Open LLMs and an embedder by their specs.

    Parameters
    ----------
    specs : Specs
        What to open; a server is asked whether it is there and takes the key.
    texts : sequence of str
        The texts at hand, by which "auto" chooses.
    on_embed : callable, optional
        Told (texts encoded, texts to encode) as it goes.

    Raises
    ------
    InputError
        A spec is unknown, or the server cannot be used.
    ModelError
        A local model cannot be fetched or loaded.
    """
    backend = open_backend(specs.llm)
    judge = open_backend(specs.judge) if specs.judge != specs.llm else None
    chosen = embedder_of(specs.embedder, texts)
    cached = CachedEmbedder(chosen.embedder, cache_home() / "embeddings.sqlite", on_embed)
    return Connections(
        backend, cached.encode, chosen.name, chosen.reason, judge, specs.calibration or beside(specs.judge)
    )


def beside(spec: str) -> Calibration | None:
    """Return the calibration in the folder of an adapter; None where there is no such folder, or none in it."""
    path = calibration_file(spec)
    return read_calibration(path) if path and path.is_file() else None


def calibration_file(spec: str) -> Path | None:
    """Return where the calibration of a spec lies, or would lie; None where it has no folder of an adapter."""
    _, adapter = parted(spec.removeprefix("local:"))
    folder = Path(adapter).expanduser()
    return folder / CALIBRATION if adapter and folder.is_dir() else None


def open_backend(spec: str) -> Backend | None:
    """Return the backend of a spec, None for "none"; raise InputError where its server cannot be used."""
    if spec == NO_LLM:
        return None
    backend = backend_of(spec)
    if spec.startswith("openai:"):
        preflight(str(getattr(backend, "base_url", "")))
    return backend


def preflight(base_url: str) -> None:
    """Find out whether a server is there and takes the key, by asking for its list of models, which costs nothing.

    Servers need not have that list: only "not there" and "wrong key" count.

    Raises
    ------
    InputError
        The server cannot be reached, or refuses the key.
    """
    key = (os.environ.get("OPENAI_API_KEY") or "").strip()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        response = httpx.get(f"{base_url}/models", headers=headers, timeout=PREFLIGHT_SECONDS)
    except httpx.RequestError as error:
        raise InputError(
            f"cannot reach the LLM server at {base_url} ({type(error).__name__})",
            hint="is it running, and is the base URL right?",
        ) from error
    if response.status_code in {401, 403}:
        raise InputError(
            f"the LLM server at {base_url} refuses the key ({response.status_code})",
            hint="set the environment variable OPENAI_API_KEY to a valid key",
        )


def model_hashes(specs: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return {model: {file: sha256}} of the catalogue's models that the specs name."""
    parts = [part for spec in specs if spec.startswith("local:") for part in (spec[6:], *spec[6:].split("+"))]
    known, adapters = models.catalogue(), shipped_adapters()
    found = {name: {f.name: f.sha256 for f in known[name].files} for name in parts if name in known}
    return found | {name: {adapters[name].name: models.sha256_of(adapters[name])} for name in parts if name in adapters}


class WatchedBackend:
    """A backend that tells of each reply, for a progress bar; closing it leaves the real one open."""

    def __init__(self, backend: Backend, on_reply: Callable[[], None]) -> None:
        self.name, self.n_parallel = backend.name, backend.n_parallel
        self._backend, self._on_reply = backend, on_reply

    def reply(self, request: Request) -> Reply:
        """Answer one request."""
        reply = self._backend.reply(request)
        self._on_reply()
        return reply

    def close(self) -> None:
        """Do nothing: who opened the backend closes it."""
