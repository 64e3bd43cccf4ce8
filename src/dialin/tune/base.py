"""Find the base model of a tuning by path or name, hash it, and load it with its tokenizer."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from dialin.errors import InputError, ModelError
from dialin.llm.backends import adapter_of
from dialin.llm.render import Template
from dialin.llm.spec import Spec
from dialin.models import store as models
from dialin.tune.batches import EncodedExample, encode
from dialin.tune.text import TrainingExample

PACKAGES = ("gguf", "peft", "torch", "transformers")
"""What tuning an LLM needs of the extra `tune`."""
EXTRA = "pip install 'dialin[tune]'"
_FORMS = "give a .gguf file, a transformers folder, a name from `dialin models` or owner/name; +ADAPTER is optional"
_ENCODER_FORMS = "give a transformers folder, the name of an encoder from `dialin models`, or owner/name on a hub"
_NO_ENCODER = "give the folder encoder/ that `dialin tune embedder` wrote beside model.onnx, or another base"
_ONNX = "model.onnx"
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_LOGS = ("transformers", "torch.onnx")
"""Their handlers hold the original stderr, so redirecting is not enough."""
_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")


@dataclass(frozen=True)
class Weights:
    """The files of a base model.

    Parameters
    ----------
    name : str
        Name or path as the user gave it.
    folder : Path
        Folder of the files.
    gguf : str
        Name of the GGUF file in the folder; "" if there is none.
    onnx : str
        Name of the ONNX file in the folder; "" if there is none. With neither, it is a transformers folder.
    adapter : Path or None
        GGUF adapter to continue from.
    """

    name: str
    folder: Path
    gguf: str = ""
    onnx: str = ""
    adapter: Path | None = None

    def files(self) -> list[Path]:
        """Return the files that hold weights, sorted, and last the adapter."""
        if self.gguf or self.onnx:
            own = [self.folder / (self.gguf or self.onnx)]
        else:
            own = sorted(path for pattern in _WEIGHTS for path in self.folder.glob(pattern))
        return [*own, self.adapter] if self.adapter else own

    def sha256(self) -> str:
        """Return the sha256 of the weights file; for several files, the sha256 of their names and hashes."""
        hashes = [models.sha256_of(path) for path in self.files()]
        if len(hashes) == 1:
            return hashes[0]
        lines = "".join(f"{sha}  {path.name}\n" for sha, path in zip(hashes, self.files(), strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass
class Base:
    """A loaded base model.

    Parameters
    ----------
    weights : Weights
        Files that it was loaded from.
    model, tokenizer : object
        Model and tokenizer of transformers.
    template : {"chatml", "plain"}
        Prompt template, the same as at inference.
    """

    weights: Weights
    model: Any
    tokenizer: Any
    template: Template

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a text as llama.cpp reads it, with the start token that some models add."""
        ids: list[int] = self.tokenizer(text)["input_ids"]
        return ids

    def encode(self, examples: Sequence[TrainingExample]) -> list[EncodedExample]:
        """Return the examples in tokens of this model."""
        return [encode(example, self.template, self.tokenize) for example in examples]

    @property
    def pad(self) -> int:
        """Padding token; any will do, because it is masked."""
        return int(self.tokenizer.pad_token_id or 0)


def require_tune(what: str = "tuning", packages: Sequence[str] = PACKAGES) -> None:
    """Raise InputError, which names `what`, if one of these packages of the extra `tune` is not installed."""
    try:
        for name in packages:
            import_module(name)  # slow and large, needed only here
    except ImportError as error:
        raise InputError(f"{what} needs the package {error.name}", hint=EXTRA) from error


def find(name: str) -> Weights:
    """Return the files of a base; download a catalogue model or a hub repository first if needed.

    With "+ADAPTER" after the name, as in ``local:`` specs, the tuning begins from that adapter.

    Raises
    ------
    InputError
        The name has no known form, or the adapter does not exist.
    ModelError
        The model cannot be fetched.
    """
    spec = Spec.local(name)
    if not spec.adapter:
        return _found(name, "llm")
    path, _ = adapter_of(spec)  # first, because a missing adapter fails fast and a model may need a download
    return replace(_found(spec.model, "llm"), name=name, adapter=path)


