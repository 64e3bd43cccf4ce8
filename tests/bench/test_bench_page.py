"""``results.html`` of `dialin bench`: the plot by hand, and a page that needs nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Cli

from bench_row import row
from bench_runs import bench, write_csv
from dialin.bench import plot
from dialin.bench.methods import METHODS
from dialin.bench.page import html_of
from dialin.bench.results import Row
from dialin.bench.table import Figure, lines_of
from scripted import ScriptedBackend, sentences

ABOUT: dict[str, object] = {"dialin": "1", "llm": "l", "judge_llm": "j", "embedder": "e", "data": {"a": "0" * 64}}


def three() -> list[Row]:
    rows = [row("kmeans", 0.4, s, calls=0, data="银行<客服>") for s in (0, 1)]
    rows += [row("dialin", 0.6 + s / 10, s, calls=100, data="银行<客服>") for s in (0, 1)]
    return rows + [row("dialin@10", 0.5, s, calls=10, data="银行<客服>") for s in (0, 1)]


# --- the plot -------------------------------------------------------------------------------------


def test_places_by_hand() -> None:
    """Questions 0, 10 and 100: 0 has its place, the powers of ten from 10 to 100 fill the rest."""
    lines = lines_of(three())[:3]
    looks = plot.looks_of([line.method for line in lines], ["kmeans"])
    ari = plot.panels_of(lines, looks)[1]
    assert ari.title == "ARI"
    assert [tick.text for tick in ari.across] == ["0", "10", "100"]
    assert [mark.x for mark in ari.marks] == [plot.ZERO, plot.WIDTH - plot.RIGHT, plot.FIRST]
    assert [tick.text for tick in ari.up] == ["0.4", "0.5", "0.6", "0.7", "0.8"]  # .65 + .071 is above .7
    bottom = plot.HEIGHT - plot.BOTTOM
    middle = (bottom + plot.TOP) / 2
    kmeans, dialin, capped = ari.marks
    assert kmeans.y == kmeans.low == kmeans.high == pytest.approx(bottom)
    assert dialin.low - dialin.y == pytest.approx(dialin.y - dialin.high)
    assert (capped.y - middle) / (bottom - middle) == pytest.approx(0.5)  # .5 is a quarter of the way from .4 to .8
    assert ari.curve == f"{capped.x:.1f},{capped.y:.1f} {dialin.x:.1f},{dialin.y:.1f}"
    assert dialin.text == "dialin: 0.650 ± 0.071 with 100 questions"


def test_without_questions_there_is_a_place_for_zero_all_the_same() -> None:
    scale = plot.calls_scale([0.0, 0.0])
    assert [tick.text for tick in plot.calls_ticks(scale)] == ["0", "1", "10"]
    assert scale.at(0) == plot.ZERO < scale.at(1) == plot.FIRST < scale.at(10)


def test_an_error_bar_ends_where_scores_end() -> None:
    assert plot.ends(Figure(0.9, 0.2)) == pytest.approx((0.7, 1.0))
    assert plot.ends(Figure(0.9, None)) == (0.9, 0.9)


def test_every_method_has_its_own_look() -> None:
    looks = plot.looks_of([*METHODS, "dialin@50"], ["kmeans"])
    assert len({(look.family, look.shape) for look in looks}) == len(METHODS)
    assert [look.hollow for look in looks] == [look.method == "kmeans" for look in looks]
    assert len({look.outline(8, 8) for look in looks}) == len(plot.SHAPES) + 1  # the cap is small


# --- the page -------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Collects start tags with their attributes, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags_of(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    return parser.tags


def test_the_page_needs_nothing_else() -> None:
    text = html_of(three(), ABOUT)
    tags = tags_of(text)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert not any(name in attributes for _, attributes in tags for name in ("src", "href"))
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_the_page_has_tables_and_a_panel_for_each_score() -> None:
    text = html_of(three(), ABOUT)
    assert "<h2>银行&lt;客服&gt;</h2>" in text
    assert text.count("<h2>") == 2  # the data set, and the test
    drawings = re.findall(r"<svg class=\"panel\".*?</svg>", text, re.S)
    assert len(drawings) == 3
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert len(root.findall(".//g")) == 3
        assert root.find("polyline") is not None
    assert re.findall(r"<title>(kmeans: [^<]*)</title>", text)[0] == "kmeans: 0.500 ± 0.000 with 0 questions"
    assert '<td class="n">0.650<small>± 0.071</small></td>' in text
    assert "Small marks: dialin with a cap" in text
    assert "Small marks" not in html_of(three()[:4], ABOUT)


def test_the_command_writes_the_page(cli: Cli, home: Path, backend: ScriptedBackend) -> None:
    write_csv(home / "客服.csv", sentences(6, 1))
    bench(cli, ["--data", "客服.csv", "--label", "topic", "--out", "out"], "--llm", "none", "--methods", "kmeans")
    text = Path("out/results.html").read_text("utf-8")
    assert "<h2>客服</h2>" in text
    assert "客服 sha256 " in text
