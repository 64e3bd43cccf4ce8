"""Every route and field of the review and annotation with hostile values: no fault, and nothing written on refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dialin.review.log import DECISIONS, read_log
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from fake_run import calls, fake_run
from review_client import BASE, TOKEN

FIELDS = {
    "accept": ("intent",),
    "rename": ("intent", "name"),
    "merge": ("others", "intent", "name"),
    "want-split": ("intent",),
    "reject": ("intent",),
    "split": ("intent", "sentences0", "name0", "sentences1", "name1"),
    "move": ("s", "to", "new"),
    "noise": ("s",),
    "name": ("intent", "name"),
    "give": ("s", "name"),
    "good": ("intent", "group", "look"),
    "bad": ("intent", "group", "look"),
    "undo": ("line",),
    "redo": ("line",),
    "": ("sentencesx", "do"),
}
"""The fields that each edit reads; all of them also know "seen" and "next"."""
QUERIES = (
    "page",
    "list",
    "parts",
    "q",
    "after",
    "shown",
    "cluster",
    "token",
    "to",
    "max_phrases",
    "min_p_good",
    "role",
)
HEADERS = ("Cookie", "Referer", "Accept", "Sec-Fetch-Site", "X-Forwarded-For", "Range", "Content-Type")

likely = st.integers(0, 7).map(str)
numbers = likely | st.integers(-2, 60).map(str) | st.sampled_from(["9" * 12, "9" * 13, "9" * 5000, "٣", "1.5", "new"])
texts = st.text(max_size=30) | st.sampled_from(["//evil", "/intent/99999", "\x00", "\u202e", "{{7*7}}", "<b>", "=1+1"])
values = likely | st.lists(numbers, max_size=12).map(",".join) | numbers | texts
queries = st.lists(st.tuples(st.sampled_from(QUERIES), values), max_size=3).map(urlencode)
headers = st.dictionaries(st.sampled_from(HEADERS), st.text(st.characters(min_codepoint=32, max_codepoint=126)))


@st.composite
def forms(draw: st.DrawFn) -> str:
    """Return a form, most of it as a page would send it."""
    do = draw(st.sampled_from(list(FIELDS)))
    fields = [*FIELDS[do], *draw(st.lists(st.sampled_from(["seen", "next", *FIELDS["split"]]), max_size=2))]
    worse = draw(st.booleans())
    return urlencode([("do", do), *((field, draw(values if worse else likely)) for field in fields)])


FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Opened:
    """A served run: its log, its paths, and somebody's browser; faults of the server are raised."""

    folder: Path
    paths: tuple[str, ...]
    client: TestClient

    @property
    def log(self) -> bytes:
        path = self.folder / DECISIONS
        return path.read_bytes() if path.exists() else b""

    def send(self, path: str, body: bytes | str) -> Response:
        return self.client.post(path, content=body, headers={"Content-Type": FORM}, follow_redirects=False)


@pytest.fixture(scope="module", params=[0, 1, 2], ids=["review", "judges", "verifiers"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Open a small run as a review, or for one group of an annotation."""
    folder = tmp_path_factory.mktemp("fuzz") / "run"
    fake_run(folder, calls(2))
    guard = app_of(load(folder), Access(TOKEN, group=request.param))
    assert isinstance(guard.app, Starlette)
    client = TestClient(guard, base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    return Opened(folder, tuple(route.path for route in guard.app.routes if isinstance(route, Route)), client)


@given(sent=st.lists(forms(), min_size=1, max_size=4), user=st.sampled_from(["Ana", ""]))
def test_no_form_makes_a_fault(opened: Opened, sent: list[str], user: str) -> None:
    (opened.folder / DECISIONS).unlink(missing_ok=True)
    opened.send("/name", urlencode({"user": user}))
    for form in sent:
        before = opened.log
        answer = opened.send("/edit", form)
        assert answer.status_code in (303, 409), answer.text
        if answer.status_code == 409:
            assert opened.log == before
        else:
            assert opened.log.startswith(before)
            assert len(read_log(opened.folder / DECISIONS)) == before.count(b"\n") + (not before)
            assert not load(opened.folder).review.void
            assert re.match("/(?!/)", answer.headers["location"])


@given(body=st.binary(max_size=200))
def test_no_bytes_make_a_fault(opened: Opened, body: bytes) -> None:
    before = opened.log
    for path in ("/edit", "/name"):
        assert opened.send(path, body).status_code in (303, 409)
    assert opened.log == before


@given(data=st.data(), query=queries, more=headers, method=st.sampled_from(["GET", "HEAD", "PUT", "OPTIONS"]))
def test_no_address_makes_a_fault(
    opened: Opened, data: st.DataObject, query: str, more: dict[str, str], method: str
) -> None:
    path = re.sub(r"\{\w+\}", data.draw(numbers), data.draw(st.sampled_from(opened.paths)))
    before = opened.log
    answer = opened.client.request(method, f"{path}?{query}", headers=more, follow_redirects=False)
    assert answer.status_code in (200, 303, 403, 404, 405, 409), answer.text
    assert opened.log == before


@given(host=texts | st.sampled_from(["a]b[", "[", "[::1", "x" * 300, "a:99999", "a/b", "a@b"]))
def test_no_host_makes_a_fault(opened: Opened, host: str) -> None:
    """With --host, any well-formed name is accepted; a stranger may send any."""
    answer = opened.client.get("/", headers={b"Host": host.encode("utf-8", "replace")}, follow_redirects=False)
    assert answer.status_code in (200, 421)


def test_more_fields_than_a_page_has_are_refused(opened: Opened) -> None:
    before = opened.log
    answer = opened.send("/edit", "do=noise" + "&s=1" * 2_001)
    assert (answer.status_code, "more than 2,000 fields" in answer.text) == (409, True)
    assert opened.log == before
