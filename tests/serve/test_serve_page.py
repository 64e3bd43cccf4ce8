"""The page to try the service in a real browser: it asks, shows names as they are, loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from browser import Browser, browser, installed
from dialin import serve
from dialin.serve.app import PAGES, http_service
from dialin.serve.rules import Rules
from dialin.serve.server import settings_of_server
from dialin.web.serve import listening
from fake_run import Said, calls, fake_run
from nasty import SCRIPT
from service import API_KEY, shelf_of

SOURCES = Path(serve.__file__).parent / "pages"


def test_the_page_loads_nothing_from_elsewhere() -> None:
    for path in SOURCES.iterdir():
        text = path.read_text("utf-8")
        assert "http:" not in text
        assert "https:" not in text
        assert "//" not in text.replace("// ", "")
    assert {path.name for path in SOURCES.iterdir()} == {"docs.html", *(set(PAGES) - {"docs"})}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    said = [*calls(), *(Said(f"{SCRIPT} {i}", SCRIPT, f"s{i}", "customer") for i in range(4))]
    run = fake_run(tmp_path_factory.mktemp("page") / "run", said)
    app = http_service(shelf_of(run.folder), Rules(key=API_KEY), lambda _: None)
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(settings_of_server(app))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def page(url: str) -> Iterator[Browser]:
    if installed() is None:
        pytest.skip("no Chromium with its driver is here: apt-get install chromium chromium-driver")
    with browser() as opened:
        opened.send("url", url=f"{url}/docs")
        yield opened


def ask(page: Browser, texts: str, key: str, form: str = "/predict") -> None:
    page.run("document.getElementById('texts').value = arguments[0]", texts)
    page.run("document.getElementById('key').value = arguments[0]", key)
    page.run("document.getElementById('form').value = arguments[0]", form)
    page.run("document.getElementById('reply').textContent = ''; document.querySelector('button').click()")
    page.wait("document.getElementById('reply').textContent")


def rows(page: Browser) -> list[list[str]]:
    found: list[list[str]] = page.run(
        "return [...document.querySelectorAll('#rows tr')].map((row) => [...row.children].map((c) => c.textContent))"
    )
    return found


def test_the_page_asks_and_shows(page: Browser) -> None:
    ask(page, f"我的密码忘了一\n\n{SCRIPT} 1\nzzz", API_KEY)
    chinese, script, nothing = rows(page)
    assert chinese[:2] == ["我的密码忘了一", "重置-密码"]
    assert script[0] == f"{SCRIPT} 1"
    assert (nothing[1], nothing[3][:5]) == ("none", "far: ")
    assert page.run("return document.querySelectorAll('#rows script, #rows img').length") == 0
    assert page.run("return document.getElementById('problem').hidden")
    assert len(page.wait("[...document.querySelectorAll('#paths tr')].map((row) => row.textContent)")) == 9
    assert page.problems() == []


def test_the_page_shows_the_part_that_states_each_intent(page: Browser) -> None:
    """An emoji before it is two units of JavaScript, and one character of the place."""
    page.run("document.getElementById('multi').checked = true")
    ask(page, "😡 我的密码忘了一，顺便 money back, refund please 3 0\nrefund please", API_KEY)
    _, first, second, alone = rows(page)
    assert [first[0], second[0]] == ["😡 我的密码忘了一", "money back, refund please 3 0"]
    assert [first[1], second[1], alone[0]] == ["重置-密码", "request-refund", "refund please"]
    page.run("document.getElementById('multi').checked = false")


def test_the_page_shows_the_main_reason_of_a_dialogue(page: Browser) -> None:
    ask(page, "hello good morning\nwhere is my parcel number 1", API_KEY, "/dialogues")
    assert page.run("return document.getElementById('reason').textContent") == "Main reason: inquire-parcel"


def test_the_page_says_what_went_wrong(page: Browser) -> None:
    ask(page, "a", "")
    assert page.run("return document.getElementById('problem').textContent").startswith("401: give the API key")
    assert page.run("return document.getElementById('answers').hidden")
    page.problems()  # the browser logs each refused request


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read(page: Browser, scheme: str) -> None:
    """WCAG AA: a contrast of 4.5 between all text and what it stands on."""
    page.media(scheme)
    contrast = page.run(CONTRAST)
    assert min(contrast) >= 4.5


CONTRAST = """
const light = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((c) => {
    c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  });
  return .2126 * r + .7152 * g + .0722 * b;
};
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (c !== "rgba(0, 0, 0, 0)") return c;
  }
};
return ["h1", "h1 span", "p", "label", "textarea", "button", "a", "td", "th"].map((name) => {
  const e = document.querySelector(name);
  const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
  return (a + .05) / (b + .05);
});
"""
