"""Joins a Ray cluster, or starts one on this machine, and says in one line what is wrong with it."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from dialin.bounded import shown_size
from dialin.errors import ClusterError, DiskFullError, InputError
from dialin.llm.spec import AUTO
from dialin.room import MAKE_ROOM, free_bytes
from dialin.scale.cores import Cores

ADDRESS = "RAY_ADDRESS"
"""Variable of the environment in which Ray, too, looks for the address of a cluster."""
CONNECT_SECONDS = 5.0
"""How long a cluster may take to answer."""
STORE_BYTES = 1 << 30
"""Memory through which the processes of a cluster on this machine hand on blocks; one of vectors takes 3 MB."""
LOG_BYTES = 64 << 20
"""Room that Ray needs in its folder for sockets and logs; it dies where the disk of its blocks has none left."""
SHARED_MEMORY = Path("/dev/shm")
"""Where Ray keeps blocks on Linux if there is room for `STORE_BYTES`; elsewhere, and else, they are in its folder."""
_SETTINGS = b"\0\0\0\4\0\0\0\0\0"
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _SETTINGS
"""How HTTP/2 begins, which Ray speaks: a fixed text, and settings. The other side begins with settings, too."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_gcs_rpc_server_connect_timeout_s": str(int(CONNECT_SECONDS)),
}
"""What keeps Ray from sending statistics, from writing on the terminal or into the output, and from waiting for long.

Ray prints its own errors, such as that a worker has died, on standard output, unless they match the regular expression.
"""


def joined_cluster_if(address: str | None) -> AbstractContextManager[Cores | None]:
    """Return `joined_cluster`, or without an address what yields None."""
    return nullcontext() if address is None else joined_cluster(address)


@contextmanager
def joined_cluster(address: str) -> Iterator[Cores]:
    """Yield the cores of a Ray cluster, which are used as long as the block runs.

    Parameters
    ----------
    address : str
        ``HOST:PORT``; or ``auto``: the cluster that `ADDRESS` names, else one that runs on this machine, else one that
        is started here, with all cores, and ends with the block.

    Raises
    ------
    DiskFullError
        Ray has no room on this machine, or has failed where none is left.
    InputError
        Ray is not installed, or there is no such cluster, or it runs another version of Ray or Python.
    """
    wanted = os.environ.get(ADDRESS, AUTO) if address == AUTO else address
    if wanted != AUTO:
        _check_answers(wanted)
    ray = quiet_ray()
    folder = join_or_start(ray, wanted)
    try:
        yield Cores()
    except ClusterError as error:
        for place in (Path(folder), SHARED_MEMORY) if folder else ():
            check_ray_fits(place, LOG_BYTES, error.hint)
        raise
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def quiet_ray() -> Any:
    """Return the module of Ray, which reads its environment when it is imported."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415
    except ImportError as error:
        raise InputError(f"--ray needs Ray, which is not here: {error}", hint="pip install 'dialin[ray]'") from error
    return ray


def join_or_start(ray: Any, address: str) -> str:
    """Join or start a cluster; return the folder of one that was started here, "" for any other."""
    try:
        _init(ray, address=address)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        if address != AUTO or not isinstance(error, ConnectionError):
            raise _unusable(address, error) from error
    else:
        return ""
    return _started(ray)


def _started(ray: Any) -> str:
    """Start a cluster on all cores of this machine; return its folder."""
    # Ray opens its folder to everybody, so it lies in one that is not. Sockets have short paths: that of macOS is long.
    place = "/tmp" if os.name == "posix" else tempfile.gettempdir()
    has_memory = (free_bytes(SHARED_MEMORY / "ray") or 0) >= STORE_BYTES
    check_ray_fits(Path(place), LOG_BYTES if has_memory else LOG_BYTES + STORE_BYTES)
    folder = tempfile.mkdtemp(prefix="dialin-", dir=place)
    try:
        inner = str(Path(folder) / "ray")
        _init(ray, address="local", include_dashboard=False, object_store_memory=STORE_BYTES, _temp_dir=inner)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, Exception):
            raise _unusable("of this machine", error) from error
        raise
    return folder


def check_ray_fits(place: Path, n_bytes: int, hint: str = "") -> None:
    """Raise DiskFullError, with a further hint, if a folder has less room than Ray needs: it would wait, or die."""
    free = free_bytes(place / "ray")
    if free is not None and free < n_bytes:
        raise DiskFullError(
            f"Ray needs {shown_size(n_bytes)} in {place}, and {shown_size(free)} are free there",
            hint="; ".join(filter(None, [MAKE_ROOM, hint])),
        )


def _init(ray: Any, **options: Any) -> None:
    with _no_stderr():
        ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)


@contextmanager
def _no_stderr() -> Iterator[None]:
    """Lead what is written to standard error to nowhere: Ray's C++ says there which log level it was given."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _check_answers(address: str) -> None:
    """Raise InputError if no cluster listens at an address: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if "://" in address or not (colon and host and port.isdecimal()):
        raise InputError(
            f"--ray {address} is no address of a Ray cluster", hint="give HOST:PORT, usually with port 6379, or auto"
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS) as connection:
            connection.sendall(_HELLO)
            if connection.recv(len(_SETTINGS))[3:4] != _SETTINGS[3:4]:
                raise ConnectionError("something else than Ray answers there")
    except OSError as error:
        raise _unusable(address, error) from error


def _unusable(address: str, error: Exception) -> InputError:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return InputError(
        f"the Ray cluster {address} cannot be used: {said}",
        hint="start one with: ray start --head; its machines need one version of Python, Ray and dialin",
    )
