"""The page: everything in it, whatever people wrote escaped, nothing from elsewhere, and small enough to send."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Cli

from dialin.cluster.centroids import tree_of_centroids
from dialin.cluster.granularity import SuggestedNumber
from dialin.export.registry import FORMATS
from dialin.facts.loaded import load_files
from dialin.facts.sample import sampled
from dialin.judge.certainty import CERTAINTY_NOTE, UNFITTED_NOTE
from dialin.llm.prices import Cost
from dialin.report.colours import UNASSIGNED_COLOUR, colours, oklch
from dialin.report.html import asset, fill_templates, open_page, report_html
from dialin.report.map.points import fitting, points_of, script_json
from dialin.report.page import INTERVAL_NOTE, SECTIONS
from dialin.report.pictures import columns, line_points, tree_picture
from dialin.runs.manifest import CAPPED
from dialin.text.width import shortened
from fake_run import Said, calls, fake_run
from nasty import NASTY, OVERRIDE, SCRIPT, nasty_calls
from one_line import one_line
from oracles import on_circle
from run_commands import discover
from scripted import ScriptedBackend


class Parsed(HTMLParser):
    """What a browser would find: elements with their attributes, the text of scripts, and of all else."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._is_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._is_script = tag == "script"
        if self._is_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        if self._is_script:
            self.scripts[-1] += data
        else:
            self.text += data

    @property
    def data(self) -> Any:
        return json.loads(self.scripts[0])


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report_html(fake_run(tmp_path_factory.mktemp("page") / "run", calls()))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report_html(fake_run(tmp_path_factory.mktemp("nasty") / "run", nasty_calls()))


# --- what is in it ----------------------------------------------------------------------------------


SUGGESTED = SuggestedNumber(30, 22, 41)


@pytest.mark.parametrize(
    ("embedder", "end", "is_fitted"),
    [
        ("local:intents-en-v5", ".", True),
        ("test:hashing", "; the estimate is not fitted to this embedder.", False),
    ],
)
def test_the_head_says_what_the_sentences_suggest_and_the_notes_what_is_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: str, end: str, is_fitted: bool
) -> None:
    # the vectors are only named like those of the embedder
    monkeypatch.setattr("dialin.discover.data.need_direction", {}.get)
    html = report_html(fake_run(tmp_path / "run", calls(), suggested=SUGGESTED, embedder=embedder))
    text = " ".join(Parsed(html).text.split())
    assert f"The sentences suggest about 30 intents, between 22 and 41{end}" in text
    assert (INTERVAL_NOTE in text) == is_fitted
    assert CERTAINTY_NOTE in text
    assert (UNFITTED_NOTE in text) == (not is_fitted)
    assert "0.90 clear" in text


def test_what_was_not_measured_is_not_in_the_head(html: str) -> None:
    assert "sentences suggest" not in Parsed(html).text


def test_every_part_is_there_and_can_be_reached(html: str) -> None:
    parsed = Parsed(html)
    ids = {attributes["id"] for _, attributes in parsed.elements if "id" in attributes}
    targets = {a["href"] for tag, a in parsed.elements if tag == "a"}
    assert all(target is not None and target.startswith("#") and target[1:] in ids for target in targets)
    assert {f"#{part}" for part in SECTIONS if part not in ("groups", "outcomes")} <= targets  # there are none
    for text in ("8 intents", "request-refund", "重置-密码", "2024-01-01", "42.9", "no other sentence is near enough"):
        assert text in parsed.text


def test_the_page_tells_the_command_that_takes_the_intents_elsewhere(html: str) -> None:
    """The page is sent to others, so it names no folder."""
    assert "dialin export RUN --to FORMAT --out FOLDER" in " ".join(Parsed(html).text.split())
    assert all(f'<option value="{form.name}">' in html for form in FORMATS.values())


def test_the_map_has_every_sentence(html: str) -> None:
    data = Parsed(html).data
    n = len(data["t"])
    assert {len(data[name]) for name in "xyicrt"} == {n} == {len({s.text + (s.role or "") for s in calls()})}
    assert all(0 <= place <= 9_999 for place in data["x"] + data["y"])
    names = [intent[3] for intent in data["intents"]]
    assert names[data["i"][data["t"].index("where is my parcel number 0")]] == "inquire-parcel"
    assert data["c"][data["t"].index("hello good morning")] == 21


def test_every_picture_and_field_is_described_in_words(html: str) -> None:
    for tag, attributes in Parsed(html).elements:
        if tag in {"svg", "canvas"}:
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
        if tag == "input":
            assert f'<label for="{attributes["id"]}"' in html


