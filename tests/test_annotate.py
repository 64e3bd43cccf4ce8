"""An annotation from raw sentences to a labelled data set: who may say what, what comes of it, and what is written."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from conftest import Cli
from dialin.annotate.start import clusters_for
from dialin.bench.cases import read_case
from dialin.errors import InputError
from dialin.read import read
from dialin.review.edits import Edit, Entry, Merge, Move, Noise, Quorum, Rename, Undo, Verdict, edit_of, fields_of
from dialin.review.log import append, entries_in, read_log
from dialin.review.replay import State, refusal, replay, start_of
from dialin.review.stages import Stage, open_for, standing_of
from dialin.review.verdicts import agreement
from dialin.run import Run, load
from dialin.settings import Settings, check
from dialin.tune.review import decided_in
from dialin.web.app import Access, app_of
from dialin.web.serve import Door
from scripted import ScriptedBackend, topic_of
from test_review_page import BASE, NASTY, TOKEN, Elements

START = start_of(np.array([0, 0, 0, 1, 1, 2, -1]), {0: "unnamed-intent", 1: "unnamed-intent-2", 2: "unnamed-intent-3"})
Said = tuple[str, Edit]


def log_of(*said: Said) -> list[Entry]:
    return [Entry(line, edit, by) for line, (by, edit) in enumerate(said, 1)]


def after(*said: Said) -> State:
    return replay(START, log_of(*said))


def all_say(intent: int, *good: bool, group: int = 1, look: int = 0) -> list[Said]:
    """Return a verdict each of Ana, Ben, Eva (or of Kim, Leo, Mia, in the second group)."""
    names = ("Ana", "Ben", "Eva") if group == 1 else ("Kim", "Leo", "Mia")
    return [(by, Verdict(intent, own, group, look)) for by, own in zip(names, good, strict=False)]


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "stage"),
    [
        ([True, True], Stage.JUDGE),
        ([True, True, False], Stage.NAME),
        ([False, True, False], Stage.SHARE_OUT),
    ],
)
def test_the_majority_of_three_decides(said: list[bool], stage: Stage) -> None:
    state = after(*all_say(0, *said))
    assert standing_of(state).stages[0] is stage
    assert state.intents[0].wants_split == (stage is Stage.SHARE_OUT)


def test_a_tie_waits_for_one_more_and_a_person_counts_once() -> None:
    two = [("", Quorum(2)), *all_say(0, True, False)]
    assert standing_of(after(*two)).stages[0] is Stage.JUDGE
    assert after(*two).judged.is_tied(1, 0)
    assert standing_of(after(*two, ("Eva", Verdict(0, good=True)))).stages[0] is Stage.NAME
    assert standing_of(after(*two, ("Ben", Verdict(0, good=True)))).stages[0] is Stage.NAME
    assert after(*two, ("Ben", Verdict(0, good=True))).judged.of(1, 0) == {"Ana": True, "Ben": True}


def test_one_annotator_is_enough_where_one_is_wanted() -> None:
    assert standing_of(after(("", Quorum(1)), ("Ana", Verdict(1, good=False)))).stages[1] is Stage.SHARE_OUT
    assert standing_of(after(("Ana", Verdict(1, good=False)))).stages[1] is Stage.JUDGE


def test_what_a_name_may_not_say() -> None:
    state = after(*all_say(0, True, True, True), ("Ana", Rename(0, "cancel-order")), *all_say(0, True, group=2, look=1))
    assert "name of who gives it" in refusal(state, Verdict(1, good=True), "")
    assert "Ana has judged in group 1" in refusal(state, Verdict(0, True, 2, 1), "Ana")
    assert "Kim has judged in group 2" in refusal(state, Verdict(1, good=True), "Kim")
    assert "no intent 9" in refusal(state, Verdict(9, good=True), "Ana")
    assert "has changed since" in refusal(state, Verdict(0, True, 2, 0), "Leo")
    assert not refusal(state, Verdict(0, True, 2, 1), "Leo")
    void = after(("Ana", Verdict(0, good=True)), ("Ana", Verdict(0, True, 2)), ("", Verdict(0, good=True)))
    assert void.void == (2, 3)


def test_what_was_changed_is_verified_again() -> None:
    good = [("", Quorum(2)), *all_say(0, True, True), *all_say(1, True, True), ("Ana", Rename(0, "cancel-order"))]
    named: list[Said] = [*good, ("Ana", Rename(1, "track-parcel"))]
    no = [*named, *all_say(0, False, False, group=2, look=1)]
    state = after(*no)
    assert standing_of(state).stages == {0: Stage.REJECTED, 1: Stage.VERIFY, 2: Stage.JUDGE}
    assert standing_of(state).to_share_out.keys() == {0, -1}
    moved = [*no, ("Kim", Move((0,), 1))]
    assert standing_of(after(*moved)).stages[0] is Stage.VERIFY
    assert open_for(after(*moved), standing_of(after(*moved)), 2, "Kim") == [0, 1]
    again = [*moved, *all_say(0, True, True, group=2, look=2)]
    assert standing_of(after(*again)).stages[0] is Stage.VERIFIED
    assert agreement(after(*again).judged, 2).n_items == 2  # before and after the change
    undone = replay(START, [*log_of(*again), Entry(99, Undo(len(moved)))])
    assert undone.void  # so the page refuses it: others build on it


def test_bad_clusters_train_a_judge_with_what_they_held() -> None:
    state = after(*all_say(0, False, False, True), ("Ana", Move((0, 1), 3, "new-one")))
    bad = [(d.intent, d.rows, d.good) for d in decided_in(state)]
    assert bad == [(0, (0, 1, 2), False), (3, (0, 1), True)]
    fewer = after(*all_say(0, False, False, True), ("", Quorum(4)))
    assert decided_in(fewer) == []
    assert [d.good for d in decided_in(after(*all_say(0, False), ("", Quorum(1))))] == [False]


# --- agreement ------------------------------------------------------------------------------------


def test_kappa_of_the_usual_number_of_verdicts() -> None:
    """Two clusters with three verdicts: 3 good, 1 good. Observed (1 + ⅓) / 2 = ⅔, by chance (⅔)² + (⅓)² = 5/9."""
    found = agreement(
        after(*all_say(0, True, True, True), *all_say(1, True, False, False), *all_say(2, True)).judged, 1
    )
    assert found.kappa == pytest.approx((2 / 3 - 5 / 9) / (4 / 9))
    assert (found.n_items, found.n_each, found.n_people, found.n_verdicts) == (2, 3, 3, 7)


def test_kappa_is_undefined_for_one_person_for_nobody_and_for_verdicts_that_are_all_alike() -> None:
    for said in ([], all_say(0, True), all_say(0, True, True)):
        assert math.isnan(agreement(after(*said).judged, 1).kappa)
    assert agreement(after(*all_say(0, True)).judged, 1).n_items == 0
    assert agreement(after(*all_say(0, True, True)).judged, 1).n_items == 1


# --- any log --------------------------------------------------------------------------------------

intents = st.integers(0, 4)
rows = st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True).map(tuple)
edits = st.one_of(
    st.builds(Verdict, intents, st.booleans(), st.sampled_from([1, 2]), st.integers(0, 2)),
    st.builds(Quorum, st.integers(1, 3)),
    st.builds(Rename, intents, st.sampled_from(["cancel-order", "取消-订单", "\u202eevil"])),
    st.builds(Merge, intents, st.lists(intents, min_size=1, max_size=2).map(tuple)),
    st.builds(Move, rows, intents, st.sampled_from(["", "new"])),
    st.builds(Noise, rows),
)
logs = st.lists(st.tuples(st.sampled_from(["", "Ana", "本", "<b>"]), edits), max_size=14)


@given(edits)
def test_an_edit_survives_json(edit: Edit) -> None:
    assert edit_of(json.loads(json.dumps(fields_of(edit)))) == edit


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "verdict", "intent_id": 1},
        {"decision": "verdict", "intent_id": 1, "good": 1},
        {"decision": "verdict", "intent_id": 1, "good": True, "group": 3},
        {"decision": "verdict", "intent_id": 1, "good": True, "look": -1},
        {"decision": "quorum", "verdicts": 0},
        {"decision": "quorum"},
    ],
)
def test_what_is_no_verdict_is_an_error(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="its"):
        edit_of(fields)


@given(logs)
def test_each_log_has_one_outcome_and_no_verdict_is_lost(said: list[Said]) -> None:
    entries = log_of(*said)
    state = replay(START, entries)
    written = "".join(entry.as_line() + "\n" for entry in entries).encode()
    again = replay(START, entries_in(written, Path("log")))
    assert (again.labels.tolist(), again.intents, again.judged) == (state.labels.tolist(), state.intents, state.judged)
    standing = standing_of(state)
    placed = [row for own in standing.rows.values() for row in own.tolist()]
    out = np.flatnonzero((state.labels < 0) & state.pinned).tolist()
    assert sorted([*placed, *standing.loose.tolist(), *out]) == list(range(7))
    for entry in entries:
        if isinstance(entry.edit, Verdict) and entry.line not in state.void:
            assert entry.by in state.judged.heard[entry.edit.group, entry.edit.intent, entry.edit.look or 0]
            assert state.judged.groups[entry.by] == entry.edit.group


# --- the start ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its folder for the others."""
    return tmp_path_factory.mktemp("annotated") / "folder"


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Run, Door]]:
    """Note what would be served."""
    served: list[tuple[Run, Door]] = []
    monkeypatch.setattr("dialin.web.serve.serve", lambda run, door, _: served.append((run, door)))
    return served


