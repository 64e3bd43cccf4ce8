"""The review page: what it shows and does, for whom, and that nothing in the data or from elsewhere harms it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import Cli
from starlette.testclient import TestClient

from dialin.errors import InputError
from dialin.judge.certainty import with_certainty
from dialin.review.edits import Accept, Merge, Move, Noise, Rename, Split, Undo
from dialin.review.log import append, read_log
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from dialin.web.serve import access_of, listening
from fake_run import Said, fake_run
from review_client import BASE, TOKEN, Elements
from run_commands import discover
from scripted import NASTY, ScriptedBackend


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its run for the others: no test is about finding intents."""
    return tmp_path_factory.mktemp("kept") / "run"


@pytest.fixture
def run(kept: Path, home: Path, cli: Cli, calls: Path, backend: ScriptedBackend) -> Path:
    if not kept.exists():
        with calls.open("a") as file:
            file.writelines('"' + text.replace('"', '""') + '",refund\n' for text in NASTY)
        shutil.copytree(discover(cli, calls, "run", "--merge", "none", "--form", "pairs"), kept)
    else:
        shutil.copytree(kept, home / "run")
    return Path("run")


def client_of(run: Path, *, enter: bool = True, **access: Any) -> TestClient:
    given = Access(token=TOKEN, port=8377, hosts=access_of("127.0.0.1", 8377, "").hosts)
    app = app_of(load(run), Access(**(vars(given) | access)))
    client = TestClient(app, base_url=BASE, headers={"Origin": BASE})
    if enter:
        client.get(f"/?token={TOKEN}")
    return client


@pytest.fixture
def client(run: Path) -> TestClient:
    return client_of(run, user="Ana")


def edit(client: TestClient, **fields: object) -> int:
    return client.post("/edit", data={"next": "/", **fields}, follow_redirects=False).status_code


def all_pages(client: TestClient) -> list[str]:
    evil = quote('<script>"refund\u202e')
    paths = ["/", "/unassigned", "/log", "/search?q=refund", f"/search?q={evil}"]
    paths += [f"/intent/{i}{end}" for i in range(5) for end in ("", "/split", "/split?parts=4")]
    answers = [client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.text for answer in answers]


# --- what is shown --------------------------------------------------------------------------------


def test_the_overview_and_each_intent_have_the_word_for_its_probability(client: TestClient, run: Path) -> None:
    rows = load(run).intents.to_pylist()
    overview = client.get("/").text
    for row in rows:
        said = with_certainty(row["p_good"])
        assert said in overview
        assert f"P(good) {said} ·" in client.get(f"/intent/{row['intent_id']}").text


def test_every_page_escapes_what_people_wrote(client: TestClient, run: Path) -> None:
    intents = load(run).intents["intent_id"].to_pylist()
    assert edit(client, do="rename", intent=intents[0], name='<b onclick="x">取消</b>') == 303
    client.post("/name", data={"user": "<i>娜娜</i>", "next": "/"})
    assert edit(client, do="noise", s="0") == 303
    pages = all_pages(client)
    for html in pages:
        scripts = [a for tag, a in Elements(html).found if tag == "script"]
        assert scripts == [{"src": "/review.js", "defer": None}]
        assert not [tag for tag, a in Elements(html).found if tag in {"img", "i"} or any(k[:2] == "on" for k in a)]
        assert not [a for _, a in Elements(html).found if "style" in a]
    together = "".join(pages)
    assert "&lt;script&gt;alert(1)" in together
    assert "退款" in together
    assert "\u202e" in together
    assert "more characters" in together
    assert "&lt;i&gt;娜娜" in together


def test_no_page_needs_another_server(client: TestClient) -> None:
    for html in all_pages(client):
        links = [a.get(key) for _, a in Elements(html).found for key in ("src", "href", "action") if key in a]
        assert links
        assert all(link and link[0] in "/?#" and not link.startswith("//") for link in links)
    assert "url(" not in client.get("/style.css").text
    assert "http" not in client.get("/review.js").text


def test_every_field_and_button_has_a_name(client: TestClient) -> None:
    """For people who hear a page: a label around it, a label of its own, or text."""
    for html in all_pages(client):
        bare = re.sub(r"<label.*?</label>", "", html, flags=re.S)
        for tag, a in Elements(bare).found:
            if tag in {"input", "select"} and a.get("type") != "hidden":
                assert a.get("aria-label"), a


def test_the_most_doubtful_come_first(client: TestClient, run: Path) -> None:
    view = load(run)
    shown = [int(i) for i in re.findall(r'name="s" value="(\d+)"', client.get("/intent/0").text)]
    p = view.sentences["p_intent"].to_numpy()[shown]
    assert sorted(shown) == view.review.members(0).tolist()
    assert p.tolist() == sorted(p.tolist())


def test_confirmed_intents_go_to_the_end(client: TestClient) -> None:
    def order() -> list[str]:
        return re.findall(r'name="others" value="(\d+)"', client.get("/").text)

    first = order()
    assert edit(client, do="accept", intent=first[0]) == 303
    assert order() == [*first[1:], first[0]]


