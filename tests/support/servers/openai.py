"""OpenAI: a chat model, three kinds of reasoning models, a model that only completes, and an empty account."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from servers.chat import CREATED, Body, Chat, fault, limit_of, unknown
from servers.exchange import Asked, said
from servers.mind import Thought, think_on, tokens_in


class OpenAIChat(Chat):
    """gpt-4o-mini: probabilities, and an error for each field that it does not know.

    https://platform.openai.com/docs/api-reference/chat/create
    https://github.com/openai/openai-python/issues/1080
    """

    base = "https://api.openai.com/v1"
    model = "gpt-4o-mini"

    @property
    def spec(self) -> str:
        """The short spec: the base URL is that of OpenAI."""
        return f"openai:{self.model}"

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse unknown fields, and more than 20 alternatives."""
        names = unknown(body)
        if names:
            many = "s" if len(names) > 1 else ""
            return said(fault(f"Unrecognized request argument{many} supplied: {', '.join(names)}"), 400)
        return too_many("top_logprobs", body.get("top_logprobs", 0), 20)

    def message(self, body: Body, thought: Thought) -> Body:
        """Return the message with the fields that OpenAI adds."""
        return {"role": "assistant", "content": thought.text, "refusal": None, "annotations": []}

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Return them beside those of a refusal."""
        return super().logprobs(body, thought) | {"refusal": None}

    def usage(self, body: Body, thought: Thought) -> Any:
        """Return the tokens with their details."""
        return super().usage(body, thought) | {
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }


def too_many(name: str, value: Any, most: int) -> httpx.Response | None:
    """Return the refusal of a number that is too large; None if it is not."""
    if not isinstance(value, int) or value <= most:
        return None
    message = f"Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got {value} instead."
    return said(fault(message, param=name, code="integer_above_max_value"), 400)


def unsupported(name: str, instead: str = "") -> httpx.Response:
    """Return the refusal of a parameter that a model does not have."""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
    return said(fault(message, param=name, code="unsupported_parameter"), 400)


class OpenAIReasoning(OpenAIChat):
    """o4-mini: no max_tokens, no temperature, no probabilities (403), and hidden thoughts that eat the limit.

    Each field is refused alone, so that a client learns one at a time. Where the thoughts take all tokens, the answer
    is empty, and it is paid for.

    https://github.com/IBM/chuk-llm/issues/3
    https://github.com/confident-ai/deepeval/pull/2184
    https://platform.openai.com/docs/guides/reasoning
    """

    model = "o4-mini"
    draws = 3
    n_thoughts: ClassVar[int] = 192

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse, one at a time, what reasoning models do not have."""
        if "max_tokens" in body:
            return unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
        if body.get("temperature", 1) != 1:
            message = (
                f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. "
                "Only the default (1) value is supported."
            )
            return said(fault(message, param="temperature", code="unsupported_value"), 400)
        return self.without_probabilities(body) or super().refused(body)

    def without_probabilities(self, body: Body) -> httpx.Response | None:
        """Refuse probabilities."""
        if "logprobs" in body or "top_logprobs" in body:
            return said(fault("You are not allowed to request logprobs from this model"), 403)
        return None

    def reply(self, body: Body, thought: Thought) -> Body:
        """Return an empty answer where the thoughts take all tokens."""
        reply = super().reply(body, thought)
        if limit_of(body) < self.n_thoughts + tokens_in(thought.text):
            reply["choices"][0] |= {"finish_reason": "length"}
            reply["choices"][0]["message"]["content"] = ""
        n_thoughts = min(self.n_thoughts, limit_of(body))
        reply["usage"]["completion_tokens"] += n_thoughts
        reply["usage"]["completion_tokens_details"]["reasoning_tokens"] = n_thoughts
        return reply


