"""The scripted server of `kill_storm`, with faults: a plan says which fault meets which question.

``POST /plan`` sets the plan; ``GET /faults`` says how many faults there were. A question counts as paid, and is logged,
once its whole answer has been sent; an answer that the network lost is nobody's fault, and is not.
"""

from __future__ import annotations

import hashlib
import json
import random
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Lock
from typing import Any

from studies.own.kill_storm_server import SECONDS, Log, QuietServer, answer_to, keys_of

LASTING = ("content filter", "too long")
"""Faults that meet the same questions each time; the others pass."""
REVOKED = "key revoked"
SLOW_SECONDS = 0.15
ONE_IN = 9
"""Of so many questions, one has the content that a filter stops."""


@dataclass
class Plan:
    """Which questions meet a fault.

    Parameters
    ----------
    kind : str
        The fault; "" for none.
    seed : int
        Draws the questions.
    share : float
        Of the questions, how many meet it.
    most : int
        Most faults; for a revoked key, the requests that are answered before it is.
    first : int
        The request that certainly meets it, from 0.
    """

    kind: str = ""
    seed: int = 0
    share: float = 0.2
    most: int = 10
    first: int = 0
    n_asked: int = 0
    n_faults: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    def strikes(self, keys: list[str]) -> bool:
        """Return whether this request meets the fault."""
        with self.lock:
            self.n_asked += 1
            struck = self._strikes(keys)
            self.n_faults += struck
            return struck

    def _strikes(self, keys: list[str]) -> bool:
        if not self.kind:
            return False
        if self.kind == REVOKED:
            return self.n_asked > self.most
        if self.kind in LASTING:
            return any(key.startswith("llm:") and drawn(key, self.seed) % ONE_IN == 0 for key in keys)
        is_drawn = self._rng.random() < self.share
        return self.n_faults < self.most and (is_drawn or self.n_asked - 1 == self.first)


def drawn(key: str, seed: int) -> int:
    """Return a number that depends on a question and a seed alone."""
    return int.from_bytes(hashlib.sha256(f"{seed} {key}".encode()).digest()[:4], "big")


# --- the faults: what each sends ------------------------------------------------------------------

Sent = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def as_json(status: int, body: object, **headers: str) -> Sent:
    """Return an answer in JSON; a header's underscores are hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/json", **names}, json.dumps(body).encode()


def busy(**headers: str) -> Callable[[dict[str, Any]], Sent]:
    """Return the fault of a server that has too much to do."""
    return lambda _: as_json(429, {"error": {"message": "Rate limit reached", "type": "requests"}}, **headers)


def broken(status: int) -> Callable[[dict[str, Any]], Sent]:
    """Return the fault of a server that fails, in JSON."""
    return lambda _: as_json(status, {"error": {"message": "The server had an error", "type": "server_error"}})


def web_page(status: int) -> Callable[[dict[str, Any]], Sent]:
    """Return the fault of a proxy that sends a page."""
    return lambda _: (status, {"Content-Type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>")


def in_an_hour(_: dict[str, Any]) -> Sent:
    """Return a 429 with a date."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    return busy(Retry_After=soon)({})


def cut_off(body: dict[str, Any]) -> Sent:
    """Return the first half of an answer, as if it were whole."""
    whole = json.dumps(answer_to(body)).encode()
    return 200, {"Content-Type": "application/json"}, whole[: len(whole) // 2]


def without(body: dict[str, Any]) -> Sent:
    """Return an answer without choices, or without vectors."""
    return as_json(200, {"data": []} if "input" in body else {"choices": [], "usage": {}})


def null(body: dict[str, Any]) -> Sent:
    """Return an answer whose content is null."""
    if "input" in body:
        return as_json(200, {"data": [{"index": i, "embedding": None} for i, _ in enumerate(body["input"])]})
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": None}}
    return as_json(200, {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 0}})


def error_in_200(_: dict[str, Any]) -> Sent:
    """Return an error with status 200."""
    return as_json(200, {"error": {"message": "Provider returned error", "code": 502}})


def filtered(_: dict[str, Any]) -> Sent:
    """Return the refusal of a question for its content."""
    message = "The response was filtered due to the prompt triggering the content management policy."
    return as_json(400, {"error": {"message": message, "param": "prompt", "code": "content_filter", "status": 400}})


def too_long(_: dict[str, Any]) -> Sent:
    """Return the refusal of a question for its length."""
    message = "This model's maximum context length is 512 tokens. However, your messages resulted in 612 tokens."
    return as_json(400, {"error": {"message": message, "param": "messages", "code": "context_length_exceeded"}})


def revoked(_: dict[str, Any]) -> Sent:
    """Return the refusal of a key."""
    return as_json(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}})


ANSWERS: dict[str, Callable[[dict[str, Any]], Sent]] = {
    "500": broken(500),
    "502 page": web_page(502),
    "503": broken(503),
    "504 page": web_page(504),
    "529": broken(529),
    "429 seconds": busy(Retry_After="1"),
    "429 date": in_an_hour,
    "429 ms": busy(Retry_After_Ms="700"),
    "429 alone": busy(),
    "cut JSON": cut_off,
    "page in 200": web_page(200),
    "no choices": without,
    "null content": null,
    "error in 200": error_in_200,
    "content filter": filtered,
    "too long": too_long,
    REVOKED: revoked,
}
"""Faults that are an answer."""
LINES = ("drop", "reset", "half an answer", "slow")
"""Faults of the line."""


def handler_with(log: Log) -> type[BaseHTTPRequestHandler]:
    """Return the handler of requests that logs what was paid to `log`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        plan = Plan()

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            self._send(as_json(200, {"faults": Handler.plan.n_faults, "asked": Handler.plan.n_asked, "data": []}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/plan":
                Handler.plan = Plan(**body)
                self._send(as_json(200, {}))
                return
            keys, plan = list(keys_of(body)), Handler.plan
            time.sleep(SECONDS)
            if not plan.strikes(keys):
                self._answer(body, keys)
            elif plan.kind in ANSWERS:
                self._send(ANSWERS[plan.kind](body))
            else:
                self._fail(plan.kind, body, keys)

        def _answer(self, body: dict[str, Any], keys: list[str]) -> None:
            self._send(as_json(200, answer_to(body)))
            log.add(keys)

        def _fail(self, kind: str, body: dict[str, Any], keys: list[str]) -> None:
            """Let the line fail."""
            if kind == "slow":
                time.sleep(SLOW_SECONDS)
                self._answer(body, keys)
                return
            if kind == "half an answer":
                data = as_json(200, answer_to(body))[2]
                self.wfile.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data[: len(data) // 2])
                )
            if kind == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.wfile.flush()
            self.connection.close()

        def _send(self, sent: Sent) -> None:
            status, headers, data = sent
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


if __name__ == "__main__":
    server = QuietServer(("127.0.0.1", int(sys.argv[1])), handler_with(Log(Path(sys.argv[2]))))
    server.daemon_threads = True
    server.serve_forever()
