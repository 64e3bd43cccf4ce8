"""The pages of an annotation: each judges alone, nothing is lost, and what people wrote harms nobody."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Cli
from starlette.testclient import TestClient

from annotators import annotated, client_of, cluster_of, judge_all, send
from dialin.review.edits import Move, Rename, Vote
from dialin.review.log import read_log
from dialin.review.stages import Stage, standing_of
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from fake_run import note
from review_client import BASE, TOKEN, Elements


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
    answer = ben.post("/edit", data={"do": "undo", "line": 3, "next": "/"})
    assert (answer.status_code, "verdict by Ana" in answer.text) == (409, True)
    assert 'value="undo" class="quiet"' not in ben.get("/log").text.split('<td class="n">3</td>')[1].split("</tr>")[0]
    assert ana.post("/edit", data={"do": "undo", "next": "/"}, follow_redirects=False).status_code == 303
    assert not load(folder).review.judged.of(1, 0)


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
    assert "</bdi> gave verdicts in group 1" in ana.get("/verify").text
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
        note(folder / "decisions.jsonl", "Ana", Vote(cluster, good=False))
        note(folder / "decisions.jsonl", "Ben", Vote(cluster, good=False))
        html = client_of(folder, "Eva").get(f"/share-out?cluster={cluster}").text
        assert "more characters" in html or len(text) < 600
        assert "<script>alert" not in html
        assert "<img" not in html


@pytest.mark.parametrize("path", ["/judge?after=x", "/judge?shown=-1", "/share-out?cluster=1e3", "/naming?after=²"])
def test_a_bad_address_is_one_line(folder: Path, path: str) -> None:
    answer = client_of(folder, "Ana").get(path)
    assert (answer.status_code, "must be a number" in answer.text) == (409, True)


def test_a_review_of_the_same_folder_shows_the_same(folder: Path) -> None:
    annotated(folder)
    review = TestClient(app_of(load(folder), Access(TOKEN, "Zoe")), base_url=BASE, headers={"Origin": BASE})
    html = review.get(f"/?token={TOKEN}").text
    assert "<b>Review</b>" in html
    assert "confirmed" in html


def test_each_browser_says_who_judges_though_the_command_names_somebody(folder: Path) -> None:
    """Else whoever opens the address of Ana would judge as Ana."""
    app = app_of(load(folder), Access(TOKEN, "Ana", group=1))
    client = TestClient(app, base_url=BASE, headers={"Origin": BASE}, cookies={"dialin-0": TOKEN})
    assert 'name="user" value="Ana"' in client.get("/judge").text.split("<main")[1]
    client.post("/name", data={"user": "Ana", "next": "/judge"})
    assert 'value="good"' in client.get("/judge").text


def test_undo_leads_back_to_the_cluster_it_was_about(folder: Path) -> None:
    ana = client_of(folder, "Ana")
    for do in ("good", "bad"):
        assert send(ana, ana.get("/judge").text, do) == 303
    answer = ana.post("/edit", data={"do": "undo", "next": "/judge?after=1"})
    assert cluster_of(answer.text) == 1
    assert "8 left for you, 1 done" in answer.text
    assert cluster_of(ana.get("/judge?after=1").text) == 2
    assert cluster_of(ana.get("/judge?after=8").text) == 1  # after the last one, what was put off


def test_more_of_a_cluster_can_be_seen(folder: Path) -> None:
    run = load(folder)
    for intent in range(1, 9):
        rows = run.review.members(intent).tolist()
        note(folder / "decisions.jsonl", "Ana", Move(tuple(rows), 0))
    ana = client_of(folder, "Ana")
    html = ana.get("/judge").text
    assert "20 of 75 sentences" in html
    assert 'href="/judge?shown=75"' in html
    more = ana.get("/judge?shown=75").text
    assert more.count("<li>") == 75
    assert "Show" not in more


def test_what_changed_while_somebody_looked_is_not_judged_unseen(folder: Path) -> None:
    annotated(folder)
    target = standing_of(load(folder).review).named[0]
    note(folder / "decisions.jsonl", "Ana", Rename(target, "other-name"))
    mia = client_of(folder, "Mia")
    html = mia.get("/verify").text
    assert "other-name" in html
    note(folder / "decisions.jsonl", "Ana", Rename(target, "third-name"))
    assert send(mia, html, "good") == 409
    assert not load(folder).review.judged.of(2, target)
