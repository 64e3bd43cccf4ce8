"""What a model on a server accepts, and what its complaints say about that.

Servers differ in what they take: a temperature, a grammar, a system message, 128 texts at once. Each request begins
with everything that dialin can use; what a model refuses is left out from then on. Where a complaint names what it is
about, that is *named* and certain; where it does not, the guesses are tried in turn, and the one that helps is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from dialin.llm.base import Request
from dialin.prompts.prompt import Prompt

Change = Mapping[str, Any]
"""Fields of `Accepts`, and what they become."""
N_TOP = 20
"""Candidates for a token that dialin asks for."""
N_TEXTS = 128
"""Texts of one call for embeddings."""
ROOMS = (0, 8, 1024, 4096)
"""Tokens left for what a model writes before its answer: nothing, a mark such as ``**``, thoughts short or long."""
_THOUGHTS = ROOMS[2]
_PROMPT = Prompt("Answer.", (), "?")


@dataclass(frozen=True)
class Accepts:
    """What a model accepts; the default is everything.

    Parameters
    ----------
    chat : bool
        Chat messages; otherwise one plain text.
    system : bool
        A system message; otherwise the instruction stands in the first user message.
    temperature, seed, stop, grammar, effort : bool
        A temperature other than the default, a seed, stop words, a grammar, an amount of reasoning.
    limit : {"max_tokens", "max_completion_tokens", ""}
        What the most tokens of an answer are called; "" for none.
    n_top : int
        Most candidates for a token; 0 where there are no token probabilities.
    room : int
        Tokens that the model needs before its answer begins, one of `ROOMS`.
    encoding_format : bool
        The form of the numbers of embeddings.
    n_texts : int
        Most texts of one call for embeddings.
    """

    chat: bool = True
    system: bool = True
    temperature: bool = True
    seed: bool = True
    stop: bool = True
    grammar: bool = True
    effort: bool = True
    limit: Literal["max_tokens", "max_completion_tokens", ""] = "max_tokens"
    n_top: int = N_TOP
    room: int = 0
    encoding_format: bool = True
    n_texts: int = N_TEXTS

    def narrowed(self, change: Change) -> Self:
        """Return what is accepted after a change; what others have learnt meanwhile stays.

        Examples
        --------
        >>> Accepts(n_top=5).narrowed({"n_top": 10, "seed": False}) == Accepts(n_top=5, seed=False)
        True
        """
        merged = {name: _merged(name, getattr(self, name), value) for name, value in change.items()}
        return replace(self, **merged)

    def with_more_room(self) -> Change | None:
        """Return the change to the next of `ROOMS`; None after the last."""
        following = next((room for room in ROOMS if room > self.room), None)
        return None if following is None else {"room": following}


def named_in(accepts: Accepts, complaint: str, request: Request | None) -> Change:
    """Return what a complaint says that the model does not accept; empty if it names nothing that was sent.

    Parameters
    ----------
    accepts : Accepts
        What was sent.
    complaint : str
        The words of the server.
    request : Request, optional
        What was asked; None for embeddings.

    Examples
    --------
    >>> named_in(Accepts(), "Unsupported value: 'temperature' does not support 0 with this model.", Request(_PROMPT))
    {'temperature': False}
    >>> named_in(Accepts(), "top_logprobs must be between 0 and 5", Request(_PROMPT, ("Yes", "No")))
    {'n_top': 5}
    """
    quoted = " ".join(_QUOTED.findall(complaint))
    for text in (quoted, complaint):
        found = [feature for feature in _sent(accepts, request) if re.search(feature.words, text, re.IGNORECASE)]
        if found:
            return {name: value for feature in found for name, value in feature.change(accepts, complaint).items()}
    return {}


def guesses(accepts: Accepts, request: Request) -> list[Change]:
    """Return what the model may not accept, the likeliest first; the last one leaves out everything at once."""
    each: list[Change] = [feature.change(accepts, "") for feature in _sent(accepts, request) if feature.may_be_guessed]
    together = {name: value for change in each for name, value in change.items()}
    return [*each, together] if len(each) > 1 else each


@dataclass(frozen=True)
class _Feature:
    """A part of a request: when it is sent, how complaints name it, and what is sent in its place."""

    is_sent: Callable[[Accepts, Request], bool]
    words: str
    change: Callable[[Accepts, str], dict[str, Any]]
    may_be_guessed: bool = True


def _sent(accepts: Accepts, request: Request | None) -> Sequence[_Feature]:
    if request is None:
        return [feature for feature in _OF_EMBEDDINGS if feature.is_sent(accepts, Request(_PROMPT))]
    return [feature for feature in _OF_CHAT if feature.is_sent(accepts, request)]


def _without(name: str) -> Callable[[Accepts, str], dict[str, Any]]:
    return lambda _accepts, _complaint: {name: False}


def _fewer_candidates(accepts: Accepts, complaint: str) -> dict[str, Any]:
    return {"n_top": _bound(complaint, accepts.n_top)}


def _fewer_texts(accepts: Accepts, complaint: str) -> dict[str, Any]:
    return {"n_texts": _bound(complaint, accepts.n_texts) or max(1, accepts.n_texts // 2)}


def _bound(complaint: str, sent: int) -> int:
    """Return the most that a complaint allows, below what was sent; 0 if it gives no such number."""
    allowed = [int(number) for number in _AT_MOST.findall(complaint) if 0 < int(number) < sent]
    return max(allowed, default=0)


def _other_limit(accepts: Accepts, complaint: str) -> dict[str, Any]:
    newer = "max_completion_tokens" in complaint or not complaint
    return {"limit": "max_completion_tokens" if newer and accepts.limit == "max_tokens" else ""}


def _merged(name: str, now: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return now and value
    if name == "room":
        return max(now, value)
    return min(now, value) if isinstance(value, int) else value


_QUOTED = re.compile(r"['\"`](\w+)['\"`]")
_AT_MOST = re.compile(
    r"(?:<=?|≤|at most|no more than|not (?:be )?(?:larger|greater|more) than|(?:less|fewer) than or equal to|up to"
    r"|maximum(?: [a-z_]+){0,4}|max(?: [a-z_]+){0,3}|limit(?: [a-z_]+){0,3}|between \d+ and|\d+ to)"
    r"\s*[:=]?\s*(\d{1,5})\b(?!\.\d)",
    re.IGNORECASE,
)
_SYSTEM = (
    r"system (?:role|message|prompt|instruction)|role\W+system|system\W+role|roles must alternate"
    r"|only user and assistant|developer instruction|['\"]system['\"]"
)
_GRAMMAR = r"grammar|guided|structured_?outputs?|response_?format"
_OF_CHAT = (
    _Feature(lambda a, r: bool(r.grammar) and a.grammar, _GRAMMAR, _without("grammar")),
    _Feature(lambda a, r: bool(r.options) and a.n_top > 0, r"log_?prob|top_n_tokens", _fewer_candidates),
    _Feature(lambda a, _: a.temperature, r"\btemperature\b", _without("temperature")),
    _Feature(lambda a, _: bool(a.limit), r"\bmax_(?:completion_)?tokens\b(?!.*(?:context|too large))", _other_limit),
    _Feature(lambda a, r: a.system and bool(r.prompt.system), _SYSTEM, _without("system")),
    _Feature(lambda a, r: r.draw > 0 and a.seed, r"\bseed\b", _without("seed")),
    _Feature(lambda a, _: a.room >= _THOUGHTS and a.effort, r"effort", _without("effort")),
    _Feature(lambda a, _: a.stop and not a.chat, r"\bstop\b", _without("stop")),
    _Feature(lambda a, _: a.chat, r"not a chat model|v1/completions", _without("chat"), may_be_guessed=False),
)
_OF_EMBEDDINGS = (
    _Feature(lambda a, _: a.encoding_format, r"encoding_format", _without("encoding_format")),
    _Feature(lambda a, _: a.n_texts > 1, r"batch|too many (?:inputs|texts)|array|at most \d+", _fewer_texts),
)
