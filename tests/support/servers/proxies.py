"""What companies put before a model: LiteLLM's proxy, filters that send web pages, a page to sign in, a small nginx."""

from __future__ import annotations

from typing import Any

import httpx

from servers.chat import Body, Chat, fault
from servers.exchange import Asked, page, said
from servers.mind import Thought


def litellm_fault(message: str, kind: str | None = None, code: str = "400") -> Body:
    """Return an error in the shape of LiteLLM's proxy, whose codes are texts."""
    group = f". Received Model Group={LiteLLM.model}\nAvailable Model Group Fallbacks=None"
    return {"error": {"message": f"{message}{group}", "type": kind, "param": None, "code": code}}


class LiteLLM(Chat):
    """LiteLLM before a model without probabilities: errors wrap errors; one 429 and one 500 on the way.

    https://github.com/BerriAI/litellm/issues/10108
    https://github.com/CherryHQ/cherry-studio/issues/6347
    https://github.com/BerriAI/litellm/pull/16231
    """

    base = "http://litellm.my-company.example:4000"
    model = "gpt-4o-eu"
    unwanted = "kettle"
    draws = 3

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse probabilities and grammars by name; be busy, and fall over, once."""
        names = [name for name in ("logprobs", "top_logprobs", "grammar", "guided_grammar") if name in body]
        if names:
            message = (
                f"litellm.UnsupportedParamsError: azure does not support parameters: {names}, for model={self.model}. "
                "To drop these, set `litellm.drop_params=True` or for proxy:\n\n"
                "`litellm_settings:\n drop_params: true`\n. \n If you want to use these params dynamically send "
                f"allowed_openai_params={names} in your request."
            )
            return said(litellm_fault(message, "None"), 400)
        number = self.count()
        if number == 2:
            message = "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached"
            return said(litellm_fault(message, "throttling_error", "429"), 429, retry_after="0")
        if number == 4:
            message = "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error."
            return said(litellm_fault(message, None, "500"), 500)
        return None

    def filtered(self, body: Body) -> httpx.Response:
        """Refuse a question for its content, in the words of the server behind it."""
        message = (
            "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - The response was filtered "
            "due to the prompt triggering Azure OpenAI's content management policy."
        )
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}
        body = litellm_fault(message)
        body["error"]["provider_specific_fields"] = {"innererror": inner}
        return said(body, 400)

    def no_entry(self, asked: Asked) -> httpx.Response:
        """Return the answer to a wrong key."""
        message = "Authentication Error, Invalid proxy server token passed."
        return said({"error": {"message": message, "type": "auth_error", "param": "None", "code": "401"}}, 401)


class LiteLLMReasoning(LiteLLM):
    """LiteLLM before a reasoning model: temperature is refused in LiteLLM's own words.

    https://github.com/BerriAI/litellm/pull/38842
    """

    model = "gpt-5-eu"
    unwanted = ""

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse any temperature but 1."""
        if body.get("temperature", 1) != 1:
            message = (
                "litellm.UnsupportedParamsError: gpt-5 models (including gpt-5-codex) don't support "
                f"temperature={body['temperature']}. Only temperature=1 is supported. "
                "To drop unsupported params set `litellm.drop_params = True`"
            )
            return said(litellm_fault(message), 400)
        return super().refused(body)


class FilterProxy(Chat):
    """A filter of a company that stops one question with a web page and 403; the others pass.

    https://help.zscaler.com/zia/configuring-data-loss-prevention
    """

    base = "https://llm.my-company.example/v1"
    model = "llama-3.1-70b"
    unwanted = "kettle"

    def filtered(self, body: Body) -> httpx.Response:
        """Send the page of the filter."""
        return page("Access denied: your organisation's policy does not allow this content to be sent.", 403)


class FilterProxy400(FilterProxy):
    """A filter that stops one question with 400 and a web page.

    https://learn.microsoft.com/en-us/azure/web-application-firewall/ag/ag-overview
    """

    def filtered(self, body: Body) -> httpx.Response:
        """Send the page of the filter."""
        return page("400 Request blocked. Support ID: 1181", 400)


class SmallNginx(FilterProxy):
    """An nginx that lets no large body pass: 413 with a web page.

    https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size
    """

    def filtered(self, body: Body) -> httpx.Response:
        """Send nginx's page."""
        return page("413 Request Entity Too Large", 413)


class LoginProxy(Chat):
    """A proxy that answers everything with a page to sign in, and 200.

    https://en.wikipedia.org/wiki/Captive_portal
    """

    base = "https://gateway.my-company.example/v1"
    model = "gpt-4o"

    def answer(self, asked: Asked) -> httpx.Response:
        """Send the page."""
        return page("Sign in to continue")


class Moved(Chat):
    """A server whose address has moved: each question is redirected.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/308
    """

    base = "http://llm.my-company.example/v1"
    model = "llama-3.1-70b"

    def answer(self, asked: Asked) -> httpx.Response:
        """Name the other address."""
        return httpx.Response(308, headers={"Location": f"https://llm.my-company.example/v1{asked.path}"})


class SilentFilter(Chat):
    """A guardrail inside the answer: status 200, no content, and `content_filter` as the reason to stop.

    https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-filter
    """

    base = "https://guard.my-company.example/v1"
    model = "gpt-4o"
    unwanted = "kettle"

    def reply(self, body: Body, thought: Thought) -> Body:
        """Leave the content out."""
        reply = super().reply(body, thought)
        if self.unwanted in body["messages"][-1]["content"]:
            message: dict[str, Any] = {"role": "assistant", "content": None}
            reply["choices"][0] = {"index": 0, "message": message, "finish_reason": "content_filter", "logprobs": None}
        return reply

    def is_unwanted(self, body: Body) -> bool:
        """Refuse no request: the answer says it."""
        return False


class Elsewhere(Chat):
    """A web server without any such interface: 404 for everything.

    https://nginx.org/en/docs/
    """

    base = "https://www.my-company.example/v1"
    model = "m"

    def answer(self, asked: Asked) -> httpx.Response:
        """Send the usual page."""
        return page("404 Not Found", 404)


class Gone(Chat):
    """A model that the service has taken away.

    https://platform.openai.com/docs/deprecations
    """

    base = "https://api.openai.com/v1"
    model = "gpt-4-0314"

    def refused(self, body: Body) -> httpx.Response | None:
        """Say that there is no such model."""
        message = f"The model `{self.model}` has been deprecated, learn more here: https://platform.openai.com/docs"
        return said(fault(message, code="model_not_found"), 404)