def test_long_lists_come_in_pages(client: TestClient, run: Path) -> None:
    assert edit(client, do="noise", s=" ".join(map(str, range(60)))) == 303
    one, two = client.get("/unassigned").text, client.get("/unassigned?page=2").text
    assert one.count('name="s"') == 50
    assert two.count('name="s"') == len(load(run).review.members(-1)) - 50
    assert client.get("/unassigned?page=99").text.count('name="s"') == two.count('name="s"')


# --- what it does ---------------------------------------------------------------------------------


def test_each_edit_is_a_line_of_the_log(client: TestClient, run: Path) -> None:
    member = load(run).review.members
    zero, two, free = member(0).tolist(), member(2).tolist(), load(run).review.free
    assert edit(client, do="accept", intent=1) == 303
    assert edit(client, do="rename", intent=1, name="查询-物流") == 303
    assert edit(client, do="merge", others=["4", "3"], name="both") == 303
    assert edit(client, do="want-split", intent=2) == 303
    assert edit(client, do="move", s=zero[:2], to=1) == 303
    assert edit(client, do="move", s=zero[2], to="new", new="brand-new") == 303
    assert edit(client, do="noise", s=two[0]) == 303
    assert edit(client, do="undo") == 303
    assert [entry.edit for entry in read_log(run / "decisions.jsonl")] == [
        Accept(1),
        Rename(1, "查询-物流"),
        Merge(3, (4,), "both"),
        Split(2),
        Move((zero[0], zero[1]), 1),
        Move((zero[2],), free, "brand-new"),
        Noise((two[0],)),
        Undo(8),
    ]
    assert {entry.by for entry in read_log(run / "decisions.jsonl")} == {"Ana"}
    assert all(entry.at.endswith("+00:00") for entry in read_log(run / "decisions.jsonl"))
    assert "undid line 8" in client.get("/log").text


def test_a_proposed_split_can_be_taken_as_it_is(client: TestClient, run: Path) -> None:
    html = client.get("/intent/0/split?parts=3").text
    fields = {
        a["name"]: a["value"] for tag, a in Elements(html).found if tag == "input" and {"name", "value"} <= a.keys()
    }
    before, free = load(run).review.members(0).tolist(), load(run).review.free
    assert edit(client, **{str(k): v for k, v in fields.items() if k not in {"q", "user", "next"}}) == 303
    state = load(run).review
    assert sorted(i for k in (0, free, free + 1) for i in state.members(k).tolist()) == before
    assert len({state.intents[k].name for k in (0, free, free + 1)}) == 3


def test_what_does_not_fit_changes_nothing_and_says_why(client: TestClient, run: Path) -> None:
    append(run / "decisions.jsonl", "Ben", lambda _: Merge(0, (1,)))
    answer = client.post("/edit", data={"do": "rename", "intent": "1", "name": "x", "next": "/"})
    assert answer.status_code == 409
    assert "intent 1 no longer exists" in answer.text
    assert client.get("/intent/1").status_code == 404
    bad: list[dict[str, object]] = [
        {"do": "rename", "intent": 0, "name": "\u202e \n"},
        {"do": "move", "to": 0},
        {"do": "move", "to": "x", "s": 1},
        {"do": "noise", "s": 99_999},
        {"do": "merge", "others": 2},
        {"do": "split", "intent": 0},
        {"do": "drop"},
        {},
    ]
    assert [edit(client, **fields) for fields in bad] == [409] * len(bad)
    assert len(read_log(run / "decisions.jsonl")) == 1


def test_each_undoes_the_own_edits_unless_others_build_on_them(run: Path) -> None:
    app = app_of(load(run), Access(token=TOKEN))
    ana, ben = (TestClient(app, headers={"Origin": "http://testserver"}, cookies={"dialin-0": TOKEN}) for _ in range(2))
    for client, name in ((ana, "Ana"), (ben, "本")):
        client.post("/name", data={"user": name, "next": "/"})
    sentence, free = load(run).review.members(0)[0], load(run).review.free
    assert edit(ana, do="move", s=sentence, to="new", new="of-ana") == 303
    assert edit(ben, do="rename", intent=1, name="of-ben") == 303
    assert edit(ana, do="undo") == 303
    assert (free in load(run).review.intents, load(run).review.intents[1].name) == (False, "of-ben")
    assert edit(ana, do="redo") == 303
    assert edit(ben, do="rename", intent=free, name="ben-builds") == 303
    answer = ana.post("/edit", data={"do": "undo", "next": "/"})
    assert (answer.status_code, "builds on it" in answer.text) == (409, True)
    assert edit(ben, do="undo") == edit(ana, do="undo") == 303
    assert [entry.by for entry in read_log(run / "decisions.jsonl")][:2] == ["Ana", "本"]


