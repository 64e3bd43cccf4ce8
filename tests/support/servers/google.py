"""Gemini: the endpoint that is nearly OpenAI's, and its own `generateContent`."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from servers.chat import OPENAI_FIELDS, Body, Chat, limit_of, unknown
from servers.exchange import Asked, said
from servers.mind import Thought, think, tokens_in
from servers.personality import Personality

TAKEN = OPENAI_FIELDS - {"logprobs", "top_logprobs", "seed", "logit_bias", "frequency_penalty", "presence_penalty"}


def google_fault(message: str, status: int = 400, name: str = "INVALID_ARGUMENT") -> Body:
    """Return an error in Google's shape."""
    return {"error": {"code": status, "message": message, "status": name}}


def unknown_names(names: list[str]) -> Body:
    """Return the error about fields that there are not."""
    lines = [f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in names]
    details = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"description": line} for line in lines],
    }
    body = google_fault("\n".join(lines))
    body["error"]["details"] = [details]
    return body


class GeminiCompatible(Chat):
    """gemini-2.5-flash at OpenAI's protocol: errors in a list, no probabilities, thoughts that eat the limit.

    An answer whose tokens went to thoughts has a message without content.

    https://github.com/MinLL/SkyrimNet-GamePlugin/issues/77
    https://github.com/yym68686/uni-api/issues/54
    https://ai.google.dev/gemini-api/docs/openai
    """

    base = "https://generativelanguage.googleapis.com/v1beta/openai"
    model = "gemini-2.5-flash"
    draws = 3
    n_thoughts: ClassVar[int] = 64

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse fields that there are not, all at once and in a list."""
        names = unknown(body, TAKEN)
        return said([unknown_names(names)], 400) if names else None

    def reply(self, body: Body, thought: Thought) -> Body:
        """Leave the content out where the thoughts took all tokens."""
        reply = super().reply(body, thought)
        if limit_of(body) < self.n_thoughts + tokens_in(thought.text):
            reply["choices"][0] = {"index": 0, "message": {"role": "assistant"}, "finish_reason": "length"}
        return reply

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key: 400."""
        return said([google_fault("API key not valid. Please pass a valid API key.")], 400)


class GeminiNative(Personality):
    """gemini-2.0-flash at `generateContent`: probabilities, blocked questions, a system instruction apart.

    https://ai.google.dev/api/generate-content
    https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/GenerateContentResponse
    """

    base = "https://generativelanguage.googleapis.com/v1beta"
    model = "gemini-2.0-flash"
    unwanted: ClassVar[str] = "kettle"
    fields: ClassVar[frozenset[str]] = frozenset(
        ("contents", "systemInstruction", "system_instruction", "generationConfig", "safetySettings", "cachedContent")
    )
    settings: ClassVar[frozenset[str]] = frozenset(
        (
            *("maxOutputTokens", "temperature", "topP", "topK", "seed", "stopSequences", "candidateCount"),
            *("responseLogprobs", "logprobs", "thinkingConfig", "responseMimeType", "responseSchema"),
        )
    )

    @property
    def spec(self) -> str:
        """The model alone: there is one address."""
        return f"gemini:{self.model}"

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request by its path, if the key is right, in the header or in the query."""
        if self.key not in (asked.headers.get("x-goog-api-key"), asked.query.get("key")):
            return said(google_fault("API key not valid. Please pass a valid API key."), 400)
        if asked.path == "/models":
            models = [{"name": f"models/{self.model}", "supportedGenerationMethods": ["generateContent"]}]
            return said({"models": models})
        if asked.path != f"/models/{self.model}:generateContent":
            message = f"{asked.path.removeprefix('/').split(':')[0]} is not found for API version v1beta"
            return said(google_fault(message, 404, "NOT_FOUND"), 404)
        return self.generate(asked.body)

    def generate(self, body: Body) -> httpx.Response:
        """Answer a question, unless something in it is refused or blocked."""
        refusal = self.refused(body)
        if refusal is not None:
            return refusal
        question = body["contents"][-1]["parts"][0]["text"]
        if self.unwanted and self.unwanted in question:
            return said({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **self.counts(body, "")})
        contents = [{"role": turn["role"], "content": turn["parts"][0]["text"]} for turn in body["contents"]]
        thought = think(contents)
        candidate = self.candidate(body, thought)
        if "parts" in candidate["content"]:
            self.pay(question)
        return said({"candidates": [candidate], **self.counts(body, thought.text)})

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse fields that there are not, roles that there are not, and probabilities that were not switched on."""
        config = body.get("generationConfig", {})
        names = [*unknown(body, self.fields), *unknown(config, self.settings)]
        if names:
            return said(unknown_names(names), 400)
        if any(turn.get("role", "user") not in {"user", "model"} for turn in body["contents"]):
            return said(google_fault("Please use a valid role: user, model."), 400)
        if config.get("logprobs", 0) > 20 or ("logprobs" in config and not config.get("responseLogprobs")):
            return said(google_fault("Logprobs must be in [0, 20], and need response_logprobs."), 400)
        return None

    def candidate(self, body: Body, thought: Thought) -> Body:
        """Return the answer, with the probabilities that were asked for."""
        found = {
            "content": {"parts": [{"text": thought.text}], "role": "model"},
            "finishReason": "STOP",
            "avgLogprobs": -0.03,
            "index": 0,
        }
        config = body.get("generationConfig", {})
        if config.get("responseLogprobs"):
            found["logprobsResult"] = self.logprobs(thought, config.get("logprobs", 0))
        return found

    def logprobs(self, thought: Thought, n_top: int) -> Any:
        """Return the log-probabilities of the first token, with its alternatives."""
        top = [{"token": token, "tokenId": i, "logProbability": p} for i, (token, p) in enumerate(thought.log_odds)]
        chosen = top[:1] or [{"token": thought.text, "tokenId": 0, "logProbability": -0.1}]
        return {"chosenCandidates": chosen, "topCandidates": [{"candidates": top[:n_top]}] if n_top else []}

    def counts(self, body: Body, text: str) -> Body:
        """Return the tokens of the question and of the answer, and which model answered."""
        n_in = sum(tokens_in(turn["parts"][0]["text"]) for turn in body["contents"])
        n_out = tokens_in(text) if text else 0
        counts = {"promptTokenCount": n_in, "candidatesTokenCount": n_out, "totalTokenCount": n_in + n_out}
        return {"usageMetadata": counts, "modelVersion": self.model, "responseId": "aQkZaPi2K8"}


class GeminiNoLogprobs(GeminiNative):
    """gemini-2.5-pro: probabilities are refused, and thoughts eat the limit, so that a candidate has no parts.

    https://github.com/mscraftsman/generative-ai/issues/135
    https://github.com/GoogleCloudPlatform/generative-ai/issues/2947
    """

    model = "gemini-2.5-pro"
    unwanted = ""
    draws = 3
    n_thoughts: ClassVar[int] = 128

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse probabilities."""
        if body.get("generationConfig", {}).get("responseLogprobs"):
            return said(google_fault(f"Logprobs is not enabled for models/{self.model}"), 400)
        return super().refused(body)

    def candidate(self, body: Body, thought: Thought) -> Body:
        """Leave the parts out where the thoughts took all tokens."""
        if body.get("generationConfig", {}).get("maxOutputTokens", 10_000) < self.n_thoughts:
            return {"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}
        return super().candidate(body, thought)
