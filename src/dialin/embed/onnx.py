"""Embedders in this process, run by onnxruntime: those of the catalogue, and folders of ``dialin tune embedder``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from dialin.errors import InputError, ModelError
from dialin.llm.spec import is_path, label_of, path_and_fingerprint
from dialin.models import store as models

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
"""Names of the two files in the folder of an embedder."""
MAX_TOKENS = 256
CHUNK = 4096
"""Texts that are cut into tokens at once."""
BATCH_TEXTS = 32
"""Texts of a batch: 16, 32 and 64 are equally fast, and memory grows with them."""


class OnnxEmbedder:
    """An embedder in this process, run by onnxruntime on the CPU; it reads at most 256 tokens of a text.

    The output of the model decides how it is run. In both cases the vector of a text is the same bit by bit
    whatever its neighbours, their order and the number of threads, so `predict` equals `fit`.

    - Sentence vectors, shape (batch, d), as ``dialin tune embedder`` writes them: taken as they are. The scales of
      their int8 activations are fixed. Texts of equal length in tokens make batches, so that nothing is padded. A lone
      text runs beside itself, because onnxruntime rounds a single row otherwise.
    - Token vectors, shape (batch, length, d), of third-party int8 models: the first token's, scaled to unit norm. Each
      text runs alone. These models scale their activations by the range of a whole batch, so in a batch the vector
      of a text would move with its neighbours (measured: cosine down to 0.985).

    Parameters
    ----------
    model : str
        An embedder of `dialin.models.catalogue`, fetched first if it is missing; or the path of a folder that holds
        ``model.onnx`` and ``tokenizer.json``. The path may end with the fingerprint that the files must have.
    n_threads : int, optional
        Batches that run at the same time, each on one thread; all cores by default.
    chunk : int
        Texts that are cut into tokens at once; the vectors do not depend on it.

    Attributes
    ----------
    name : str
        ``local:NAME``, or ``local:/path/to/folder#1a2b3c4d`` with a fingerprint of the two files.
    n_dimensions : int
        Numbers of a vector.

    Raises
    ------
    InputError
        The path is not that of an embedder, or its files no longer have the fingerprint.
    ModelError
        The model is unknown, cannot be fetched or loaded, or is not an embedder.
    """

    def __init__(self, model: str, *, n_threads: int | None = None, chunk: int = CHUNK) -> None:
        found = files_of(model)
        self.name = found.label
        self._n_threads, self._chunk = n_threads or os.cpu_count() or 1, chunk
        try:
            self._tokenizer, self._session = _tokenizer(found.folder), _session(found.folder)
        except Exception as error:  # both libraries raise exceptions of their own, without a common class
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ModelError(f"the embedder in {found.folder} cannot be loaded: {reason}", hint=found.remedy) from error
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        shape = self._session.get_outputs()[0].shape
        if len(shape) not in {2, 3} or not isinstance(shape[-1], int):
            raise ModelError(
                f"the embedder in {found.folder} gives {shape}, not (batch, d) or (batch, length, d)", hint=found.remedy
            )
        self._is_pooled, self.n_dimensions = len(shape) == 2, shape[-1]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d); no vector depends on the other texts."""
        vectors = np.empty((len(texts), self.n_dimensions), np.float32)
        with ThreadPoolExecutor(self._n_threads) as pool:
            for start in range(0, len(texts), self._chunk):
                tokenized = self._tokenizer.encode_batch(list(texts[start : start + self._chunk]))
                ids = [entry.ids for entry in tokenized]
                batches = batches_of([len(entry) for entry in ids], BATCH_TEXTS if self._is_pooled else 1)
                found = pool.map(self._encode_batch, ([ids[row] for row in rows] for rows in batches))
                for rows, encoded in zip(batches, found, strict=True):
                    vectors[start + rows] = encoded
        return vectors

    def _encode_batch(self, token_ids: list[list[int]]) -> NDArray[np.float32]:
        """Return the vectors of texts that have the same number of tokens."""
        if not self._is_pooled:
            first: NDArray[np.float32] = self._run(np.array(token_ids, np.int64))[0, 0]
            return first / np.linalg.norm(first)
        n_texts = len(token_ids)
        return self._run(np.array(token_ids * 2 if n_texts == 1 else token_ids, np.int64))[:n_texts]

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        output: NDArray[np.float32] = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        return output