def find_encoder(name: str) -> Weights:
    """Return the files of an encoder; download a catalogue model or a hub repository first if needed.

    Raises
    ------
    InputError
        The name has no known form, or is that of an LLM or of an embedder that cannot be tuned.
    ModelError
        The model cannot be fetched.
    """
    weights = _found(name, "encoder")
    if weights.gguf:
        raise InputError(f"{name} is not an encoder", hint=_ENCODER_FORMS)
    return weights


def find_embedder(name: str) -> Weights:
    """Return the files of what an embedder's tuning begins from: as `find_encoder`, or an ONNX file of the catalogue.

    The embedders that dialin fetches are such files, and `dialin.tune.embedder.from_onnx` reads them. Those that dialin
    ships are not: only ``dialin tune embedder`` has their encoder in float32.

    Raises
    ------
    InputError
        The name has no known form, or is that of an LLM, of a shipped embedder, or of a folder without an encoder.
    ModelError
        The model cannot be fetched.
    """
    model = models.catalogue().get(name.removeprefix("local:"))
    if model is None or model.kind != "embedder" or Path(name).expanduser().is_dir():
        return find_encoder(name)
    if model.shipped:
        raise InputError(f"{name} comes without its encoder", hint=_NO_ENCODER)
    return Weights(name, models.ensure(model.name), onnx=_ONNX)


def _found(name: str, kind: Literal["llm", "encoder"]) -> Weights:
    path, known = Path(name).expanduser(), name.removeprefix("local:")
    if path.is_file() and path.suffix == ".gguf":
        return Weights(name, path.parent, path.name)
    if path.is_dir():
        return _folder(name, path)
    if known in models.catalogue():
        return _catalogued(name, models.catalogue()[known], kind)
    if _HUB_NAME.fullmatch(name) and path.suffix != ".gguf":
        return _folder(name, _fetch(name))
    raise InputError(f"there is no model at {name!r}", hint=_FORMS if kind == "llm" else _ENCODER_FORMS)


def _folder(name: str, folder: Path) -> Weights:
    if not (folder / "config.json").is_file():
        hint = _NO_ENCODER if (folder / _ONNX).is_file() else "give a folder that transformers wrote"
        raise InputError(f"{folder} has no config.json", hint=hint)
    return Weights(name, folder)


def _catalogued(name: str, model: models.Model, kind: Literal["llm", "encoder"]) -> Weights:
    if model.kind != kind:
        what, forms = ("an LLM", _FORMS) if kind == "llm" else ("an encoder", _ENCODER_FORMS)
        raise InputError(f"{name} is not {what}", hint=forms)
    folder = models.ensure(model.name)
    return Weights(name, folder, next((file.name for file in model.files if file.name.endswith(".gguf")), ""))


def _fetch(name: str) -> Path:
    require_tune()
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        return Path(snapshot_download(name, ignore_patterns=["*.gguf", "*.onnx", "*.h5", "*.msgpack"]))
    except (OSError, ValueError) as error:  # the hub's own errors are OSErrors
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"cannot fetch {name} from the hub: {reason}", hint=f"check the name; or {_FORMS}") from error


def load(weights: Weights, device: str) -> Base:
    """Return the model, on a device ("cpu" in float32, "cuda" in bfloat16), with its tokenizer.

    Raises
    ------
    InputError
        The packages of the extra `tune` are not installed.
    ModelError
        transformers cannot read the files.
    """
    require_tune()
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    file = {"gguf_file": weights.gguf} if weights.gguf else {}
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    with loading(weights):
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(weights.folder), **file)
        model = transformers.AutoModelForCausalLM.from_pretrained(str(weights.folder), dtype=dtype, **file)
    template: Template = "chatml" if "<|im_start|>" in tokenizer.get_vocab() else "plain"
    return Base(weights, model.to(device), tokenizer, template)


@contextmanager
def loading(weights: Weights) -> Iterator[None]:
    """Load with transformers, without its output; raise ModelError if it cannot read the files."""
    with quiet():
        try:
            yield
        except (OSError, ValueError, KeyError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(f"transformers cannot load {weights.name}: {reason}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Hide the progress bars and messages of transformers, PEFT and torch, because dialin shows its own bar."""
    logs = [logging.getLogger(name) for name in _LOGS]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def device_here() -> str:
    """Return "cuda" if torch finds a CUDA device, else "cpu"."""
    import torch  # noqa: PLC0415

    return "cuda" if torch.cuda.is_available() else "cpu"