def test_two_clients_at_once_lose_nothing(run: Path) -> None:
    """Two servers on one run, each with a client, both moving sentences and making intents."""
    clients = [client_of(run, user=name) for name in ("Ana", "Ben")]

    def work(k: int) -> int:
        return edit(clients[k % 2], do="move", s=k, to="new", new=f"intent-{k}")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(24))) == [303] * 24
    state = load(run).review
    assert not state.void
    assert len({int(state.labels[k]) for k in range(24)}) == 24
    assert clients[0].get("/log").text == clients[1].get("/log").text.replace('value="Ben"', 'value="Ana"')


# --- who may --------------------------------------------------------------------------------------


def test_without_the_token_there_is_nothing(run: Path) -> None:
    stranger = client_of(run, enter=False)
    for path in ("/", "/style.css", "/log", "/?token=wrong", "/?token=", "/?token=%C3%A9", "/nothing"):
        answer = stranger.get(path)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert stranger.post("/edit", data={"do": "accept", "intent": 0}).status_code == 403
    assert not (run / "decisions.jsonl").exists()


def test_the_token_becomes_a_strict_cookie_and_leaves_the_address(run: Path) -> None:
    client = client_of(run, enter=False)
    answer = client.get(f"/search?q=a&token={TOKEN}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=a")
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("dialin-8377=", "httponly", "samesite=strict", "path=/"))
    away = client.get(f"//evil.example?token={TOKEN}", follow_redirects=False)
    assert not away.headers["location"].startswith("//")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": BASE + "1"}])
def test_writes_from_elsewhere_are_refused(client: TestClient, run: Path, headers: dict[str, str]) -> None:
    answer = client.post("/edit", data={"do": "accept", "intent": 0, "next": "/"}, headers=headers)
    assert answer.status_code == 403
    client.headers.pop("Origin")
    assert client.post("/edit", data={"do": "accept", "intent": 0}).status_code == 403
    assert edit(client, do="accept", intent=0) == 403
    assert not (run / "decisions.jsonl").exists()


def test_other_names_of_this_machine_lead_nowhere(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/", headers={"Host": "localhost:8377"}).status_code == 200


def test_every_answer_has_the_headers(client: TestClient) -> None:
    for path in ("/", "/review.js", "/nothing", "/intent/99"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")


@pytest.mark.parametrize(
    "path", ["/../manifest.json", "/%2e%2e/manifest.json", "/static/../../run.py", "/intent/..%2f..", "/manifest.json"]
)
def test_no_path_leads_to_a_file(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("there", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y", ""])
def test_after_an_edit_one_stays_here(client: TestClient, there: str) -> None:
    answer = client.post("/edit", data={"do": "accept", "intent": 0, "next": there}, follow_redirects=False)
    assert answer.headers["location"] == "/"


# --- the command ----------------------------------------------------------------------------------


def test_the_command_serves_until_ctrl_c(run: Path) -> None:
    command = [sys.executable, "-m", "dialin.cli", "review", str(run), "--port", "0", "--user", "Ana"]
    code = "from dialin.cli import main; import sys; main(sys.argv[1:])"
    with subprocess.Popen([sys.executable, "-c", code, *command[3:]], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = server.stdout.readline().split()[-1]
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address) as answer:
            assert (answer.status, "token" in answer.url) == (200, False)
        to_read = server.stdout.readline().split()[-1]
        assert to_read != address
        with opener.open(to_read) as answer:
            assert b"read only" in answer.read()
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0


def test_a_port_in_use_is_one_line(cli: Cli, run: Path) -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        result = cli("review", "run", "--port", port)
    assert result.exit_code == 2
    assert f"port {port}" in result.stderr
    with pytest.raises(InputError, match="cannot listen"):
        listening("host.invalid", 0)


def test_a_warning_where_others_can_reach_it(cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialin.web.serve.serve", lambda *_: None)
    warned = cli("review", "run", "--host", "0.0.0.0", "--port", 9000).stderr
    assert all(part in warned for part in ("other machines", "Nothing is encrypted", "ssh -L 9000:127.0.0.1:9000 "))
    assert cli("review", "run").stderr == ""
    assert cli("review", "nowhere").exit_code == 2


def test_a_report_from_before_the_last_decision_is_said_to_be_old(
    cli: Cli, run: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialin.web.serve.serve", lambda *_: edit(client, do="accept", intent=0))
    os.utime(run / "report.html", (0, 0))
    assert "report.html is older than the review; update it with: dialin report run" in cli("review", "run").stderr
    assert cli("report", "run").exit_code == 0
    monkeypatch.setattr("dialin.web.serve.serve", lambda *_: None)
    assert cli("review", "run").stderr == ""


def test_many_intents_are_parted_into_pages(home: Path) -> None:
    """230 intents: 200 on the first page, 30 on the second; the page asked for is brought into range."""
    fake_run(home / "many", [Said(f"word{i} {j}", f"ask-thing-{i}") for i in range(230) for j in range(2)])
    client = client_of(home / "many")
    shown = [client.get(path).text.count("data-row>") for path in ("/", "/?page=2", "/?page=99")]
    assert shown == [200, 30, 30]
    assert "230 intents, 0 confirmed" in client.get("/?page=2").text
