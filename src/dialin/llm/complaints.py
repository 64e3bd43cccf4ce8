"""Reads the answers in which servers complain: the words, the status, and the wait that they ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import httpx

_WRONG_KEY = re.compile(r"API_KEY_INVALID|API key not valid")
_LOWEST, _HIGHEST, _BAD_GATEWAY = 400, 599, 502


def complaint(response: httpx.Response) -> str:
    """Return the error message in an answer: from the usual shapes of JSON, or the whole text.

    The name of the part that is refused stands before it in quotation marks, where a server gives one.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return response.text or response.reason_phrase
    first = body[0] if isinstance(body, list) and body else body  # Gemini sends a list of errors
    if not isinstance(first, dict):
        return str(body)
    if isinstance(first.get("detail"), list):
        return "; ".join(map(_validation_fault, first["detail"]))
    error = first.get("error", first)
    if not isinstance(error, dict):
        return str(error)
    part = f"'{error['param']}': " if isinstance(error.get("param"), str) else ""
    return part + str(error.get("message", error))


def _validation_fault(fault: Any) -> str:
    """Return a fault as FastAPI says it, without the input that it repeats."""
    if not isinstance(fault, dict):
        return str(fault)
    place = fault.get("loc") or [""]
    return f"'{place[-1] if isinstance(place, list) else place}': {fault.get('msg', '')}"


def status_in(answer: Mapping[str, Any]) -> int | None:
    """Return the status of the error in an answer that should have been a good one; None if it holds no error.

    OpenRouter and some proxies send errors with the status 200.

    Examples
    --------
    >>> status_in({"error": {"message": "busy", "code": 503}}), status_in({"error": "?"}), status_in({"choices": []})
    (503, 502, None)
    """
    error = answer.get("error")
    if not error or {"choices", "data"} & answer.keys():
        return None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and _LOWEST <= code <= _HIGHEST else _BAD_GATEWAY


def meant_status(response: httpx.Response) -> int:
    """Return the status of an answer; 401 for a wrong key, of which Gemini says 400."""
    is_wrong_key = response.is_client_error and _WRONG_KEY.search(response.text)
    return httpx.codes.UNAUTHORIZED if is_wrong_key else response.status_code


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait that headers ask for, written as a number or as a date; Azure gives milliseconds."""
    value, milliseconds = headers.get("retry-after", ""), headers.get("retry-after-ms", "")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if isfinite(seconds) else None


def wait_in_words(seconds: float) -> str:
    """Return a wait in hours or minutes.

    Examples
    --------
    >>> wait_in_words(86_400), wait_in_words(600)
    ('24.0 hours', '10 minutes')
    """
    hours = seconds / 3600
    return f"{hours:.1f} hours" if hours >= 1 else f"{seconds / 60:.0f} minutes"
