"""Keys that a server may echo, taken out of what it says."""

from __future__ import annotations

from typing import Any

_SECRET_LETTERS = 8


def without_secret(value: Any, key: str) -> Any:
    """Return JSON values without a key that the server may have echoed; a key of fewer than 8 letters is no secret.

    Local servers take words such as "none" as keys, and these stand in answers for other reasons.

    Examples
    --------
    >>> without_secret({"text": ["your key is sk-12345678", 3]}, "sk-12345678")
    {'text': ['your key is ***', 3]}
    """
    if len(key) < _SECRET_LETTERS:
        return value
    if isinstance(value, dict):
        return {without_secret(name, key): without_secret(inner, key) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_secret(inner, key) for inner in value]
    return value.replace(key, "***") if isinstance(value, str) else value
