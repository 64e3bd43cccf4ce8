"""The choices of who finds what must not be seen, without what they need to find it."""

from __future__ import annotations

from typing import Literal, get_args

EngineName = Literal["off", "rules", "presidio", "gliner"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
OFF: EngineName = "off"
