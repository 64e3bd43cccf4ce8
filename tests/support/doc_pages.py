"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = sorted(str(path.relative_to(ROOT)) for path in DOCS.rglob("*.md"))
"""Pages of the site, such as "docs/guide/python.md"."""
PAGES = ["README.md", "CONTRIBUTING.md", *SITE]


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def shell_lines(*names: str) -> list[str]:
    """Return the distinct commands that pages show."""
    lines = [line for name in names for block in blocks(page(name), "sh") for line in block.splitlines()]
    return list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))


def prose(text: str) -> list[str]:
    """Return the lines of a page that are sentences: no code, no tables, no front matter, no mark of a list."""
    plain = re.sub(r"\A---\n.*?^---\n|^```.*?^```|<!--.*?-->", "", text, flags=re.M | re.S)
    lines = [re.sub(r"^\s*(?:[-*:]|\d+\.)\s+", "", line) for line in plain.splitlines()]
    return [
        re.sub(r"`[^`]*`", "x", line) for line in lines if line.strip() and not line.startswith(("|", "#", "!", "::"))
    ]
