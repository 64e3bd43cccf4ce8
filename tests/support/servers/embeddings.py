"""Servers of embeddings: how many texts they take at once, what they call them, and what they leave out."""

from __future__ import annotations

import base64
import struct
from typing import Any, ClassVar

import httpx

from servers.chat import fault
from servers.exchange import Asked, said
from servers.google import google_fault
from servers.mind import tokens_in, vectors
from servers.personality import Personality

Body = dict[str, Any]


class Embeddings(Personality):
    """OpenAI's embeddings: 2,048 texts at most, none of them empty, and no field that it does not know.

    https://platform.openai.com/docs/api-reference/embeddings/create
    https://github.com/embeddings-benchmark/mteb/issues/1200

    Attributes
    ----------
    most : int
        Texts at once.
    """

    base = "https://api.openai.com/v1"
    model = "text-embedding-3-small"
    most: ClassVar[int] = 2048

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request by its path, if the key is right."""
        if asked.key != self.key and self.key:
            return said(fault("Incorrect API key provided.", code="invalid_api_key"), 401)
        if asked.path == "/models":
            return said({"object": "list", "data": []})
        if asked.path != "/embeddings" or asked.method != "POST":
            return said({"detail": "Not Found"}, 404)
        return self.embed(asked.body)

    def embed(self, body: Body) -> httpx.Response:
        """Return the vectors of some texts, unless something in the request is refused."""
        texts: list[str] = [body["input"]] if isinstance(body["input"], str) else body["input"]
        refusal = self.refused(body, texts)
        if refusal is not None:
            return refusal
        self.pay(*texts)
        data = [self.entry(i, vector, body) for i, vector in enumerate(vectors(texts))]
        n = sum(map(tokens_in, texts))
        usage = {"prompt_tokens": n, "total_tokens": n}
        return said({"object": "list", "data": self.ordered(data), "model": self.model, "usage": usage})

    def refused(self, body: Body, texts: list[str]) -> httpx.Response | None:
        """Refuse too many texts, an empty one, and unknown fields."""
        if len(texts) > self.most:
            return self.too_many(len(texts))
        if not texts or "" in texts:
            message = (
                "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
            )
            return said(fault(message), 400)
        known = {"model", "input", "encoding_format", "dimensions", "user"}
        names = [name for name in body if name not in known]
        return said(fault(f"Unrecognized request argument supplied: {names[0]}"), 400) if names else None

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        return said(fault(f"'$.input' is invalid: array too long, {n} > {self.most}"), 400)

    def entry(self, i: int, vector: list[float], body: Body) -> Body:
        """Return the entry of one text."""
        return {"object": "embedding", "index": i, "embedding": vector}

    def ordered(self, data: list[Body]) -> list[Body]:
        """Return the entries in the order in which they are sent."""
        return data


class Tei(Embeddings):
    """text-embeddings-inference: 32 texts at once (413), overloaded once (429), errors with a kind.

    https://github.com/huggingface/text-embeddings-inference/issues/378
    https://github.com/huggingface/text-embeddings-inference/issues/356
    https://huggingface.github.io/text-embeddings-inference/
    """

    base = "http://localhost:8081/v1"
    model = "BAAI/bge-m3"
    key = ""
    most = 32

    def refused(self, body: Body, texts: list[str]) -> httpx.Response | None:
        """Refuse too many texts, and be overloaded once."""
        if len(texts) > self.most:
            return self.too_many(len(texts))
        if "" in texts:
            return said({"message": "`inputs` cannot be empty", "type": "Empty"}, 422)
        if self.count() == 2:
            return said({"message": "Model is overloaded", "type": "Overloaded"}, 429)
        return None

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        return said({"message": f"batch size {n} > maximum allowed batch size 32", "type": "Validation"}, 413)


class TeiShort(Tei):
    """A TEI whose model reads 512 tokens and does not cut: a longer text is refused, whatever stands beside it.

    https://github.com/huggingface/text-embeddings-inference/issues/356
    """

    def refused(self, body: Body, texts: list[str]) -> httpx.Response | None:
        """Refuse a long text."""
        longest = max(map(tokens_in, texts), default=0)
        if longest > 512:
            message = f"Input validation error: `inputs` must have less than 512 tokens. Given: {longest}"
            return said({"message": message, "type": "Validation"}, 413)
        return super().refused(body, texts)


class DashScope(Embeddings):
    """Alibaba's DashScope: 10 texts at once (400).

    https://github.com/memodb-io/memobase/issues/142
    """

    base = "https://dashscope.aliyuncs.com/compatible-mode/v1"
    model = "text-embedding-v4"
    most = 10

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        message = (
            "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, "
            "it should not be larger than 10.: input.contents"
        )
        body = fault(message, "InvalidParameter", code="InvalidParameter")
        return said(body | {"id": "d0722c3e", "request_id": "d0722c3e"}, 400)


class SiliconFlow(Embeddings):
    """SiliconFlow: 64 texts at once, the error without an object around it.

    https://github.com/apecloud/ApeRAG/issues/716
    """

    base = "https://api.siliconflow.cn/v1"
    model = "BAAI/bge-large-zh-v1.5"
    most = 64

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        message = f"input batch size {n} > maximum allowed batch size 64"
        return said({"code": 20042, "message": message, "data": None}, 413)


class GeminiEmbeddings(Embeddings):
    """Gemini: 100 texts at once, errors in a list, and the first index is left out, since it is 0.

    https://github.com/geldata/gel/issues/9032
    https://github.com/StarTrail-org/LEANN/pull/214
    """

    base = "https://generativelanguage.googleapis.com/v1beta/openai"
    model = "gemini-embedding-001"
    most = 100

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        message = "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n"
        return said([google_fault(message)], 400)

    def entry(self, i: int, vector: list[float], body: Body) -> Body:
        """Leave an index of 0 out."""
        return {"object": "embedding", "embedding": vector} | ({"index": i} if i else {})


class CohereEmbeddings(Embeddings):
    """Cohere: 96 texts at once.

    https://github.com/misbahsy/RAGTune/issues/2
    """

    base = "https://api.cohere.ai/compatibility/v1"
    model = "embed-v4.0"
    most = 96

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        message = f"invalid request: total number of texts must be at most 96 - received {n}"
        return said({"id": "c7d", "message": message}, 400)


class AzureOne(Embeddings):
    """An older Azure deployment: one text at once.

    https://github.com/diemus/azure-openai-proxy/issues/7
    """

    base = "https://my-company.openai.azure.com/openai/v1"
    model = "ada"
    most = 1

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of more than one text."""
        message = "Too many inputs. The max number of inputs is 1. We hope to increase the number of inputs soon."
        return said(fault(message), 400)


