"""Services that host models behind OpenAI's protocol, each with departures of its own."""

from __future__ import annotations

from typing import Any

import httpx

from servers.chat import OPENAI_FIELDS, Body, Chat, fault, unknown
from servers.exchange import Asked, said
from servers.mind import Thought


class OpenRouter(Chat):
    """Errors of the model behind it come with status 200, once at the top and once inside a choice; blanks first.

    https://github.com/reVrost/go-openrouter/pull/21
    https://github.com/open-webui/computer/issues/293
    https://openrouter.ai/docs/api-reference/errors
    """

    base = "https://openrouter.ai/api/v1"
    model = "meta-llama/llama-3.3-70b-instruct"

    def chat(self, body: Body) -> httpx.Response:
        """Fail at the second call and at the fifth, with status 200; answer the others."""
        number = self.count()
        metadata = {"raw": "upstream connect error or disconnect/reset before headers", "provider_name": "BaseTen"}
        error = {"message": "Provider returned error", "code": 502, "metadata": metadata}
        if number == 2:
            return said({"error": error, "user_id": "user_2x"})
        if number == 5:
            choice = {"index": 0, "finish_reason": "error", "error": error, "message": {"role": "assistant"}}
            return said({"id": "gen-1", "object": "chat.completion", "choices": [choice]})
        return super().chat(body)

    def sent(self, reply: Body) -> httpx.Response:
        """Send blank lines first, which keep the connection alive."""
        return httpx.Response(200, content=b"\n         \n\n" + said(reply).content)


class OpenRouterAnyModel(Chat):
    """A route to a provider that ignores probabilities: they are null.

    https://github.com/lmg-anon/mikupad/issues/140
    """

    base = "https://openrouter.ai/api/v1"
    model = "z-ai/glm-4.6"
    draws = 3

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Give none."""
        return


class Mistral(Chat):
    """Every field that it does not know is an error 422 with an object as its message; no probabilities, no `seed`.

    https://github.com/mistralai/platform-docs-public/issues/7
    https://github.com/langchain-ai/langchain-azure/issues/82
    """

    base = "https://api.mistral.ai/v1"
    model = "mistral-small-latest"
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse unknown fields as pydantic does."""
        known = OPENAI_FIELDS - {"logprobs", "top_logprobs", "seed", "max_completion_tokens"} | {"random_seed"}
        found = [
            {
                "type": "extra_forbidden",
                "loc": ["body", name],
                "msg": "Extra inputs are not permitted",
                "input": body[name],
            }
            for name in unknown(body, known)
        ]
        error = {"object": "error", "message": {"detail": found}, "type": "invalid_request_error", "code": None}
        return said(error | {"param": None, "raw_status_code": 422}, 422) if found else None

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key."""
        return said({"detail": "Unauthorized"}, 401)


class DeepSeekReasoner(Chat):
    """Probabilities are refused by name, the thoughts come beside the answer, temperature is ignored.

    https://github.com/lollipopkit/flutter_gpt_box/issues/213
    https://api-docs.deepseek.com/guides/reasoning_model
    """

    base = "https://api.deepseek.com/v1"
    model = "deepseek-reasoner"
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse probabilities."""
        for name in ("logprobs", "top_logprobs"):
            if name in body:
                message = f"deepseek-reasoner does not support the parameter `{name}`"
                return said(fault(message, code="invalid_request_error"), 400)
        return None

    def message(self, body: Body, thought: Thought) -> Body:
        """Return the answer and what led to it."""
        return {
            "role": "assistant",
            "content": thought.text,
            "reasoning_content": "The user lists sentences. Yes or No?",
        }

    def usage(self, body: Body, thought: Thought) -> Any:
        """Return the tokens, split by what the cache of prompts had."""
        counts = super().usage(body, thought)
        return counts | {"prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": counts["prompt_tokens"]}


class DeepSeekEmpty(Chat):
    """An account without money: 402.

    https://api-docs.deepseek.com/quick_start/error_codes
    """

    base = "https://api.deepseek.com/v1"
    model = "deepseek-chat"

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse every question."""
        return said(fault("Insufficient Balance", "unknown_error", code="invalid_request_error"), 402)


class Groq(Chat):
    """Fields that it does not know and probabilities are refused in two forms of words; short waits in words.

    https://github.com/groq/groq-python/issues/25
    https://console.groq.com/docs/openai
    """

    base = "https://api.groq.com/openai/v1"
    model = "llama-3.3-70b-versatile"
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse one field at a time; be busy at the fourth call."""
        for name in unknown(body):
            return said(fault(f"property '{name}' is unsupported"), 400)
        for name in ("logprobs", "top_logprobs"):
            if name in body:
                return said(fault(f"`{name}` is not supported with this model"), 400)
        if self.count() == 4:
            message = (
                f"Rate limit reached for model `{self.model}` on tokens per minute (TPM). Please try again in 20ms."
            )
            return said(fault(message, "tokens", code="rate_limit_exceeded"), 429, retry_after="0.02")
        return None


