"""LLMs behind one protocol: `backend_of` makes a backend of a few words, `Client` an `LLM` of a backend."""

from __future__ import annotations

import hashlib
import os
from importlib import resources
from pathlib import Path

from dialin.errors import InputError, ModelError
from dialin.llm.base import LLM, Backend, Prompt, Reply, Request
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client, Retry

__all__ = [
    "LLM",
    "Backend",
    "Client",
    "Prompt",
    "Reply",
    "ReplyStore",
    "Request",
    "Retry",
    "adapter_of",
    "backend_of",
    "parted",
    "tagged",
]

ADAPTER = "adapter.gguf"
"""Name of the adapter in a folder that `dialin tune` made."""
_FORMS = "use local:NAME, local:/path/to/file.gguf, either with +ADAPTER, openai:MODEL or openai:MODEL@BASE_URL"


def backend_of(spec: str, n_parallel: int | None = None) -> Backend:
    """Return the backend that `spec` names.

    Parameters
    ----------
    spec : str
        "local:NAME", "local:/path/to/file.gguf", "openai:MODEL" or "openai:MODEL@BASE_URL"; the key of an
        OpenAI-compatible server is taken from the environment variable OPENAI_API_KEY. A local model may have an
        adapter after a "+": "judge", the one shipped for that model, a folder of ``dialin tune``, or a .gguf file.
    n_parallel : int, optional
        Calls at a time to a server; a local model answers one at a time.

    Raises
    ------
    InputError
        The spec has none of these forms, or dialin ships no such adapter.
    ModelError
        The local model or its adapter cannot be found, fetched or loaded.
    """
    provider, _, rest = spec.partition(":")
    if not rest or provider not in {"local", "openai"}:
        raise InputError(f"unknown LLM {spec!r}", hint=_FORMS)
    return _local(rest) if provider == "local" else _openai(rest, n_parallel)


def tagged(llm: LLM, step: str) -> LLM:
    """Return `llm` with its usage counted under `step`, where it is a `Client`; any other LLM as it is."""
    return llm.step(step) if isinstance(llm, Client) else llm


def _local(name: str) -> Backend:
    from dialin.llm.llama import LlamaBackend, LlamaOptions  # noqa: PLC0415  (llama.cpp is loaded only where it is used)

    base, adapter = parted(name)
    if not adapter:
        return LlamaBackend(*_model(base))
    lora, suffix = adapter_of(base, adapter)  # first: it is found or not at once, a model may have to be fetched
    path, label = _model(base)
    return LlamaBackend(path, f"{label}+{suffix}", LlamaOptions(lora=lora))


def parted(name: str) -> tuple[str, str]:
    """Return the model and its adapter, "" without one; the name of a file may have a "+" itself."""
    if Path(name).expanduser().is_file():
        return name, ""
    base, _, adapter = name.partition("+")
    return base, adapter


def _model(name: str) -> tuple[Path, str]:
    """Return the file of a model, and its name in stores and reports."""
    from dialin.models import store as models  # noqa: PLC0415

    if not name.endswith(".gguf"):
        return _gguf_in(models.ensure(name)), f"local:{name}"
    path = Path(name).expanduser()
    return path, f"local:{path.name}#{_fingerprint(path)}"


def adapter_of(base: str, name: str) -> tuple[Path, str]:
    """Return the file of an adapter of a base, and its name.

    Raises
    ------
    InputError
        dialin ships none of this name, and it is no path.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        path /= ADAPTER
    if path.is_file() or path.suffix == ".gguf":
        return path, f"{path.parent.name}/{path.name}#{_fingerprint(path)}"
    shipped = shipped_adapters()
    if f"{base}+{name}" not in shipped:
        known = ", ".join(f"local:{key}" for key in shipped) or "none"
        raise InputError(f"no adapter {name!r} of {base}", hint=f"shipped: {known}; or a folder of dialin tune")
    path = shipped[f"{base}+{name}"]
    return path, f"{name}#{_fingerprint(path)}"


def shipped_adapters() -> dict[str, Path]:
    """Return the adapters that come with dialin, by "MODEL+NAME": files ``MODEL+NAME.gguf`` of the package."""
    folder = Path(str(resources.files("dialin.models"))) / "adapters"
    return {path.name.removesuffix(".gguf"): path for path in sorted(folder.glob("*.gguf"))}


def _gguf_in(folder: Path) -> Path:
    files = sorted(folder.glob("*.gguf"))
    if len(files) != 1:
        raise ModelError(f"expected one .gguf file in {folder}, found {len(files)}", hint="is it an LLM?")
    return files[0]


def _fingerprint(path: Path) -> str:
    """Tell files of one name apart: 8 hex digits of the size and both ends, as all of it takes seconds."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1 << 20)
            file.seek(max(0, size - (1 << 20)))
            tail = file.read()
    except OSError as error:
        raise ModelError(f"cannot read the model file {path}: {error.strerror}") from error
    return hashlib.sha256(b"%d" % size + head + tail).hexdigest()[:8]


def _openai(rest: str, n_parallel: int | None) -> Backend:
    from dialin.llm.openai_api import DEFAULT_URL, OpenAIBackend, ServerOptions  # noqa: PLC0415

    model, at, url = rest.rpartition("@")
    if not at:
        model, url = rest, DEFAULT_URL
    if not model or not url.startswith(("http://", "https://")):
        raise InputError(f"unknown LLM 'openai:{rest}'", hint=_FORMS)
    options = ServerOptions() if n_parallel is None else ServerOptions(n_parallel=n_parallel)
    return OpenAIBackend(model, url, os.environ.get("OPENAI_API_KEY"), options)
