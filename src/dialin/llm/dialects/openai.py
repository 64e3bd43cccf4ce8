"""The protocol of OpenAI, which vLLM, Ollama, llama.cpp, SGLang, LM Studio and most providers speak as well."""

from __future__ import annotations

from typing import Any

from dialin.llm.accepts import ROOMS, Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.base import Answer, KeyHeader, messages_of, n_answer_tokens, token_count, wants_candidates
from dialin.llm.dialects.written import answer_in, candidates_of, is_mark, without_thoughts
from dialin.llm.options import Candidate
from dialin.llm.providers import OPENAI as OPENAI_PROVIDER
from dialin.llm.render import written_out
from dialin.text.unseen import without_surrogates


class OpenAIDialect:
    """``/chat/completions``, and ``/completions`` for base models."""

    kind = OPENAI_PROVIDER.kind
    key_header = KeyHeader()
    start = Accepts()

    def path(self, model: str, accepts: Accepts) -> str:  # noqa: ARG002  (other protocols name the model in it)
        """Return the endpoint of chats or of plain texts."""
        return "/chat/completions" if accepts.chat else "/completions"

    def models_path(self) -> str:
        """Return the list of models."""
        return "/models"

    def body(self, model: str, request: Request, accepts: Accepts) -> dict[str, Any]:
        """Return the request with all that the model accepts."""
        body: dict[str, Any] = {"model": model} | (_chat(request, accepts) if accepts.chat else _text(request, accepts))
        if accepts.limit:
            body[accepts.limit] = n_answer_tokens(request, accepts)
        return body | _sampling(request, accepts) | _constraint(request, accepts)

    def read(self, answer: dict[str, Any]) -> Answer:
        """Return what the model wrote, from the shape of chats or from the older one of plain texts."""
        choice = answer["choices"][0]
        message = choice.get("message") or {}
        raw = without_surrogates(_raw(message, choice))
        spoken = without_thoughts(raw)
        text = "" if message.get("refusal") else answer_in(spoken)
        reason = str(choice.get("finish_reason") or "")
        has_thoughts = spoken != raw or _has_hidden_thoughts(answer, message)
        tokens_in, tokens_out, tokens_cached = usage(answer)
        return Answer(
            text=text,
            candidates=candidates_of(*_tokens_and_candidates(choice.get("logprobs") or {}), text, has_thoughts),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_cached=tokens_cached,
            is_cut=is_mark(text) and (reason == "length" or (spoken != raw and not spoken)),
            has_thoughts=has_thoughts,
            refused="content_filter" if reason == "content_filter" and not text else "",
        )


OPENAI = OpenAIDialect()


def _chat(request: Request, accepts: Accepts) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": messages_of(request, accepts)}
    if wants_candidates(request, accepts):
        body |= {"logprobs": True, "top_logprobs": accepts.n_top}
    return body


def _text(request: Request, accepts: Accepts) -> dict[str, Any]:
    body: dict[str, Any] = {"prompt": written_out(request.prompt, "plain")}
    body |= {"stop": ["\n"]} if accepts.stop else {}
    return body | ({"logprobs": accepts.n_top} if wants_candidates(request, accepts) else {})


def _sampling(request: Request, accepts: Accepts) -> dict[str, Any]:
    body: dict[str, Any] = {"temperature": 1 if request.draw else 0} if accepts.temperature else {}
    if request.draw and accepts.seed:
        body["seed"] = request.draw  # also keeps a proxy with a memory from sending the same answer again
    if accepts.effort and accepts.room >= ROOMS[2]:
        body["reasoning_effort"] = "low"
    return body


def _constraint(request: Request, accepts: Accepts) -> dict[str, Any]:
    """Return the fields by which llama.cpp, vLLM and older versions of it take a grammar; each ignores the others."""
    if not (request.grammar and accepts.grammar):
        return {}
    grammar = request.grammar
    return {"grammar": grammar, "structured_outputs": {"grammar": grammar}, "guided_grammar": grammar}


def _raw(message: dict[str, Any], choice: dict[str, Any]) -> str:
    """Return what was written: one text, the texts of a list of parts, or the one argument of a tool."""
    content = message.get("content") or choice.get("text") or ""
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if part.get("type") == "text")
    calls = message.get("tool_calls")
    if content or not calls:
        return str(content)
    return str(calls[0]["function"]["arguments"])


def _has_hidden_thoughts(answer: dict[str, Any], message: dict[str, Any]) -> bool:
    details = _object(_object(answer.get("usage")).get("completion_tokens_details"))
    return bool(message.get("reasoning_content") or message.get("reasoning") or details.get("reasoning_tokens"))


def _tokens_and_candidates(logprobs: dict[str, Any]) -> tuple[list[str], list[list[Candidate]]]:
    """Return the tokens that were written, and the candidates for each."""
    if logprobs.get("content"):
        entries = logprobs["content"]
        lists = [[c for e in entry.get("top_logprobs") or [] if (c := _candidate(e))] for entry in entries]
        return [str(entry.get("token") or "one") for entry in entries], lists
    older = [top or {} for top in logprobs.get("top_logprobs") or []]
    lists = [[c for t, v in top.items() if (c := _candidate({"token": t, "logprob": v}))] for top in older]
    return [str(token) for token in logprobs.get("tokens") or ["one"] * len(lists)], lists


def _candidate(entry: dict[str, Any]) -> Candidate | None:
    as_bytes, logprob = entry.get("bytes"), entry.get("logprob")
    token = bytes(as_bytes) if isinstance(as_bytes, list) and as_bytes else entry["token"].encode("utf-8", "replace")
    return None if logprob is None else (token, float(logprob))


def usage(answer: dict[str, Any]) -> tuple[int, int, int]:
    """Return the tokens in and out that the server counted, and how many it had in its cache; 0 if it counted none."""
    counts = _object(answer.get("usage"))
    cached = _object(counts.get("prompt_tokens_details")).get("cached_tokens") or counts.get("prompt_cache_hit_tokens")
    return token_count(counts.get("prompt_tokens")), token_count(counts.get("completion_tokens")), token_count(cached)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
