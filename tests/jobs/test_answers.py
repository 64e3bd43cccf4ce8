"""What a run says about answers that could not be read and questions that were refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from conftest import Cli

from dialin.jobs.answers import answers_note
from dialin.llm.cache import StoredAnswer
from dialin.llm.remote import RemoteBackend, ServerOptions

GOOD, STRANGE = StoredAnswer("judge", "Good", (0.9, 0.1)), StoredAnswer("judge", "Well…", (0.0, 0.0))


@pytest.mark.parametrize(
    ("answers", "note"),
    [
        ([], ""),
        ([GOOD, GOOD, STRANGE], ""),
        ([STRANGE, STRANGE, GOOD], "2 of the LLM's 3 verdicts are unreadable; the first of them is 'Well…'."),
        ([STRANGE, STRANGE], "All of the LLM's 2 verdicts are unreadable; the first is 'Well…'."),
        ([GOOD, StoredAnswer("name", "", ())], "The LLM's only name is unreadable: empty."),
        ([StoredAnswer("name", "查询-退款", ()), StoredAnswer("describe", "?", ())], ""),
    ],
    ids=["none", "a few", "most", "all", "empty", "chinese"],
)
def test_answers_that_could_not_be_read_are_said_from_half_of_them_on(answers: list[StoredAnswer], note: str) -> None:
    assert answers_note(answers, []) == note


def test_a_long_answer_of_several_lines_is_cut() -> None:
    note = answers_note([StoredAnswer("name", "I\ncannot " + "x" * 200, ())], ["too long", "filtered"])
    assert note.startswith("The LLM's only name is unreadable: 'I cannot xxx")
    assert note.endswith("xxx…'. The server refused 2 questions: 'too long'.")


def served(monkeypatch: pytest.MonkeyPatch, handler: Callable[[dict[str, object]], httpx.Response]) -> None:
    """Put a handler of bodies in the place of every server."""
    transport = httpx.MockTransport(lambda request: handler(json.loads(request.content or b"{}")))
    backend = RemoteBackend("m", "http://127.0.0.1:1/v1", "", ServerOptions(transport=transport))
    monkeypatch.setattr("dialin.discover.connect.backend_of", lambda _: backend)


def test_a_run_whose_answers_cannot_be_read_says_so_at_the_end_and_does_not_pretend(
    cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served(monkeypatch, lambda _: httpx.Response(200, json={"choices": [{"message": {"content": "Banana?"}}]}))
    result = cli("discover", calls, "--out", "run", "--llm", "openai:m@http://127.0.0.1:1/v1", "--text", "text")
    assert result.exit_code == 0, result.output
    assert result.stdout.rstrip().endswith("are unreadable; the first is 'Banana?'.")
    assert "Banana?" in cli("show", "run").stdout
    assert "Banana?" in (Path("run") / "report.html").read_text("utf-8")
    assert "Banana?" in json.loads(cli("show", "run", "--json").stdout)["note"]


def test_a_question_that_is_refused_for_its_content_does_not_end_the_run(
    cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = {"error": {"message": "Filtered by the content management policy.", "code": "content_filter"}}
    every_other = cycle([True, False])

    def handler(body: dict[str, object]) -> httpx.Response:
        is_refused = next(every_other)
        if body and is_refused:
            return httpx.Response(400, json=refusal)
        return httpx.Response(200, json={"choices": [{"message": {"content": "check-order"}}]})

    served(monkeypatch, handler)
    result = cli("discover", calls, "--out", "run", "--llm", "openai:m@http://127.0.0.1:1/v1", "--text", "text")
    assert result.exit_code == 0, result.output
    assert "Filtered by the content management policy." in result.stdout
