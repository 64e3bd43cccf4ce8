"""Requests are answered together, within bounds, and as if each were alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from threading import Event, current_thread

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from dialin.runs.run import Run
from dialin.serve.batches import Batches, Told
from dialin.serve.questions import Inquiry, to_dialogues, to_predict
from dialin.serve.served import Shelf
from fake_run import calls, fake_run
from scripted import HashingEmbedder
from service import shelf_of


class Watched:
    """An embedder that notes what it is asked at once and where, and waits until it may answer."""

    name = "test:hashing"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.threads: set[str] = set()
        self.may_answer = Event()
        self.may_answer.set()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.may_answer.wait(20)
        self.asked.append(sorted(texts))
        self.threads.add(current_thread().name)
        return HashingEmbedder().encode(texts)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return fake_run(tmp_path_factory.mktemp("batches") / "run", calls(2))


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def shelf(run: Run, watched: Watched) -> Shelf:
    return shelf_of(run.folder, embedder=watched)


def about(*texts: str) -> Inquiry:
    return to_predict({"texts": list(texts)}, 1_000)


def dialogue(*texts: str) -> Inquiry:
    return to_dialogues({"dialogues": [{"turns": [{"text": text} for text in texts]}]}, 1_000)[1]


def ask_all(shelf: Shelf, questions: Sequence[Inquiry], max_waiting: int = 99) -> list[Told | BaseException]:
    """Ask all questions at once."""

    async def main() -> list[Told | BaseException]:
        batches = Batches(lambda: shelf.current, 0.05, max_waiting)
        async with batches.running():
            return await asyncio.gather(*map(batches.ask, questions), return_exceptions=True)

    return asyncio.run(main())


def test_requests_that_come_together_are_answered_together(shelf: Shelf, watched: Watched) -> None:
    found = ask_all(shelf, [about("a", "b"), about("c"), about("a")])
    assert watched.asked == [["a", "b", "c"]]
    assert [len(told.answers) for told in found if isinstance(told, Told)] == [2, 1, 1]
    assert all(name.startswith("dialin-model") for name in watched.threads)


def test_dialogues_are_answered_alone(shelf: Shelf, watched: Watched) -> None:
    """What is said next in one of them would else change the vector of the same sentence in another."""
    mine, other = dialogue("where is it", "my parcel 9"), dialogue("where is it", "a refund 9")
    together = ask_all(shelf, [mine, about("x"), other])
    alone = [ask_all(shelf, [question])[0] for question in (mine, about("x"), other)]
    assert watched.asked[:3] == [["x"], ["my parcel 9", "where is it"], ["a refund 9", "where is it"]]
    assert [t.answers for t in together if isinstance(t, Told)] == [t.answers for t in alone if isinstance(t, Told)]


def test_a_long_request_is_not_joined_by_more(shelf: Shelf, watched: Watched) -> None:
    ask_all(shelf, [about(*(f"a{i}" for i in range(300))), about("b")])
    assert [len(asked) for asked in watched.asked] == [300, 1]


def test_a_full_queue_refuses_and_goes_on(shelf: Shelf, watched: Watched) -> None:
    async def main() -> None:
        batches = Batches(lambda: shelf.current, 0.0, 2)
        watched.may_answer.clear()
        async with batches.running():
            first = asyncio.create_task(batches.ask(about("a")))
            await asyncio.sleep(0.1)  # now the model is at work
            waiting = [asyncio.create_task(batches.ask(about(text))) for text in "bc"]
            await asyncio.sleep(0.1)
            with pytest.raises(HTTPException) as refused:
                await batches.ask(about("d"))
            patient = asyncio.create_task(batches.ask(about("e"), patient=True))
            watched.may_answer.set()
            assert len(await asyncio.gather(first, *waiting, patient)) == 4
        assert (refused.value.status_code, (refused.value.headers or {})["Retry-After"]) == (503, "1")

    asyncio.run(main())
    assert watched.asked in ([["a"], ["b", "c"], ["e"]], [["a"], ["b", "c", "e"]])


def test_whoever_went_away_is_not_answered(shelf: Shelf, watched: Watched) -> None:
    async def main() -> Told:
        batches = Batches(lambda: shelf.current, 0.05, 9)
        async with batches.running():
            gone = asyncio.create_task(batches.ask(about("gone")))
            stays = asyncio.create_task(batches.ask(about("stays")))
            await asyncio.sleep(0)
            gone.cancel()
            return await stays

    assert len(asyncio.run(main()).answers) == 1
    assert watched.asked == [["stays"]]


def test_a_batch_that_fails_fails_for_all_of_it_and_no_other(run: Run) -> None:
    class Refusing(Watched):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise ValueError("no")

    first, second, blank = asyncio.run(ask_in_turn(shelf_of(run.folder, embedder=Refusing())))
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)
    assert isinstance(blank, Told)


async def ask_in_turn(shelf: Shelf) -> list[Told | BaseException]:
    batches = Batches(lambda: shelf.current, 0.02, 9)
    async with batches.running():
        failed = await asyncio.gather(batches.ask(about("a")), batches.ask(about("b")), return_exceptions=True)
        return [*failed, await batches.ask(about(""))]


def test_the_folder_of_a_run_has_its_name(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "calls-2024", calls(1))
    assert shelf_of(run.folder).current.name == "calls-2024"
