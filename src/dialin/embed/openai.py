"""Embeddings from an OpenAI-compatible server (OpenAI, vLLM, Ollama, llama.cpp), with retries."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
import tenacity
from numpy.typing import NDArray

from dialin.errors import ProviderError

DEFAULT_URL = "https://api.openai.com/v1"
_BATCH_TEXTS = 128
_N_ATTEMPTS = 6
_MAX_WAIT_SECONDS = 300.0
_TOO_MANY_REQUESTS = 429
_HINTS = {
    401: "set OPENAI_API_KEY to a valid key of this server",
    403: "the key may not use this model; check its rights",
    404: "check the model's name and that the URL ends where /embeddings is to be added, mostly in /v1",
}


class OpenAIEmbedder:
    """The embeddings endpoint of a server; batches of 128 texts, up to six attempts each.

    Parameters
    ----------
    model : str
        The model's name on the server.
    base_url : str
        The address under which ``/embeddings`` lies.
    api_key : str, optional
        Sent as a bearer token; local servers need none.
    client : httpx.Client, optional
        Makes the requests; tests pass one with a scripted transport.
    """

    def __init__(
        self,
        model: str,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        client: httpx.Client | None = None,
    ) -> None:
        self.name = f"openai:{model}@{base_url.rstrip('/')}"
        self._model = model
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = client or httpx.Client(timeout=httpx.Timeout(120.0, connect=10.0))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), or (0, 0) for no text.

        Raises
        ------
        ProviderError
            The server refused, could not be reached, or sent something else than n vectors.
        """
        batches = [texts[start : start + _BATCH_TEXTS] for start in range(0, len(texts), _BATCH_TEXTS)]
        if not batches:
            return np.zeros((0, 0), np.float32)
        return np.concatenate([self._encode_patiently(list(batch)) for batch in batches])

    def _encode_patiently(self, batch: list[str]) -> NDArray[np.float32]:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_worth_retrying),
            wait=_wait,
            stop=tenacity.stop_after_attempt(_N_ATTEMPTS),
            reraise=True,
        )
        return retrying(self._encode_batch, batch)

    def _encode_batch(self, batch: list[str]) -> NDArray[np.float32]:
        response = self._post(batch)
        if response.status_code != httpx.codes.OK:
            raise _refusal(response)
        return _parse(response, len(batch))

    def _post(self, batch: list[str]) -> httpx.Response:
        body = {"model": self._model, "input": batch, "encoding_format": "float"}
        try:
            return self._client.post(self._url, json=body, headers=self._headers)
        except httpx.TransportError as error:
            raise ProviderError(
                f"embedding server {self._url} cannot be reached: {str(error) or type(error).__name__}",
                hint="check that it runs and that the URL is right",
                retryable=True,
            ) from error
        except httpx.InvalidURL as error:
            raise ProviderError(f"embedding server URL {self._url!r} is wrong: {error}") from error


def _refusal(response: httpx.Response) -> ProviderError:
    status = response.status_code
    message = " ".join(response.text.split())[:200]
    # An exhausted account answers 429 as well, but waiting does not fill it.
    is_broke = "insufficient_quota" in response.text
    return ProviderError(
        f"embedding server {response.url} answered {status}: {message}",
        hint="the account has no credit left" if is_broke else _HINTS.get(status, ""),
        retryable=(status == _TOO_MANY_REQUESTS and not is_broke) or status >= httpx.codes.INTERNAL_SERVER_ERROR,
        retry_after=_retry_after(response.headers.get("Retry-After", "")),
    )


def _retry_after(value: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as a number or as a date."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _is_worth_retrying(error: BaseException) -> bool:
    if not isinstance(error, ProviderError):
        return False
    return error.retryable and (error.retry_after or 0.0) <= _MAX_WAIT_SECONDS


def _wait(state: tenacity.RetryCallState) -> float:
    """Return the seconds to wait: what the server asked for, else 1, 2, 4, … and some jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, ProviderError) else None
    return asked if asked is not None else tenacity.wait_exponential_jitter(max=30.0)(state)


def _parse(response: httpx.Response, n_texts: int) -> NDArray[np.float32]:
    """Return unit vectors in the order of the request, shape (n_texts, d)."""
    try:
        entries: list[dict[str, Any]] = response.json()["data"]
        ordered = sorted(entries, key=lambda entry: entry["index"])
        indices = [entry["index"] for entry in ordered]
        vectors = np.array([entry["embedding"] for entry in ordered], np.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError(f"embedding server {response.url} sent no embeddings: {error!r}") from error
    if indices != list(range(n_texts)) or vectors.ndim != 2:
        raise ProviderError(f"embedding server {response.url} sent {len(indices)} vectors for {n_texts} texts")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise ProviderError(f"embedding server {response.url} sent a vector that is zero or not finite")
    units: NDArray[np.float32] = vectors / norms
    return units