class OpenAIGpt5(OpenAIReasoning):
    """gpt-5-mini: as before, but probabilities are refused with 400, and so is a limit that the thoughts eat.

    https://github.com/nextlevelbuilder/goclaw/issues/245
    https://github.com/spiceai/spiceai/issues/7126
    """

    model = "gpt-5-mini"

    def without_probabilities(self, body: Body) -> httpx.Response | None:
        """Refuse probabilities as a parameter that the model does not have."""
        return unsupported("logprobs") if "logprobs" in body else None

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse a limit that leaves no room for the answer as well."""
        if limit_of(body) < self.n_thoughts and super().refused(body) is None:
            message = (
                "Could not finish the message because max_tokens or model output limit was reached. "
                "Please try again with higher max_tokens."
            )
            return said(fault(message), 400)
        return super().refused(body)


class OpenAIO1Mini(OpenAIReasoning):
    """o1-mini: no system message either.

    https://github.com/animalnots/BetterChatGPT-PLUS/issues/90
    """

    model = "o1-mini"

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse the system role first."""
        if body["messages"][0]["role"] == "system":
            message = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
            return said(fault(message, param="messages[0].role", code="unsupported_value"), 400)
        return super().refused(body)


class OpenAIInstruct(OpenAIChat):
    """gpt-3.5-turbo-instruct: only the older protocol of completions, with 5 alternatives at most.

    https://github.com/egoist/chatwise-releases/issues/1256
    https://platform.openai.com/docs/api-reference/completions/create
    """

    model = "gpt-3.5-turbo-instruct"

    def answer(self, asked: Asked) -> httpx.Response:
        """Complete a text; a chat is refused."""
        if asked.path == "/completions" and asked.key == self.key:
            return self.complete(asked.body)
        return super().answer(asked)

    def chat(self, body: Body) -> httpx.Response:
        """Refuse a chat."""
        message = (
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            "Did you mean to use v1/completions?"
        )
        return said(fault(message, param="model"), 404)

    def complete(self, body: Body) -> httpx.Response:
        """Go on with a text."""
        names = unknown(body, frozenset(("model", "prompt", "max_tokens", "temperature", "logprobs", "stop", "seed")))
        refusal = too_many("logprobs", body.get("logprobs", 0), 5)
        if names or refusal:
            return refusal or said(fault(f"Unrecognized request argument supplied: {', '.join(names)}"), 400)
        thought = think_on(body["prompt"])
        self.pay(body["prompt"].rstrip("\n").rsplit("\n\n", 1)[-1])
        top = [{f" {token}": p for token, p in thought.log_odds}] if thought.first else [{}]
        found = {"tokens": [f" {thought.text}"], "token_logprobs": [-0.1], "top_logprobs": top, "text_offset": [0]}
        choice = {"text": f" {thought.text}", "index": 0, "finish_reason": "stop"}
        choice["logprobs"] = found if body.get("logprobs") else None
        n_in, n_out = tokens_in(body["prompt"]), tokens_in(thought.text)
        return said(
            {
                "id": "cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7",
                "object": "text_completion",
                "created": CREATED,
                "model": self.model,
                "choices": [choice],
                "usage": {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out},
            }
        )


class OpenAIBroke(OpenAIChat):
    """An account without credit.

    https://platform.openai.com/docs/guides/error-codes/api-errors
    """

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse every question."""
        message = "You exceeded your current quota, please check your plan and billing details."
        return said(fault(message, "insufficient_quota", code="insufficient_quota"), 429)


class OpenAIDaily(OpenAIChat):
    """An account whose requests of the day are spent.

    https://platform.openai.com/docs/guides/rate-limits
    """

    def refused(self, body: Body) -> httpx.Response | None:
        """Ask to be left alone until tomorrow."""
        message = (
            f"Rate limit reached for {self.model} in organization org-x on requests per day (RPD): "
            "Limit 200, Used 200, Requested 1. Please try again in 7m12s."
        )
        headers = {"retry_after": "86400", "x_ratelimit_remaining_requests": "0"}
        return said(fault(message, "requests", code="rate_limit_exceeded"), 429, **headers)


class OpenAIWrongKey(OpenAIChat):
    """A server that knows another key than the user's.

    https://platform.openai.com/docs/guides/error-codes/api-errors
    """

    def answer(self, asked: Asked) -> httpx.Response:
        """Refuse the key, and repeat part of it."""
        return self.no_entry(asked)
