"""OpenAI-compatible servers (OpenAI, vLLM, Ollama, llama.cpp), and every way in which they can fail."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx

from dialin.errors import InputError, ProviderError
from dialin.llm.base import Reply, Request
from dialin.llm.openai_answer import complaint, read_reply, retry_after, usage
from dialin.llm.rate import Bucket
from dialin.llm.render import render
from dialin.llm.usage import estimate_tokens

DEFAULT_URL = "https://api.openai.com/v1"
_N_TOP = 20
_SHORT_ANSWER = 8  # tokens: room for an option in words
_RETRYABLE_CODES = {408, 409, 425, 429, 500, 502, 503, 504, 529}


@dataclass(frozen=True)
class ServerOptions:
    """How to talk to a server.

    Parameters
    ----------
    mode : {"chat", "completions"}
        Chat messages, or one plain text for a base model.
    n_parallel : int
        Calls at a time.
    rpm, tpm : float, optional
        Most requests and tokens (estimated, then corrected) a minute.
    timeout : float
        Seconds to wait for an answer.
    logprobs : bool
        Ask for token probabilities; where a server has none, its written answers are read instead.
    grammar : bool
        Send grammars, in the fields of llama.cpp and of vLLM; a server that refuses them is asked without.
    """

    mode: Literal["chat", "completions"] = "chat"
    n_parallel: int = 8
    rpm: float | None = None
    tpm: float | None = None
    timeout: float = 120.0
    logprobs: bool = True
    grammar: bool = True

    def __post_init__(self) -> None:
        for name in ("n_parallel", "rpm", "tpm", "timeout"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} must be above 0, got {value!r}")


class OpenAIBackend:
    """A model on an OpenAI-compatible server.

    Parameters
    ----------
    model : str
        Its name on the server.
    base_url : str
        Where the server is, with the version: "http://localhost:8000/v1".
    api_key : str, optional
        Sent as a bearer token; in no message or file.
    options : ServerOptions
        How to talk to it.
    transport : httpx.BaseTransport, optional
        What carries the requests; for tests.
    """

    def __init__(
        self,
        model: str,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        options: ServerOptions = ServerOptions(),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.model, self.base_url, self.options = model, _checked_url(base_url), options
        self.name = f"openai:{model}@{self.base_url}" + ("+completions" if options.mode == "completions" else "")
        self.n_parallel = options.n_parallel
        self.has_logprobs = options.logprobs
        self.has_grammar = options.grammar
        self._requests = Bucket(options.rpm) if options.rpm else None
        self._tokens = Bucket(options.tpm) if options.tpm else None
        self._limit_key = "max_tokens"
        self._key = _checked_key(api_key, self.base_url)
        self._http = _http_client(self._key, options, transport)

    def reply(self, request: Request) -> Reply:
        """Answer one request; an answer that is refused, empty or fits no option has probabilities of 0.

        Raises
        ------
        ProviderError
            The server cannot be reached, refuses the call or sends no readable answer.
        """
        if request.options and self.has_logprobs:
            reply = self._ask(request, logprobs=True)
            if reply is not None:
                return reply
            self.has_logprobs = False  # found out once; the calls after it ask for words
        written = self._ask(request, logprobs=False)
        assert written is not None  # None only answers a call for log-probabilities
        return written

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, request: Request, logprobs: bool) -> Reply | None:
        """Return the reply, or None where the server gives no token probabilities though asked."""
        try:
            answer = self._post(self._body(request, logprobs))
        except _BadRequestError as error:
            if logprobs and "logprob" in error.message:
                return None
            if not (request.grammar and self.has_grammar):
                raise
            return self._without_grammar(request, logprobs)
        try:
            return read_reply(answer, request, logprobs)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise self._garbage(json.dumps(answer)) from error

    def _without_grammar(self, request: Request, logprobs: bool) -> Reply | None:
        """Ask again without a grammar; where that helps, the calls after it have none either."""
        reply = self._ask(replace(request, grammar=""), logprobs)
        self.has_grammar = False
        return reply

    def _body(self, request: Request, logprobs: bool) -> dict[str, Any]:
        n_tokens = request.max_tokens if logprobs or not request.options else _SHORT_ANSWER
        body: dict[str, Any] = {"model": self.model, "temperature": 0, "max_tokens": n_tokens}
        if self.options.mode == "completions":
            body |= {"prompt": "".join(render(request.prompt, "plain")), "stop": ["\n"]}
            body |= {"logprobs": _N_TOP} if logprobs else {}
        else:
            body["messages"] = request.prompt.messages()
            body |= {"logprobs": True, "top_logprobs": _N_TOP} if logprobs else {}
        if self.has_grammar and request.grammar:
            body |= _constraint(request.grammar)
        return body

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        expected = self._wait_for_turn(body)
        answer = self._send(body)
        if self._tokens is not None:
            self._tokens.give_back(expected - sum(usage(answer)))
        return answer

    def _wait_for_turn(self, body: dict[str, Any]) -> int:
        text = body.get("prompt") or "".join(message["content"] for message in body["messages"])
        expected = estimate_tokens(text) + int(body["max_tokens"])
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is not None:
            self._tokens.take(expected)
        return expected

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        path = "/chat/completions" if self.options.mode == "chat" else "/completions"
        try:
            # Plain ASCII JSON: even a lone surrogate in a sentence can be sent.
            response = self._http.post(self.base_url + path, content=json.dumps(self._renamed(body)))
        except httpx.RequestError as error:
            raise self._unreachable(error) from error
        if response.status_code == 400 and self._learns_limit_key(response):
            return self._send(body)
        if response.status_code != 200:
            raise self._refused(response)
        try:
            answer = response.json()
        except ValueError as error:
            raise self._garbage(response.text) from error
        if not isinstance(answer, dict):
            raise self._garbage(response.text)
        return answer

    def _renamed(self, body: dict[str, Any]) -> dict[str, Any]:
        return {self._limit_key if key == "max_tokens" else key: value for key, value in body.items()}

    def _learns_limit_key(self, response: httpx.Response) -> bool:
        """Tell whether the server wants the newer name of max_tokens, and take it up."""
        newer = "max_completion_tokens"
        learnt = self._limit_key != newer and newer in response.text
        if learnt:
            self._limit_key = newer
        return learnt

    def _unreachable(self, error: httpx.RequestError) -> ProviderError:
        # The text of the error is left out: it may quote headers.
        what = "no answer in time from" if isinstance(error, httpx.TimeoutException) else "cannot reach"
        return ProviderError(
            f"{what} the server at {self.base_url} ({type(error).__name__})",
            hint="is it running, and is the base URL right?",
            retryable=True,
        )

    def _garbage(self, text: str) -> ProviderError:
        got = self._quoted(text)
        return ProviderError(
            f"the server at {self.base_url} sent no readable answer: {got!r}",
            hint="does the base URL end in /v1?",
            retryable=True,
        )

    def _refused(self, response: httpx.Response) -> ProviderError:
        status = response.status_code
        message = f"the server at {self.base_url} answered {status}: {self._quoted(complaint(response))}"
        kind = _BadRequestError if status in {400, 422} else ProviderError
        return kind(
            message,
            hint=self._hint(status),
            retryable=status in _RETRYABLE_CODES,
            retry_after=retry_after(response.headers),
        )

    def _hint(self, status: int) -> str:
        return {
            401: "set the environment variable OPENAI_API_KEY to a valid key",
            403: "the key in OPENAI_API_KEY may not use this model",
            404: f"does the server have the model {self.model!r}, and does the base URL end in /v1?",
            429: "too many calls or an empty account: lower rpm, tpm or n_parallel",
        }.get(status, "")

    def _quoted(self, text: str) -> str:
        """Return foreign text fit for a message: one line, short, without the key."""
        known = text.replace(self._key, "***") if self._key else text
        return " ".join(known.split())[:300]


def _constraint(grammar: str) -> dict[str, Any]:
    """Return the fields by which llama.cpp, vLLM and older versions of it take a grammar; each ignores the others."""
    return {"grammar": grammar, "structured_outputs": {"grammar": grammar}, "guided_grammar": grammar}


class _BadRequestError(ProviderError):
    """The server does not understand something in the request."""


def _http_client(key: str, options: ServerOptions, transport: httpx.BaseTransport | None) -> httpx.Client:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    return httpx.Client(
        headers=headers,
        timeout=options.timeout,
        transport=transport,
        limits=httpx.Limits(max_connections=options.n_parallel),
    )


def _checked_key(key: str | None, base_url: str) -> str:
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise InputError("the API key has characters that no key has", hint="check OPENAI_API_KEY")
    if not key and base_url == DEFAULT_URL:
        raise InputError(f"{base_url} needs an API key", hint="set the environment variable OPENAI_API_KEY")
    return key


def _checked_url(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise InputError(f"no URL: {base_url!r} ({error})") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError(f"no base URL: {base_url!r}", hint="such as http://localhost:8000/v1")
    return base_url.rstrip("/")
