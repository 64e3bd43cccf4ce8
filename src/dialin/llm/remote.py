"""LLMs on servers: one client for all protocols, which learns what a model accepts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import httpx

from dialin.errors import InputError, ProviderError
from dialin.llm.accepts import ROOMS, Accepts, Change, guesses, named_in
from dialin.llm.base import Reply, Request
from dialin.llm.dialects.base import UNREADABLE, Answer, ChatDialect, n_answer_tokens, wants_candidates
from dialin.llm.dialects.openai import OPENAI
from dialin.llm.http import Channel, RefusedError, Server
from dialin.llm.learnt import Learnt
from dialin.llm.options import match_answer, option_probabilities
from dialin.llm.providers import DEFAULT_URL
from dialin.llm.rate import Bucket
from dialin.llm.refusals import refusal_of
from dialin.llm.usage import prompt_tokens
from dialin.prompts.prompt import Prompt

_BELOW_ONE = 1 - 1e-12
"""Most that token probabilities give an option: 1 says that the answer came in words."""
_HARMLESS = Request(Prompt("Answer with one word.", (), "Say yes."), (), 4)
"""Asked where a server refuses a question without a reason: does it refuse all, or this one?"""


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
    n_draws : int
        How often a question with options is asked where there are no token probabilities.
    transport : httpx.BaseTransport, optional
        Carries the requests in place of the network; for tests.
    remembered : Path, optional
        File that remembers what models accept (`dialin.llm.learnt`).
    """

    mode: Literal["chat", "completions"] = "chat"
    n_parallel: int = 8
    rpm: float | None = None
    tpm: float | None = None
    timeout: float = 120.0
    logprobs: bool = True
    grammar: bool = True
    n_draws: int = 3
    transport: httpx.BaseTransport | None = None
    remembered: Path | None = None

    def __post_init__(self) -> None:
        for name in ("n_parallel", "rpm", "tpm", "timeout", "n_draws"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} must be above 0, got {value!r}")

    def channel(self) -> Channel:
        """Return how requests travel."""
        return Channel(self.timeout, self.transport, self.remembered)

    def narrowed(self, start: Accepts) -> Accepts:
        """Return what to ask of a model, given what its protocol offers."""
        wanted = replace(start, chat=start.chat and self.mode == "chat", grammar=start.grammar and self.grammar)
        return wanted if self.logprobs else replace(wanted, n_top=0)


