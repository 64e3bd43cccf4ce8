"""What an importer says, before any source is read."""

from __future__ import annotations

from dialin.read.importers.base import Dialogue, SourceTurn


def test_what_a_source_does_not_tell_is_empty() -> None:
    dialogue = Dialogue("a", (SourceTurn("hello"),))
    assert (dialogue.date, dict(dialogue.outcomes), dict(dialogue.left_out)) == ("", {}, {})
    assert (dialogue.turns[0].role, dialogue.turns[0].start) == ("", None)
