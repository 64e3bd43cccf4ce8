"""The difference between two runs as people see it: on the terminal, as a page, as JSON, and in a scheduled job."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Cli
from rich.console import Console

from dialin.report.diff.flow import HEIGHT, N_DRAWN, flow_picture
from dialin.report.diff.page import difference_html
from dialin.report.diff.terminal import print_difference
from dialin.report.diff.words import based, difference_json, explained, points, to_look_at
from dialin.review.edits import Rename
from dialin.taxonomy.difference import difference
from dialin.taxonomy.snapshot import Snapshot
from fake_run import Said, decide, fake_run
from one_line import one_line
from two_months import month

OLD = {"refund": [0, 1, 2, 3], "parcel": [40, 41, 42, 43, 44, 45], "密码": [80, 81], "": [200]}
NEW = {"refund": [0, 1, 2, 3], "parcel": [40, 41, 42, 43], "late": [44, 45], "invoice": [140, 141], "": [200]}
JANUARY = [Said(f"refund my money please {i}", "request-refund") for i in range(8)]
PARCELS = [Said(f"where is the parcel courier {i}", "inquire-parcel") for i in range(8)]
GNOMES = [Said(f"garden gnome wants hat {'abcdefgh'[i]}", "buy-<b>hat</b>") for i in range(8)]


@pytest.fixture
def runs(home: Path) -> None:
    fake_run(home / "january", [*JANUARY, *PARCELS])
    fake_run(home / "february", [*JANUARY, *GNOMES])


def test_the_terminal_shows_what_changed_and_counts_the_rest() -> None:
    """What is "late" now was in "parcel" before: another cut, which is told with the whole."""
    out = io.StringIO()
    print_difference(difference(month(OLD, times=100), month(NEW, times=100)), Console(file=out, width=120))
    text = out.getvalue()
    assert [name for name in ("invoice", "late", "parcel", "密码") if name not in text] == []
    assert "refund" not in text
    assert "new 1 · gone 1 · split 2 · shrunk 1 · kept 1" in text
    assert "look at: invoice is new: 15.4% of the utterances. Is it an intent of its own" in text
    assert "shares are of 1,300 utterances before and 1,300 utterances now" in text
    assert "1 of the changes may be chance" in text
    assert "look at: parcel was split into parcel and late. Is that right?" in text
    assert "look at: late" not in text


def test_an_intent_that_was_split_under_another_name_is_told_by_the_name_it_had() -> None:
    """Of six greetings, four are now thanks, and two are still greetings: nothing is split into its own former name."""
    old = {"hello": [40, 41, 42, 43, 44, 45], "": [200]}
    found = difference(
        month(old, times=100), month({"thanks": [40, 41, 42, 43], "hello": [44, 45], "": [200]}, times=100)
    )
    by_name = {found.seen(change).name: explained(found, change) for change in found.changes}
    assert by_name == {"thanks": "hello was split into thanks and hello", "hello": "was part of the former hello"}
    assert to_look_at(found) == ["hello was split into thanks and hello. Is that right?"]


def test_an_intent_that_others_were_merged_into_is_told_by_the_names_they_had() -> None:
    old, lost = {"cancel": [40, 41, 42, 43], "stop": [44, 45]}, {"": [200]}
    renamed = difference(month(old | lost, times=100), month({"end": [40, 41, 42, 43, 44, 45]} | lost, times=100))
    assert to_look_at(renamed) == ["cancel and stop were merged into end. Is that right?"]
    kept = difference(month(old | lost, times=100), month({"cancel": [40, 41, 42, 43, 44, 45]} | lost, times=100))
    assert to_look_at(kept) == ["stop was merged into cancel. Is that right?"]
    assert explained(kept, kept.changes[-1]) == "now in cancel"


def test_what_is_gone_is_told_with_where_its_sentences_lie_now() -> None:
    """A third of the sentences about parking lies in each of three large intents; nobody takes in a voucher's."""
    rest = {"room": list(range(40, 50)), "stay": list(range(60, 70)), "desk": list(range(101, 111)), "": [200]}
    mixed = rest | {"room": [*range(40, 50), 51], "stay": [58, *range(60, 70)], "desk": [100, *range(101, 111)]}
    old = {"park": [51, 58, 100], "voucher": [140, 141]} | rest
    found = to_look_at(difference(month(old, times=100), month(mixed, times=100)))
    assert [line for line in found if "has grown" not in line] == [
        "park is no longer an intent of its own: 8.3% of the utterances before; its sentences would now be in "
        "room (33%), stay (33%) and desk (33%). Is it hidden there?",
        "voucher is gone: 5.6% of the utterances before; no intent takes in its sentences now. Has it ended?",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_about_a_change_is_cut(width: int) -> None:
    old = {"a-rather-long-name-of-it": [40, 41, 42, 43, 44, 45], "": [200]}
    new = {"another-quite-long-name": [40, 41, 42, 43], "one-more-long-name": [44, 45], "": [200]}
    out = io.StringIO()
    print_difference(difference(month(old, times=100), month(new, times=100)), Console(file=out, width=width))
    table, _, _ = out.getvalue().partition("\n\n")
    assert "…" not in table
    last = " ".join(line[len(line) - len(line.lstrip()) :].strip() for line in table.splitlines())
    assert [word for word in ("split,", "a-rather-long-name-of-it", "one-more-long-name") if word not in last] == []


def test_what_chance_may_explain_is_counted_and_not_listed() -> None:
    """Said once each, two invoices of 13 sentences and none of 13 before do not differ for sure."""
    out = io.StringIO()
    print_difference(difference(month(OLD), month(NEW)), Console(file=out, width=120))
    assert "new 1 · gone 1 · split 2 · kept 1" in out.getvalue()
    assert "4 of the changes may be chance" in out.getvalue()
    assert "invoice" not in out.getvalue()
    assert to_look_at(difference(month(OLD), month(NEW))) == []


def test_a_card_counts_and_sums_the_same_intents() -> None:
    """Of 13 utterances now, the 2 invoices may be chance; of 1,300, 200 are 15.4 %; of 430, invoices are 2, hats 20."""
    cards = [cards_of(month(OLD, times=n), month(NEW, times=n)) for n in (1, 100)]
    assert [one["New intents"] for one in cards] == [
        "1 none of them more than chance",
        "1 15.4 % of the utterances now",
    ]
    assert cards[1]["Gone intents"] == "1 15.4 % of the utterances before"
    few = {"refund": [0.001 * i for i in range(200)]}
    mixed = cards_of(month(few), month(few | {"hat": [90 + 0.01 * i for i in range(40)], "invoice": [170, 171]}))
    assert mixed["New intents"] == "2 1 of them more than chance: 16.5 % of the utterances now"
    assert mixed["Gone intents"] == "0 0.0 % of the utterances before"


def cards_of(old: Snapshot, new: Snapshot) -> dict[str, str]:
    """Return what the cards of the page say, by their titles."""
    cards = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", difference_html(difference(old, new), "a", "b"))
    return {title: " ".join(re.sub("<[^>]*>", " ", said).split()) for title, said in cards}


def test_a_candidate_is_new_whatever_its_share() -> None:
    new = month(NEW)
    told = replace(new, intents=tuple(replace(one, is_candidate=one.name == "invoice") for one in new.intents))
    assert to_look_at(difference(month(OLD), told))[0].startswith("invoice is new: 15.4% of the utterances.")
    assert cards_of(month(OLD), told)["New intents"] == "1 15.4 % of the utterances now"


def test_an_update_that_something_was_forgotten_of_is_compared_with_a_warning() -> None:
    found = replace(difference(month(OLD), month(NEW)), is_mixed=True)
    assert "changes look smaller than they are" in " ".join(based(found))


def test_nothing_to_look_at_in_the_same_run() -> None:
    assert to_look_at(difference(month(OLD), month(OLD))) == []
    assert "Nothing changed" in difference_html(difference(month(OLD), month(OLD)), "a", "b")


def test_two_empty_runs_have_a_page(home: Path) -> None:
    none = month({"": [1, 2, 3]})
    assert flow_picture(difference(none, none)).ribbons == ()
    assert "All intents" in difference_html(difference(none, none), "a", "b")


def test_bars_are_as_high_as_shares_and_ribbons_fit_into_them() -> None:
    """Refunds are 4 of 13 before; a third of the parcels is late."""
    picture = flow_picture(difference(month(OLD), month(NEW)))
    heights = {node.intent.name: node.height for node in picture.left}
    assert heights["refund"] == pytest.approx(HEIGHT * 4 / 13)
    titles = [ribbon.title for ribbon in picture.ribbons]
    assert "parcel → late: 33% of the one, 100% of the other" in titles
    assert not [title for title in titles if "invoice" in title]
    bottoms = [node.y + node.row for node in (*picture.left, *picture.right)]
    assert max(bottoms) < picture.height


def test_rare_intents_beyond_the_limit_are_counted_not_drawn() -> None:
    many = {f"intent {i}": [3.0 * i, 3.0 * i + 0.1] for i in range(N_DRAWN + 5)}
    picture = flow_picture(difference(month(many), month(many)))
    assert (len(picture.left), picture.n_left_out) == (N_DRAWN, 10)


def test_points_have_a_sign() -> None:
    assert [points(x) for x in (0.1, -0.1, 0.0001, -0.0001)] == ["+10.0", "−10.0", "0.0", "0.0"]


def test_json_has_uids_states_and_evidence() -> None:
    told = difference_json(difference(month(OLD, {"refund": "i1"}), month(NEW, {"refund": "i1"})))
    assert told["states"] == {"new": 1, "gone": 1, "split": 2, "kept": 1}
    (refund,) = [row for row in told["intents"] if row["uid"] == "i1"]
    assert (refund["states"], refund["before"], refund["name_before"]) == (["kept"], "i1", "refund")
    assert refund["proof"] == {"went": 1.0, "came": 1.0, "shared": 4, "cosine": 1.0}


# --- the command ------------------------------------------------------------------------------------


def test_the_command_compares_runs_without_since(cli: Cli, runs: None) -> None:
    done = cli("diff", "january", "february", "--json")
    assert done.exit_code == 0, done.output
    states = {row["name"]: row["states"] for row in json.loads(done.stdout)["intents"]}
    assert states == {"buy-<b>hat</b>": ["new"], "inquire-parcel": ["gone"], "request-refund": ["kept"]}


def test_the_page_is_whole_and_escapes_what_people_said(cli: Cli, runs: None) -> None:
    assert cli("diff", "january", "february", "--html", "page.html").exit_code == 0
    page = Path("page.html").read_text()
    assert "<b>hat" not in page
    assert "buy-&lt;b&gt;hat" in page
    assert "garden gnome wants hat" in page
    assert not re.search(r"https?://|<script", page)
    assert ET.fromstring(re.search(r"<svg.*?</svg>", page, re.S)[0]).tag == "svg"  # type: ignore[index]


def test_existing_files_are_kept_unless_force_is_given(cli: Cli, runs: None) -> None:
    Path("moved.csv").write_text("mine")
    written = "--html", "page.html", "--migration", "moved.csv"
    advice = "delete it, choose another --migration, or replace it with --force"
    one_line(cli("diff", "january", "february", *written), f"moved.csv already exists ({advice})")
    assert (Path("moved.csv").read_text(), Path("page.html").exists()) == ("mine", False)
    for _ in range(2):
        assert cli("diff", "january", "february", *written, "--force").exit_code == 0
    assert Path("moved.csv").read_text() != "mine"
    refused = "--force replaces the file of --html or --migration, but there is no --html or --migration"
    one_line(cli("diff", "january", "february", "--force"), refused)


def test_the_migration_table_is_written(cli: Cli, runs: None) -> None:
    assert cli("diff", "january", "february", "--migration", "moved.csv").exit_code == 0
    rows = list(csv.DictReader(Path("moved.csv").read_text().splitlines()))
    assert {row["old_name"]: row["new_name"] for row in rows} == {
        "request-refund": "request-refund",
        "inquire-parcel": "",
    }


def test_a_limit_that_is_exceeded_gives_exit_code_3(cli: Cli, runs: None) -> None:
    done = cli("diff", "january", "february", "--fail-on", "new>0.02", "--fail-on", "unassigned>0.5")
    assert done.exit_code == 3
    assert done.stderr == "dialin: limit exceeded: new is 0.5000, above 0.02\n"
    assert cli("diff", "january", "february", "--fail-on", "new>0.6").exit_code == 0
    told = json.loads(cli("diff", "january", "february", "--json", "--fail-on", "gone>0.1").stdout)
    assert told["exceeded"] == ["gone is 0.5000, above 0.1"]


def test_a_name_that_a_person_gave_is_told(cli: Cli, home: Path, runs: None) -> None:
    decide(home / "february", Rename(1, "退款"))
    done = json.loads(cli("diff", "january", "february", "--json").stdout)
    assert ["renamed"] in [row["states"] for row in done["intents"] if row["name_before"] == "request-refund"]


def test_wrong_input_is_one_line(cli: Cli, home: Path, runs: None) -> None:
    one_line(cli("diff", "january", "nowhere"), "there is no run in nowhere")
    one_line(cli("diff", "january", "february", "--fail-on", "new>2"), "--fail-on 'new>2' is not a limit", "new>0.02")
    path = home / "february" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"embedder": "local:another"}))
    one_line(cli("diff", "january", "february"), "was made with the embedder test:hashing", "local:another")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"embedder": "test:hashing", "status": "interrupted"}))
    one_line(cli("diff", "january", "february"), "has no result yet", "dialin resume february")
