"""Sentences to unit vectors: embedded ONNX models, sentence-transformers, or an OpenAI-compatible server."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import tokenizers
from numpy.typing import NDArray

from dialin.embed.cache import CachedEmbedder
from dialin.embed.openai import DEFAULT_URL, OpenAIEmbedder
from dialin.errors import InputError, ModelError
from dialin.models import store as models
from dialin.text.script import is_cjk

__all__ = [
    "BilingualEmbedder",
    "CachedEmbedder",
    "ChosenEmbedder",
    "Embedder",
    "OnnxEmbedder",
    "OpenAIEmbedder",
    "SentenceTransformersEmbedder",
    "embedder_of",
]

ENGLISH = "bge-small-en-v1.5"
CHINESE = "bge-small-zh-v1.5"
MAX_TOKENS = 256
_CHUNK_TEXTS = 4096


@runtime_checkable
class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """The spec that gives this embedder again, for example ``local:bge-small-en-v1.5``."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), in the order of the texts."""
        ...


class OnnxEmbedder:
    """An embedded model, run by onnxruntime on the CPU: CLS pooling, at most 256 tokens of a text.

    Each text runs by itself, in parallel on all cores. These int8 models scale their activations by the range
    of a whole batch, so in a batch the vector of a text would move with its neighbours (measured: cosine down
    to 0.985), and `predict` would not equal `fit`. Alone, a text has the same vector bit by bit, whatever the
    company and the number of threads; and it is no slower, since nothing is padded.

    Parameters
    ----------
    name : str
        An embedder of `dialin.models.catalogue`; fetched if it is not there yet.
    n_threads : int, optional
        Texts that run at the same time; all cores by default.

    Raises
    ------
    ModelError
        The model is not known, cannot be fetched, or is no embedder.
    """

    def __init__(self, name: str, *, n_threads: int | None = None) -> None:
        model = models.catalogue().get(name)
        if model is not None and model.kind != "embedder":
            raise ModelError(f"local model {name!r} is an LLM, not an embedder", hint=f"there are: {_local()}")
        folder = models.ensure(name)
        self.name = f"local:{name}"
        self._n_threads = n_threads or os.cpu_count() or 1
        self._tokenizer = _tokenizer(folder)
        self._session = _session(folder)
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self.n_dimensions = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d); no vector depends on the other texts."""
        vectors = np.empty((len(texts), self.n_dimensions), np.float32)
        with ThreadPoolExecutor(self._n_threads) as pool:
            for start in range(0, len(texts), _CHUNK_TEXTS):
                chunk = self._tokenizer.encode_batch(list(texts[start : start + _CHUNK_TEXTS]))
                for row, vector in enumerate(pool.map(self._encode_one, (entry.ids for entry in chunk)), start):
                    vectors[row] = vector
        return vectors

    def _encode_one(self, token_ids: list[int]) -> NDArray[np.float32]:
        ids = np.array([token_ids], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        first: NDArray[np.float32] = states[0, 0]
        return first / np.linalg.norm(first)


def _tokenizer(folder: Path) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    # A tokenizer.json may ask for padding to a fixed length, which the model would then read as text.
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _session(folder: Path) -> Any:
    import onnxruntime  # noqa: PLC0415  (tens of MB, wanted only with an embedded model)

    options = onnxruntime.SessionOptions()
    # One thread for one text: the texts themselves run in parallel.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


class BilingualEmbedder:
    """Two embedders side by side: each text goes to one of them by its script, the other block is zero.

    The vector is ``[English block | Chinese block]``, for the embedded models 384 + 512 numbers. Texts of the
    two kinds are orthogonal, so they never look alike and in effect never share a cluster: a request made in
    both languages comes out as two intents, which merging by label can join.

    Parameters
    ----------
    en, zh : Embedder
        For texts in which CJK letters are under 30 % of all letters (or there are none), and for the rest.
    """

    def __init__(self, en: Embedder, zh: Embedder) -> None:
        self.name = f"{en.name}+{zh.name.removeprefix('local:')}"
        self._embedders = (en, zh)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d_en + d_zh)."""
        is_other = np.array([is_cjk(text) for text in texts], bool)
        # Both are always asked, if only for no text, since a block's width must not depend on the texts.
        blocks = []
        for embedder, rows in zip(self._embedders, (~is_other, is_other), strict=True):
            encoded = embedder.encode([texts[i] for i in np.flatnonzero(rows).tolist()])
            block = np.zeros((len(texts), encoded.shape[1]), np.float32)
            block[rows] = encoded
            blocks.append(block)
        return np.hstack(blocks)


