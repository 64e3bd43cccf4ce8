"""OpenAI's batches: a file of questions goes up; within a day a file of answers and one of errors can be fetched."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from dialin.llm.batches.base import PAGE, SKEW, BatchRow, BatchState, Line, count_of, name_in
from dialin.llm.batches.register import OpenBatch
from dialin.llm.http import Server

_MARK = "dialin"
_ENDS = {"completed": "done", "expired": "expired", "cancelled": "cancelled", "failed": "failed"}
_TOO_MUCH = "token_limit_exceeded"
_OK = 200


class OpenAIBatches:
    """``/files`` and ``/batches``.

    Parameters
    ----------
    server : Server
        The server, with the user's key.
    """

    most_lines = 50_000
    most_bytes = 190_000_000  # a file may have 200 MB

    def __init__(self, server: Server) -> None:
        self._server = server

    def check(self) -> None:
        """Ask for the newest batch."""
        self._server.get("/batches?limit=1")

    def submit(self, lines: Sequence[Line], path: str, mark: str) -> str:
        """Send the questions as a file, then make a batch of it, whose metadata hold the mark."""
        endpoint = urlsplit(self._server.base_url).path + path
        wholes = [{"custom_id": key, "method": "POST", "url": endpoint, "body": body} for key, body in lines]
        content = "".join(json.dumps(whole) + "\n" for whole in wholes).encode("ascii")
        file = self._server.upload("/files", (f"dialin-{mark}.jsonl", content), {"purpose": "batch"})
        wanted = {"input_file_id": name_in(file, self._server), "endpoint": endpoint, "completion_window": "24h"}
        return name_in(self._server.post("/batches", wanted | {"metadata": {_MARK: mark}}), self._server)

    def find(self, batch: OpenBatch, others: Collection[str]) -> list[str]:  # noqa: ARG002  (the mark tells it apart)
        """Return the batch whose metadata hold the mark."""
        for found in self._newest_first():
            if (found.get("metadata") or {}).get(_MARK) == batch.mark:
                return [name_in(found, self._server)]
            if found.get("created_at", batch.time) < batch.time - SKEW:
                break
        return []

    def state(self, name: str) -> BatchState:
        """Return how far a batch is."""
        found = self._server.get(f"/batches/{name}")
        faults = (found.get("errors") or {}).get("data") or [{}]
        counts = found.get("request_counts") or {}
        return BatchState(
            end=_ENDS.get(str(found.get("status")), ""),  # type: ignore[arg-type]
            n_done=count_of(counts, "completed", "failed"),
            n=count_of(counts, "total"),
            why=str(faults[0].get("message") or faults[0].get("code") or ""),
            is_too_much=any(fault.get("code") == _TOO_MUCH for fault in faults),
        )

    def rows(self, name: str) -> Iterator[BatchRow]:
        """Yield the lines of both files."""
        found = self._server.get(f"/batches/{name}")
        for file in filter(None, (found.get("output_file_id"), found.get("error_file_id"))):
            yield from map(self._row, self._server.lines(f"/files/{file}/content"))

    def cancel(self, name: str) -> None:
        """Let the provider stop."""
        self._server.post(f"/batches/{name}/cancel", {})

    def _row(self, line: dict[str, Any]) -> BatchRow:
        key, response = str(line.get("custom_id")), line.get("response") or {}
        status, body = response.get("status_code"), response.get("body")
        if not isinstance(status, int) or not isinstance(body, dict):
            return BatchRow(key, None)
        return BatchRow(key, body if status == _OK else self._server.fault(status, body, ""))

    def _newest_first(self) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            page = self._server.get(f"/batches?limit={PAGE}{after}")
            found = page.get("data") or []
            yield from found
            if not found or not page.get("has_more"):
                return
            after = f"&after={name_in(found[-1], self._server)}"
