"""A server for `overhead` that answers every question after the same time, and notes when each came.

Its answers are ready-made bytes, so that it costs next to nothing. ``GET /log`` returns the times of arrival.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "overhead",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Good"},
            "logprobs": {
                "content": [
                    {
                        "token": "Good",
                        "logprob": -0.1,
                        "bytes": None,
                        "top_logprobs": [
                            {"token": f"{word}", "logprob": -0.1 - 2.4 * i, "bytes": None}
                            for i, word in enumerate(["Good", "Bad", *(f"w{j}" for j in range(18))])
                        ],
                    }
                ]
            },
        }
    ],
    "usage": {"prompt_tokens": 300, "completion_tokens": 1, "total_tokens": 301},
}
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def written(body: bytes) -> bytes:
    """Return an answer as it travels."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


READY = written(json.dumps(ANSWER).encode())


class Answering(asyncio.Protocol):
    """One connection: each request is answered `seconds` after its last byte."""

    seconds = 0.02
    arrivals: list[float]

    def __init__(self, arrivals: list[float], seconds: float) -> None:
        self.arrivals, self.seconds = arrivals, seconds
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the whole request is there."""
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < int(length[1] if length else 0):
            return
        self._held = b""
        if head.startswith(b"GET"):
            self._transport.write(written(json.dumps(self.arrivals).encode()))
            return
        self.arrivals.append(time.monotonic())
        asyncio.get_running_loop().call_later(self.seconds, self._transport.write, READY)


async def serve(port: int, seconds: float) -> None:
    """Serve until killed."""
    arrivals: list[float] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(arrivals, seconds), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
