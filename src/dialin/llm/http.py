"""HTTP with OpenAI-compatible servers: one client for LLMs, embedders and the look whether a server is there.

Every way in which a server can fail becomes a `ProviderError` here, with a hint and with whether to try again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import httpx

from dialin.errors import InputError, ProviderError
from dialin.llm.spec import DEFAULT_URL

RETRYABLE_CODES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
CHECK_SECONDS = 10.0
"""How long `Server.check` waits for an answer."""
_BAD_REQUEST_CODES = frozenset({400, 422})
_SECRET_LETTERS = 8
_NO_CREDIT = "insufficient_quota"


class BadRequestError(ProviderError):
    """The server does not understand something in the request."""


@dataclass(frozen=True)
class Channel:
    """How requests travel to a server.

    Parameters
    ----------
    timeout : float
        Seconds to wait for an answer.
    n_parallel : int
        Most connections at a time.
    transport : httpx.BaseTransport, optional
        Carries the requests in place of the network; for tests.
    """

    timeout: float = 120.0
    n_parallel: int = 8
    transport: httpx.BaseTransport | None = None


class Server:
    """An OpenAI-compatible server.

    Parameters
    ----------
    base_url : str
        Its address with the version: "http://localhost:8000/v1".
    api_key : str, optional
        Sent as a bearer token; it appears in no message and no file.
    channel : Channel
        How requests travel.

    Raises
    ------
    InputError
        The URL is invalid, or the key is missing or invalid.
    """

    def __init__(self, base_url: str = DEFAULT_URL, api_key: str | None = None, channel: Channel = Channel()) -> None:
        self.base_url = _checked_url(base_url)
        self._key = _checked_key(api_key, self.base_url)
        self._http = httpx.Client(
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {self._key}"} if self._key else {}),
            timeout=channel.timeout,
            transport=channel.transport,
            limits=httpx.Limits(max_connections=channel.n_parallel),
        )

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON object and return the one that comes back.

        Parameters
        ----------
        path : str
            What follows the base URL, such as "/embeddings".
        body : mapping
            The object to send, with the name of the model under "model".

        Raises
        ------
        BadRequestError
            The server answered 400 or 422.
        ProviderError
            The server cannot be reached, refuses the call, or sends no JSON object.
        """
        try:
            # Plain ASCII JSON: even a lone surrogate in a sentence can be sent.
            response = self._http.post(self.base_url + path, content=json.dumps(body))
        except httpx.RequestError as error:
            raise self._unreachable(error) from None  # its text may quote headers, and the key with them
        if response.status_code != httpx.codes.OK:
            raise self._refused(response, str(body.get("model", "")))
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            raise self.unreadable(response.text) from None
        if not isinstance(answer, dict):
            raise self.unreadable(response.text)
        found: dict[str, Any] = without_secret(answer, self._key)
        return found

    def check(self) -> None:
        """Find out whether the server is there and takes the key, by asking for its list of models, which is free.

        A server need not have that list: only "not there" and "wrong key" count.

        Raises
        ------
        InputError
            The server cannot be reached, or refuses the key.
        """
        try:
            response = self._http.get(f"{self.base_url}/models", timeout=CHECK_SECONDS)
        except httpx.RequestError as error:
            raise InputError(
                f"cannot reach the LLM server at {self.base_url} ({type(error).__name__})",
                hint="is it running, and is the base URL right?",
            ) from None  # as in `post`
        if response.status_code in {401, 403}:
            raise InputError(
                f"the LLM server at {self.base_url} refuses the key ({response.status_code})",
                hint="set the environment variable OPENAI_API_KEY to a valid key",
            )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def unreadable(self, text: str) -> ProviderError:
        """Return the error for an answer of an unknown form; it quotes the beginning of the text."""
        return ProviderError(
            f"the server at {self.base_url} sent no readable answer: {self._quoted(text)!r}",
            hint="does the base URL end in /v1?",
            retryable=True,
        )

    def _unreachable(self, error: httpx.RequestError) -> ProviderError:
        what = "no answer in time from" if isinstance(error, httpx.TimeoutException) else "cannot reach"
        return ProviderError(
            f"{what} the server at {self.base_url} ({type(error).__name__})",
            hint="is it running, and is the base URL right?",
            retryable=True,
        )

    def _refused(self, response: httpx.Response, model: str) -> ProviderError:
        status, is_broke = response.status_code, _NO_CREDIT in response.text
        kind = BadRequestError if status in _BAD_REQUEST_CODES else ProviderError
        return kind(
            f"the server at {self.base_url} answered {status}: {self._quoted(complaint(response))}",
            hint="the account has no credit left" if is_broke else _hint(status, model),
            retryable=status in RETRYABLE_CODES and not is_broke,  # waiting does not fill an account
            retry_after=retry_after(response.headers),
        )

    def _quoted(self, text: str) -> str:
        """Return foreign text fit for a message: one line, short, without the key."""
        escaped = json.dumps(self._key)[1:-1]  # as JSON quotes it
        known = text.replace(self._key, "***").replace(escaped, "***") if self._key else text
        return " ".join(known.split())[:300]


def without_secret(value: Any, key: str) -> Any:
    """Return JSON values without a key that the server may have echoed; a key of fewer than 8 letters is no secret.

    Local servers take words such as "none" as keys, and these stand in answers for other reasons.

    Examples
    --------
    >>> without_secret({"text": ["your key is sk-12345678", 3]}, "sk-12345678")
    {'text': ['your key is ***', 3]}
    """
    if len(key) < _SECRET_LETTERS:
        return value
    if isinstance(value, dict):
        return {without_secret(name, key): without_secret(inner, key) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_secret(inner, key) for inner in value]
    return value.replace(key, "***") if isinstance(value, str) else value


def complaint(response: httpx.Response) -> str:
    """Return the error message in an answer: from the usual shapes of JSON, or the whole text."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return response.text or response.reason_phrase
    error = body.get("error", body) if isinstance(body, dict) else body
    return str(error.get("message", error) if isinstance(error, dict) else error)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, written as a number or as a date."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if isfinite(seconds) else None


def _hint(status: int, model: str) -> str:
    return {
        401: "set the environment variable OPENAI_API_KEY to a valid key",
        403: "the key in OPENAI_API_KEY may not use this model",
        404: f"does the server have the model {model!r}, and does the base URL end in /v1?",
        429: "too many calls or an empty account: lower rpm, tpm or n_parallel",
    }.get(status, "")


def _checked_key(key: str | None, base_url: str) -> str:
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise InputError("the API key contains characters that are not valid in a key", hint="check OPENAI_API_KEY")
    if not key and base_url == DEFAULT_URL:
        raise InputError(f"{base_url} needs an API key", hint="set the environment variable OPENAI_API_KEY")
    return key


def _checked_url(base_url: str) -> str:
    if "@" in base_url.partition("://")[2].partition("/")[0] or "?" in base_url:
        raise InputError(
            "the base URL of a server holds a password or a query, which would stand in the files of the run",
            hint="give the key in OPENAI_API_KEY, and a base URL such as http://localhost:8000/v1",
        )
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise InputError(f"invalid base URL {base_url!r}: {error}", hint="such as http://localhost:8000/v1") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError(f"invalid base URL {base_url!r}", hint="such as http://localhost:8000/v1")
    return base_url.rstrip("/")