@pytest.fixture
def folder(kept: Path, cli: Cli, calls: Path, backend: ScriptedBackend, no_server: list[tuple[Run, Door]]) -> Path:
    if not kept.exists():
        with calls.open("a") as file:
            file.writelines('"' + text.replace('"', '""') + '",refund\n' for text in NASTY)
            file.write('"",\n')
        result = cli("annotate", calls, "--out", kept, "--k", 9, "--annotators", 2)
        assert result.exit_code == 0, result.stderr
        assert "75 distinct sentences in 9 clusters" in result.stderr
    shutil.copytree(kept, "folder")
    return Path("folder")


def test_every_sentence_is_in_a_cluster_that_nobody_has_judged(folder: Path, backend: ScriptedBackend) -> None:
    run = load(folder)
    assert not backend.asked
    assert (run.manifest.llm, run.manifest.status, run.manifest.settings.n_clusters) == ("none", "complete", (9,))
    assert set(run.review.labels.tolist()) == set(range(9))
    assert set(run.intents["p_good"].to_pylist()) == {0.5}
    assert standing_of(run.review).n_at() == {Stage.JUDGE: 9}
    assert run.review.judged.wanted == 2


def test_k_by_default(
    cli: Cli, calls: Path, backend: ScriptedBackend, no_server: list[tuple[Run, Door]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clusters_for(np.eye(3, dtype=np.float32), 0) == 2
    assert cli("annotate", calls, "--out", "a").exit_code == 0
    assert load(Path("a")).manifest.settings.n_clusters == (14,)  # 70 sentences
    monkeypatch.setattr("dialin.granularity.LEAST", 50)
    assert cli("annotate", calls, "--out", "b").exit_code == 0
    (k,) = load(Path("b")).manifest.settings.n_clusters
    assert k >= 4
    assert k % 2 == 0


def test_the_same_seed_makes_the_same_clusters(
    cli: Cli, calls: Path, backend: ScriptedBackend, no_server: list[tuple[Run, Door]]
) -> None:
    for out in ("a", "b"):
        cli("annotate", calls, "--out", out, "--k", 6, "--seed", 3)
    assert Path("a/sentences.parquet").read_bytes() == Path("b/sentences.parquet").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("calls.csv",), "--out is missing"),
        (("one.csv", "--out", "x"), "too few different sentences: 1"),
        (("calls.csv", "--out", "x", "--k", 1), "--k"),
        (("calls.csv", "--out", "x", "--k", 500), "more than the 70"),
        (("nowhere.csv", "--out", "x"), "nowhere.csv"),
        (("empty",), "no run in"),
    ],
)
def test_what_cannot_begin_is_one_line(
    cli: Cli, calls: Path, backend: ScriptedBackend, arguments: tuple[object, ...], said: str
) -> None:
    Path("one.csv").write_text("text\nonly this one\n")
    Path("empty").mkdir()
    result = cli("annotate", *arguments)
    assert (result.exit_code, said in result.stderr, result.stderr.count("\n")) == (2, True, 1)
    assert not Path("x").exists()


