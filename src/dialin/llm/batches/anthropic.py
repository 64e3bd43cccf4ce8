"""Anthropic's Message Batches: a list of questions goes up; within a day a file of results can be fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dialin.llm.batches.base import PAGE, SKEW, BatchRow, BatchState, Line, count_of, name_in
from dialin.llm.batches.register import OpenBatch
from dialin.llm.http import Server

_PATH = "/messages/batches"
_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")
_STATUS = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that an error would have had alone; 400 for all others."""


class AnthropicBatches:
    """``/messages/batches``.

    Parameters
    ----------
    server : Server
        The server, with the user's key.
    """

    most_lines = 100_000
    most_bytes = 240_000_000  # a list may have 256 MB

    def __init__(self, server: Server) -> None:
        self._server = server

    def check(self) -> None:
        """Ask for the newest batch."""
        self._server.get(f"{_PATH}?limit=1")

    def submit(self, lines: Sequence[Line], path: str, mark: str) -> str:  # noqa: ARG002  (there is one path, no mark)
        """Send the questions as a list."""
        wanted = [{"custom_id": key, "params": body} for key, body in lines]
        return name_in(self._server.post(_PATH, {"requests": wanted}), self._server)

    def find(self, batch: OpenBatch, others: Collection[str]) -> list[str]:
        """Return the batches of as many questions since that time, the oldest first."""
        since = self._since(batch.time - SKEW)
        as_many = [one for one in since if count_of(one.get("request_counts") or {}, *_COUNTS) == len(batch.keys)]
        return [name for one in reversed(as_many) if (name := name_in(one, self._server)) not in others]

    def state(self, name: str) -> BatchState:
        """Return how far a batch is; the provider counts its answers only at the end."""
        found = self._server.get(f"{_PATH}/{name}")
        counts = found.get("request_counts") or {}
        n_done, n = count_of(counts, "succeeded", "errored"), count_of(counts, *_COUNTS)
        if found.get("processing_status") != "ended":
            return BatchState("", n_done, n)
        is_cancelled, is_late = count_of(counts, "canceled") > 0, count_of(counts, "expired") > 0
        return BatchState("cancelled" if is_cancelled else "expired" if is_late else "done", n_done, n)

    def rows(self, name: str) -> Iterator[BatchRow]:
        """Yield the results."""
        return map(self._row, self._server.lines(f"{_PATH}/{name}/results"))

    def cancel(self, name: str) -> None:
        """Let the provider stop."""
        self._server.post(f"{_PATH}/{name}/cancel", {})

    def _row(self, line: dict[str, Any]) -> BatchRow:
        key, result = str(line.get("custom_id")), line.get("result") or {}
        if result.get("type") == "succeeded" and isinstance(result.get("message"), dict):
            return BatchRow(key, result["message"])
        if result.get("type") != "errored":
            return BatchRow(key, None)
        error = result.get("error") or {}
        kind = str((error.get("error") or error).get("type"))
        return BatchRow(key, self._server.fault(_STATUS.get(kind, 400), error, ""))

    def _since(self, time: float) -> Iterator[Mapping[str, Any]]:
        """Yield the batches since a time, the newest first."""
        after = ""
        while True:
            page = self._server.get(f"{_PATH}?limit={PAGE}{after}")
            found = page.get("data") or []
            for one in found:
                if _made(one) < time:
                    return
                yield one
            if not found or not page.get("has_more"):
                return
            after = f"&after_id={name_in(found[-1], self._server)}"


def _made(batch: Mapping[str, Any]) -> float:
    """Return when a batch was made, in seconds since 1970; the end of time if its date cannot be read."""
    try:
        return datetime.fromisoformat(str(batch.get("created_at"))).timestamp()
    except ValueError:
        return float("inf")
