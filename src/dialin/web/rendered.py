"""The templates of the pages, and the files beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources

import jinja2
from starlette.requests import Request
from starlette.responses import Response

from dialin.judge.certainty import with_certainty

ASSETS = {"style.css": "text/css", "review.js": "text/javascript", "icon.svg": "image/svg+xml"}


@cache
def page_templates() -> jinja2.Environment:
    """Return the environment of the templates, which escapes all that it is given."""
    loader = jinja2.PackageLoader("dialin.web")
    made = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["with_certainty"] = with_certainty
    return made


def asset_of(name: str) -> Callable[[Request], Response]:
    """Return the handler of a file beside the templates."""
    text = resources.files("dialin.web").joinpath("templates", name).read_text("utf-8")
    return lambda _: Response(text, media_type=ASSETS[name])
