"""Finds out what a model can do: an LLM is asked two questions, an embedder encodes some texts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Literal

from dialin.embed.base import Embedder
from dialin.embed.remote import RemoteEmbedder
from dialin.errors import InputError, ProviderError
from dialin.llm.accepts import N_TEXTS, ROOMS, Accepts
from dialin.llm.base import Backend, Reply, Request
from dialin.llm.batches.backend import check_batches
from dialin.llm.prices import Price, is_paid, known_price
from dialin.llm.remote import RemoteBackend
from dialin.llm.retry import Retry
from dialin.llm.usage import estimate_tokens
from dialin.prompts.prompt import Prompt

Grammar = Literal["obeyed", "ignored", "refused"]
_WORD = "parcel"
"""What the grammar of the second question allows; the question asks for something else."""
_CHOOSE = Request(Prompt("Answer Good or Bad.", (("a rotten apple", "Bad"),), "a fresh apple"), ("Good", "Bad"))
_WRITE = Request(Prompt("Answer with one word.", (), "What colour is snow?"), (), 8, f'root ::= "{_WORD}"')
_TEXTS = [f"where is parcel number {i}" for i in range(N_TEXTS)]


@dataclass(frozen=True)
class LLMCheck:
    """What an LLM can do.

    Parameters
    ----------
    model : str
        Its label.
    is_readable : bool
        Whether its answer to a question with options was one of them.
    n_candidates : int
        Most candidates for a token that it gives with their probabilities; 0 for none.
    n_draws : int
        How often a question with options is asked.
    grammar : {"obeyed", "ignored", "refused"}
        What it does with a grammar; "refused" also where its protocol has none.
    system, temperature : bool
        Whether it takes a system message, and a temperature.
    n_thoughts : int
        Tokens that it gets for thoughts before an answer; 0 if it does not think.
    has_batches : bool
        Whether its server has a batch interface, so that ``--batch`` can be used.
    is_paid : bool
        Whether it may cost money; a model in this process does not.
    price : Price, optional
        What it costs, if that is known.
    seconds : float
        For one answer, on average.
    tokens_in, tokens_out : int
        What both questions cost; 0 where the server counts none.
    """

    model: str
    is_readable: bool
    n_candidates: int
    n_draws: int
    grammar: Grammar
    system: bool
    temperature: bool
    n_thoughts: int
    has_batches: bool
    is_paid: bool
    price: Price | None
    seconds: float
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class EmbedderCheck:
    """What an embedder can do.

    Parameters
    ----------
    model : str
        Its label.
    n_dims : int
        Numbers of a vector.
    n_texts : int
        Most texts of one call; 0 for an embedder in this process, which has no such limit.
    seconds : float
        For all texts of the check.
    n_encoded, n_tokens : int
        Texts of the check, and their tokens as estimated.
    """

    model: str
    n_dims: int
    n_texts: int
    seconds: float
    n_encoded: int
    n_tokens: int


def check_llm(backend: Backend, retry: Retry = Retry(), clock: Callable[[], float] = time.perf_counter) -> LLMCheck:
    """Ask an LLM two questions, and return what it can do; what was known of it is forgotten first.

    Parameters
    ----------
    backend : Backend
        The open LLM.
    retry : Retry
        How to repeat failed calls.
    clock : callable
        The time, in seconds.

    Raises
    ------
    InputError
        The server is not there, or refuses the key.
    ProviderError
        The server fails, or refuses a question that no filter should refuse.
    """
    if isinstance(backend, RemoteBackend):
        backend.learnt.forget()
        backend.check()
    start = clock()
    replies = [retry.retrying(Event())(backend.reply, request) for request in (_CHOOSE, _WRITE)]
    seconds = (clock() - start) / len(replies)
    _check_answered(backend, replies)
    accepts = accepted_by(backend)
    return LLMCheck(
        model=backend.name,
        is_readable=any(replies[0].probabilities),
        n_candidates=accepts.n_top,
        n_draws=1 if accepts.n_top else backend.n_draws,
        grammar=_grammar(accepts, replies[1]),
        system=accepts.system,
        temperature=accepts.temperature,
        n_thoughts=accepts.room if accepts.room >= ROOMS[2] else 0,
        has_batches=_has_batches(backend),
        is_paid=is_paid(backend.name),
        price=known_price(backend.name),
        seconds=seconds,
        tokens_in=sum(reply.tokens_in for reply in replies),
        tokens_out=sum(reply.tokens_out for reply in replies),
    )


def check_embedder(embedder: Embedder, clock: Callable[[], float] = time.perf_counter) -> EmbedderCheck:
    """Encode as many texts as a call may have, and return what the embedder can do.

    Parameters
    ----------
    embedder : Embedder
        The embedder, without a cache before it.
    clock : callable
        The time, in seconds.

    Raises
    ------
    ProviderError
        The server cannot be reached, or refuses the texts.
    """
    if isinstance(embedder, RemoteEmbedder):
        embedder.learnt.forget()
    start = clock()
    X = embedder.encode(_TEXTS)
    seconds = clock() - start
    n_texts = embedder.learnt.now.n_texts if isinstance(embedder, RemoteEmbedder) else 0
    n_tokens = sum(map(estimate_tokens, _TEXTS))
    return EmbedderCheck(embedder.name, X.shape[1], n_texts, seconds, len(_TEXTS), n_tokens)


def accepted_by(backend: Backend) -> Accepts:
    """Return what a model accepts: on a server as learnt, in this process everything."""
    if isinstance(backend, RemoteBackend):
        return backend.learnt.now
    from dialin.llm.llama import N_TOP  # noqa: PLC0415  (llama.cpp is loaded only where it is used)

    return Accepts(n_top=N_TOP)


def _has_batches(backend: Backend) -> bool:
    try:
        check_batches(backend)
    except InputError:
        return False
    return True


def _check_answered(backend: Backend, replies: list[Reply]) -> None:
    refused = next((reply.refused for reply in replies if reply.refused), "")
    if refused:
        raise ProviderError(f"{backend.name} refuses a harmless question: {refused}")


def _grammar(accepts: Accepts, reply: Reply) -> Grammar:
    if not accepts.grammar:
        return "refused"
    return "obeyed" if reply.text == _WORD else "ignored"
