"""What every model here thinks: whether sentences have one topic, what to call them, and where a text lies.

All servers are one model, so that what differs between two runs is how the server speaks, and never what it says.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialin.llm.base import Request
from dialin.prompts.prompt import Prompt
from scripted import HashingEmbedder, answer

Message = dict[str, str]
VERDICTS = (("Good", "Bad"), ("Yes", "No"), ("好", "坏"), ("是", "否"))
SHARE = 0.97
"""Of the probability, what the options hold together; the rest goes to a word that is none."""


@dataclass(frozen=True)
class Thought:
    """What the model would write, and the probabilities of its first token; none of these for free text."""

    text: str
    first: tuple[tuple[str, float], ...] = ()

    @property
    def log_odds(self) -> list[tuple[str, float]]:
        """Candidates for the first token, likeliest first, with log-probabilities."""
        return [(token, math.log(p)) for token, p in sorted(self.first, key=lambda pair: -pair[1])]


def think(messages: Sequence[Message]) -> Thought:
    """Return the thought about the last question of a conversation; the earlier answers show what kind it asks for."""
    shots = {message["content"] for message in messages if message["role"] in {"assistant", "model"}}
    return about(messages[-1]["content"], shots)


def think_on(text: str) -> Thought:
    """Return the thought about the last paragraph of a text, of which the others are worked examples."""
    *before, last = text.rstrip("\n").split("\n\n")
    return about(last, {block.rsplit("\n", 1)[-1] for block in before})


def about(question: str, shots: set[str]) -> Thought:
    """Return the thought about a question, given the answers to the worked examples."""
    options = next(
        (pair for pair in VERDICTS if shots & set(pair) or set(pair) <= set(re.findall(r"\w+", question))), ()
    )
    reply = answer(Request(Prompt("", (), question), options))
    if not options:
        return Thought(reply.text)
    odds = dict(zip(options, reply.probabilities, strict=True))
    return Thought(reply.text, (*((word, SHARE * p) for word, p in odds.items()), ("Hm", 1 - SHARE)))


def tokens_in(text: str) -> int:
    """Return how many tokens a text has: about four letters each."""
    return len(text) // 4 + 1


def vectors(texts: Sequence[str]) -> list[list[float]]:
    """Return the vector of each text."""
    return [[float(value) for value in row] for row in HashingEmbedder().encode(list(texts))]


def key_of(question: str) -> str:
    """Return the key of a question, or of a text: the same for the same content."""
    return hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:16]
