"""Opens the backend that a spec names, and finds the files of local models and adapters."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from importlib import resources
from pathlib import Path

from dialin.errors import InputError, ModelError
from dialin.llm.base import Backend
from dialin.llm.dialects.base import ChatDialect
from dialin.llm.learnt import accepts_path
from dialin.llm.providers import PROVIDERS
from dialin.llm.spec import LLM_FORMS, Kind, Spec, label_of

ADAPTER = "adapter.gguf"
"""Name of the adapter in a folder that `dialin tune` made."""
CARD = "tune.json"
"""Name of the file beside it that says how it was tuned."""
TUNED_PROMPTS = {"judge": "tuned", "namer": "name"}
"""The prompt that each task of `dialin tune` learns."""


def backend_of(spec: str, n_parallel: int | None = None) -> Backend:
    """Return the backend that `spec` names.

    Parameters
    ----------
    spec : str
        "local:NAME", "local:/path/to/file.gguf", or a model on a server, "openai:MODEL[@BASE_URL]" and the like:
        `dialin.llm.spec.LLM_FORMS`. The key of a server is taken from the environment (`dialin.llm.providers`). A local
        model may have an adapter after a "+": "judge", the one shipped for that model, a folder of ``dialin tune``, or
        a .gguf file.
    n_parallel : int, optional
        Calls at a time to a server; a local model answers one at a time.

    Raises
    ------
    InputError
        The spec has none of these forms, or dialin ships no such adapter.
    ModelError
        The local model or its adapter cannot be found, fetched or loaded.
    """
    parsed = Spec.parse(spec)
    if parsed.kind == "none":
        raise InputError(f"the spec {spec!r} names no LLM", hint=LLM_FORMS)
    return _local(parsed) if parsed.kind == "local" else _remote(parsed, n_parallel)


def _local(spec: Spec) -> Backend:
    from dialin.llm.llama import LlamaBackend, LlamaOptions  # noqa: PLC0415  (llama.cpp is loaded only where it is used)

    if not spec.adapter:
        return LlamaBackend(*_model(spec.model))
    lora, suffix = adapter_of(spec)  # first: it is found or not at once, a model may have to be fetched
    path, label = _model(spec.model, suffix)
    return LlamaBackend(path, label, LlamaOptions(lora=lora))


def _model(name: str, adapter: str = "") -> tuple[Path, str]:
    """Return the file of a model, and its label with that of an adapter."""
    from dialin.models import store as models  # noqa: PLC0415

    if not name.endswith(".gguf"):
        return _gguf_in(models.ensure(name)), label_of(name, adapter=adapter)
    path = Path(name).expanduser()
    return path, label_of(path.name, _fingerprint(path), adapter)


def adapter_of(spec: Spec) -> tuple[Path, str]:
    """Return the file of the adapter of a local model, and its name with a fingerprint.

    Raises
    ------
    InputError
        dialin ships no adapter of this name, and the name is not a path.
    """
    path = Path(spec.adapter).expanduser()
    if path.is_dir():
        path /= ADAPTER
    if path.is_file() or path.suffix == ".gguf":
        return path, f"{path.parent.name}/{path.name}#{_fingerprint(path)}"
    shipped = shipped_adapters()
    if spec.name not in shipped:
        known = ", ".join(f"local:{key}" for key in shipped) or "none"
        raise InputError(
            f"no adapter {spec.adapter!r} of {spec.model}", hint=f"shipped: {known}; or a folder of dialin tune"
        )
    path = shipped[spec.name]
    return path, f"{spec.adapter}#{_fingerprint(path)}"


def prompt_of_adapter(spec: Spec) -> tuple[str, int] | None:
    """Return the prompt that an adapter was tuned with, as task and version; 0 is a version that its file does not say.

    None for a spec without an adapter, and for an adapter that is a single file.
    """
    shipped, folder = shipped_adapters().get(spec.name), Path(spec.adapter).expanduser()
    path = shipped.with_suffix(".json") if shipped else folder / CARD
    if not spec.adapter or not path.is_file():
        return None
    values = json.loads(path.read_text("utf-8"))
    tuning = values["stages"][-1] if "stages" in values else values
    return TUNED_PROMPTS[tuning["settings"]["task"]], int(tuning.get("prompt_version", 0))


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


def _remote(spec: Spec, n_parallel: int | None) -> Backend:
    from dialin.llm.remote import RemoteBackend, ServerOptions  # noqa: PLC0415  (httpx is loaded only where it is used)

    options = ServerOptions(remembered=accepts_path())
    options = options if n_parallel is None else replace(options, n_parallel=n_parallel)
    return RemoteBackend(spec.model, spec.url, PROVIDERS[spec.kind].key(os.environ), options, _dialect(spec.kind))


def _dialect(kind: Kind) -> ChatDialect:
    """Return the protocol of a provider."""
    from dialin.llm.dialects import anthropic, azure, gemini, openai  # noqa: PLC0415

    if kind == "azure":
        return azure.AzureDialect(azure.azure_version(os.environ))
    others: dict[Kind, ChatDialect] = {"anthropic": anthropic.ANTHROPIC_MESSAGES, "gemini": gemini.GEMINI_CONTENT}
    return others.get(kind, openai.OPENAI)
