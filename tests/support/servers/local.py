"""Servers that people run themselves: Ollama, vLLM in several ages and settings, llama.cpp, SGLang, LM Studio, TGI."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from servers.chat import Body, Chat, fault, limit_of, unknown
from servers.exchange import Asked, said
from servers.mind import Thought


class Ollama(Chat):
    """An older Ollama: it ignores what it does not know, probabilities too.

    https://github.com/ollama/ollama/issues/13638
    https://docs.ollama.com/api/openai-compatibility
    """

    base = "http://localhost:11434/v1"
    model = "qwen2.5:7b"
    key = ""
    draws = 3

    def reply(self, body: Body, thought: Thought) -> Body:
        """Return a choice without the field of probabilities."""
        reply = super().reply(body, thought)
        del reply["choices"][0]["logprobs"]
        return reply | {"system_fingerprint": "fp_ollama"}


class OllamaNewer(Chat):
    """A newer Ollama gives probabilities.

    https://docs.ollama.com/api/openai-compatibility
    """

    base = "http://localhost:11434/v1"
    model = "llama3.1:8b"
    key = ""


class OllamaNoModel(Chat):
    """An Ollama that has not pulled the model.

    https://github.com/netease-youdao/QAnything/issues/555
    """

    base = "http://localhost:11434/v1"
    model = "qwen3:4b"
    key = ""

    def refused(self, body: Body) -> httpx.Response | None:
        """Say that the model is not there."""
        return said(fault(f'model "{self.model}" not found, try pulling it first', "api_error"), 404)


class Vllm(Chat):
    """A newer vLLM: errors in an object, 20 alternatives, a question that is too long is refused.

    https://github.com/vllm-project/vllm/issues/33418
    https://docs.vllm.ai/en/latest/serving/openai_compatible_server/
    """

    base = "http://localhost:8000/v1"
    model = "Qwen/Qwen2.5-7B-Instruct"
    key = ""
    unwanted = "kettle"

    def filtered(self, body: Body) -> httpx.Response:
        """Refuse a question for its length."""
        message = (
            "This model's maximum context length is 2048 tokens. However, your request has 2311 input tokens. "
            "Please reduce the length of the input messages."
        )
        return said(fault(message, "BadRequestError", code=400), 400)


def older_fault(message: str) -> httpx.Response:
    """Return an error in the shape of an older vLLM: without an object around it."""
    return said({"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}, 400)


class VllmFive(Vllm):
    """An older vLLM with its former bound of 5 alternatives.

    https://github.com/vllm-project/vllm/issues/5299
    """

    unwanted = ""
    n_top = 5

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse more than 5 alternatives."""
        n = body.get("top_logprobs", 0)
        message = f"Requested sample logprobs of {n}, which is greater than max allowed: 5"
        return older_fault(message) if n > self.n_top else None


class VllmGemma(Vllm):
    """A model whose template knows no system role, and wants user and assistant in turn.

    https://github.com/huggingface/chat-ui/issues/1386
    https://github.com/vllm-project/vllm/pull/2964
    """

    model = "google/gemma-2-2b-it"
    unwanted = ""

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse what the template cannot write out."""
        roles = [message["role"] for message in body["messages"]]
        if "system" in roles:
            return older_fault("System role not supported")
        if any(role != ("user", "assistant")[i % 2] for i, role in enumerate(roles)):
            return older_fault("Conversation roles must alternate user/assistant/user/assistant/...")
        return None


class VllmStrict(Vllm):
    """A vLLM that forbids fields that it does not know; the error is the text of a Python list.

    https://github.com/vllm-project/vllm/pull/10463
    https://github.com/1Panel-dev/MaxKB/issues/2912
    """

    unwanted = ""

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse unknown fields, as pydantic's error prints itself."""
        found = [
            {
                "type": "extra_forbidden",
                "loc": ("body", name),
                "msg": "Extra inputs are not permitted",
                "input": body[name],
            }
            for name in unknown(body)
        ]
        return older_fault(str(found)) if found else None


