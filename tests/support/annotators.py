"""People for tests, who annotate through the pages as a browser would send what they press."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from dialin.runs.run import load
from dialin.web.app import Access, app_of
from review_client import BASE, TOKEN, Elements
from scripted import topic_of


def client_of(run: Path, name: str, group: int = 1) -> TestClient:
    """Return the browser of somebody, who has entered and, with a name, said who they are."""
    client = TestClient(app_of(load(run), Access(TOKEN, group=group)), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    if name:
        client.post("/name", data={"user": name, "next": "/log"})
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
    """Return the cluster that a page asks about."""
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
    while "What do these sentences want?" in (html := ana.get("/naming").text):
        assert send(ana, html, "name", name=f"inquire-{topic(cluster_of(html))}") == 303
    share_out(ben, folder)
    for name in ("Kim", "Leo"):
        assert judge_all(client_of(folder, name, 2), lambda _: True, "/verify") > 2
    return folder
