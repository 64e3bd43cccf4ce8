"""Embeddings from an OpenAI-compatible server (OpenAI, vLLM, Ollama, llama.cpp, text-embeddings-inference)."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.errors import InputWarning, ProviderError
from dialin.llm.accepts import named_in
from dialin.llm.http import Channel, RefusedError, Server
from dialin.llm.learnt import Learnt
from dialin.llm.refusals import TOO_LARGE, is_about_length
from dialin.llm.retry import Retry
from dialin.llm.spec import DEFAULT_URL

_SHORTEST = 16
"""Letters of a text that no server refuses for its length."""


class OpenAIEmbedder:
    """The embeddings endpoint of a server; batches of 128 texts, or as many as it takes.

    A text that is too long for the model is cut in half until it fits: its vector is that of its beginning.

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
        self._learnt = Learnt(self.name, path=channel.remembered)
        self._n_cut = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), or (0, 0) for no text.

        Raises
        ------
        ProviderError
            The server refused, could not be reached, or sent something other than n vectors.
        """
        blocks, start, n_cut = [np.zeros((0, 0), np.float32)], 0, self._n_cut
        while start < len(texts):
            batch = list(texts[start : start + max(1, self._learnt.now.n_texts)])
            blocks.append(self._vectors(batch))
            start += len(batch)
        if self._n_cut > n_cut:
            n = self._n_cut - n_cut
            warnings.warn(
                f"{n:,} texts were too long for {self._model}: the vectors of {n:,} are of their beginnings",
                InputWarning,
                stacklevel=2,
            )
        return np.concatenate(blocks[1:]) if len(blocks) > 1 else blocks[0]

    def _vectors(self, batch: list[str]) -> NDArray[np.float32]:
        """Return the vectors of a batch, which is halved where the server refuses it as a whole."""
        try:
            return self._tried(batch)
        except RefusedError as error:
            if self._has_learnt(error, len(batch)):
                return self.encode(batch)
            is_long = is_about_length(error)
            if len(batch) == 1 and is_long:
                return self._beginning(batch[0], error)
            if len(batch) == 1 or not (is_long or error.may_be_a_part):
                raise
        half = (len(batch) + 1) // 2
        first = self._vectors(batch[:half])  # if it is refused as well, the number of texts is not what is wrong
        if not is_long:
            self._learnt.learn({"n_texts": half})
        return np.concatenate([first, self._vectors(batch[half:])])

    def _tried(self, batch: list[str]) -> NDArray[np.float32]:
        return self._retry.retrying(Event())(self._encode_batch, batch)

    def _beginning(self, text: str, refusal: RefusedError) -> NDArray[np.float32]:
        """Return the vector of as much of a text as the model takes."""
        self._n_cut += 1
        while len(text) > _SHORTEST:
            text = text[: len(text) // 2]
            try:
                return self._tried([text])
            except RefusedError as error:
                if not is_about_length(error):
                    raise
        raise refusal

    def _has_learnt(self, error: RefusedError, n_texts: int) -> bool:
        """Learn what the server says that it does not accept; return whether that is anything new."""
        before = self._learnt.now
        change = {} if is_about_length(error) and error.status != TOO_LARGE else named_in(before, error.complaint, None)
        if change.get("n_texts", 0) >= n_texts:
            return False
        self._learnt.learn(change)
        return self._learnt.now != before

    def _encode_batch(self, batch: list[str]) -> NDArray[np.float32]:
        body = {"model": self._model, "input": batch}
        if self._learnt.now.encoding_format:
            body["encoding_format"] = "float"
        return _parse(self._server.post("/embeddings", body, self._model), len(batch), self._server.base_url)


def _parse(answer: dict[str, Any], n_texts: int, base_url: str) -> NDArray[np.float32]:
    """Return unit vectors in the order of the request, shape (n_texts, d)."""
    try:
        entries = answer["data"]
        places = [entry.get("index", 0) for entry in entries]  # Gemini leaves out an index of 0
        ordered = entries if len(set(places)) == 1 else [entries[i] for i in np.argsort(places, kind="stable")]
        vectors = np.array([_numbers(entry["embedding"]) for entry in ordered], np.float32)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProviderError(f"the server at {base_url} sent no embeddings: {error!r}") from error
    if len(vectors) != n_texts or vectors.ndim != 2 or len(set(places)) not in {1, n_texts}:
        raise ProviderError(f"the server at {base_url} sent {len(set(places))} vectors for {n_texts} texts")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise ProviderError(f"the server at {base_url} sent a vector that is zero or not finite")
    units: NDArray[np.float32] = vectors / norms
    return units


def _numbers(embedding: Any) -> Any:
    """Return the numbers of a vector; some servers send them as base64 of little-endian floats, asked or not."""
    return np.frombuffer(base64.b64decode(embedding), "<f4") if isinstance(embedding, str) else embedding