def test_going_on_takes_no_options_of_the_start(cli: Cli, folder: Path, no_server: list[tuple[Run, Door]]) -> None:
    assert "--k is for a file" in cli("annotate", folder, "--k", 4).stderr
    no_server.clear()
    assert cli("annotate", folder, "--group", 2, "--user", "Kim", "--annotators", 3, "--port", 0).exit_code == 0
    ((run, door),) = no_server
    assert (run.review.judged.wanted, door) == (3, Door("127.0.0.1", 0, "Kim", 2))
    cli("annotate", folder, "--annotators", 3)
    assert len(read_log(folder / "decisions.jsonl")) == 2  # 2, then 3, and nothing for the same again


def test_a_start_that_was_killed_goes_on(cli: Cli, folder: Path) -> None:
    before = (folder / "sentences.parquet").read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"status": "running"}))
    for name in ("intents.parquet", "pieces.npz", "embeddings.npy"):
        (folder / name).unlink()
    assert cli("annotate", folder).exit_code == 0
    assert (folder / "sentences.parquet").read_bytes() == before


def test_people_judge_the_clusters_of_one_k_only() -> None:
    with pytest.raises(InputError, match="use 'paper'"):
        check(Settings(judge="people"))


# --- the pages ------------------------------------------------------------------------------------


