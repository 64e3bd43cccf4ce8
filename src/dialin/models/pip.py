"""Downloads a wheel with pip, in a process that sees neither keys nor what lies where the user stands."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_POLL_SECONDS = 0.1
_PIP_NEEDS = ("HOME", "PATH", "USER", "LANG", "NETRC", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT")
_PIP_NEEDS_LIKE = ("PIP_", "XDG_", "LC_", "PROGRAM", "SSL_CERT_", "REQUESTS_CA_", "CURL_CA_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

Advance = Callable[[int], None]
"""Called with the number of bytes of the file that have arrived, counted from its start."""


class SourceError(Exception):
    """One source failed, for the reason in its message; the next one may not."""


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
    return sum(size_now(Path(parent, name)) for parent, _, names in os.walk(folder) for name in names)


def size_now(path: Path) -> int:
    """Return the bytes of a file; 0 for a folder, or if pip or another process has just removed it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _last_line(messages: str) -> str:
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("WARNING", "[notice]"))]
    return (telling or lines or ["pip failed without a message"])[-1].removeprefix("ERROR: ")
