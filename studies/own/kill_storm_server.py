"""A scripted OpenAI-compatible server for `kill_storm`: it answers by topic, and logs each question once answered."""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

TOPICS = {
    "refund": "refund money back return payment",
    "parcel": "parcel delivery tracking courier shipped",
    "password": "password login account reset locked",
    "visit": "appointment technician visit booking schedule",
    "bill": "invoice bill charge statement fee",
}
DIMENSIONS = 32
SECONDS = 0.004
"""Time that an answer takes, so that a kill can find questions under way."""


def main() -> None:
    """Serve until killed; the arguments are the port and the file for the log."""
    server = QuietServer(("127.0.0.1", int(sys.argv[1])), handler_with(Log(Path(sys.argv[2]))))
    server.daemon_threads = True
    server.serve_forever()


class QuietServer(ThreadingHTTPServer):
    """A server that does not tell of clients that were killed."""

    request_queue_size = 128
    """Of the usual 5, a busy machine lets some calls at a time wait until they time out, after two minutes."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent."""


class Log:
    """One line for each question or text that costs money, in the order of the answers."""

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, Lock()

    def add(self, keys: list[str]) -> None:
        """Add the keys of what was asked."""
        with self._lock, self.path.open("a") as file:
            file.writelines(f"{key}\n" for key in keys)


def handler_with(log: Log) -> type[BaseHTTPRequestHandler]:
    """Return the handler of requests that logs to `log`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the word that its head arrived

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(SECONDS)
            log.add(list(keys_of(body)))
            data = json.dumps(answer_to(body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


def keys_of(body: dict[str, Any]) -> Iterator[str]:
    """Yield a key for each paid part of a request: "llm:" for a question, "text:" for a text to embed."""
    if "input" in body:
        yield from (f"text:{hashlib.sha256(text.encode()).hexdigest()}" for text in body["input"])
    else:
        yield question_key(body["messages"])


def question_key(messages: list[dict[str, str]]) -> str:
    """Return the key of a question, the same in the log and for a reply in a store."""
    return "llm:" + hashlib.sha256(json.dumps(messages).encode()).hexdigest()


def answer_to(body: dict[str, Any]) -> dict[str, Any]:
    """Return the scripted answer to a request."""
    if "input" in body:
        return {"data": [{"index": i, "embedding": vector(text)} for i, text in enumerate(body["input"])]}
    user = body["messages"][-1]["content"]
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
    text = named(user)
    if body.get("logprobs"):
        p = 0.9 if same_topic(user) else 0.1
        odds = {"Yes": p, "Good": p, "No": 1 - p, "Bad": 1 - p}
        top = [{"token": token, "logprob": math.log(value)} for token, value in odds.items()]
        text = "Yes" if p > 0.5 else "No"
        choice["logprobs"] = {"content": [{"token": text, "logprob": 0.0, "top_logprobs": top}]}
    choice["message"] = {"role": "assistant", "content": text}
    return {"choices": [choice], "usage": {"prompt_tokens": len(user) // 4, "completion_tokens": 4}}


def named(user: str) -> str:
    """Return a label, or a description, for the sentences in a prompt."""
    topics = Counter(topic_of(line) for line in listed(user))
    topic = topics.most_common(1)[0][0] if topics else "thing"
    return f"Customers ask about the {topic}." if "Quotes:" in user else f"inquire-{topic}"


def same_topic(user: str) -> bool:
    """Return whether all sentences of a prompt have one topic."""
    return len({topic_of(line) for line in listed(user)}) == 1


def listed(user: str) -> list[str]:
    """Return the sentences in a prompt."""
    return [line for line in user.split("\n") if re.match(r"(\d+:|-) ", line)]


def topic_of(text: str) -> str:
    """Return the topic with the most words in a text, "other" for none."""
    words = set(re.findall("[a-z]+", text.lower()))
    scores = {topic: len(words & set(known.split())) for topic, known in TOPICS.items()}
    best = max(scores, key=lambda topic: scores[topic])
    return best if scores[best] else "other"


def vector(text: str) -> list[float]:
    """Return the sum of the vectors of the words of a text, each made of the hash of the word."""
    total = [1e-3] * DIMENSIONS
    for word in re.findall("[a-z]+", text.lower()):
        total = [a + (b - 127.5) / 128 for a, b in zip(total, hashlib.sha256(word.encode()).digest(), strict=True)]
    return total


if __name__ == "__main__":
    main()