class Together(Chat):
    """Probabilities in a shape of its own: only the token that was drawn, without alternatives.

    https://github.com/stanford-crfm/helm/pull/2325
    https://github.com/lmg-anon/mikupad/issues/55
    """

    base = "https://api.together.xyz/v1"
    model = "meta-llama/Llama-3.3-70B-Instruct-Turbo"
    draws = 3

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Return the log-probability of the token alone."""
        return {"token_ids": [7566], "tokens": [thought.text], "token_logprobs": [-0.1]}


class TogetherOne(Together):
    """A model that takes the number of alternatives in `logprobs`, and no more than one.

    https://github.com/stanford-crfm/helm/pull/2325
    """

    model = "mistralai/Mixtral-8x7B-Instruct-v0.1"

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse what is no number, or above 1."""
        if "logprobs" in body:
            n = body.get("top_logprobs", body["logprobs"])
            return said(fault(f"{n} is greater than the maximum of 1 - 'logprobs'", param="logprobs"), 400)
        return None


class Fireworks(Chat):
    """At most 5 alternatives, and no fields that it does not know: told in pydantic's words.

    https://github.com/FlowiseAI/Flowise/issues/2866
    https://docs.fireworks.ai/api-reference/post-chatcompletions
    """

    base = "https://api.fireworks.ai/inference/v1"
    model = "accounts/fireworks/models/llama-v3p3-70b-instruct"
    n_top = 5

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse the first thing that is wrong."""
        for name in unknown(body):
            return self.wrong(f"Extra inputs are not permitted, field: '{name}', value: {body[name]!r}")
        if body.get("top_logprobs", 0) > self.n_top:
            value = body["top_logprobs"]
            return self.wrong(f"Input should be less than or equal to 5, field: 'top_logprobs', value: {value}")
        return None

    def wrong(self, message: str) -> httpx.Response:
        """Return the refusal."""
        error = {
            "object": "error",
            "type": "invalid_request_error",
            "code": "invalid_request_error",
            "message": message,
        }
        return said({"error": error}, 400)


class Cohere(Chat):
    """The endpoint that is nearly OpenAI's: an unknown field is 422 with the message at the top.

    https://github.com/OpenRouterTeam/openrouter-examples/issues/71
    https://github.com/cohere-ai/cohere-developer-experience/pull/606
    """

    base = "https://api.cohere.ai/compatibility/v1"
    model = "command-a-03-2025"
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse the first unknown field; alternatives are one."""
        for name in unknown(body, OPENAI_FIELDS - {"top_logprobs", "logit_bias", "n"}):
            message = (
                f"unknown field: parameter '{name}' is not a valid field. "
                "For proper usage, please refer to https://docs.cohere.com/reference/chat"
            )
            return said({"id": "c7d", "message": message}, 422)
        return None

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Return the log-probability of the token alone."""
        return {"content": [{"token": thought.text, "logprob": -0.1, "bytes": None, "top_logprobs": []}]}

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key."""
        return said({"id": "c7d", "message": "invalid api token"}, 401)


class XaiReasoning(Chat):
    """A reasoning model: what it does not have is refused by name, and the error is a text.

    https://github.com/yym68686/uni-api/issues/105
    https://github.com/huggingface/smolagents/pull/1766
    https://github.com/BerriAI/litellm/pull/16265
    """

    base = "https://api.x.ai/v1"
    model = "grok-4"
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse probabilities, penalties and stop words."""
        for name in ("logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "stop"):
            if name in body:
                message = f"Argument not supported on this model: {name}"
                return said({"code": "Client specified an invalid argument", "error": message}, 400)
        return None

    def message(self, body: Body, thought: Thought) -> Body:
        """Return the answer with the thoughts that are shown."""
        return {"role": "assistant", "content": thought.text, "reasoning_content": "Thinking…", "refusal": None}

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key: 400."""
        message = (
            f"Incorrect API key provided: {asked.key[:2]}***. You can obtain an API key from https://console.x.ai."
        )
        return said({"code": "Client specified an invalid argument", "error": message}, 400)
