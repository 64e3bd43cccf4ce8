"""Models on OpenAI-compatible servers (OpenAI, vLLM, Ollama, llama.cpp)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx

from dialin.errors import InputError
from dialin.llm.base import Reply, Request
from dialin.llm.http import BadRequestError, Channel, Server
from dialin.llm.openai_answer import UNREADABLE, read_reply, usage
from dialin.llm.rate import Bucket
from dialin.llm.render import written_out
from dialin.llm.spec import DEFAULT_URL
from dialin.llm.usage import estimate_tokens

_N_TOP = 20
_SHORT_ANSWER = 8  # tokens: room for an option in words


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
        Ask for token probabilities; if a server has none, its written answers are read instead.
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
        Address of the server with the version: "http://localhost:8000/v1".
    api_key : str, optional
        Sent as a bearer token; it appears in no message and no file.
    options : ServerOptions
        How to talk to it.
    transport : httpx.BaseTransport, optional
        Carries the requests in place of the network; for tests.
    """

    def __init__(
        self,
        model: str,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        options: ServerOptions = ServerOptions(),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        channel = Channel(options.timeout, options.n_parallel, transport)
        self.model, self.options = model, options
        self._server = Server(base_url, api_key, channel)
        suffix = "+completions" if options.mode == "completions" else ""
        self.name = f"openai:{model}@{self._server.base_url}{suffix}"
        self.n_parallel = options.n_parallel
        self.has_logprobs = options.logprobs
        self.has_grammar = options.grammar
        self._requests = Bucket(options.rpm) if options.rpm else None
        self._tokens = Bucket(options.tpm) if options.tpm else None
        self._limit_key = "max_tokens"

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

    def check(self) -> None:
        """Find out whether the server is there and takes the key; raise `InputError` if not."""
        self._server.check()

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def _ask(self, request: Request, logprobs: bool) -> Reply | None:
        """Return the reply, or None if the server sends no token probabilities although they were requested."""
        try:
            answer = self._post(self._body(request, logprobs))
        except BadRequestError as error:
            if logprobs and "logprob" in error.message:
                return None
            if not (request.grammar and self.has_grammar):
                raise
            return self._without_grammar(request, logprobs)
        try:
            return read_reply(answer, request, logprobs)
        except UNREADABLE as error:
            raise self._server.unreadable(json.dumps(answer)) from error

    def _without_grammar(self, request: Request, logprobs: bool) -> Reply | None:
        """Ask again without a grammar; if that helps, later calls do without one, too."""
        reply = self._ask(replace(request, grammar=""), logprobs)
        self.has_grammar = False
        return reply

    def _body(self, request: Request, logprobs: bool) -> dict[str, Any]:
        n_tokens = request.max_tokens if logprobs or not request.options else _SHORT_ANSWER
        body: dict[str, Any] = {"model": self.model, "temperature": 0, "max_tokens": n_tokens}
        if self.options.mode == "completions":
            body |= {"prompt": written_out(request.prompt, "plain"), "stop": ["\n"]}
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
            return self._server.post(path, self._renamed(body))
        except BadRequestError as error:
            if not self._learns_limit_key(error):
                raise
        return self._send(body)

    def _renamed(self, body: dict[str, Any]) -> dict[str, Any]:
        return {self._limit_key if key == "max_tokens" else key: value for key, value in body.items()}

    def _learns_limit_key(self, error: BadRequestError) -> bool:
        """Return whether the server wants the newer name of max_tokens, and use that name from now on."""
        newer = "max_completion_tokens"
        learnt = self._limit_key != newer and newer in error.message
        if learnt:
            self._limit_key = newer
        return learnt


def _constraint(grammar: str) -> dict[str, Any]:
    """Return the fields by which llama.cpp, vLLM and older versions of it take a grammar; each ignores the others."""
    return {"grammar": grammar, "structured_outputs": {"grammar": grammar}, "guided_grammar": grammar}
