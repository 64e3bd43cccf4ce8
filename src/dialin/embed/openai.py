"""Embeddings from an OpenAI-compatible server (OpenAI, vLLM, Ollama, llama.cpp)."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.errors import ProviderError
from dialin.llm.http import Channel, Server
from dialin.llm.retry import Retry
from dialin.llm.spec import DEFAULT_URL

_BATCH_TEXTS = 128


class OpenAIEmbedder:
    """The embeddings endpoint of a server; batches of 128 texts.

    Parameters
    ----------
    model : str
        The model's name on the server.
    base_url : str
        The address under which ``/embeddings`` lies.
    api_key : str, optional
        Sent as a bearer token; local servers need none.
    channel : Channel
        How requests travel.
    retry : Retry
        How to repeat failed calls.

    Raises
    ------
    InputError
        The URL is invalid, or the key is missing or invalid.
    """

    def __init__(
        self,
        model: str,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        channel: Channel = Channel(),
        retry: Retry = Retry(),
    ) -> None:
        self._model, self._retry = model, retry
        self._server = Server(base_url, api_key, channel)
        self.name = f"openai:{model}@{self._server.base_url}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), or (0, 0) for no text.

        Raises
        ------
        ProviderError
            The server refused, could not be reached, or sent something other than n vectors.
        """
        batches = [list(texts[start : start + _BATCH_TEXTS]) for start in range(0, len(texts), _BATCH_TEXTS)]
        if not batches:
            return np.zeros((0, 0), np.float32)
        return np.concatenate([self._retry.retrying(Event())(self._encode_batch, batch) for batch in batches])

    def _encode_batch(self, batch: list[str]) -> NDArray[np.float32]:
        body = {"model": self._model, "input": batch, "encoding_format": "float"}
        return _parse(self._server.post("/embeddings", body), len(batch), self._server.base_url)


def _parse(answer: dict[str, Any], n_texts: int, base_url: str) -> NDArray[np.float32]:
    """Return unit vectors in the order of the request, shape (n_texts, d)."""
    try:
        ordered = sorted(answer["data"], key=lambda entry: entry["index"])
        indices = [entry["index"] for entry in ordered]
        vectors = np.array([entry["embedding"] for entry in ordered], np.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError(f"the server at {base_url} sent no embeddings: {error!r}") from error
    if indices != list(range(n_texts)) or vectors.ndim != 2:
        raise ProviderError(f"the server at {base_url} sent {len(indices)} vectors for {n_texts} texts")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise ProviderError(f"the server at {base_url} sent a vector that is zero or not finite")
    units: NDArray[np.float32] = vectors / norms
    return units
