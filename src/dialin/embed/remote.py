"""Embeddings from servers: one client for all protocols, which learns what a model accepts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from dialin.embed.dialects import MISSHAPEN, OPENAI_EMBEDDINGS, EmbeddingDialect
from dialin.errors import InputWarning, ProviderError
from dialin.llm.accepts import named_in
from dialin.llm.http import RefusedError, Server
from dialin.llm.learnt import Learnt
from dialin.llm.refusals import TOO_LARGE, is_about_length
from dialin.llm.retry import Retry

_SHORTEST = 16
"""Letters of a text that no server refuses for its length."""


class RemoteEmbedder:
    """The embeddings of a model on a server; batches of 128 texts, or as many as it takes.

    A text that is too long for the model is cut in half until it fits: its vector is that of its beginning.

    Parameters
    ----------
    model : str
        The model's name on the server.
    server : Server
        The server, with its key.
    dialect : EmbeddingDialect
        Its protocol.
    retry : Retry
        How to repeat failed calls.
    remembered : Path, optional
        File that remembers what models accept (`dialin.llm.learnt`).
    """

    def __init__(
        self,
        model: str,
        server: Server,
        dialect: EmbeddingDialect = OPENAI_EMBEDDINGS,
        retry: Retry = Retry(),
        remembered: Path | None = None,
    ) -> None:
        self._model, self._server, self._dialect, self._retry = model, server, dialect, retry
        self.name = f"{dialect.kind}:{model}@{server.base_url}"
        self.learnt = Learnt(self.name, dialect.start, remembered)
        self._n_cut = 0
        server.require_key()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), or (0, 0) for no text.

        Raises
        ------
        ProviderError
            The server refused, could not be reached, or sent something other than n vectors.
        """
        blocks, start, n_cut = [np.zeros((0, 0), np.float32)], 0, self._n_cut
        while start < len(texts):
            batch = list(texts[start : start + max(1, self.learnt.now.n_texts)])
            blocks.append(self._vectors(batch))
            start += len(batch)
        if self._n_cut > n_cut:
            warnings.warn(_cut_note(self._n_cut - n_cut, self._model), InputWarning, stacklevel=2)
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
            self.learnt.learn({"n_texts": half})
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
        before = self.learnt.now
        change = {} if is_about_length(error) and error.status != TOO_LARGE else named_in(before, error.complaint, None)
        if change.get("n_texts", 0) >= n_texts:
            return False
        self.learnt.learn(change)
        return self.learnt.now != before

    def _encode_batch(self, batch: list[str]) -> NDArray[np.float32]:
        body = self._dialect.body(self._model, batch, self.learnt.now)
        answer = self._server.post(self._dialect.path(self._model), body, self._model)
        try:
            vectors = np.array(self._dialect.vectors(answer), np.float32)
        except MISSHAPEN as error:
            raise self._fault(f"no embeddings: {error!r}") from error
        if len(vectors) != len(batch) or vectors.ndim != 2:
            raise self._fault(f"{len(vectors)} vectors for {len(batch)} texts")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(norms) & (norms > 0)).all():
            raise self._fault("a vector that is zero or not finite")
        units: NDArray[np.float32] = vectors / norms
        return units

    def _fault(self, sent: str) -> ProviderError:
        return ProviderError(f"the server at {self._server.base_url} sent {sent}")


def _cut_note(n: int, model: str) -> str:
    if n == 1:
        return f"a text is too long for {model}: its vector is that of its beginning"
    return f"{n:,} texts are too long for {model}: their vectors are those of their beginnings"
