"""HTTP with servers: one client for LLMs, embedders and the look whether a server is there.

Every way in which a server can fail becomes a `ProviderError` here, with a hint and with whether to try again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from dialin.errors import InputError, ProviderError
from dialin.llm.addresses import check_needed_key, checked_key, checked_url
from dialin.llm.complaints import complaint, meant_status, retry_after, status_in, wait_in_words
from dialin.llm.dialects.base import KeyHeader
from dialin.llm.lines import Lines
from dialin.llm.providers import DEFAULT_URL
from dialin.llm.retry import LONG_WAIT
from dialin.llm.secrets import without_secret

RETRYABLE_CODES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
CHECK_SECONDS = 10.0
"""How long `Server.check` waits for an answer."""
_REFUSAL_CODES = frozenset({400, 403, 404, 413, 415, 422, 501})
_PART_CODES = frozenset({400, 413, 415, 422, 501})
_NO_CREDIT = "insufficient_quota"
_MOST_DETAILS = 4_000


class NotReadyError(InputError):
    """The server cannot be reached, or refuses the key, before anything is asked."""


class RefusedError(ProviderError):
    """The server refuses the request: a part of it, its content, or whoever asks.

    Parameters
    ----------
    status : int
        The HTTP status.
    complaint : str
        What the server says, with the name of the part if it gives one.
    details : str
        All that it says, with its codes.
    """

    status = 0
    complaint = ""
    details = ""

    @property
    def may_be_a_part(self) -> bool:
        """Whether a part of the request may be what is refused; a 403 or a 404 without a reason is about the model."""
        return self.status in _PART_CODES


@dataclass(frozen=True)
class Channel:
    """How requests travel to a server.

    Parameters
    ----------
    timeout : float
        Seconds to wait for an answer.
    transport : httpx.BaseTransport, optional
        Carries the requests in place of the network; for tests.
    remembered : Path, optional
        File that remembers what models accept (`dialin.llm.learnt`).
    """

    timeout: float = 120.0
    transport: httpx.BaseTransport | None = None
    remembered: Path | None = None


class Server:
    """A server.

    Parameters
    ----------
    base_url : str
        Its address with the version: "http://localhost:8000/v1".
    api_key : str, optional
        It appears in no message and no file.
    channel : Channel
        How requests travel.
    key_header : KeyHeader
        The headers in which the key is sent.

    Raises
    ------
    InputError
        The URL or the key is invalid, or the environment names a proxy or certificates that
        cannot be used.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        channel: Channel = Channel(),
        key_header: KeyHeader = KeyHeader(),
    ) -> None:
        self.base_url, self._key_header = checked_url(base_url, key_header.variable), key_header
        self._key = checked_key(api_key, key_header.variable)
        own = {key_header.header: key_header.prefix + self._key} if self._key else {}
        headers = {"Content-Type": "application/json", **key_header.others, **own}
        self._lines = Lines(self.base_url, headers, channel.timeout, channel.transport)

    def post(self, path: str, body: Mapping[str, Any], model: str = "") -> dict[str, Any]:
        """Send a JSON object and return the one that comes back.

        Parameters
        ----------
        path : str
            What follows the base URL, such as "/embeddings".
        body : mapping
            The object to send.
        model : str
            The name of the model, for messages.

        Raises
        ------
        RefusedError
            The server refuses the request.
        ProviderError
            The server cannot be reached, fails, or sends no JSON object.
        """
        # Plain ASCII JSON: even a lone surrogate in a sentence can be sent.
        return self._object_in(self._sent("POST", path, model, content=json.dumps(body)), model)

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON object at a path, which may end in a query; raises like `post`."""
        return self._object_in(self._sent("GET", path))

    def upload(self, path: str, file: tuple[str, bytes], fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a file, by its name and content, as a form with more fields; return and raise like `post`."""
        form = {"Content-Type": f"multipart/form-data; boundary={uuid4().hex}"}  # not JSON, as all else
        return self._object_in(self._sent("POST", path, headers=form, data=fields, files={"file": file}))

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of a file with one a line, while it arrives; raises like `post`."""
        try:
            with self._lines.taken() as http, http.stream("GET", self.base_url + path) as response:
                if response.status_code != httpx.codes.OK:
                    response.read()
                    raise self._fault(response, "")
                for line in _lines_in(response.iter_bytes()):
                    yield self._parsed(line)
        except httpx.RequestError as error:
            raise self._unreachable(error) from None  # as in `_sent`

    def fault(self, status: int, answer: Mapping[str, Any], model: str) -> ProviderError:
        """Return the error for an answer of a status other than 200 that came by another way, such as a batch."""
        return self._fault(httpx.Response(status, json=answer), model)

    def _sent(self, method: str, path: str, model: str = "", **what: Any) -> httpx.Response:
        """Send a request and return the answer to it if it is a good one."""
        try:
            with self._lines.taken() as http:
                response = http.request(method, self.base_url + path, **what)
        except httpx.RequestError as error:
            raise self._unreachable(error) from None  # its text may quote headers, and the key with them
        if response.status_code != httpx.codes.OK:
            raise self._fault(response, model)
        return response

    def _object_in(self, response: httpx.Response, model: str = "") -> dict[str, Any]:
        """Return the JSON object in an answer, unless it is an error that came as a good one."""
        answer = self._parsed(response.content)
        if status := status_in(answer):
            raise self._fault(httpx.Response(status, json=answer, headers=response.headers), model)
        return answer

    def _parsed(self, content: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise self.unreadable(content.decode("utf-8", "replace"))
        found: dict[str, Any] = without_secret(answer, self._key)
        return found

    def require_key(self) -> None:
        """Raise InputError if there is no key, and the server answers nobody without one; asks nothing."""
        check_needed_key(self._key, self.base_url, self._key_header.variable)

    def check(self, path: str = "/models") -> None:
        """Find out whether the server is there and takes the key, by asking for its list of models, which is free.

        A server need not have that list: only "not there" and "wrong key" count.

        Parameters
        ----------
        path : str
            What follows the base URL.

        Raises
        ------
        InputError
            There is no key, and the server answers nobody without one.
        NotReadyError
            The server cannot be reached, or refuses the key.
        """
        self.require_key()
        try:
            with self._lines.taken() as http:
                response = http.get(self.base_url + path, timeout=CHECK_SECONDS)
        except httpx.RequestError as error:
            raise NotReadyError(
                f"cannot reach the LLM server at {self.base_url} ({type(error).__name__})", hint=_hint_of(error)
            ) from None  # as in `post`
        if (status := meant_status(response)) in {401, 403}:
            raise NotReadyError(
                f"the LLM server at {self.base_url} refuses the key ({status})",
                hint=f"set the environment variable {self._key_header.variable} to a valid key",
            )

    def close(self) -> None:
        """Close the connections."""
        self._lines.close()

    def unreadable(self, text: str) -> ProviderError:
        """Return the error for an answer of an unknown form; it quotes the beginning of the text."""
        return ProviderError(
            f"the server at {self.base_url} sent no readable answer: {self._quoted(text)!r}",
            hint=self._about_url,
            retryable=True,
        )

    def _unreachable(self, error: httpx.RequestError) -> ProviderError:
        what = "no answer in time from" if isinstance(error, httpx.TimeoutException) else "cannot reach"
        return ProviderError(
            f"{what} the server at {self.base_url} ({type(error).__name__})", hint=_hint_of(error), retryable=True
        )

    def _fault(self, response: httpx.Response, model: str) -> ProviderError:
        """Return the error for an answer other than a good one; a wait of more than `LONG_WAIT` is named."""
        status, is_broke, wait = meant_status(response), _NO_CREDIT in response.text, retry_after(response.headers)
        asks = f"; it asks to wait {wait_in_words(wait)}" if wait and wait > LONG_WAIT else ""
        is_refused = status in _REFUSAL_CODES
        error = (RefusedError if is_refused else ProviderError)(
            f"the server at {self.base_url} answered {status}: {self._quoted(complaint(response))}{asks}",
            hint="the account has no credit left" if is_broke else self._hint(response, model),
            retryable=status in RETRYABLE_CODES and not is_broke,  # waiting does not fill an account
            retry_after=wait,
        )
        if isinstance(error, RefusedError):
            error.status = status
            error.complaint = self._quoted(complaint(response))
            error.details = self._blackened(response.text)[:_MOST_DETAILS]
        return error

    def _hint(self, response: httpx.Response, model: str) -> str:
        variable = self._key_header.variable
        if response.has_redirect_location:  # not followed: the key would go to an address that nobody has named
            return f"it has moved to {self._quoted(response.headers['location'])}: name that address"
        return {
            401: f"set the environment variable {variable} to a valid key",
            403: f"the key in {variable} may not use this model",
            404: f"does the server have the model {model!r}, and {self._about_url}",
            429: "too many calls or an empty account: lower rpm, tpm or n_parallel",
        }.get(meant_status(response), "")

    @property
    def _about_url(self) -> str:
        is_of_openai = self._key_header == KeyHeader()
        return "does the base URL end in /v1?" if is_of_openai else "is the base URL right?"

    def _quoted(self, text: str) -> str:
        """Return foreign text fit for a message: one line, short, without the key."""
        return " ".join(self._blackened(text).split())[:300]

    def _blackened(self, text: str) -> str:
        escaped = json.dumps(self._key)[1:-1]  # as JSON quotes it
        return text.replace(self._key, "***").replace(escaped, "***") if self._key else text


def _lines_in(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines that are not blank; only a line feed ends one, since JSON may hold all other line ends."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(bytes.strip, whole)
    if rest.strip():
        yield rest


def _hint_of(error: httpx.RequestError) -> str:
    """Return what may help where a server cannot be reached; the text of the error itself may quote headers."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "set SSL_CERT_FILE to the file of your own certificate authority"
    return "is it running, and is the base URL right?"