class RemoteBackend:
    """A model on a server.

    What the model refuses is learnt once, for the calls under way as well, and remembered.

    Parameters
    ----------
    model : str
        Its name on the server.
    base_url : str
        Address of the server with the version: "http://localhost:8000/v1".
    api_key : str, optional
        Sent as the protocol wants it; it appears in no message and no file.
    options : ServerOptions
        How to talk to it.
    dialect : ChatDialect
        Its protocol.
    """

    def __init__(
        self,
        model: str,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        options: ServerOptions = ServerOptions(),
        dialect: ChatDialect = OPENAI,
    ) -> None:
        self.model, self.options, self.dialect = model, options, dialect
        self.server = Server(base_url, api_key, options.channel(), dialect.key_header)
        suffix = "+completions" if options.mode == "completions" else ""
        self.name = f"{dialect.kind}:{model}@{self.server.base_url}{suffix}"
        self.n_parallel, self.n_draws = options.n_parallel, options.n_draws
        self.learnt = Learnt(self.name, options.narrowed(dialect.start), options.remembered)
        self._requests = Bucket(options.rpm) if options.rpm else None
        self._tokens = Bucket(options.tpm) if options.tpm else None

    def reply(self, request: Request) -> Reply:
        """Answer one request; an answer that is empty or fits no option has probabilities of 0.

        So has one to a question that the server refuses for its content or its length (`Reply.refused`).

        Raises
        ------
        ProviderError
            The server cannot be reached, refuses the call or sends no readable answer.
        """
        tokens_in = tokens_out = tokens_cached = 0
        while True:
            accepts = self.learnt.now
            answer = self._answer(request, accepts)
            tokens_in, tokens_out = tokens_in + answer.tokens_in, tokens_out + answer.tokens_out
            tokens_cached += answer.tokens_cached
            if answer.refused or self._is_enough(answer, request, accepts):
                return replace(
                    _reply_of(answer, request),
                    tokens_in=tokens_in,
                    tokens_out=tokens_out,
                    tokens_cached=tokens_cached,
                )

    def body(self, request: Request, accepts: Accepts) -> dict[str, Any]:
        """Return the JSON object that asks a question."""
        return self.dialect.body(self.model, request, accepts)

    def path(self, accepts: Accepts) -> str:
        """Return what follows the base URL where questions are asked."""
        return self.dialect.path(self.model, accepts)

    def read_late(
        self, request: Request, accepts: Accepts, received: dict[str, Any] | ProviderError
    ) -> tuple[Reply, bool]:
        """Return the reply in what came, by a batch, of a question, and whether that can be used as it is.

        If not, what it shows about the model is learnt, and its tokens are paid: the question has to be asked again.

        Parameters
        ----------
        request : Request
            The question.
        accepts : Accepts
            What the model was known to accept when the question was sent.
        received : dict or ProviderError
            The answer, or the error in its place.
        """
        if isinstance(received, ProviderError):
            refused = refusal_of(received) if isinstance(received, RefusedError) else ""
            if isinstance(received, RefusedError) and not refused:
                self.learnt.learn(named_in(accepts, received.complaint, request))
            return _reply_of(Answer("", refused=refused), request), bool(refused)
        try:
            answer = self.dialect.read(received)
        except UNREADABLE:
            return _reply_of(Answer(""), request), False
        return _reply_of(answer, request), bool(answer.refused) or self._is_enough(answer, request, accepts)

    def check(self) -> None:
        """Find out whether the server is there and takes the key; raise `InputError` if not."""
        self.server.check(self.dialect.models_path())

    def close(self) -> None:
        """Close the connections."""
        self.server.close()

    def _answer(self, request: Request, accepts: Accepts) -> Answer:
        """Ask until the model accepts the request, and learn what it does not accept."""
        while True:
            try:
                return self._asked(request, accepts)
            except RefusedError as error:
                if refused := refusal_of(error):
                    return Answer("", refused=refused)
                change = named_in(accepts, error.complaint, request)
                if change:
                    self.learnt.learn(change)
                elif self.learnt.now == accepts:  # no other call has learnt something meanwhile
                    return self._unexplained(request, accepts, error)
            accepts = self.learnt.now

    def _unexplained(self, request: Request, accepts: Accepts, error: RefusedError) -> Answer:
        """Find out what a refusal without a reason is about: a part of the request, this question, or any question."""
        for change in guesses(accepts, request) if error.may_be_a_part else []:
            answer = self._unless_refused(request, accepts.narrowed(change))
            if answer is not None:
                self.learnt.learn(change)
                return answer
        harmless = self._unless_refused(_HARMLESS, _plain(accepts))
        if harmless is None:
            raise error
        return Answer("", None, harmless.tokens_in, harmless.tokens_out, refused=error.complaint)

    def _unless_refused(self, request: Request, accepts: Accepts) -> Answer | None:
        try:
            return self._asked(request, accepts)
        except RefusedError:
            return None

    def _asked(self, request: Request, accepts: Accepts) -> Answer:
        body = self.body(request, accepts)
        expected = self._wait_for_turn(request, accepts)
        received = self.server.post(self.path(accepts), body, self.model)
        try:
            answer = self.dialect.read(received)
        except UNREADABLE as error:
            raise self.server.unreadable(json.dumps(received)) from error
        if self._tokens is not None:
            self._tokens.give_back(expected - answer.tokens_in - answer.tokens_out)
        return answer

    def _is_enough(self, answer: Answer, request: Request, accepts: Accepts) -> bool:
        """Return whether an answer can be used as it is; if not, learn what to ask for in the next one."""
        change = _lacking(answer, request, accepts)
        if change is None:
            return True
        self.learnt.learn(change)
        return "n_top" in change and any(match_answer(answer.text, request.options))

    def _wait_for_turn(self, request: Request, accepts: Accepts) -> int:
        """Wait until the limits allow a call; return the tokens that were set aside, 0 without a limit on them."""
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is None:
            return 0
        expected = prompt_tokens(request) + n_answer_tokens(request, accepts)
        self._tokens.take(expected)
        return expected


def _reply_of(answer: Answer, request: Request) -> Reply:
    p = () if not request.options else probabilities_of(answer, request)
    return Reply(answer.text, p, answer.tokens_in, answer.tokens_out, answer.refused, answer.tokens_cached)


def _lacking(answer: Answer, request: Request, accepts: Accepts) -> Change | None:
    """Return what to change so that the answer has what it lacks; None if it lacks nothing that can be had."""
    if answer.is_cut:
        return {"room": ROOMS[2]} if answer.has_thoughts and accepts.room < ROOMS[2] else accepts.with_more_room()
    has_none = answer.candidates is None and bool(answer.text)
    return {"n_top": 0} if has_none and wants_candidates(request, accepts) else None


def _plain(accepts: Accepts) -> Accepts:
    """Return what is accepted without anything that is not needed."""
    return replace(accepts, temperature=False, seed=False, grammar=False, effort=False, n_top=0)


def probabilities_of(answer: Answer, request: Request) -> tuple[float, ...]:
    """Return a probability for each option: those of the token with which the answer begins, or 1 for what it says."""
    if answer.candidates and answer.text:
        return tuple(min(p, _BELOW_ONE) for p in option_probabilities(answer.candidates, request.options))
    return match_answer(answer.text, request.options)
