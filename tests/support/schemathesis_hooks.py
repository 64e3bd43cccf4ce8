"""Lets schemathesis send NDJSON, which it does not know: SCHEMATHESIS_HOOKS=schemathesis_hooks schemathesis run …."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator]
def lines(_context: Any, value: Any) -> bytes:
    """Return a text as the text of one utterance; anything else is no NDJSON that the service takes."""
    return json.dumps({"text": value} if isinstance(value, str) else value).encode() + b"\n"
