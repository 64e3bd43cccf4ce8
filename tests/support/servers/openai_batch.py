"""OpenAI's batches: a file of questions goes up, hours later two files of answers and errors come back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from typing import ClassVar

import httpx

from servers.batches import DAY, HOUR, Body, Job
from servers.chat import fault
from servers.exchange import Asked, said
from servers.openai import OpenAIChat


class OpenAIBatch(OpenAIChat):
    """OpenAI's files and batches.

    A batch is validated for a minute, in progress for `hours`, finalised for a minute. Lines that have not been
    reached after 24 hours expire. Output and errors are two files of JSON lines, in no order.

    https://platform.openai.com/docs/api-reference/batch
    https://platform.openai.com/docs/guides/batch

    Parameters
    ----------
    clock : callable
        The time in seconds.
    hours : float
        Hours until all lines are done.
    reached : float
        Share of the lines that are reached before the batch expires, where `hours` is above 24.
    """

    most_lines: ClassVar[int] = 50_000

    def __init__(self, clock: Callable[[], float], hours: float = 3.0, reached: float = 0.5) -> None:
        super().__init__()
        self.clock, self.hours, self.reached = clock, hours, reached
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, Job] = {}

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request about files and batches; all others as the chat server does."""
        if asked.key != self.key:
            return self.no_entry(asked)
        file = re.fullmatch(r"/files(?:/([^/]+)/content)?", asked.path)
        batch = re.fullmatch(r"/batches(?:/([^/]+))?(/cancel)?", asked.path)
        if file:
            return self._upload(asked) if asked.method == "POST" else self._content(file[1])
        return self._batch(asked, batch[1], bool(batch[2])) if batch else super().answer(asked)

    def _batch(self, asked: Asked, name: str | None, is_cancelled: bool) -> httpx.Response:
        """Answer a request about one batch, or about all."""
        if name is None and asked.method == "POST":
            return self._create(asked.body)
        if name is None:
            return said({"object": "list", "data": [self._shown(key) for key in self.jobs], "has_more": False})
        if name not in self.jobs:
            return said(fault(f"No batch found with id '{name}'."), 404)
        if is_cancelled:
            self.jobs[name].cancelled = self.clock()
        return said(self._shown(name))

    def _upload(self, asked: Asked) -> httpx.Response:
        """Keep a file that came as a form in several parts."""
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        form = message_from_bytes(head + asked.content, policy=HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        if "file" not in parts or "purpose" not in parts:
            return said(fault("'file' and 'purpose' are required properties"), 400)
        name, data = f"file-{len(self.files) + 1}", parts["file"].get_payload(decode=True)
        assert isinstance(data, bytes)
        self.files[name] = data
        filename, purpose = parts["file"].get_filename(), parts["purpose"].get_content().strip()
        return said({"id": name, "object": "file", "bytes": len(data), "filename": filename, "purpose": purpose})

    def _content(self, name: str | None) -> httpx.Response:
        if name is None or name not in self.files:
            return said(fault(f"No such File object: {name}"), 404)
        return httpx.Response(200, content=self.files[name], headers={"Content-Type": "application/octet-stream"})

    def _create(self, body: Body) -> httpx.Response:
        missing = [name for name in ("input_file_id", "endpoint", "completion_window") if name not in body]
        if missing or body["input_file_id"] not in self.files:
            return said(fault(f"Missing required parameter: '{(missing or ['input_file_id'])[0]}'."), 400)
        if body["completion_window"] != "24h":
            return said(fault("Invalid value: only '24h' is supported.", param="completion_window"), 400)
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines() if line.strip()]
        name = f"batch_{len(self.jobs) + 1}"
        self.jobs[name] = Job(lines, self.clock(), dict(body))
        return said(self._shown(name))

    def _wrong(self, job: Job) -> list[Body]:
        """Return what is wrong with the lines of a batch, which fails for it."""
        ids, found = set[str](), list[Body]()
        for number, line in enumerate(job.lines, 1):
            missing = [name for name in ("custom_id", "method", "url", "body") if name not in line]
            if missing:
                found.append({"code": "missing_required_parameter", "param": missing[0], "line": number})
            elif line["custom_id"] in ids:
                found.append({"code": "duplicate_custom_id", "param": "custom_id", "line": number})
            elif line["url"] != job.fields["endpoint"]:
                found.append({"code": "mismatched_endpoint", "param": "url", "line": number})
            ids.add(line.get("custom_id", ""))
        if not job.lines or len(job.lines) > self.most_lines:
            found.append({"code": "empty_file" if not job.lines else "too_many_tasks", "param": None, "line": None})
        return [error | {"message": f"line {error['line']}: {error['code']}"} for error in found]

    def _status(self, job: Job) -> str:
        """Return the state of a batch by its age."""
        age = self.clock() - job.made
        if self._wrong(job):
            return "validating" if age < 60 else "failed"
        if job.cancelled is not None:
            return "cancelling" if self.clock() - job.cancelled < 60 else "cancelled"
        if age >= DAY and self.hours * HOUR > DAY:
            return "expired"
        steps = ((60, "validating"), (self.hours * HOUR, "in_progress"), (self.hours * HOUR + 60, "finalizing"))
        return next((state for end, state in steps if age < end), "completed")

    def _shown(self, name: str) -> Body:
        """Return a batch as it is now; the first look after its end writes its files."""
        job = self.jobs[name]
        status, wrong = self._status(job), self._wrong(job)
        if status in {"completed", "expired", "cancelled"} and "output_file_id" not in job.fields:
            self._end(name, job, status)
        done = [answer.status_code == 200 for answer in job.results.values()]
        return {
            "id": name,
            "object": "batch",
            "endpoint": job.fields["endpoint"],
            "errors": {"object": "list", "data": wrong} if status == "failed" else None,
            "input_file_id": job.fields["input_file_id"],
            "completion_window": "24h",
            "status": status,
            "output_file_id": job.fields.get("output_file_id"),
            "error_file_id": job.fields.get("error_file_id"),
            "created_at": int(job.made),
            "expires_at": int(job.made + DAY),
            "request_counts": {"total": len(job.lines), "completed": sum(done), "failed": len(done) - sum(done)},
            "metadata": job.fields.get("metadata"),
        }

    def _end(self, name: str, job: Job, status: str) -> None:
        """Answer the lines that were reached, and write the two files; the last line comes first."""
        n = len(job.lines) if status == "completed" else int(len(job.lines) * self.reached)
        job.results = {line["custom_id"]: self.chat(line["body"]) for line in job.lines[:n]}
        good, bad = list[Body](), list[Body]()
        for number, line in reversed(list(enumerate(job.lines))):
            key = line["custom_id"]
            entry: Body = {"id": f"batch_req_{number}", "custom_id": key, "response": None, "error": None}
            if key in job.results:
                answer = job.results[key]
                response = {"status_code": answer.status_code, "request_id": f"req_{number}", "body": answer.json()}
                (good if answer.status_code == 200 else bad).append(entry | {"response": response})
            else:
                message = "This request could not be executed before the completion window expired."
                bad.append(entry | {"error": {"code": f"batch_{status}", "message": message}})
        job.fields |= {"output_file_id": None, "error_file_id": None}
        for kind, entries in (("output", good), ("error", bad)):
            if entries:
                self.files[f"file-{name}-{kind}"] = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
                job.fields[f"{kind}_file_id"] = f"file-{name}-{kind}"
