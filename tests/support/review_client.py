"""A client of the review page, and what it reads in the HTML."""

from __future__ import annotations

from html.parser import HTMLParser

TOKEN = "a-token"


BASE = "http://127.0.0.1:8377"


class Elements(HTMLParser):
    """Start tags of a page, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
