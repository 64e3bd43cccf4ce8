"""The prediction counts aloud, and Ctrl-C does not wait for a slow model."""

from __future__ import annotations

import os
import signal
import sys
from threading import Event, Timer, current_thread
from threading import enumerate as enumerate_threads

import pytest

from dialin.cli.progress import Meter
from dialin.jobs.counting_llm import CountingLLM
from dialin.jobs.estimate import N_TIMED, interruptible, pace_of
from dialin.llm.base import Reply, Request
from dialin.llm.threads import THREADS
from dialin.prompts.prompt import Prompt
from scripted import ScriptedBackend

PROMPTS = [Prompt("Is this one intent?", (), f"- sentence {i}") for i in range(20)]


def test_each_question_is_counted_once() -> None:
    told = list[int]()
    llm = CountingLLM("m", on_question=told.append)
    llm.choose(PROMPTS[:3], ["yes", "no"])
    llm.choose(PROMPTS[:2], ["yes", "no"])
    llm.complete(PROMPTS[:1], 8)
    assert told == [1, 2, 3, 3, 3, 4]


def test_the_replies_of_a_local_model_are_counted_to_their_number() -> None:
    """Of 20 questions with options and 2 without, at most 7 and 2 are timed."""
    requests = [*(Request(prompt, ("Good", "Bad")) for prompt in PROMPTS), *(Request(p, (), 8) for p in PROMPTS[:2])]
    told, kept = list[tuple[int, int | None]](), list[Reply]()
    pace_of(ScriptedBackend(), requests, lambda _, reply: kept.append(reply), lambda n, of: told.append((n, of)))
    n = len(kept)
    assert N_TIMED < n <= N_TIMED + 3
    assert told == [(i, n) for i in range(n + 1)]


def test_the_meter_says_when_the_local_model_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter() as meter:
        meter.step("predict")
        for n, of in ((1, None), (2, None), (0, 9), (1, 9), (9, 9)):
            meter.counted(n, of)
    assert capsys.readouterr().err.splitlines() == ["predicting calls and time", "timing the local model"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to this process alone")
def test_an_interrupt_does_not_wait_for_the_reply() -> None:
    may_end = Event()

    def slow() -> Reply:
        may_end.wait(60)
        return Reply("", (), 0, 0)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, a shell has it ignored
    Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            interruptible(slow)
    finally:
        may_end.set()
        signal.signal(signal.SIGINT, before)


def test_the_thread_that_is_left_has_the_name_that_the_command_line_looks_for() -> None:
    names = list[str]()

    def name_of() -> Reply:
        names.append(current_thread().name)
        return Reply("", (), 0, 0)

    interruptible(name_of)
    assert names[0].startswith(THREADS)


def test_no_thread_is_left_behind_a_reply() -> None:
    """The command line ends the process where such a thread is left, for it would wait for an answer."""
    before = {*enumerate_threads()}  # those of other tests may still end
    for _ in range(20):
        interruptible(lambda: Reply("", (), 0, 0))
        assert not any(thread.name.startswith(THREADS) for thread in {*enumerate_threads()} - before)
