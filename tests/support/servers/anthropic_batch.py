"""Anthropic's Message Batches: a list of questions goes up, hours later one file of results comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import httpx

from servers.anthropic import Anthropic, anthropic_fault, invalid
from servers.batches import DAY, HOUR, Body, Job
from servers.exchange import Asked, said


class AnthropicBatch(Anthropic):
    """Anthropic's Message Batches: results in no order, each succeeded, errored or expired.

    https://docs.anthropic.com/en/api/creating-message-batches
    https://docs.anthropic.com/en/api/retrieving-message-batch-results

    Parameters
    ----------
    clock : callable
        The time in seconds.
    hours : float
        Hours until all requests are done; those not done after 24 expire.
    """

    def __init__(self, clock: Callable[[], float], hours: float = 3.0, reached: float = 0.5) -> None:
        super().__init__()
        self.clock, self.hours, self.reached = clock, hours, reached
        self.jobs: dict[str, Job] = {}

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request about batches; all others as the chat server does."""
        found = re.fullmatch(r"/messages/batches(?:/([^/]+))?(?:/(results|cancel))?", asked.path)
        is_known = asked.headers.get("x-api-key") == self.key and "anthropic-version" in asked.headers
        if found is None or not is_known:
            return super().answer(asked)
        if found[1] is None:
            return (
                self._create(asked.body)
                if asked.method == "POST"
                else said({"data": list(map(self._shown, self.jobs))})
            )
        if found[1] not in self.jobs:
            return anthropic_fault("not_found_error", f"Could not find batch {found[1]}", 404)
        if found[2] == "results":
            return self._results(found[1])
        if found[2] == "cancel":
            self.jobs[found[1]].cancelled = self.clock()
        return said(self._shown(found[1]))

    def _create(self, body: Body) -> httpx.Response:
        lines: list[Body] = body.get("requests", [])
        ids = [str(line.get("custom_id")) for line in lines]
        if not lines or len(lines) > 100_000:
            return invalid("requests: List should have at least 1 item after validation, not 0")
        if not all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", key) for key in ids):
            return invalid("requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'")
        if len(set(ids)) < len(ids):
            return invalid("requests: custom_ids must be unique")
        name = f"msgbatch_{len(self.jobs) + 1}"
        self.jobs[name] = Job(lines, self.clock(), {})
        return said(self._shown(name))

    def _end_of(self, job: Job) -> float:
        """Return the age in seconds at which a batch ends."""
        return min(self.hours * HOUR, DAY) if job.cancelled is None else job.cancelled - job.made

    def _is_ended(self, job: Job) -> bool:
        return self.clock() - job.made >= self._end_of(job)

    def _n_reached(self, job: Job) -> int:
        is_whole = job.cancelled is None and self.hours <= 24
        return len(job.lines) if is_whole else int(len(job.lines) * self.reached)

    def _shown(self, name: str) -> Body:
        job = self.jobs[name]
        is_ended, n = self._is_ended(job), len(job.lines)
        if is_ended and not job.results:
            job.results = {
                line["custom_id"]: self.message(line["params"]) for line in job.lines[: self._n_reached(job)]
            }
        good = sum(answer.status_code == 200 for answer in job.results.values())
        left = n - len(job.results) if is_ended else 0
        counts = {"processing": 0 if is_ended else n, "succeeded": good, "errored": len(job.results) - good}
        counts |= {"canceled": left if job.cancelled else 0, "expired": 0 if job.cancelled else left}
        return {
            "id": name,
            "type": "message_batch",
            "processing_status": "ended" if is_ended else "in_progress",
            "request_counts": counts,
            "created_at": "2026-11-28T18:37:24.100435Z",
            "expires_at": "2026-11-29T18:37:24.100435Z",
            "ended_at": "2026-11-28T21:37:24.100435Z" if is_ended else None,
            "cancel_initiated_at": None,
            "archived_at": None,
            "results_url": f"{self.base}/messages/batches/{name}/results" if is_ended else None,
        }

    def _results(self, name: str) -> httpx.Response:
        job = self.jobs[name]
        if not self._is_ended(job):
            return anthropic_fault("not_found_error", "Batch results are not available yet", 404)
        self._shown(name)
        lines = [{"custom_id": line["custom_id"], "result": self._result(job, line)} for line in reversed(job.lines)]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        return httpx.Response(200, content=text.encode(), headers={"Content-Type": "application/x-jsonl"})

    def _result(self, job: Job, line: Body) -> Body:
        answer = job.results.get(line["custom_id"])
        if answer is None:
            return {"type": "canceled" if job.cancelled else "expired"}
        if answer.status_code == 200:
            return {"type": "succeeded", "message": answer.json()}
        return {"type": "errored", "error": answer.json()}
