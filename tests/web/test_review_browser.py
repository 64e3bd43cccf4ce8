"""The review in a real browser: decided by mouse and keyboard, undone, and there again after the server was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from browser import Browser, browser, installed, typed
from dialin.review.edits import Accept
from dialin.review.log import DECISIONS
from dialin.runs.run import Run, load
from dialin.web.app import app_of
from dialin.web.connections import Limits
from dialin.web.serve import access_of, config_of, listening
from fake_run import calls, fake_run, note
from later_run import CANDIDATE, LISTED, NEW, later_run
from nasty import OVERRIDE, SCRIPT, nasty_calls

pytestmark = pytest.mark.skipif(
    installed() is None, reason="no Chromium with its driver is here: apt-get install chromium chromium-driver"
)
COMMAND = "from dialin.cli import main; import sys; main(sys.argv[1:])"


@contextmanager
def killed_in_the_end(folder: Path, user: str = "Ana") -> Iterator[str]:
    """Give the address of a review in a process of its own, which is killed in the end, as a crash would."""
    command = [sys.executable, "-c", COMMAND, "review", str(folder), "--port", "0", "--user", user]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as server:
        try:
            assert server.stdout
            yield server.stdout.readline().split()[-1]
        finally:
            server.kill()


@contextmanager
def served(folder: Path, user: str = "Ana") -> Iterator[str]:
    """Give the address of a review that this process serves: another one would take seconds to start."""
    with listening("127.0.0.1", 0) as listener:
        access = access_of("127.0.0.1", listener.getsockname()[1], user)
        server = uvicorn.Server(config_of(app_of(load(folder), access), Limits()))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{access.port}/?token={access.token}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return fake_run(tmp_path / "run", calls())


@pytest.fixture
def page(window: Browser, run: Run) -> Iterator[Browser]:
    with served(run.folder) as address:
        window.media("light")
        window.size(1280, 900)
        window.send("url", url=address)
        yield window
        assert window.problems() == []


def number(run: Run, name: str) -> int:
    return {known: i for i, known in run.found_names.items()}[name]


def names(run: Run) -> set[str]:
    """Return the names of the intents as the files have them now."""
    return set(load(run.folder).intents["name"].to_pylist())


def shown(page: Browser, query: str = "body") -> str:
    return str(page.run("return document.querySelector(arguments[0]).innerText", query))


def click(page: Browser, query: str) -> None:
    """Click what leads to another page, and wait for it."""
    page.run("window.isOld = true; document.querySelector(arguments[0]).click()", query)
    page.wait("!window.isOld && document.readyState === 'complete'")


def press(page: Browser, key: str) -> None:
    """Press a key that leads to another page, and wait for it."""
    page.run("window.isOld = true")
    page.press(key)
    page.wait("!window.isOld && document.readyState === 'complete'")


def visit(page: Browser, path: str) -> None:
    page.run("window.isOld = true; location.href = arguments[0]", path)
    page.wait("!window.isOld && document.readyState === 'complete'")


def test_intents_are_merged_by_mouse_and_parted_again_by_undo(page: Browser, run: Run) -> None:
    refund, parcel = number(run, "request-refund"), number(run, "inquire-parcel")
    assert page.run("return document.querySelector('#merge button').disabled")
    for intent in (refund, parcel):
        page.run(f"document.querySelector('input[name=others][value=\"{intent}\"]').click()")
    assert shown(page, "[data-chosen]") == "2 selected"
    page.run("document.querySelector('#merge [name=name]').value = 'ask-anything'")
    click(page, "#merge button")
    assert "ask-anything" in shown(page, "table")
    assert {"request-refund", "inquire-parcel"}.isdisjoint(shown(page, "table").split())
    assert "ask-anything" in names(run)
    press(page, "z")
    assert {"request-refund", "inquire-parcel"} <= set(shown(page, "table").split())
    assert {"request-refund", "inquire-parcel"} <= names(run)
    press(page, "Z")
    assert "ask-anything" in names(run)


def test_keys_accept_one_after_another(page: Browser, run: Run) -> None:
    page.press("j")
    page.press("Enter")
    page.wait("location.pathname.startsWith('/intent/')")
    first = page.run("return location.pathname")
    press(page, "a")
    second = page.run("return location.pathname")
    press(page, "a")
    assert first != second
    assert sum(entry.confirmed for entry in load(run.folder).review.intents.values()) == 2
    press(page, "g")
    assert "8 intents, 2 confirmed" in shown(page, ".head")


def test_a_name_in_chinese_is_typed_and_search_finds_it(page: Browser, run: Run) -> None:
    visit(page, f"/intent/{number(run, 'request-refund')}")
    page.press("r")
    assert page.run("return document.activeElement.name") == "name"
    page.run("document.activeElement.value = '申请-退款'")
    press(page, "Enter")
    assert shown(page, "h1") == "申请-退款"
    page.press("/")
    page.run("document.activeElement.value = '退款'")
    press(page, "Enter")
    assert "申请-退款" in shown(page, ".chips")


def test_chosen_sentences_move_and_become_noise(page: Browser, run: Run) -> None:
    refund = number(run, "request-refund")
    visit(page, f"/intent/{refund}")
    page.press("j", "x", "j", "x")
    assert shown(page, "[data-chosen]") == "2 selected"
    page.run("document.querySelector('#move [name=new]').value = 'ask-late-refund'")
    click(page, "#move button[value=move]")
    assert load(run.folder).review.members(refund).size == 7
    assert "ask-late-refund" in names(run)
    page.press("j", "x")
    press(page, "n")
    assert load(run.folder).review.members(refund).size == 6
    press(page, "u")
    assert "Sentences without an intent" in shown(page, "h1")
    assert "money back, refund please" in shown(page, ".lines")


def test_a_split_is_proposed_and_taken(page: Browser, run: Run) -> None:
    visit(page, f"/intent/{number(run, 'request-refund')}")
    press(page, "s")
    assert page.run("return document.querySelectorAll('.parts .card').length") == 2
    click(page, ".cuts a[href='?parts=3']")
    for i in range(3):
        page.run(f"document.querySelector('[name=name{i}]').value = 'refund-{i}'")
    press(page, "s")
    assert {"refund-0", "refund-1", "refund-2"} <= names(run)
    assert len(load(run.folder).review.labels) == len(run.corpus.texts)


def test_all_is_there_after_the_server_was_killed(window: Browser, run: Run) -> None:
    with killed_in_the_end(run.folder) as address:
        window.send("url", url=address)
        visit(window, f"/intent/{number(run, 'greet-agent')}")
        window.run("document.querySelector('form input[name=name]').value = 'say-hello'")
        click(window, "form:has([value=rename]) button")
    with served(run.folder, user="Ben") as address:
        window.send("url", url=address)
        assert "say-hello" in shown(window, "table")
        visit(window, "/log")
        assert "Ana" in shown(window, "table")
        assert window.run("return document.querySelectorAll('table form').length") == 1
    assert window.problems() == []


def test_two_people_lose_nothing(window: Browser, run: Run) -> None:
    """Ben's page is from before Ana's merge: what he says of the intent that is gone is refused, the rest is kept."""
    both = {number(run, "request-refund"), number(run, "inquire-parcel")}
    with served(run.folder) as ana, killed_in_the_end(run.folder, user="Ben") as ben, browser() as other:
        window.send("url", url=ana)
        other.send("url", url=ben)
        for intent in both:
            window.run(f"document.querySelector('input[name=others][value=\"{intent}\"]').click()")
        click(window, "#merge button")
        (gone,) = both - load(run.folder).review.intents.keys()
        click(other, f"button[form=accept][value='{gone}']")
        assert "Nothing was changed" in shown(other, ".card")
        click(other, ".card a.button")
        click(other, f"button[form=accept][value='{number(run, 'greet-agent')}']")
    state = load(run.folder).review
    assert len(state.active) == 2
    assert state.intents[number(run, "greet-agent")].confirmed


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, str]]:
    """Give a run that follows another one, and the address of its review."""
    run = later_run(tmp_path_factory.mktemp("later") / "run")
    with served(run.folder) as address:
        yield run, address


def test_lists_are_worked_through_with_keys(window: Browser, later: tuple[Run, str]) -> None:
    """Drifted intents: opened, accepted one after the other, and back to the list, which is empty then."""
    window.send("url", url=later[1])
    press(window, "4")
    assert window.run("return location.search") == "?list=drifted"
    assert shown(window, ".lists [aria-current]") == "Drifted 2"
    assert window.run("return document.querySelectorAll('[data-row]').length") == 2
    window.press("j")
    press(window, "Enter")
    assert "→" in shown(window, ".why")
    press(window, "a")
    assert "/intent/" in window.run("return location.href")
    press(window, "a")
    assert window.run("return location.pathname + location.search") == "/intents?list=drifted"
    assert "Nothing is left in this list" in shown(window, "main")
    for width in (1280, 390):
        window.size(width, 800)
        visit(window, "/")
        assert window.run("return document.documentElement.scrollWidth") <= width
    assert window.problems() == []


def test_what_another_decided_since_is_not_overruled(window: Browser, later: tuple[Run, str]) -> None:
    """Ben accepts the candidate while Ana's page is open: she cannot reject it; another one gets a listed name."""
    run, address = later
    candidate, new = number(run, CANDIDATE), number(run, NEW)
    window.send("url", url=address)
    press(window, "3")
    window.press("j")
    press(window, "Enter")
    note(run.folder / DECISIONS, "本", Accept(candidate))
    click(window, "button[value=reject]")
    assert f"本 accepted “{CANDIDATE}”" in shown(window, ".card")
    visit(window, f"/intent/{new}?list=new")
    suggested = window.run("return [...document.querySelector('input[name=name]').list.options].map((o) => o.value)")
    assert suggested == list(LISTED[:3])
    window.run("document.querySelector('input[name=name]').value = arguments[0]", suggested[1])
    click(window, "form:has([value=rename]) button")
    assert shown(window, "h1") == suggested[1]
    intents = load(run.folder).review.intents
    assert (intents[candidate].name, intents[candidate].candidate) == (CANDIDATE, False)
    assert (intents[new].name, intents[new].confirmed) == (suggested[1], True)
    (refused,) = window.problems()
    assert "409" in refused


