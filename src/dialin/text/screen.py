"""Prints on a terminal without letting a text act on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from dialin.text.unseen import without_unseen


class SafeConsole(Console):
    """A console of rich whose texts move no cursor and turn no direction, wherever they come from.

    Such characters have no width, so tables keep their form without them.

    Parameters
    ----------
    stream : text stream
        Where it prints.
    options
        As for `rich.console.Console`.
    """

    def __init__(self, stream: IO[str], **options: Any) -> None:
        super().__init__(file=stream, highlight=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return what is printed, without those characters; what rich itself does to the screen stays."""
        for segment in super().render(renderable, options):
            is_text = segment.control is None
            yield Segment(without_unseen(segment.text), segment.style) if is_text else segment
