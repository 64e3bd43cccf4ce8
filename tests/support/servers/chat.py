"""The chat protocol of OpenAI, which most servers speak: what they share, for each to depart from."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from servers.exchange import Asked, said
from servers.mind import Message, Thought, think, tokens_in
from servers.personality import Personality

Body = dict[str, Any]
CREATED = 1_790_000_000


def fault(message: str, kind: str = "invalid_request_error", param: str | None = None, code: Any = None) -> Body:
    """Return an error in OpenAI's shape."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class Chat(Personality):
    """A server with OpenAI's chat protocol that takes every field and gives token probabilities.

    Attributes
    ----------
    n_top : int
        Most alternatives that it gives for a token.
    unwanted : str
        A word; the server refuses each question that has it, by `filtered`. "" for none.
    """

    n_top: ClassVar[int] = 20
    unwanted: ClassVar[str] = ""

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request by its path, if the key is right."""
        if asked.key != self.key and self.key:
            return self.no_entry(asked)
        if asked.path == "/models":
            return said({"object": "list", "data": [{"id": self.model, "object": "model", "owned_by": "us"}]})
        if asked.path != "/chat/completions" or asked.method != "POST":
            return self.not_found(asked)
        return self.chat(asked.body)

    def chat(self, body: Body) -> httpx.Response:
        """Answer a question, unless something in it is refused."""
        refusal = self.refused(body) or (self.filtered(body) if self.is_unwanted(body) else None)
        if refusal is not None:
            return refusal
        thought = self.thought(body["messages"])
        reply = self.reply(body, thought)
        content = reply["choices"][0]["message"].get("content")
        if isinstance(content, str) and thought.text in content:
            self.pay(body["messages"][-1]["content"])
        return self.sent(reply)

    def thought(self, messages: list[Message]) -> Thought:
        """Return what the model thinks about the last question."""
        return think(messages)

    def reply(self, body: Body, thought: Thought) -> Body:
        """Return the object that holds the answer."""
        choice = {"index": 0, "message": self.message(body, thought), "logprobs": None, "finish_reason": "stop"}
        if body.get("logprobs"):
            choice["logprobs"] = self.logprobs(body, thought)
        return {
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": [choice],
            "usage": self.usage(body, thought),
        }

    def message(self, body: Body, thought: Thought) -> Body:
        """Return the message of the assistant."""
        return {"role": "assistant", "content": thought.text}

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Return the log-probabilities of the first token, with its alternatives."""
        top = thought.log_odds[: min(self.n_top, body.get("top_logprobs", 0))] if thought.first else []
        entries = [{"token": token, "logprob": p, "bytes": list(token.encode())} for token, p in top]
        first = entries[0] if entries else {"token": thought.text, "logprob": 0.0, "bytes": None}
        return {"content": [first | {"top_logprobs": entries}]}

    def usage(self, body: Body, thought: Thought) -> Any:
        """Return the tokens of the question and of the answer."""
        n_in, n_out = sum(tokens_in(message["content"]) for message in body["messages"]), tokens_in(thought.text)
        return {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}

    def sent(self, reply: Body) -> httpx.Response:
        """Return the reply as it leaves."""
        return said(reply)

    def refused(self, body: Body) -> httpx.Response | None:
        """Return the refusal of something in a request that this model does not accept; None if it accepts all."""
        return None

    def is_unwanted(self, body: Body) -> bool:
        """Return whether the question has the word that is filtered."""
        return bool(self.unwanted) and self.unwanted in body["messages"][-1]["content"]

    def filtered(self, body: Body) -> httpx.Response:
        """Return the refusal of a question for its content or its length."""
        raise NotImplementedError

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key."""
        said_key = f"{asked.key[:8]}********" if asked.key else ""
        return said(fault(f"Incorrect API key provided: {said_key}.", code="invalid_api_key"), 401)

    def not_found(self, asked: Asked) -> httpx.Response:
        """Return the answer at a path that there is not."""
        return said(fault(f"Invalid URL ({asked.method} /v1{asked.path})"), 404)


class Plain(Chat):
    """A server that takes everything: what the others are compared with."""

    base = "http://127.0.0.1:9000/v1"
    model = "plain"
    key = ""


def limit_of(body: Body) -> int:
    """Return how many tokens the answer may have, under either name."""
    return int(body.get("max_completion_tokens") or body.get("max_tokens") or 1_000_000)


GRAMMARS = ("grammar", "structured_outputs", "guided_grammar")
"""Fields by which llama.cpp, vLLM and older versions of vLLM take a grammar."""
OPENAI_FIELDS = frozenset(
    (
        *("model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed"),
        *("logprobs", "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty", "user", "metadata"),
        *("response_format", "reasoning_effort", "verbosity", "service_tier", "store", "stream", "prompt_cache_key"),
    )
)
"""Fields of OpenAI's chat protocol that a question of dialin could have."""


def unknown(body: Body, known: frozenset[str] = OPENAI_FIELDS) -> list[str]:
    """Return the fields of a request that a strict server does not know."""
    return [name for name in body if name not in known]
