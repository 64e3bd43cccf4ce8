"""The protocols of embedding servers: each writes requests and reads answers, and sends nothing itself.

Gemini's shapes are those of https://ai.google.dev/api/embeddings.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dialin.llm.accepts import Accepts
from dialin.llm.dialects.azure import AZURE_KEY, deployment_path
from dialin.llm.dialects.base import KeyHeader
from dialin.llm.dialects.gemini import GEMINI_KEY, model_path
from dialin.llm.providers import AZURE, GEMINI, OPENAI

MISSHAPEN = (KeyError, IndexError, TypeError, ValueError, AttributeError)
"""What `EmbeddingDialect.vectors` raises for an answer of another shape."""


class EmbeddingDialect(Protocol):
    """A protocol: pure functions between texts, answers and JSON."""

    key_header: KeyHeader
    start: Accepts

    @property
    def kind(self) -> str:
        """The first word of the specs."""
        ...

    def path(self, model: str) -> str:
        """Return what follows the base URL."""
        ...

    def body(self, model: str, texts: Sequence[str], accepts: Accepts) -> dict[str, Any]:
        """Return the JSON object to send."""
        ...

    def vectors(self, answer: dict[str, Any]) -> list[Any]:
        """Return the numbers of each vector, in the order of the texts; raise one of `MISSHAPEN` if there are none."""
        ...


class OpenAIEmbeddings:
    """``/embeddings``, which vLLM, Ollama, llama.cpp and text-embeddings-inference have as well."""

    kind = OPENAI.kind
    key_header = KeyHeader()
    start = Accepts()

    def path(self, model: str) -> str:  # noqa: ARG002  (other protocols name the model in it)
        """Return the one endpoint."""
        return "/embeddings"

    def body(self, model: str, texts: Sequence[str], accepts: Accepts) -> dict[str, Any]:
        """Return the request; numbers are asked for as such, where that may be asked."""
        body = {"model": model, "input": list(texts)}
        return body | {"encoding_format": "float"} if accepts.encoding_format else body

    def vectors(self, answer: dict[str, Any]) -> list[Any]:
        """Return the vectors in the order of their indices; without indices, as they came."""
        entries = answer["data"]
        places = [entry.get("index", 0) for entry in entries]  # Gemini leaves out an index of 0
        if len(set(places)) not in {1, len(entries)}:
            raise ValueError(f"{len(set(places))} places for {len(entries)} vectors")
        ordered = entries if len(set(places)) == 1 else [entries[i] for i in np.argsort(places, kind="stable")]
        return [_numbers(entry["embedding"]) for entry in ordered]


@dataclass(frozen=True)
class AzureEmbeddings(OpenAIEmbeddings):
    """``/openai/deployments/DEPLOYMENT/embeddings``.

    Parameters
    ----------
    version : str
        Version of the protocol, a date.
    """

    version: str

    kind = AZURE.kind
    key_header = AZURE_KEY

    def path(self, model: str) -> str:
        """Return the endpoint of a deployment."""
        return deployment_path(model, "embeddings", self.version)


class GeminiEmbeddings:
    """``/models/MODEL:batchEmbedContents``."""

    kind = GEMINI.kind
    key_header = GEMINI_KEY
    start = Accepts(n_texts=100, encoding_format=False)

    def path(self, model: str) -> str:
        """Return the endpoint of a model."""
        return f"{model_path(model)}:batchEmbedContents"

    def body(self, model: str, texts: Sequence[str], accepts: Accepts) -> dict[str, Any]:  # noqa: ARG002  (as others)
        """Return one request for each text."""
        name = model_path(model).removeprefix("/")
        return {"requests": [{"model": name, "content": {"parts": [{"text": text}]}} for text in texts]}

    def vectors(self, answer: dict[str, Any]) -> list[Any]:
        """Return the vectors as they came."""
        return [entry["values"] for entry in answer["embeddings"]]


OPENAI_EMBEDDINGS = OpenAIEmbeddings()
GEMINI_EMBEDDINGS = GeminiEmbeddings()


def _numbers(embedding: Any) -> Any:
    """Return the numbers of a vector; some servers send them as base64 of little-endian floats, asked or not."""
    return np.frombuffer(base64.b64decode(embedding), "<f4") if isinstance(embedding, str) else embedding