def batches_of(lengths: Sequence[int], n_texts: int) -> list[NDArray[np.intp]]:
    """Return the rows of each batch: at most `n_texts` of equal length; the longest first, as they take longest.

    Examples
    --------
    >>> [rows.tolist() for rows in batches_of([3, 5, 3, 3], 2)]
    [[1], [3], [0, 2]]
    """
    order = np.argsort(lengths, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(np.asarray(lengths)[order])) + 1)
    return [rows[at : at + n_texts] for rows in groups for at in range(0, len(rows), n_texts)][::-1]


@dataclass(frozen=True)
class EmbedderFiles:
    """The files of a local embedder.

    Parameters
    ----------
    folder : Path
        Holds ``model.onnx`` and ``tokenizer.json``.
    label : str
        The spec that gives these files, with a fingerprint if they are not of the catalogue.
    remedy : str
        What helps if they cannot be loaded.
    """

    folder: Path
    label: str
    remedy: str


def files_of(name: str) -> EmbedderFiles:
    """Return the files of a local embedder, by its name or path; arguments and errors as for `OnnxEmbedder`."""
    return _in_folder(name) if is_path(name) else _in_catalogue(name)


def _in_catalogue(name: str) -> EmbedderFiles:
    model = models.catalogue().get(name)
    if model is not None and model.kind != "embedder":
        kind = {"llm": "an LLM", "encoder": "an encoder to tune"}[model.kind]
        raise ModelError(f"local model {name!r} is {kind}, not an embedder", hint=f"there are: {local_specs()}")
    return EmbedderFiles(models.ensure(name), label_of(name), f"look for damage: dialin models verify {name}")


def _in_folder(name: str) -> EmbedderFiles:
    path, wanted = path_and_fingerprint(name)
    folder, make = path.resolve(), "make an embedder with: dialin tune embedder"
    missing = [file for file in (MODEL, TOKENIZER) if not (folder / file).is_file()]
    if missing:
        what = f"has no {' and no '.join(missing)}" if folder.is_dir() else "is not a folder"
        raise InputError(f"{folder} is no embedder: it {what}", hint=make)
    fingerprint = _fingerprint(folder)
    if wanted and fingerprint != wanted:
        raise InputError(
            f"the embedder in {folder} has changed: it was #{wanted} and is now #{fingerprint}",
            hint="put its old files back, or begin anew with the new ones",
        )
    return EmbedderFiles(folder, label_of(str(folder), fingerprint), make)


def _fingerprint(folder: Path) -> str:
    """Tell what `dialin tune embedder` has written at different times apart: 8 hex digits of both files."""
    hashes = [models.sha256_of(folder / file) for file in (MODEL, TOKENIZER)]
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:8]


def _tokenizer(folder: Path) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
    # A tokenizer.json may ask for padding to a fixed length, which the model would then read as text.
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _session(folder: Path) -> Any:
    import onnxruntime  # noqa: PLC0415  (tens of MB, wanted only with a model of this kind)

    options = onnxruntime.SessionOptions()
    # One thread for one batch: the batches themselves run in parallel (measured: 1.6 times as fast on two busy cores).
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Turns the int8 tables of a tuned model into float32 once, at loading; its products stay int8.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])


def local_names() -> list[str]:
    """Return the names of the embedders in `dialin.models.catalogue`."""
    return [model.name for model in models.catalogue().values() if model.kind == "embedder"]


def local_specs() -> str:
    """Return the specs of the embedders in `dialin.models.catalogue`, for a message."""
    return ", ".join(f"local:{name}" for name in local_names())