def test_a_capped_run_says_so_and_shows_its_cost(tmp_path: Path) -> None:
    usage = {"judge": {"questions": 5, "tokens_in": 2_000_000, "tokens_out": 500_000}}
    run = fake_run(tmp_path / "run", calls(2), status=CAPPED, usage=usage)
    assert "A cap on calls, tokens or money ended this run early" in report_html(run)
    assert '<div class="value">5 LLM calls</div>' in report_html(run)
    cost = Cost({"judge": 6.0, "name": 0.5}, "USD", "genai-prices 9")
    html = report_html(replace(run, manifest=replace(run.manifest, cost=cost)))
    assert '<div class="value">6.50 USD</div>' in html
    assert "judge 6.00, name 0.5000: genai-prices 9" in html


def test_nothing_found_makes_a_page_too(tmp_path: Path) -> None:
    html = report_html(fake_run(tmp_path / "run", [Said(text, "") for text in ("a b", "c d", "e f")]))
    assert "No intents were found" in html
    assert 'href="#calls"' not in html


def test_without_embeddings_there_is_no_map(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls(2))
    (run.folder / "embeddings.npy").unlink()
    html = report_html(run)
    assert "<canvas" not in html
    assert 'href="#tree"' not in html
    assert "request-refund" not in html
    assert "inquire-parcel" in html


def test_of_many_intents_the_table_has_the_most_frequent(tmp_path: Path) -> None:
    html = fill_templates(replace(open_page(fake_run(tmp_path / "run", calls())), max_rows=3))
    assert html.count('<tbody id="intent-') == 3
    assert 'The table shows the first 3 of 8; <a href="#rest">a list below it</a> has the 5 others.' in html
    assert "8 intents are too many to draw." in html


def test_no_intent_is_lost_among_many(tmp_path: Path) -> None:
    """Each intent has a row or a place in the list below, and every link leads to one of them."""
    page = replace(open_page(fake_run(tmp_path / "run", calls())), max_rows=3)
    parsed = Parsed(fill_templates(page))
    places = [str(a["id"]) for _, a in parsed.elements if str(a.get("id", "")).startswith("intent-")]
    assert sorted(places) == sorted(f"intent-{one.intent_id}" for one in page.facts.intents)
    links = {a["href"] for tag, a in parsed.elements if tag == "a" and str(a["href"]).startswith("#intent-")}
    assert links <= {f"#{place}" for place in places}
    assert "#intent-7" in links


def test_the_report_shows_the_seconds_of_each_step(tmp_path: Path) -> None:
    """Of two sessions and one of an older version, which wrote none."""
    run = fake_run(tmp_path / "run", calls())
    sessions = [{"seconds": 9.0}, {"seconds_by_step": {"read": 0.1, "embed": 60.0}}, {"seconds_by_step": {"embed": 40}}]
    (run.folder / "timing.json").write_text(json.dumps({"sessions": sessions}))
    html = report_html(run)
    assert '<div class="value">1 min 40 s</div>' in html
    assert re.search(r"</span>embed <span class=.soft.>1 min 40 s<", html)
    assert re.search(r"</span>other steps <span class=.soft.>0.1 s<", html)
    assert html.index('id="rounds"') < html.index('class="figure took"')  # after all that was found


@pytest.mark.parametrize(
    "values",
    [[], {}, {"sessions": 3}, {"sessions": [3, {}]}, {"sessions": [{"seconds_by_step": {"embed": "<b>", "x": -1}}]}],
    ids=["list", "empty", "number", "no steps", "no seconds"],
)
def test_a_report_without_seconds_has_no_bar(tmp_path: Path, values: object) -> None:
    run = fake_run(tmp_path / "run", calls())
    (run.folder / "timing.json").write_text(json.dumps(values))
    assert "figure took" not in report_html(run)


# --- what people wrote --------------------------------------------------------------------------------


def test_what_people_wrote_is_text_and_nothing_else(nasty: str) -> None:
    parsed = Parsed(nasty)
    assert len(parsed.scripts) == 2
    assert not any(tag in {"img", "iframe", "object", "link"} for tag, _ in parsed.elements)
    assert not [a for _, a in parsed.elements if any(name.startswith("on") for name in a)]
    assert SCRIPT in parsed.text
    assert SCRIPT in parsed.data["t"]
    assert parsed.data["t"].count(NASTY[3]) == 1
    assert "line\u2028and\u2029paragraph" in parsed.data["t"]
    assert "\u2028" not in parsed.scripts[0]


def test_names_and_roles_are_escaped_too(nasty: str) -> None:
    parsed = Parsed(nasty)
    assert f"ask-{SCRIPT}" in parsed.text
    assert f"<i>{OVERRIDE}" in parsed.data["roles"]
    assert {a["data-name"] for tag, a in parsed.elements if tag == "tbody" and "data-name" in a} >= {f"ask-{SCRIPT}"}


