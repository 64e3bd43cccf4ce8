"""Opens the models of a run: LLM and judge, and the embedder with its cache of vectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from dialin.discover.connections import Connections
from dialin.discover.settings import Auto
from dialin.discover.specs import Specs, stale_adapter
from dialin.embed.base import Embedder
from dialin.embed.cache import MOST_BYTES, CachedEmbedder, RememberingEmbedder
from dialin.embed.choose import ChosenEmbedder, embedder_of
from dialin.errors import ModelError
from dialin.judge.calibration import Calibration, read_calibration
from dialin.llm.backends import backend_of
from dialin.llm.base import Backend
from dialin.llm.http import NotReadyError
from dialin.llm.remote import RemoteBackend
from dialin.llm.spec import NO_LLM, Spec, is_server, redirected
from dialin.models.home import home_path, writable_home
from dialin.name.kinds import Kinds, kinds_of

Engine = Callable[[Embedder], Embedder]
"""Turns an embedder here into one of the same name that works elsewhere, such as `dialin.scale.embedder.on_cores`."""
CALIBRATION = "calibration.json"
"""Name of the calibration in a folder of ``dialin tune``."""
_SHARED_VECTORS = "embeddings.sqlite"


def connect(
    specs: Specs,
    texts: Sequence[str],
    on_embed: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] = warnings.warn,
    check: bool = True,
) -> Connections:
    """Open LLMs and an embedder by their specs.

    Parameters
    ----------
    specs : Specs
        The models.
    texts : sequence of str
        The texts at hand, by which "auto" chooses an embedder.
    on_embed : callable, optional
        Called with (texts encoded, texts to encode) after each chunk.
    on_note : callable
        Told in one line what the user should know, such as an adapter that is of another prompt, and so not used.
    check : bool
        Whether to ask the server of an LLM if it is there and takes the key.

    Raises
    ------
    InputError
        A spec is unknown, or the server cannot be used.
    ModelError
        A local model cannot be fetched or loaded.
    """
    for note in filter(None, map(stale_adapter, dict.fromkeys([specs.llm, specs.wanted_judge, specs.cascade]))):
        on_note(note)
    if writable_home() is None:
        on_note(f"{home_path()} cannot be written: replies and vectors are kept for this run alone (see DIALIN_HOME)")
    backend, *fallbacks = open_standing([specs.llm, *specs.fallbacks], on_note, check=check)
    with closed_on_failure(backend, *fallbacks):
        judge = open_backend(specs.judge, check) if specs.judge != specs.llm else None
    with closed_on_failure(backend, *fallbacks, judge):
        dear = backend if specs.cascade == specs.llm != NO_LLM else open_backend(specs.cascade, check)
    with closed_on_failure(backend, *fallbacks, judge, dear):
        embedder = open_embedder(specs.embedder, texts, on_embed)
        calibration = beside(specs.judge) if specs.calibration == "auto" else specs.calibration
    for note in filter(None, map(redirected, [*specs.llms, specs.embedder])):
        on_note(note)
    return Connections(
        backend=backend,
        embed=embedder.encode,
        embedder_name=embedder.name,
        reason=embedder.reason,
        judge=judge,
        calibration=calibration,
        dear=dear,
        dear_calibration=beside(specs.cascade),
        fallbacks=tuple(filter(None, fallbacks)),
        on_note=on_note,
        kinds=partial(kinds_by_shipped, opened=partial(open_embedder, on_embed=on_embed)),
    )


def on_engine(opened: Connections, engine: Engine, on_embed: Callable[[int, int], None] | None = None) -> Connections:
    """Return the same models, with the embedders at work on an engine; `on_embed` as for `connect`."""

    @cache
    def there(name: str) -> ChosenEmbedder:
        return open_embedder(name, (), on_embed, engine)

    return replace(opened, embed=there(opened.embedder_name).encode, kinds=partial(kinds_by_shipped, opened=there))


def open_standing(specs: Sequence[str], on_note: Callable[[str], None], *, check: bool) -> list[Backend | None]:
    """Return an LLM and those that stand in for it; one that cannot be used is left out with a note, but for the last.

    Parameters
    ----------
    specs : sequence of str
        The LLM first; it is None where its spec is "none".
    on_note : callable
        Told in one line which one is left out.
    check : bool
        Whether to ask the server of an LLM if it is there and takes the key.

    Raises
    ------
    InputError, ModelError
        None of them can be used, or a spec is unknown.
    """
    opened: list[Backend | None] = []
    for n, spec in enumerate(specs, 1):
        try:
            opened.append(open_backend(spec, check))
        except (NotReadyError, ModelError) as error:
            if n == len(specs) and not opened:
                raise
            on_note(f"{spec} cannot be used: {error.message}")
    return opened


def connect_for_new(
    spec: str,
    on_embed: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] = warnings.warn,
    engine: Engine | None = None,
    remembered: int = MOST_BYTES,
) -> Connections:
    """Open the embedder of a run alone, for sentences that come by once.

    They may be millions, which the cache would keep for nothing: only vectors that a server was paid for are kept in
    it. All others are looked up there, and the newest stay in memory.

    Parameters
    ----------
    spec : str
        The embedder.
    on_embed, on_note : callable
        As for `connect`.
    engine : callable, optional
        As for `open_embedder`.
    remembered : int
        Bytes of the newest vectors that stay in memory.

    Raises
    ------
    InputError, ModelError
        As for `connect`.
    """

    @cache
    def opened(name: str) -> ChosenEmbedder:
        if is_server(name):
            return open_embedder(name, (), on_embed, engine)
        return _remembering(embedder_of(name), on_embed, engine, remembered)

    if note := redirected(spec):
        on_note(note)
    embedder = opened(spec)
    return Connections(
        backend=None,
        embed=embedder.encode,
        embedder_name=embedder.name,
        reason=embedder.reason,
        on_note=on_note,
        kinds=partial(kinds_by_shipped, opened=opened),
    )


def kinds_by_shipped(
    texts: Sequence[str], roles: Sequence[str], opened: Callable[[str], ChosenEmbedder] | None = None
) -> Kinds:
    """Return what each sentence does, from the vectors of the shipped embedders, whatever embedder the run has.

    They need no download, and their vectors come from the user's cache where the run has used them.

    Parameters
    ----------
    texts, roles
        As for `dialin.name.kinds.kinds_of`.
    opened : callable, optional
        Opens an embedder by its spec; by default with the user's cache before it.
    """
    return kinds_of(texts, roles, lambda name: (opened or open_embedder)(f"local:{name}").encode)


def open_embedder(
    spec: str,
    texts: Sequence[str] = (),
    on_embed: Callable[[int, int], None] | None = None,
    engine: Engine | None = None,
) -> ChosenEmbedder:
    """Return the embedder of a spec, with the user's cache of vectors before it; arguments as for `connect`.

    If the user's folder cannot be written, the newest vectors are kept in memory, until the process ends. An
    `engine` turns the embedder behind the cache into one that works on many machines.
    """
    chosen, home = embedder_of(spec, texts), writable_home()
    if home is None:
        return _remembering(chosen, on_embed, engine)
    cached = CachedEmbedder(_working(chosen, engine), home / _SHARED_VECTORS, on_embed)
    return ChosenEmbedder(cached, chosen.reason)


def _remembering(
    chosen: ChosenEmbedder,
    on_embed: Callable[[int, int], None] | None,
    engine: Engine | None,
    remembered: int = MOST_BYTES,
) -> ChosenEmbedder:
    """Return an embedder that looks into the user's cache and writes nothing."""
    remembering = RememberingEmbedder(_working(chosen, engine), home_path() / _SHARED_VECTORS, on_embed, remembered)
    return ChosenEmbedder(remembering, chosen.reason)