def test_what_people_wrote_runs_nothing(window: Browser, tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", nasty_calls())
    with served(run.folder, user=SCRIPT) as address:
        window.send("url", url=address)
        assert SCRIPT in shown(window, "table")
        for path in ("/intent/0", "/intent/0/split", "/unassigned", "/log", "/search?q=again"):
            visit(window, path)
            assert window.run("return document.scripts.length") == 1
        assert OVERRIDE.split(" ")[0] in shown(window, ".lines") or window.run("return location.pathname") == "/search"
    assert window.problems() == []


def test_the_page_fits_a_laptop_and_a_phone(page: Browser, run: Run) -> None:
    for path in ("/", "/intent/0", "/intent/3/split", "/unassigned", "/log"):
        visit(page, path)
        for width in (1280, 400):
            page.size(width, 800)
            page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert page.run("return document.documentElement.scrollWidth") <= width, (path, width)


def test_keys_write_where_one_writes(page: Browser) -> None:
    """`a` in the search field is a letter there, not "accept"."""
    page.press("/")
    page.press("a", "z")
    assert page.run("return document.activeElement.value") == "az"
    page.press("Escape")
    assert page.run("return document.activeElement.tagName") == "BODY"


def test_search_is_a_search(page: Browser) -> None:
    page.run("document.querySelector('[name=q]').id = 'q'")
    typed(page, "q", "密码")
    press(page, "Enter")
    assert "我的密码忘了零" in shown(page, ".lines")