class SentenceTransformersEmbedder:
    """A model of the sentence-transformers library, by the name it has on the hub or a path.

    Raises
    ------
    ModelError
        The library is not installed, or it cannot load the model.
    """

    def __init__(self, model: str) -> None:
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise ModelError(
                f"embedder 'st:{model}' needs the library sentence-transformers, which is not installed",
                hint="run: pip install dialin[sentence-transformers]",
            ) from error
        self.name = f"st:{model}"
        try:
            self._model = library.SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"sentence-transformers cannot load {model!r}: {str(error).splitlines()[0]}",
                hint="check the name and the network",
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d)."""
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32).reshape(len(texts), -1)


@dataclass(frozen=True)
class ChosenEmbedder:
    """An embedder, and why it is this one, in one sentence (for the report and the log)."""

    embedder: Embedder
    reason: str

    @property
    def name(self) -> str:
        """The spec that gives this embedder again, never ``auto``."""
        return self.embedder.name

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d)."""
        return self.embedder.encode(texts)


def embedder_of(spec: str, texts: Sequence[str] = ()) -> ChosenEmbedder:
    """Return the embedder that a spec asks for; what it is called (`name`) is again a spec.

    Parameters
    ----------
    spec : str
        ``auto``, ``local:NAME`` (two names joined by ``+``: English and Chinese side by side), ``st:NAME`` or
        ``openai:MODEL[@URL]`` (the key is read from ``OPENAI_API_KEY``; local servers need none).
    texts : sequence of str
        The texts at hand, by which ``auto`` chooses: CJK script in under 2 % of them, over 98 %, or between.

    Raises
    ------
    InputError
        The spec is not one of these.
    ModelError
        The model cannot be fetched or loaded.
    """
    if spec == "auto":
        resolved, reason = _by_script(texts)
    else:
        resolved, reason = spec, f"{spec} was asked for"
    return ChosenEmbedder(_build(resolved), reason)


def _build(spec: str) -> Embedder:
    kind, _, model = spec.partition(":")
    if kind == "local" and set(model.split("+")) <= set(_local_names()):
        return _local_embedder(model)
    if kind == "st" and model:
        return SentenceTransformersEmbedder(model)
    if kind == "openai" and model.partition("@")[0]:
        name, _, url = model.partition("@")
        return OpenAIEmbedder(name, url or DEFAULT_URL, os.environ.get("OPENAI_API_KEY"))
    raise InputError(f"unknown embedder {spec!r}", hint=f"there are: auto, {_local()}, st:NAME, openai:MODEL@URL")


def _local_embedder(model: str) -> Embedder:
    first, *others = [OnnxEmbedder(name) for name in model.split("+")]
    if not others:
        return first
    if len(others) > 1:
        raise InputError(f"embedder 'local:{model}' joins more than two models", hint="join two: English+Chinese")
    return BilingualEmbedder(first, others[0])


def _by_script(texts: Sequence[str]) -> tuple[str, str]:
    """Return the spec that suits the texts, and why."""
    n_cjk = sum(map(is_cjk, texts))
    share = n_cjk / len(texts) if texts else 0.0
    found = f"{n_cjk:,} of {len(texts):,} texts are in Chinese, Japanese or Korean script"
    if share < 0.02:
        return f"local:{ENGLISH}", f"{found}: English model"
    if share > 0.98:
        return f"local:{CHINESE}", f"{found}: Chinese model"
    return f"local:{ENGLISH}+{CHINESE}", f"{found}: English and Chinese model side by side"


def _local_names() -> list[str]:
    return [model.name for model in models.catalogue().values() if model.kind == "embedder"]


def _local() -> str:
    return ", ".join(f"local:{name}" for name in _local_names())