def test_marks_of_direction_are_kept_apart(nasty: str) -> None:
    """Where a sentence stands among other words, it is in a `bdi`, out of which no mark reaches."""
    shown = list(re.finditer("right to left", nasty.partition('id="data"')[0]))
    assert shown
    for match in shown:
        assert re.search(r"<bdi[^>]*>[^<]*$", nasty[: match.start()])


def test_long_lines_are_cut(nasty: str) -> None:
    assert "很长 " * 400 not in nasty
    assert max(len(text) for text in Parsed(nasty).data["t"]) <= 400


def test_emoji_stay_whole_and_chinese_is_marked(nasty: str, html: str) -> None:
    assert "👨‍👩‍👧‍👦" in Parsed(nasty).text
    assert '<bdi lang="zh-Hans">重置-密码</bdi>' in html


def test_nothing_comes_from_elsewhere(html: str) -> None:
    parsed = Parsed(html)
    assert not [a for _, a in parsed.elements if "src" in a or "srcset" in a or "action" in a]
    assert not [
        tag for tag, _ in parsed.elements if tag in {"link", "iframe", "base", "form", "img", "object", "embed"}
    ]
    assert not re.search(r"https?://|@import|url\(", html)
    policy = next(a["content"] for tag, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy


# --- commands -----------------------------------------------------------------------------------------


def test_report_writes_what_discover_wrote(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    path = discover(cli, calls, "run") / "report.html"
    first = path.read_bytes()
    path.unlink()
    result = cli("report", "run")
    assert result.exit_code == 0
    assert re.fullmatch(r"run/report.html  \d+ kB; to see it on the terminal: dialin show run\n", result.stdout)
    assert path.read_bytes() == first


def test_report_can_go_elsewhere_and_has_json(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    value = json.loads(cli("report", "run", "--out", "x.html", "--price-in", 1, "--price-out", 1, "--json").stdout)
    assert (value["report"], value["bytes"]) == ("x.html", Path("x.html").stat().st_size)
    assert value["coverage"] == value["n_assigned"] / value["n_occurrences"]
    assert "LLM calls" in Path("x.html").read_text("utf-8")
    assert cli("report", "run", "--out", "no/such/folder.html").exit_code == 2
    assert cli("report", "run", "--price-in", 1).exit_code == 2


def test_report_keeps_an_existing_file_unless_it_is_the_runs_own_or_force_is_given(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = discover(cli, calls, "run") / "report.html"
    page = own.read_bytes()
    Path("x.html").write_text("mine")
    with monkeypatch.context() as patched:
        patched.setattr("dialin.cli.report.load", lambda _: pytest.fail("the run is opened"))
        advice = "delete it, choose another --out, or replace it with --force"
        one_line(cli("report", "run", "--out", "x.html"), f"x.html already exists ({advice})")
        one_line(cli("report", "run", "--force"), "--force replaces the file of --out, but there is no --out")
    assert Path("x.html").read_text() == "mine"
    assert cli("report", "run", "--out", "x.html", "--force").exit_code == 0
    assert Path("x.html").read_bytes() == page
    own.write_text("old")
    assert cli("report", "run", "--out", "run/../run/report.html").exit_code == 0
    assert own.read_bytes() == page


# --- points -------------------------------------------------------------------------------------------


def test_of_too_many_sentences_each_intent_keeps_its_share() -> None:
    labels = np.repeat([-1, 0, 1, 2], [100, 1000, 300, 2])
    rows = sampled(labels, 140, seed=0)
    assert np.bincount(labels[rows] + 1).tolist() == [9, 99, 29, 1]
    assert (np.diff(rows) > 0).all()
    assert (rows == sampled(labels, 140, seed=0)).all()
    assert (sampled(labels, 5_000, seed=0) == np.arange(1402)).all()


def test_a_sampled_map_says_so(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls())
    html = fill_templates(replace(open_page(run), points=points_of(load_files(run), 30)))
    n = len(Parsed(html).data["t"])
    assert 20 <= n <= 40
    assert f"The map shows {n} of {len(run.corpus.texts)} sentences" in html


def test_texts_are_cut_only_as_far_as_they_must() -> None:
    texts = ["short", "x" * 1000]
    assert fitting(texts, 10_000)[1] == "x" * 399 + "…"
    assert fitting(texts, 300) == ["short", "x" * 239 + "…"]
    assert fitting(texts, 1) == ["short", "x" * 29 + "…"]


def test_json_cannot_end_its_script() -> None:
    nasty = ["</script>", "<!--", "\u2028\u2029", "&", "]]>", "\ud800"]
    text = script_json(nasty)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == nasty


def test_a_text_is_cut_by_its_width() -> None:
    assert shortened("很长很长", 8) == "很长很长"
    assert shortened("很长很长", 7) == "很长很…"
    assert shortened("a👨\u200d👩", 4).endswith("…") or shortened("a👨\u200d👩", 4) == "a👨\u200d👩"
    assert shortened("a" * 100_000, 3) == "aa…"


# --- pictures and colours -----------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def theme(scheme: int) -> dict[str, str]:
    """Return the colours of the light (0) or dark (1) page, by the names that the style sheet gives them."""
    css = asset("templates/style.css")
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.split("--page:")[1 + scheme].join(["--page:", ""])))


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_and_pictures_stand_out(scheme: int) -> None:
    """WCAG: 4.5 for text, 3 for what has to be told apart in pictures."""
    of = theme(scheme)
    for back in ("page", "card", "hover", "accent-soft"):
        assert all(contrast(of[ink], of[back]) >= 4.5 for ink in ("ink", "accent", "soft")), back
    assert all(contrast(of[ink], of["card"]) >= 4.5 for ink in ("good", "bad"))
    assert contrast(of["ink"], of["warn"]) >= 4.5
    for colour in [*colours(range(60)), UNASSIGNED_COLOUR]:
        assert contrast((colour.light, colour.dark)[scheme], of["card"]) >= 3


def test_neighbours_in_the_tree_have_near_hues_and_another_lightness() -> None:
    found = colours([2, 0, 1, 3])
    assert len({colour.light for colour in found}) == 4
    assert luminance(found[2].light) < luminance(found[0].light)
    assert oklch(0.5, 0.0, 0.0) == "#636363"


def test_the_tree_is_drawn_from_its_root_to_its_leaves() -> None:
    """Two branches of two: each has its colour, the root has none and is farthest to the left."""
    tree = tree_of_centroids(on_circle(0, 90, 5, 95).astype(float))
    picture = tree_picture(tree, [4, 7, 4, 7])
    assert sorted(picture.order) == [0, 1, 2, 3]
    assert (picture.height, picture.width) == (88, 300)
    assert [join.intent >= 0 for join in picture.joins] == [True, True, False]
    assert re.fullmatch(r"M[\d.]+ [\d.]+H6\.0V[\d.]+H[\d.]+", picture.joins[-1].path)
    assert picture.joins[0].path.startswith("M300.0 11.0H")


def test_lines_and_columns_are_as_high_as_their_numbers() -> None:
    assert line_points([0.0, 0.0]) == "0.0,21.0 96.0,21.0"
    assert [column.upper[1] for column in columns([3, 1], [0, 1])] == [0.0, 50.0]
    assert columns([], []) == []
    assert columns([0], [0])[0].lower == (150.0, 0.0)


# --- kinds ------------------------------------------------------------------------------------------


def test_needs_stand_first_in_the_table_under_headings(tmp_path: Path) -> None:
    said = [Said(f"thanks {i}", "say-thanks", kind="social") for i in range(5)]
    said += [Said(f"refund me {i}", "request-refund", kind="need") for i in range(3)]
    text = Parsed(report_html(fake_run(tmp_path / "run", said))).text
    text = " ".join(text[text.rindex("Example") :].split())
    order = ["Why people call 1 intent, 3 utterances", "request-refund", "What else is said 1 intent, 5 utterances"]
    places = [text.index(part) for part in [*order, "say-thanks"]]
    assert places == sorted(places)


def test_without_kinds_the_table_has_no_headings(tmp_path: Path) -> None:
    html = report_html(fake_run(tmp_path / "run", calls()))
    assert 'class="heading' not in html
    assert "What else is said" not in html


# --- descriptions -----------------------------------------------------------------------------------


def test_a_description_stands_below_the_name_as_text(tmp_path: Path) -> None:
    about = {"request-refund": "Customers want <b>their</b> money back."}
    said = [replace(one, description=about.get(one.intent, "")) for one in calls()]
    html = report_html(fake_run(tmp_path / "run", said))
    assert html.count('class="description"') == 1
    assert "Customers want &lt;b&gt;their&lt;/b&gt; money back." in html


def test_without_descriptions_there_is_no_place_for_them(html: str) -> None:
    assert 'class="description"' not in html


def test_listed_intents_that_nobody_said_are_named(tmp_path: Path) -> None:
    html = report_html(fake_run(tmp_path / "run", calls(), unseen=["guitar-lessons", "学-<吉他>"]))
    assert "Listed, but no cluster was near enough:" in html
    assert "guitar-lessons" in html
    assert "学-&lt;吉他&gt;" in html


def test_the_small_lines_say_what_they_run_over(html: str, tmp_path: Path) -> None:
    """In the table of intents, and beside the roles."""
    dated = '<span class="soft small under axis">2024-01-01 – 2024-02-05, per week</span>'
    assert html.count(dated) >= 2
    undated = report_html(fake_run(tmp_path / "run", [replace(one, date=None) for one in calls()]))
    assert '<span class="soft small under axis">tenths of the input</span>' in undated
