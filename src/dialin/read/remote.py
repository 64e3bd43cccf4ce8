"""Reads files at URLs such as ``s3://…``, ``gs://…`` and ``https://…``; the extra ``cloud`` brings fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from dialin.bounded import Readable, read_bounded, unpacked
from dialin.errors import InputError
from dialin.read.importers.containers import is_hidden, may_be_document
from dialin.read.importers.documents import SourceFile
from dialin.read.source import error_line, needs_extra

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_USER, _QUERY = re.compile(r"(://)[^/@\s]*@"), re.compile(r"\?\S*")


def is_remote(path: str) -> bool:
    """Return whether a path is a URL.

    Examples
    --------
    >>> is_remote("s3://bucket/calls.csv"), is_remote("calls.csv"), is_remote("C:/calls.csv")
    (True, False, False)
    """
    return _URL.match(path) is not None


def without_secrets(text: str) -> str:
    """Return a text without what may be secret in the URLs in it: users, passwords, signatures.

    Examples
    --------
    >>> without_secrets("https://ann:pw@example.org/calls.csv?sig=abc"), without_secrets("why?.csv")
    ('https://***@example.org/calls.csv?***', 'why?.csv')
    """
    return _QUERY.sub("?***", _USER.sub(r"\1***@", text)) if "://" in text else text


def file_name(path: str) -> str:
    """Return the name of a file at a path or URL.

    Examples
    --------
    >>> file_name("https://example.org/a/calls.csv.gz?sig=abc"), file_name("a/why?.csv")
    ('calls.csv.gz', 'why?.csv')
    """
    return PurePosixPath(_QUERY.sub("", path)).name if is_remote(path) else Path(path).name


def is_remote_folder(path: str) -> bool:
    """Return whether a path is the URL of a folder: it ends with a slash."""
    return is_remote(path) and path.endswith("/")


@contextmanager
def opened_remote(url: str) -> Iterator[Readable]:
    """Open the file at a URL.

    Raises
    ------
    InputError
        fsspec, or the package that speaks the protocol, is not installed; there is no such file; or reading it fails.
    """
    where, fsspec = without_secrets(url), _fsspec(url)
    with _told_errors(where), fsspec.open(url, "rb") as stream:
        yield stream


def files_in_remote_folder(url: str) -> Iterator[SourceFile | str]:
    """Yield the files in the folder at a URL, as `files_in_folder` does; raise InputError as `opened_remote`."""
    where, fsspec = without_secrets(url), _fsspec(url)
    with _told_errors(where):
        store, root = fsspec.core.url_to_fs(url)
        paths = sorted(store.find(root))
    for path in paths:
        name = path.removeprefix(root).lstrip("/")
        if not is_hidden(name):
            yield _file_in(store, path, SourceFile(name, f"{where}{name}", b"")) if may_be_document(name) else name


def _file_in(store: Any, path: str, file: SourceFile) -> SourceFile:
    with _told_errors(file.where), store.open(path, "rb") as stream:
        data = read_bounded(stream, file.where)
    return replace(file, data=unpacked(data, file.where))


@contextmanager
def _told_errors(where: str) -> Iterator[None]:
    """Turn what fsspec and the packages for its protocols raise into one line without secrets."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"there is no file {where}", hint="check the path") from error
    except ImportError as error:
        raise InputError(
            f"{where} needs a package that is not installed: {error_line(error)}", hint="install it with pip"
        ) from error
    except Exception as error:  # each service has errors of its own: no access, no network, no such bucket
        said = error_line(Exception(without_secrets(str(error)))) or type(error).__name__
        raise InputError(f"cannot read {where}: {said}", hint="check the path and your access to it") from None


def _fsspec(url: str) -> Any:
    try:
        import fsspec  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise needs_extra(without_secrets(url), "fsspec", "cloud") from error
    return fsspec
