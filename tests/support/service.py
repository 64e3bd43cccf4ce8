"""The HTTP service over a run made by hand, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from dialin.discover.connections import Connections
from dialin.serve.app import http_service
from dialin.serve.rules import Rules
from dialin.serve.served import Shelf
from scripted import HashingEmbedder, kinds_by_word

API_KEY = "a-key-of-24-letters-0000"
ADDRESS = "http://127.0.0.1:8378"
HOSTS = frozenset(["127.0.0.1:8378"])


def connections(embedder: Any = None) -> Connections:
    """Return the embedder of tests, and kinds by the first words of a text."""
    encode = (embedder or HashingEmbedder()).encode
    return Connections(None, encode, "test:hashing", "a test", kinds=kinds_by_word)


def shelf_of(folder: Path, notes: list[str] | None = None, embedder: Any = None) -> Shelf:
    """Return a shelf with a run; what it tells is added to the notes."""
    return Shelf(folder, lambda _: connections(embedder), ([] if notes is None else notes).append)


@contextmanager
def service_client(shelf: Shelf, notes: list[str] | None = None, **rules: Any) -> Iterator[TestClient]:
    """Give a client of the service while it runs."""
    app = http_service(shelf, Rules(hosts=HOSTS, **rules), ([] if notes is None else notes).append)
    with TestClient(app, base_url=ADDRESS) as client:
        yield client


def post(client: TestClient, path: str, value: object, status: int = 200) -> Any:
    """Send JSON and return the JSON of the reply."""
    reply = client.post(path, json=value)
    assert reply.status_code == status, reply.text
    return reply.json()
