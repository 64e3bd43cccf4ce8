"""Azure OpenAI: the newer address that OpenAI's clients can use, the classic one, and deployments that refuse more."""

from __future__ import annotations

from typing import Any

import httpx

from servers.chat import Body, fault, unknown
from servers.exchange import Asked, said
from servers.mind import Thought
from servers.openai import OpenAIChat

SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}


class AzureV1(OpenAIChat):
    """The v1 address: a key in `api-key` or as bearer token, filters that refuse a question, short 429s.

    https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle
    https://github.com/compl-ai/compl-ai/issues/20
    https://learn.microsoft.com/en-us/azure/ai-services/openai/how-to/quota
    """

    base = "https://my-company.openai.azure.com/openai/v1"
    model = "gpt-4o"
    unwanted = "kettle"

    @property
    def spec(self) -> str:
        """The deployment with the base URL."""
        return f"openai:{self.model}@{self.base}"

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse as OpenAI does, and be busy at every fifth call."""
        if self.count() % 5 == 4:
            message = (
                "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded "
                "call rate limit of your current OpenAI S0 pricing tier."
            )
            waits = {"retry_after": "1", "retry_after_ms": "40", "x_ratelimit_remaining_requests": "0"}
            return said({"error": {"code": "429", "message": message}}, 429, **waits)
        return super().refused(body)

    def filtered(self, body: Body) -> httpx.Response:
        """Refuse a question for its content."""
        message = (
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
            "Please modify your prompt and retry. To learn more about our content filtering policies please read our "
            "documentation: https://go.microsoft.com/fwlink/?linkid=2198766"
        )
        result = SAFE | {"violence": {"filtered": True, "severity": "medium"}}
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result}
        error = {"message": message, "type": None, "param": "prompt", "code": "content_filter", "status": 400}
        return said({"error": error | {"innererror": inner}}, 400)

    def reply(self, body: Body, thought: Thought) -> Body:
        """Return the answer with what the filters found."""
        reply = super().reply(body, thought)
        reply["choices"][0]["content_filter_results"] = SAFE
        return reply | {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}]}

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key."""
        message = (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
            "for an active subscription and use a correct regional API endpoint for your resource."
        )
        return said({"error": {"code": "401", "message": message}}, 401)


class AzureNoLogprobs(AzureV1):
    """A deployment of a newer model: probabilities are refused with 400, in words of its own.

    https://github.com/spring-projects/spring-ai/issues/5016
    """

    model = "gpt-5.1-chat"
    unwanted = ""
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse unknown fields first, and then probabilities."""
        if unknown(body):
            return super().refused(body)
        if "logprobs" in body:
            message = "The deployment doesn't support logprobs request parameter."
            return said({"error": {"message": message, "type": "invalid_request_error", "code": "422"}}, 400)
        return super().refused(body)


class AzureClassic(AzureV1):
    """The classic address: the deployment in the path, an `api-version` in the query, and the key in `api-key` only.

    https://learn.microsoft.com/en-us/azure/ai-services/openai/reference
    """

    base = "https://my-company.openai.azure.com"
    model = "my-deployment"

    @property
    def spec(self) -> str:
        """The deployment at its resource."""
        return f"azure:{self.model}@{self.base}"

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a question to the deployment."""
        if asked.headers.get("api-key") != self.key:
            return self.no_entry(asked)
        if "api-version" not in asked.query:
            return said({"error": {"code": "404", "message": "Resource not found"}}, 404)
        if asked.path == "/openai/models":
            return said({"object": "list", "data": [{"id": "gpt-4o", "object": "model"}]})
        if asked.path != f"/openai/deployments/{self.model}/chat/completions":
            return self.missing()
        return self.chat(asked.body)

    def missing(self) -> httpx.Response:
        """Return the answer where there is no such deployment."""
        message = (
            "The API deployment for this resource does not exist. If you created the deployment within the last "
            "5 minutes, please wait a moment and try again."
        )
        return said({"error": {"code": "DeploymentNotFound", "message": message}}, 404)


class AzureNewest(AzureClassic):
    """A reasoning model behind the classic address: it has OpenAI's refusals.

    https://github.com/langchain4j/langchain4j/issues/3258
    """

    model = "o4-mini"
    unwanted = ""
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse what reasoning models do not have."""
        for name in ("max_tokens", "temperature", "logprobs", "top_logprobs"):
            if name in body and (name != "temperature" or body[name] != 1):
                instead = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
                message = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
                return said(fault(message, param=name, code="unsupported_parameter"), 400)
        return super().refused(body)

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Give none."""
        return