class VllmReasoning(Vllm):
    """A reasoning model behind a parser: thoughts take the first tokens, and the probabilities are theirs.

    Where the limit is short the content is null.

    https://docs.vllm.ai/en/latest/features/reasoning_outputs/
    """

    model = "Qwen/Qwen3-8B"
    unwanted = ""
    draws = 3
    n_thoughts: ClassVar[int] = 40

    def message(self, body: Body, thought: Thought) -> Body:
        """Return thoughts, and the answer if there is room."""
        is_short = limit_of(body) < self.n_thoughts
        content = None if is_short else f"\n\n{thought.text}"
        return {"role": "assistant", "content": content, "reasoning_content": "Okay, the user gives", "tool_calls": []}

    def reply(self, body: Body, thought: Thought) -> Body:
        """Say that the limit was met where it was."""
        reply = super().reply(body, thought)
        if limit_of(body) < self.n_thoughts:
            reply["choices"][0]["finish_reason"] = "length"
        return reply

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Return those of the first thought."""
        top = [{"token": token, "logprob": p, "bytes": None} for token, p in (("<think>", -1e-4), ("Okay", -9.2))]
        return {"content": [top[0] | {"top_logprobs": top}]}


class LlamaCpp(Chat):
    """llama-server: it is loading its model at first, takes grammars, and refuses a question that is too long.

    https://github.com/ggml-org/llama.cpp/pull/15780
    https://github.com/ggml-org/llama.cpp/issues/19774
    """

    base = "http://127.0.0.1:8080/v1"
    model = "qwen2.5-7b-instruct-q4_k_m.gguf"
    key = ""
    unwanted = "kettle"

    def refused(self, body: Body) -> httpx.Response | None:
        """Be loading for two calls."""
        if self.count() <= 2:
            error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
            return said({"error": error}, 503)
        return None

    def filtered(self, body: Body) -> httpx.Response:
        """Refuse a question for its length."""
        message = "request (2311 tokens) exceeds the available context size (2048 tokens), try increasing it"
        error = {"code": 400, "message": message, "type": "exceed_context_size_error"}
        return said({"error": error | {"n_prompt_tokens": 2311, "n_ctx": 2048}}, 400)


class SGLang(Chat):
    """SGLang: tokens of no probability have −9999, and the usage has fields that are null.

    https://github.com/sgl-project/sglang/issues/5984
    """

    base = "http://localhost:30000/v1"
    model = "meta-llama/Llama-3.1-8B-Instruct"
    key = ""

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Return alternatives of which some cannot be."""
        found = super().logprobs(body, thought)
        found["content"][0]["top_logprobs"].append({"token": "<pad>", "logprob": -9999.0, "bytes": None})
        return found

    def usage(self, body: Body, thought: Thought) -> Any:
        """Return the tokens, and what is not counted as null."""
        return super().usage(body, thought) | {"prompt_tokens_details": None, "reasoning_tokens": 0}


class SGLangGemma(SGLang):
    """A model whose template knows no system role: an older SGLang falls over with 500 and plain words.

    https://github.com/sgl-project/sglang/issues/892
    """

    model = "google/gemma-2-9b-it"

    def refused(self, body: Body) -> httpx.Response | None:
        """Fall over at a system message."""
        if body["messages"][0]["role"] == "system":
            return httpx.Response(500, text="Internal Server Error")
        return None


class LMStudio(Chat):
    """LM Studio with a model that thinks aloud: the thoughts stand in the answer, and probabilities are null.

    https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/619
    """

    base = "http://localhost:1234/v1"
    model = "qwen3-4b"
    key = ""
    draws = 3
    n_thoughts: ClassVar[int] = 30

    def message(self, body: Body, thought: Thought) -> Body:
        """Return thoughts and answer in one text, cut where the limit is."""
        if limit_of(body) < self.n_thoughts:
            return {"role": "assistant", "content": "<think>\nOkay, the user wants"}
        return {"role": "assistant", "content": f"<think>\nOkay, the user wants a label.\n</think>\n\n{thought.text}"}

    def logprobs(self, body: Body, thought: Thought) -> Any:
        """Give none."""
        return


class LMStudioIdle(LMStudio):
    """LM Studio without a model.

    https://github.com/tinyhumansai/openhuman/issues/4181
    """

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse every question."""
        return said(fault("No models loaded. Please load a model in the developer page.", param="model"), 400)


class Tgi(Chat):
    """text-generation-inference: temperature above 0, at most 5 alternatives, errors as a text beside their kind.

    https://github.com/huggingface/text-generation-inference/issues/2749
    https://github.com/huggingface/text-generation-inference/pull/2309
    """

    base = "http://localhost:3000/v1"
    model = "tgi"
    key = ""
    n_top = 5

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse the first thing that is wrong."""
        n = body.get("top_logprobs", 0)
        if body.get("temperature", 1) <= 0:
            return self.wrong("`temperature` must be strictly positive")
        if n > self.n_top:
            return self.wrong(f"`top_n_tokens` must be >= 0 and <= 5. Given: {n}")
        return None

    def wrong(self, message: str) -> httpx.Response:
        """Return the refusal."""
        return said({"error": f"Input validation error: {message}", "error_type": "validation"}, 422)

    def not_found(self, asked: Asked) -> httpx.Response:
        """Return nothing at a path that there is not."""
        return httpx.Response(404)
