"""The pure parts of the kill storm: which advice it follows, and what it takes for a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies.own.kill_storm import Command, Storm, advice_in, differences, repeated, stores_of
from studies.own.kill_storm_server import answer_to, same_topic, vector

COMMAND = Command("discover", ("discover", "calls.csv", "--out", "new"), ("--more",))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("stopped; continue with: dialin resume 'my run'", ("resume", "my run", "--more")),
        (
            "new already holds a run (continue it with: dialin resume new; or choose another)",
            ("resume", "new", "--more"),
        ),
        ("cannot write new: No space left on device", None),
    ],
    ids=["stopped", "holds a run", "no advice"],
)
def test_it_follows_the_advice(tmp_path: Path, message: str, words: tuple[str, ...] | None) -> None:
    assert advice_in(f"dialin: error: {message}", COMMAND.words, COMMAND, tmp_path) == words


def test_it_deletes_what_the_message_says_to_delete(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").touch()
    message = "dialin: error: data.parquet already exists (delete it, or choose another --out)"
    assert advice_in(message, COMMAND.words, COMMAND, tmp_path) == COMMAND.words
    assert not (tmp_path / "data.parquet").exists()


def test_missing_extra_and_other_files_are_differences() -> None:
    found = differences({"a": b"1", "b": b"2"}, {"b": b"3", "c": b"4"})
    assert found == ["a is missing", "b differs", "c is left over"]


def test_a_question_that_was_paid_twice_is_found() -> None:
    assert repeated(["llm:1", "llm:2", "llm:1"]) == ["llm:1"]


def test_the_server_answers_by_topic() -> None:
    one, two = "1: refund my money\n2: return the payment", "1: refund my money\n2: my login is locked"
    assert (same_topic(one), same_topic(two)) == (True, False)
    answer = answer_to({"messages": [{"role": "user", "content": one}]})
    assert answer["choices"][0]["message"]["content"] == "inquire-refund"
    assert vector("refund") == vector("refund") != vector("parcel")


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (("discover", "calls.csv", "--out", "deep/new"), "deep/new"),
        (("demo", "--llm", "openai:x", "--out", "demo"), "demo"),
        (("resume", "capped"), "capped"),
        (("report", "reviewed"), None),
    ],
    ids=["discover", "demo", "resume", "asks nothing"],
)
def test_replies_are_looked_for_in_the_run_that_a_command_makes(
    tmp_path: Path, words: tuple[str, ...], run: str | None
) -> None:
    """A store that is left out would make its stored answers look as if they had been lost."""
    storm = object.__new__(Storm)
    storm.here = tmp_path
    own = [tmp_path / "work" / run] if run else []
    assert stores_of(storm, Command("", words)) == [tmp_path / "home", *own]
