"""The keys of an annotation in a real browser, where one is installed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from browser import Browser, browser, installed
from dialin.review.edits import Merge, Move, Noise, Rename, Undo, Vote
from dialin.review.log import read_log
from dialin.runs.run import load
from dialin.web.app import app_of
from dialin.web.serve import access_of, listening
from fake_run import note

pytestmark = pytest.mark.skipif(installed() is None, reason="needs Chromium and its driver")


READY = "document.readyState === 'complete'"  # the keys work from then on


@contextmanager
def window(folder: Path) -> Iterator[Browser]:
    """Give a browser in which Ana has entered the page of an annotation."""
    with listening("127.0.0.1", 0) as listener:
        access = access_of("127.0.0.1", listener.getsockname()[1], "Ana", 1)
        server = uvicorn.Server(uvicorn.Config(app_of(load(folder), access), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            with browser() as page:
                page.send("url", url=f"http://127.0.0.1:{access.port}/?token={access.token}")
                yield page
        finally:
            server.should_exit = True
            thread.join()


def heading(page: Browser, text: str) -> None:
    page.wait(f"{READY} && document.querySelector('h1')?.textContent.includes(arguments[0])", text)


def last(page: Browser, text: str) -> None:
    """Wait for a page that says this of the last decision."""
    page.wait(f"{READY} && document.querySelector('.last')?.textContent.includes(arguments[0])", text)


def test_all_steps_work_by_keys(folder: Path) -> None:
    log = folder / "decisions.jsonl"
    with window(folder) as page:
        page.press("y")
        heading(page, "Who are you?")
        page.press("Enter")  # the name of the command stands there
        heading(page, "Cluster 0")
        page.press("y")
        heading(page, "Cluster 1")
        page.press("b")
        heading(page, "Cluster 2")
        page.press("z")
        heading(page, "Cluster 1")
        page.press("b")
        heading(page, "Cluster 2")
        assert [e.edit for e in read_log(log)[1:]] == [
            *(Vote(0, good=True), Vote(1, good=False)),
            *(Undo(4), Vote(1, good=False)),
        ]
        for intent in range(9):
            for by in ("Ben", "Eva"):
                note(log, by, Vote(intent, good=intent != 1))
        page.run("location.href = '/naming'")
        heading(page, "What do these sentences want?")
        page.press("t", *"cancel-order", "Enter")
        last(page, "cancel-order")
        page.press("1")
        last(page, "merged")
        assert [e.edit for e in read_log(log)[-2:]] == [Rename(0, "cancel-order"), Merge(0, (2,))]

        page.run("location.href = '/share-out'")
        heading(page, "Cluster 1 was found bad")
        page.press("1")
        last(page, "moved 1")
        page.press("x", "j", "x", "t", *"new-one", "Enter")
        last(page, "moved 2")
        page.press("*", "n")
        last(page, "noise")
        one, two, rest = (e.edit for e in read_log(log)[-3:])
        assert isinstance(one, Move)
        assert one.intent == 0
        assert isinstance(two, Move)
        assert two.name == "new-one"
        assert isinstance(rest, Noise)
        state = load(folder).review
        assert not state.void
        assert len(state.members(1)) == 0
        assert page.problems() == []