def _working(chosen: ChosenEmbedder, engine: Engine | None) -> Embedder:
    return engine(chosen.embedder) if engine else chosen.embedder


def beside(spec: str) -> Calibration | Auto:
    """Return the calibration in the folder of an adapter; "auto" if there is no such folder or nothing in it."""
    path = calibration_file(spec)
    return read_calibration(path) if path and path.is_file() else "auto"


def calibration_file(spec: str) -> Path | None:
    """Return the path of an adapter's calibration, whether or not it exists; None unless the spec has such a folder."""
    parsed = Spec.maybe(spec)
    if parsed is None or not parsed.adapter:
        return None
    folder = Path(parsed.adapter).expanduser()
    return folder / CALIBRATION if folder.is_dir() else None


def open_backend(spec: str, check: bool = True) -> Backend | None:
    """Return the backend of a spec, None for "none"; `check` asks a server whether it is there and takes the key.

    Raises
    ------
    InputError
        The spec is unknown, or its server cannot be used.
    ModelError
        The local model cannot be fetched or loaded.
    """
    if spec == NO_LLM:
        return None
    backend = backend_of(Spec.parse(spec).model_spec if stale_adapter(spec) else spec)
    if check and isinstance(backend, RemoteBackend):
        with closed_on_failure(backend):
            backend.check()
    return backend


@contextmanager
def closed_on_failure(*backends: Backend | None) -> Iterator[None]:
    """Close the backends if the block fails."""
    try:
        yield
    except BaseException:
        for backend in backends:
            if backend:
                backend.close()
        raise
