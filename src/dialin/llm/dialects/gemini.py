"""Gemini's ``generateContent``: token probabilities from some models, the system message apart, blocked questions.

The shapes are those of https://ai.google.dev/api/generate-content; how much thinking models may think is described at
https://ai.google.dev/gemini-api/docs/thinking.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dialin.llm.accepts import ROOMS, Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.base import Answer, KeyHeader, messages_of, n_answer_tokens, token_count, wants_candidates
from dialin.llm.dialects.written import answer_in, candidates_of, is_mark, without_thoughts
from dialin.llm.options import Candidate
from dialin.llm.providers import GEMINI
from dialin.text.unseen import without_surrogates

GEMINI_KEY = KeyHeader(GEMINI.key_variables[0], "x-goog-api-key", "")
"""How Gemini is shown who asks: never in the URL."""
_THOUGHT_TOKENS = 512
"""The fewest thoughts that every model can be asked for."""
_ROLES = {"user": "user", "assistant": "model"}
_REFUSALS = frozenset({"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})


class GeminiDialect:
    """``/models/MODEL:generateContent``."""

    kind = GEMINI.kind
    key_header = GEMINI_KEY
    # The limit has one name, which no refusal can change, and so is none that could be learnt.
    start = Accepts(stop=False, grammar=False, limit="")

    def path(self, model: str, accepts: Accepts) -> str:  # noqa: ARG002  (there is one endpoint for all)
        """Return the endpoint of a model."""
        return f"{model_path(model)}:generateContent"

    def models_path(self) -> str:
        """Return the list of models."""
        return "/models"

    def body(self, model: str, request: Request, accepts: Accepts) -> dict[str, Any]:  # noqa: ARG002  (it is in the path)
        """Return the request with all that the model accepts."""
        messages = messages_of(request, accepts)
        system = [_parts(message) for message in messages if message["role"] == "system"]
        turns = [{"role": _ROLES[message["role"]], **_parts(message)} for message in messages[len(system) :]]
        body: dict[str, Any] = {"systemInstruction": system[0]} if system else {}
        return body | {"contents": turns, "generationConfig": _config(request, accepts)}

    def read(self, answer: dict[str, Any]) -> Answer:
        """Return what the model wrote, or why it was not asked."""
        tokens_in, tokens_out, tokens_cached = _tokens(answer)
        blocked = (answer.get("promptFeedback") or {}).get("blockReason")
        if blocked and not answer.get("candidates"):
            return Answer("", tokens_in=tokens_in, tokens_out=tokens_out, refused=str(blocked))
        candidate = answer["candidates"][0]
        parts = (candidate.get("content") or {}).get("parts") or []
        raw = without_surrogates("".join(str(part.get("text") or "") for part in parts if not part.get("thought")))
        spoken = without_thoughts(raw)
        text, reason = answer_in(spoken), str(candidate.get("finishReason") or "")
        is_cut = is_mark(text) and reason == "MAX_TOKENS"
        # Where there is not even a part, thoughts have used up the tokens, whether they are counted or not.
        has_thoughts = _n_thoughts(answer) > 0 or spoken != raw or (is_cut and not parts)
        return Answer(
            text=text,
            candidates=candidates_of(*_written(candidate.get("logprobsResult") or {}), text, has_thoughts),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_cached=tokens_cached,
            is_cut=is_cut,
            has_thoughts=has_thoughts,
            refused=reason if reason in _REFUSALS and not text else "",
        )


GEMINI_CONTENT = GeminiDialect()


def model_path(model: str) -> str:
    """Return what follows the base URL to a model; a tuned one names its own folder.

    Examples
    --------
    >>> model_path("gemini-2.5-flash"), model_path("tunedModels/mine")
    ('/models/gemini-2.5-flash', '/tunedModels/mine')
    """
    return "/" + quote(model if "/" in model else f"models/{model}", safe="/:@")


def _parts(message: dict[str, str]) -> dict[str, Any]:
    return {"parts": [{"text": message["content"]}]}


def _config(request: Request, accepts: Accepts) -> dict[str, Any]:
    config: dict[str, Any] = {"maxOutputTokens": n_answer_tokens(request, accepts)}
    config |= {"temperature": 1 if request.draw else 0} if accepts.temperature else {}
    config |= {"seed": request.draw} if request.draw and accepts.seed else {}
    if wants_candidates(request, accepts):
        config |= {"responseLogprobs": True, "logprobs": accepts.n_top}
    if accepts.effort and accepts.room >= ROOMS[2]:
        config["thinkingConfig"] = {"thinkingBudget": _THOUGHT_TOKENS}
    return config


def _written(result: dict[str, Any]) -> tuple[list[str], list[list[Candidate]]]:
    """Return the tokens that were written, and the candidates for each."""
    tokens = [str(chosen.get("token") or "") for chosen in result.get("chosenCandidates") or []]
    tops = [top.get("candidates") or [] for top in result.get("topCandidates") or []]
    return tokens, [[_candidate(entry) for entry in top if entry.get("logProbability") is not None] for top in tops]


def _candidate(entry: dict[str, Any]) -> Candidate:
    return entry["token"].encode("utf-8", "replace"), float(entry["logProbability"])


def _tokens(answer: dict[str, Any]) -> tuple[int, int, int]:
    """Return the tokens in, out, and from the cache; thoughts are paid for like an answer."""
    counts = answer.get("usageMetadata") or {}
    names = ("promptTokenCount", "candidatesTokenCount", "cachedContentTokenCount")
    tokens_in, tokens_out, tokens_cached = (token_count(counts.get(name)) for name in names)
    return tokens_in, tokens_out + _n_thoughts(answer), tokens_cached


def _n_thoughts(answer: dict[str, Any]) -> int:
    return token_count((answer.get("usageMetadata") or {}).get("thoughtsTokenCount"))