def client_of(run: Path, name: str, group: int = 1) -> TestClient:
    client = TestClient(app_of(load(run), Access(TOKEN, name, group=group)), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    return client


def send(client: TestClient, html: str, do: str, **more: object) -> int:
    """Send the first form of a page that has a button `do`, as a browser would."""
    own = next(form for form in re.findall(r"<form.*?</form>", html, re.S) if f'value="{do}"' in form)
    kept = {
        str(a["name"]): a["value"]
        for tag, a in Elements(own).found
        if tag == "input" and a.get("type") == "hidden" and a["name"] != "do"
    }
    return client.post("/edit", data={**kept, "do": do, **more}, follow_redirects=False).status_code


def cluster_of(html: str) -> int:
    found = re.search(r'name="intent" value="(\d+)"', html)
    assert found, re.sub(r"<[^>]+>", " ", html)
    return int(found[1])


def judge_all(client: TestClient, good: Callable[[int], bool], path: str = "/judge") -> int:
    """Judge whatever the page offers; return how many that were."""
    n = 0
    while 'value="good"' in (html := client.get(path).text):
        assert send(client, html, "good" if good(cluster_of(html)) else "bad") == 303
        n += 1
        assert n < 100
    return n


def test_each_judges_alone(folder: Path) -> None:
    ana, ben = client_of(folder, "Ana"), client_of(folder, "Ben")
    html = ana.get("/judge").text
    cluster = cluster_of(html)
    assert "9 left for you, 0 done" in html
    assert send(ana, html, "bad") == 303
    assert cluster_of(ana.get("/judge").text) != cluster
    for path in ("/judge", "/", "/log", "/intents", "/naming", "/share-out", f"/intent/{cluster}"):
        page = ben.get(path).text
        assert f"found cluster {cluster} bad" not in page
        assert "to be split" not in page
    assert f"judged cluster {cluster}" in ben.get("/log").text
    assert f"found cluster {cluster} bad" in ana.get("/log").text
    assert cluster_of(ben.get("/judge").text) == cluster
    assert send(ben, ben.get("/judge").text, "bad") == 303
    assert f"found cluster {cluster} bad" in ben.get("/log").text  # both have: it is decided


def test_whoever_has_no_name_gives_one_first(folder: Path) -> None:
    client = client_of(folder, "")
    assert "Who are you?" in client.get("/judge").text
    answer = client.post("/edit", data={"do": "good", "intent": 0, "group": 1, "look": 0})
    assert (answer.status_code, "needs the name" in answer.text) == (409, True)
    client.post("/name", data={"user": "娜", "next": "/judge"})
    assert 'value="good"' in client.get("/judge").text


def test_two_at_once_lose_no_verdict(folder: Path) -> None:
    clients = [client_of(folder, name) for name in ("Ana", "Ben", "Eva", "Zoe")]

    def say(k: int) -> int:
        data = {"do": "good" if k % 3 else "bad", "intent": k % 9, "group": 1, "look": 0, "next": "/"}
        return clients[k // 9].post("/edit", data=data, follow_redirects=False).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(say, range(36))) == {303}
    judged = load(folder).review.judged
    assert [len(judged.of(1, intent)) for intent in range(9)] == [4] * 9


def test_a_killed_writer_leaves_all_verdicts_but_the_cut_one(folder: Path) -> None:
    ana = client_of(folder, "Ana")
    assert judge_all(ana, lambda _: True) == 9
    path = folder / "decisions.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    again = client_of(folder, "Ana")
    assert "1 left for you, 8 done" in again.get("/judge").text
    assert judge_all(again, lambda _: True) == 1
    assert len(read_log(path)) == 10


def test_nobody_takes_back_the_verdict_of_another(folder: Path) -> None:
    ana, ben = client_of(folder, "Ana"), client_of(folder, "Ben")
    send(ana, ana.get("/judge").text, "good")
    answer = ben.post("/edit", data={"do": "undo", "line": 2, "next": "/"})
    assert (answer.status_code, "verdict of Ana" in answer.text) == (409, True)
    assert 'value="undo" class="quiet"' not in ben.get("/log").text.split('<td class="n">2</td>')[1].split("</tr>")[0]
    assert ana.post("/edit", data={"do": "undo", "next": "/"}, follow_redirects=False).status_code == 303
    assert not load(folder).review.judged.of(1, 0)


def topics(run: Path) -> Callable[[int], str]:
    """Return what says the topic of a cluster: "" for one with several."""
    opened = load(run)

    def topic(intent: int) -> str:
        found = {topic_of(opened.corpus.texts[row]) for row in opened.review.members(intent)}
        return found.pop() if len(found) == 1 else ""

    return topic


def share_out(client: TestClient, run: Path) -> None:
    """Give every sentence that is left to the intent of its topic: the first by a proposal, the others by name."""
    texts, n = load(run).corpus.texts, 0
    while 'id="move"' in (html := client.get("/share-out").text):
        sentence = int(re.findall(r'name="s" value="(\d+)" form="move"', html)[0])
        near = re.findall(rf'name="s" value="{sentence}">\s*<button name="to" value="(\d+)"', html)
        if near and not n:
            assert send(client, html, "move", s=sentence, to=near[0]) == 303
        elif topic_of(texts[sentence]) == "other":
            assert send(client, html, "noise", s=sentence) == 303
        else:
            assert send(client, html, "give", s=sentence, name=f"INQUIRE-{topic_of(texts[sentence])}") == 303
        n += 1
        assert n < 100


def annotated(folder: Path) -> Path:
    """Have two people of each group do all steps."""
    topic, ana, ben = topics(folder), client_of(folder, "Ana"), client_of(folder, "Ben")
    for client in (ana, ben):
        assert judge_all(client, lambda intent: bool(topic(intent))) == 9
    while "What do they want?" in (html := ana.get("/naming").text):
        assert send(ana, html, "name", name=f"inquire-{topic(cluster_of(html))}") == 303
    share_out(ben, folder)
    for name in ("Kim", "Leo"):
        assert judge_all(client_of(folder, name, 2), lambda _: True, "/verify") > 2
    return folder


def test_the_whole_way_from_a_csv_to_a_data_set(cli: Cli, folder: Path, calls: Path) -> None:
    assert "has a label yet" in cli("annotate", folder, "--export", "data.parquet").stderr
    annotated(folder)
    run = load(folder)
    assert set(standing_of(run.review).stages.values()) == {Stage.VERIFIED}
    names = [known.name for known in run.review.intents.values() if known.confirmed]
    assert len(names) == len(set(names))  # clusters of one name became one intent
    result = cli("annotate", folder, "--export", "data.parquet")
    assert result.exit_code == 0, result.stderr
    assert "group 1: 2 people, 18 verdicts; Fleiss' κ 1.00, on 9 clusters with 2 verdicts each" in result.stdout
    table = pq.read_table("data.parquet")
    assert table.column_names == ["text", "label"]
    assert table.num_rows == 86  # of the 80 of the fixture, five hostile ones, and a blank one
    assert table["text"].to_pylist()[-1] is None
    labels = dict(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    by_topic = [label.casefold() == f"inquire-{topic_of(text)}" for text, label in labels.items() if text and label]
    assert sum(by_topic) >= len(by_topic) - 1  # the one given by a proposal may be anywhere

    corpus = read("data.parquet")
    assert corpus.texts == run.corpus.texts
    case = read_case("data.parquet", "label")
    assert case.n_clusters == len(set(labels.values()) - {None})
    scored = cli("evaluate", folder, "--gold", "label", "--gold-file", with_rows(table), "--json")
    assert json.loads(scored.stdout)["ari"] == 1.0
    assert cli("tune", "data", "data.parquet", "--label", "label", "--out", "t.parquet").exit_code == 0
    assert cli("tune", "data", folder, "--out", "u.parquet").exit_code == 0
    for command in ("report", "show"):
        assert cli(command, folder).exit_code == 0
    found = list(csv.DictReader(cli("predict", folder, "data.parquet").stdout.splitlines()))
    assert found[0]["name"] == labels[found[0]["text"]]
    assert "is there already" in cli("annotate", folder, "--export", "data.parquet").stderr
    assert "does not end in .parquet" in cli("annotate", folder, "--export", "data.csv").stderr


def with_rows(table: pa.Table) -> str:
    pq.write_table(table.append_column("row", pa.array(range(table.num_rows))), "gold.parquet")
    return "gold.parquet"


def test_the_card_says_how_it_came_about(cli: Cli, folder: Path) -> None:
    run = load(annotated(folder))
    assert cli("annotate", folder, "--export", "data.parquet").exit_code == 0
    card = Path("data.md").read_text("utf-8")
    for part in (
        "calls.csv",
        run.manifest.source.sha256,
        run.manifest.embedder,
        "| k of k-means | 9 |",
        "| seed | 0 |",
    ):
        assert part in card
    assert "- group 1: 2 people, 18 verdicts; Fleiss' κ 1.00, on 9 clusters" in card
    assert "- group 2: 2 people" in card
    assert "| all | 75 | 85 |" in card
    assert "| blank rows | 0 | 1 |" in card
    assert "clusters at the start: 9; good:" in card
    assert "<script" not in card
    assert "\u202e" not in card


def test_all_bad_and_none_of_them_leaves_nothing_labelled(cli: Cli, folder: Path) -> None:
    for name in ("Ana", "Ben"):
        judge_all(client_of(folder, name), lambda _: False)
    ana = client_of(folder, "Ana")
    assert "75 sentences left to share out" in ana.get("/share-out").text
    assert ana.post("/edit", data={"do": "noise", "s": " ".join(map(str, range(75)))}).status_code == 200
    assert "0 of 85 utterances" in ana.get("/share-out").text
    run = load(folder)
    assert (run.intents.num_rows, standing_of(run.review).stages) == (0, {})
    assert "has a label yet" in cli("annotate", folder, "--export", "data.parquet").stderr


def test_the_second_group_waits_and_sends_back(folder: Path) -> None:
    kim = client_of(folder, "Kim", 2)
    assert "after the steps above" in kim.get("/verify").text
    annotated(folder)
    ana = client_of(folder, "Ana")
    assert "</bdi> judged in group 1" in ana.get("/verify").text
    run = load(folder)
    target = standing_of(run.review).named[0]
    look = run.review.judged.looks[target]
    assert ana.post("/edit", data={"do": "good", "intent": target, "group": 2, "look": look}).status_code == 409
    for name in ("Kim", "Leo"):
        data = {"do": "bad", "intent": target, "group": 2, "look": look}
        assert client_of(folder, name).post("/edit", data=data).status_code == 200
    html = ana.get("/share-out").text
    assert "Rejected:" in html
    assert send(ana, html, "rename", name="ask-问题") == 303
    assert standing_of(load(folder).review).stages[target] is Stage.VERIFY
    assert judge_all(client_of(folder, "Kim"), lambda _: True, "/verify") == 1


def test_every_page_escapes_what_people_wrote(folder: Path) -> None:
    evil = '<b onclick="x">取消</b>\u202e'
    for name in ("<i>娜</i>", "Ben"):
        judge_all(client_of(folder, name), lambda intent: intent != 2)
    client = client_of(folder, "<i>娜</i>")
    assert send(client, client.get("/naming").text, "name", name=evil) == 303
    paths = (
        "/",
        "/judge",
        "/naming",
        "/naming?after=3",
        "/share-out",
        "/share-out?cluster=2",
        "/share-out?cluster=none",
    )
    pages = [client.get(path) for path in (*paths, "/verify", "/log", "/judge?shown=9999", "/intents", "/unassigned")]
    pages.append(client_of(folder, "").get("/judge"))
    for answer in pages:
        assert answer.status_code == 200
        tags = Elements(answer.text).found
        assert [a for tag, a in tags if tag == "script"] == [{"src": "/review.js", "defer": None}]
        assert not [tag for tag, a in tags if tag in {"img", "i"} or any(k[:2] == "on" or k == "style" for k in a)]
        bare = re.sub(r"<label.*?</label>", "", answer.text, flags=re.S)
        for tag, a in Elements(bare).found:
            if tag in {"input", "select"} and a.get("type") != "hidden":
                assert a.get("aria-label"), a
        links = [a.get(key) for _, a in tags for key in ("src", "href", "action") if key in a]
        assert all(link and link[0] in "/?#" and not link.startswith("//") for link in links)
    assert "&lt;b onclick" in pages[0].text


def test_hostile_sentences_on_the_page_of_their_cluster(folder: Path) -> None:
    run = load(folder)
    marks = ("<script", "<img", "yenom", "long long", "🇨🇳")
    for text in [text for text in run.corpus.texts if any(mark in text for mark in marks)]:
        cluster = int(run.review.labels[run.corpus.texts.index(text)])
        append(folder / "decisions.jsonl", "Ana", lambda _, c=cluster: Verdict(c, good=False))
        append(folder / "decisions.jsonl", "Ben", lambda _, c=cluster: Verdict(c, good=False))
        html = client_of(folder, "Eva").get(f"/share-out?cluster={cluster}").text
        assert "more characters" in html or len(text) < 600
        assert "<script>alert" not in html
        assert "<img" not in html


@pytest.mark.parametrize("path", ["/judge?after=x", "/judge?shown=-1", "/share-out?cluster=1e3", "/naming?after=²"])
def test_a_bad_address_is_one_line(folder: Path, path: str) -> None:
    answer = client_of(folder, "Ana").get(path)
    assert (answer.status_code, "is no number" in answer.text) == (409, True)


def test_a_review_of_the_same_folder_shows_the_same(folder: Path) -> None:
    annotated(folder)
    review = TestClient(app_of(load(folder), Access(TOKEN, "Zoe")), base_url=BASE, headers={"Origin": BASE})
    html = review.get(f"/?token={TOKEN}").text
    assert "<b>Review</b>" in html
    assert "confirmed" in html


def test_the_command_serves_until_ctrl_c(folder: Path) -> None:
    code = "from dialin.cli import main; import sys; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "annotate", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline().startswith("annotation of folder: http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