class MistralEmbeddings(Embeddings):
    """Mistral: a sum of tokens at once, and `encoding_format` is a field that it does not know.

    https://github.com/BerriAI/litellm/issues/3725
    """

    base = "https://api.mistral.ai/v1"
    model = "mistral-embed"
    most = 40

    def refused(self, body: Body, texts: list[str]) -> httpx.Response | None:
        """Refuse the field, then too many texts."""
        if "encoding_format" in body:
            wrong = {"type": "extra_forbidden", "loc": ["body", "encoding_format"], "input": "float"}
            detail = [wrong | {"msg": "Extra inputs are not permitted"}]
            return said({"object": "error", "message": {"detail": detail}, "type": "invalid_request_error"}, 422)
        return super().refused(body, texts)

    def too_many(self, n: int) -> httpx.Response:
        """Return the refusal of so many texts."""
        message = "Too many inputs in request, split into more batches."
        return said({"object": "error", "message": message, "type": "invalid_request_batch_error", "code": "3210"}, 400)


class Voyage(Embeddings):
    """Voyage: `float` is no format that it takes, only base64 or none; the error is a text at `detail`.

    https://github.com/vectorize-io/hindsight/pull/928
    https://github.com/garrytan/gbrain/pull/735
    """

    base = "https://api.voyageai.com/v1"
    model = "voyage-3.5"
    most = 1000

    def refused(self, body: Body, texts: list[str]) -> httpx.Response | None:
        """Refuse the format."""
        value = body.get("encoding_format")
        if value not in (None, "base64"):
            message = (
                f"Value '{value}' provided to the argument 'encoding_format' is not supported. Use 'base64' or null."
            )
            return said({"detail": message}, 400)
        return super().refused(body, texts)

    def entry(self, i: int, vector: list[float], body: Body) -> Body:
        """Return numbers, or bytes where they were asked for."""
        numbers = struct.pack(f"<{len(vector)}f", *vector)
        value: Any = base64.b64encode(numbers).decode() if body.get("encoding_format") else vector
        return {"object": "embedding", "index": i, "embedding": value}


class AlwaysBase64(Embeddings):
    """A server that answers in base64 whatever it was asked for.

    https://github.com/huggingface/text-embeddings-inference/issues/288
    """

    base = "http://localhost:8082/v1"
    model = "nomic-embed"
    key = ""

    def entry(self, i: int, vector: list[float], body: Body) -> Body:
        """Return bytes."""
        numbers = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        return {"object": "embedding", "index": i, "embedding": numbers}


class Shuffled(Embeddings):
    """A server that sends the vectors as they are done: the index tells which is which.

    https://platform.openai.com/docs/api-reference/embeddings/object
    """

    base = "http://localhost:8083/v1"
    model = "e5"
    key = ""

    def ordered(self, data: list[Body]) -> list[Body]:
        """Return the last first."""
        return data[::-1]


class OllamaEmbeddings(Embeddings):
    """Ollama: it takes every field and any number of texts.

    https://docs.ollama.com/api/openai-compatibility
    """

    base = "http://localhost:11434/v1"
    model = "bge-m3"
    key = ""


class LlamaCppEmbeddings(Embeddings):
    """llama-server: a text longer than its physical batch is 500, which no repetition mends.

    https://github.com/ggml-org/llama.cpp/issues/11105
    https://github.com/containers/ramalama/pull/2852
    """

    base = "http://127.0.0.1:8080/v1"
    model = "bge-m3.gguf"
    key = ""

    def refused(self, body: Body, texts: list[str]) -> httpx.Response | None:
        """Refuse a long text."""
        longest = max(map(tokens_in, texts), default=0)
        if longest > 512:
            message = (
                f"input ({longest} tokens) is too large to process. "
                "increase the physical batch size (current batch size: 512)"
            )
            return said({"error": {"code": 500, "message": message, "type": "server_error"}}, 500)
        return None


class NotANumber(Embeddings):
    """A server whose vectors hold no numbers.

    https://github.com/huggingface/text-embeddings-inference/issues/141
    """

    base = "http://localhost:8084/v1"
    model = "broken"
    key = ""

    def embed(self, body: Body) -> httpx.Response:
        """Return vectors of NaN, as JSON must not."""
        data = b",".join(b'{"index": %d, "embedding": [NaN, 0.5]}' % i for i, _ in enumerate(body["input"]))
        return httpx.Response(200, content=b'{"data": [' + data + b"]}", headers={"Content-Type": "application/json"})
