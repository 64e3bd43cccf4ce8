"""The report in a real browser: its map can be hovered, searched, zoomed and walked by keyboard, its table sorted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, browser, installed, typed
from dialin.report.html import write_report
from fake_run import Said, calls, fake_run, reviewed_run
from nasty import OVERRIDE, SCRIPT, nasty_calls

pytestmark = pytest.mark.skipif(
    installed() is None, reason="no Chromium with its driver is here: apt-get install chromium chromium-driver"
)


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = fake_run(tmp_path_factory.mktemp("report") / "run", calls())
    return run.folder / "report.html"


@pytest.fixture
def page(window: Browser, report: Path) -> Iterator[Browser]:
    window.media("light")
    window.size(1280, 900)
    window.open(report)
    window.run("document.documentElement.style.scrollBehavior = 'auto'")
    yield window
    assert window.problems() == []


def text_of(page: Browser, element: str) -> str:
    return str(page.run("return document.getElementById(arguments[0]).innerText", element))


def place_of(page: Browser, sentence: str) -> tuple[float, float]:
    """Return where the point of a sentence is in the window, once the map is in view."""
    script = """
        const data = JSON.parse(document.getElementById("data").textContent);
        const canvas = document.getElementById("canvas");
        canvas.scrollIntoView({ block: "center" });
        const [left, top] = canvas.placeOf(data.t.indexOf(arguments[0])), box = canvas.getBoundingClientRect();
        return [box.left + left, box.top + top];
    """
    left, top = page.run(script, sentence)
    return left, top


def pixels(page: Browser) -> list[str]:
    """Return the colours of the map, the most frequent first."""
    script = """
        const canvas = document.getElementById("canvas"), counts = new Map();
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4) {
          const colour = [data[i], data[i + 1], data[i + 2]].join(" ");
          counts.set(colour, (counts.get(colour) || 0) + 1);
        }
        return [...counts.entries()].sort((a, b) => b[1] - a[1]).map((entry) => entry[0]);
    """
    return [str(colour) for colour in page.run(script)]


# --- the map ------------------------------------------------------------------------------------------


def test_a_point_says_its_sentence_and_intent(page: Browser) -> None:
    page.move(*place_of(page, "hello good morning"))
    page.wait("!document.getElementById('tip').hidden")
    assert text_of(page, "tip").splitlines() == ["greet-agent", "hello good morning", "customer · said 21 times"]
    page.move(5, 5)
    page.wait("document.getElementById('tip').hidden")


def test_a_click_shows_an_intent_alone_and_escape_all(page: Browser) -> None:
    page.move(*place_of(page, "hello good morning"), click=True)
    page.wait("document.getElementById('map-status').textContent")
    assert text_of(page, "map-status") == "1 sentence in 1 intent"
    page.run("document.getElementById('canvas').focus()")
    page.press("Escape")
    page.wait("!document.getElementById('map-status').textContent")


def test_search_finds_sentences_in_any_language(page: Browser) -> None:
    typed(page, "map-search", "密码")
    page.wait("document.getElementById('map-status').textContent")
    assert text_of(page, "map-status") == "7 sentences in 2 intents"
    listed = text_of(page, "map-list")
    assert "重置-密码" in listed
    assert "我的密码忘了零" in listed
    assert "request-refund" not in listed
    page.press("Escape")
    page.wait("document.getElementById('map-list').innerText.includes('request-refund')")


def test_roles_can_be_told_apart(page: Browser) -> None:
    page.run("const r = document.getElementById('map-role'); r.selectedIndex = 1; r.dispatchEvent(new Event('change'))")
    assert text_of(page, "map-status") == "3 sentences in 3 intents"


def test_wheel_and_keys_zoom_and_move(page: Browser) -> None:
    def distance() -> float:
        a, b = place_of(page, "hello good morning"), place_of(page, "thanks, bye")
        return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)

    start = distance()
    page.run("document.getElementById('canvas').focus()")
    page.press("+")
    assert distance() == pytest.approx(1.5 * start, rel=1e-3)
    left = place_of(page, "thanks, bye")[0]
    page.press("Right")
    assert place_of(page, "thanks, bye")[0] == pytest.approx(left - 60, abs=1)
    page.wheel(500, 450, by=200)
    assert distance() < 1.5 * start
    page.press("0")
    assert distance() == pytest.approx(start, rel=1e-3)


def test_the_wheel_scrolls_the_page_until_the_map_is_chosen(page: Browser) -> None:
    place_of(page, "thanks, bye")
    before = page.run("return scrollY")
    page.wheel(500, 450, by=200)
    page.wait("scrollY > arguments[0]", before)


def test_the_list_beside_the_map_works_by_keyboard(page: Browser) -> None:
    page.run("document.querySelector('#map-list button').focus()")
    page.press("Enter")
    page.wait("document.activeElement.getAttribute('aria-pressed') === 'true'")
    assert text_of(page, "map-status") == "1 sentence in 1 intent"
    page.press("Enter")
    page.wait("!document.getElementById('map-status').textContent")


def test_the_map_is_dark_in_the_dark_and_light_on_paper(page: Browser) -> None:
    assert pixels(page)[0] == "255 255 255"
    page.media("dark")
    page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(17, 20, 24)'")
    page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert pixels(page)[0] == "25 29 35"
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert pixels(page)[0] == "255 255 255"
    page.run("dispatchEvent(new Event('afterprint'))")
    assert pixels(page)[0] == "25 29 35"


# --- the table ----------------------------------------------------------------------------------------


def ids(page: Browser) -> list[int]:
    script = "return [...document.querySelectorAll('#table tbody:not([hidden])')].map((row) => +row.dataset.id)"
    return [int(number) for number in page.run(script)]


def sorted_by(page: Browser, key: str) -> list[int]:
    page.run("document.querySelector(`#table button[data-key=${arguments[0]}]`).click()", key)
    return ids(page)


def test_the_table_sorts_both_ways(page: Browser) -> None:
    n = len(ids(page))
    assert ids(page) == list(range(n))
    assert sorted_by(page, "reason")[0] == 3
    assert page.run("return document.querySelectorAll('#table th[aria-sort]').length") == 1
    assert sorted_by(page, "reason")[-1] == 3
    names = "return [...document.querySelectorAll('#table tbody')].map((r) => r.dataset.name)"
    sorted_by(page, "name")
    assert page.run(names)[0] == "answer-inquire-parcel"
    assert sorted_by(page, "id") == list(range(n))


def test_the_table_filters_and_a_link_finds_its_row(page: Browser) -> None:
    typed(page, "table-search", "parcel number")
    page.wait("document.getElementById('table-status').textContent")
    assert text_of(page, "table-status") == "1 of 8 intents"
    assert len(ids(page)) == 1
    typed(page, "table-search", "request-refund")  # of which other rows say that it comes next
    page.wait("document.getElementById('table-status').textContent.startsWith('2')")
    page.run("location.hash = '#intent-0'")
    page.wait("!document.getElementById('intent-0').hidden")
    assert len(ids(page)) == 8


def test_a_row_leads_to_the_map(page: Browser) -> None:
    page.run("const row = document.getElementById('intent-3'); row.querySelector('details').open = true")
    page.run("document.querySelector('#intent-3 .to-map').click()")
    assert text_of(page, "map-status") == "9 sentences in 1 intent"


def test_a_row_leads_to_its_own_place_on_the_map_after_a_review(window: Browser, tmp_path: Path) -> None:
    """Parcels and refunds are one intent of 15 sentences now; the numbers of the intents are no places any more."""
    run = reviewed_run(tmp_path / "run")
    write_report(run, tmp_path / "report.html")
    number = {row["name"]: row["intent_id"] for row in run.intents.to_pylist()}["ask-anything"]
    window.open(tmp_path / "report.html")
    window.run(f"document.querySelector('#intent-{number} .to-map').click()")
    assert text_of(window, "map-status") == "15 sentences in 1 intent"
    assert "ask-anything" in text_of(window, "map-list").splitlines()[0]
    assert ids(window) == run.intents["intent_id"].to_pylist()
    assert window.problems() == []


# --- the page -----------------------------------------------------------------------------------------


def test_the_page_fits_a_laptop_and_a_phone(page: Browser) -> None:
    for width in (1280, 1024, 400):
        page.size(width, 800)
        page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.run("return document.documentElement.scrollWidth") <= width
        table = "document.querySelector('#intents .scroll')"
        assert width < 1280 or page.run(f"return {table}.scrollWidth <= {table}.clientWidth")


def test_the_page_prints(page: Browser, tmp_path: Path) -> None:
    page.media("dark", "print")
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("return getComputedStyle(document.querySelector('nav')).display") == "none"
    assert len(page.command("Page.printToPDF")["data"]) > 10_000


def test_everything_can_be_reached_and_seen_by_keyboard(page: Browser) -> None:
    page.press("Tab")
    assert page.run("return document.activeElement.className") == "skip"
    reached = set()
    for _ in range(25):
        page.press("Tab")
        reached.add(page.run("return document.activeElement.id || document.activeElement.tagName"))
    assert {"map-search", "map-role", "canvas", "zoom-in"} <= reached


def test_what_people_wrote_runs_nothing_and_stays_in_its_place(window: Browser, tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", nasty_calls())
    window.open(run.folder / "report.html")
    assert window.problems() == []
    assert window.run("return document.scripts.length") == 2
    typed(window, "map-search", "script")
    window.wait("document.getElementById('map-status').textContent")
    assert SCRIPT in text_of(window, "map-list")
    typed(window, "map-search", "right to left")
    window.wait("document.getElementById('map-list').innerText.includes('right to left')")
    assert OVERRIDE in text_of(window, "map-list")
    assert window.run("return document.querySelectorAll('#map-list img, #map-list script, #tip img').length") == 0


def test_a_script_that_is_not_ours_would_not_run(page: Browser) -> None:
    """The policy of the page stands behind the escaping: an inline script that got in is refused, and said to be."""
    page.run("const s = document.createElement('script'); s.textContent = 'window.evil = 1'; document.body.append(s)")
    assert page.run("return window.evil === undefined")
    assert any("Content Security Policy" in problem for problem in page.problems())


def test_the_groups_of_the_table_stay_when_it_is_sorted_and_filtered(window: Browser, tmp_path: Path) -> None:
    said = [Said(f"thanks {i}", "say-thanks", kind="social") for i in range(9)]
    for name, n in (("cancel-order", 5), ("apply-discount", 3)):
        said += [Said(f"{name} {i}", name, kind="need") for i in range(n)]
    window.open(fake_run(tmp_path / "run", said).folder / "report.html")
    shown = """return [...document.getElementById("table").tBodies].filter((body) => !body.hidden)
        .map((body) => body.dataset.name || body.dataset.group)"""
    assert window.run(shown) == ["needs", "cancel-order", "apply-discount", "others", "say-thanks"]
    window.run("document.querySelector('[data-key=name]').click()")
    assert window.run(shown) == ["needs", "apply-discount", "cancel-order", "others", "say-thanks"]
    window.run("""const search = document.getElementById("table-search");
        search.value = "thanks"; search.dispatchEvent(new Event("input"))""")
    assert window.run(shown) == ["others", "say-thanks"]


def test_the_command_for_a_platform_can_be_copied(page: Browser) -> None:
    """Where the browser forbids copying, the command is selected, for Ctrl+C."""
    copy = """
        const list = document.querySelector("#take-out select");
        list.value = "rasa";
        list.dispatchEvent(new Event("change"));
        const done = arguments[0] ? Promise.resolve() : Promise.reject();
        const value = { writeText: (text) => { window.copied = text; return done; } };
        Object.defineProperty(navigator, "clipboard", { value, configurable: true });
        document.querySelector("#take-out button").click();
    """
    told = "document.querySelector('#take-out output').textContent === arguments[0]"
    page.run(copy, False)
    page.wait(told, "Press Ctrl+C to copy.")
    assert page.run("return getSelection().toString()") == "dialin export RUN --to rasa --out rasa"
    page.run(copy, True)
    page.wait(told, "Copied.")
    assert page.run("return window.copied") == "dialin export RUN --to rasa --out rasa"
