"""The review of a run that follows an earlier one: what is new, candidates, what drifted, and listed names."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dialin import files, saved
from dialin.errors import InputError
from dialin.review.edits import Accept, Entry, Merge, Noise, Rename, Split, SplitPart, Undo
from dialin.review.log import DECISIONS, TAKEN_OVER, read_log, write_log
from dialin.review.replay import replay
from dialin.runs.run import Run, load
from dialin.web.app import Access, app_of
from fake_run import calls, decide, fake_run, note
from later_run import CANDIDATE, DRIFTED, FARTHER, LISTED, NEW, later_run, mark_candidates, numbers_by_name
from review_client import BASE, TOKEN, Elements

OF_LATER = {"new": [NEW], "candidates": [CANDIDATE], "drifted": [DRIFTED, FARTHER]}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return later_run(tmp_path_factory.mktemp("kept") / "run").folder


@pytest.fixture
def run(tmp_path: Path, kept: Path) -> Run:
    return load(Path(shutil.copytree(kept, tmp_path / "run")))


def client_of(run: Run, user: str = "Ana") -> TestClient:
    client = TestClient(app_of(load(run.folder), Access(TOKEN, user)), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    return client


@pytest.fixture
def client(run: Run) -> TestClient:
    return client_of(run)


def edit(client: TestClient, **fields: object) -> int:
    return client.post("/edit", data={"next": "/", **fields}, follow_redirects=False).status_code


def shown(client: TestClient, path: str = "/") -> list[int]:
    """Return the intents on a page, in its order."""
    return [int(i) for i in re.findall(r'name="others" value="(\d+)"', client.get(path).text)]


def listed_counts(client: TestClient) -> dict[str, int]:
    """Return the number beside the title of each list."""
    found = re.findall(r'>(\w[\w ]+) <span class="count">(\d+)<', client.get("/").text)
    return {title: int(n) for title, n in found}


def is_candidate(run: Run) -> dict[int, bool]:
    table = load(run.folder).intents
    return dict(zip(table["intent_id"].to_pylist(), table["candidate"].to_pylist(), strict=True))


# --- order and lists ------------------------------------------------------------------------------


def test_new_ones_and_candidates_come_first_then_what_drifted_then_the_rest(client: TestClient, run: Run) -> None:
    number = numbers_by_name(run)
    order = shown(client)
    assert set(order[:2]) == {number[NEW], number[CANDIDATE]}
    assert set(order[2:4]) == {number[DRIFTED], number[FARTHER]}
    assert edit(client, do="accept", intent=order[0]) == 303
    assert shown(client) == [*order[1:], order[0]]


def test_each_list_has_its_intents_and_their_number(client: TestClient, run: Run) -> None:
    number = numbers_by_name(run)
    n = len(number)
    assert listed_counts(client) == {"All": n, "New": 1, "Candidates": 1, "Drifted": 2, "To check": n}
    for name, wanted in OF_LATER.items():
        assert set(shown(client, f"/intents?list={name}")) == {number[one] for one in wanted}
    assert shown(client, "/intents?list=nonsense") == shown(client)


def test_new_says_that_candidates_have_their_own_list(client: TestClient) -> None:
    html = client.get("/").text
    title = "intents that the earlier run did not have; candidates have a list of their own (key 2)"
    assert f'data-key="2" title="{title}"' in html


def test_the_doubt_is_a_share_of_the_utterances_with_an_intent(client: TestClient, run: Run) -> None:
    """Marked as noise, the sentences of an intent are no longer among those that can be in the wrong one."""

    def base() -> int:
        return int(re.findall(r"of the ([\d,]+) utterances\s+with an intent", client.get("/").text)[0].replace(",", ""))

    counts, labels = run.sentences["count"].to_numpy(), run.sentences["intent_id"].to_numpy()
    assert base() == counts[labels >= 0].sum()
    gone = numbers_by_name(run)[NEW]
    decide(run.folder, Noise(tuple(int(row) for row in (labels == gone).nonzero()[0])))
    assert base() == counts[(labels >= 0) & (labels != gone)].sum()


def test_what_is_accepted_leaves_its_list(client: TestClient, run: Run) -> None:
    for name in (NEW, CANDIDATE, DRIFTED):
        assert edit(client, do="accept", intent=numbers_by_name(run)[name]) == 303
    n = len(numbers_by_name(run))
    assert listed_counts(client) == {"All": n, "New": 0, "Candidates": 0, "Drifted": 1, "To check": n - 3}
    assert "Nothing is left in this list" in client.get("/intents?list=new").text


def test_a_run_that_follows_none_has_two_lists(tmp_path: Path) -> None:
    client = client_of(fake_run(tmp_path / "alone", calls(2)))
    assert list(listed_counts(client)) == ["All", "To check"]
    assert "On your list" not in client.get("/").text
    assert "datalist" not in client.get("/").text


def test_what_drifted_after_it_was_accepted_gets_a_second_look(run: Run) -> None:
    """Both were accepted before the update; one is accepted again, and not again after an undo."""
    number = numbers_by_name(run)
    own, other = number[DRIFTED], number[FARTHER]
    write_log(run.folder / DECISIONS, [Entry(2, Accept(own)), Entry(3, Accept(other))], {TAKEN_OVER: "2"})
    client = client_of(run)
    assert set(shown(client, "/intents?list=drifted")) == set(shown(client)[2:4]) == {own, other}
    assert "2 confirmed" in client.get("/").text
    assert edit(client, do="accept", intent=own) == 303
    assert (shown(client, "/intents?list=drifted"), shown(client)[-1]) == ([other], own)
    assert edit(client, do="undo") == 303
    assert set(shown(client, "/intents?list=drifted")) == {own, other}


def test_the_reasons_are_said_in_words(client: TestClient, run: Run) -> None:
    number = numbers_by_name(run)
    wanted = {
        NEW: "new since january",
        CANDIDATE: "candidate: 9 sentences without a home",
        DRIFTED: "said more often: 3.1% → 6.4% of the utterances",
        FARTHER: "new sentences lie farther from its centre than the old ones: 0.21 → 0.30",
    }
    overview = client.get("/").text
    for name, words in wanted.items():
        assert words in overview
        assert words in client.get(f"/intent/{number[name]}").text
    assert "more of what is said near it has no intent: 3.1% → 6.4%" in overview
    assert edit(client, do="accept", intent=number[NEW]) == 303
    assert "new since january" not in client.get("/").text


def test_one_goes_on_within_a_list(client: TestClient, run: Run) -> None:
    first, second = shown(client, "/intents?list=drifted")
    html = client.get(f"/intent/{first}?list=drifted").text
    assert f'href="/intent/{second}?list=drifted" data-key="]"' in html
    assert f'name="next" value="/intent/{second}?list=drifted"' in html
    assert 'name="next" value="/intents?list=drifted"' in client.get(f"/intent/{second}?list=drifted").text
    assert edit(client, do="rename", intent=first, name="another-name") == 303
    assert f'href="/intent/{second}?list=drifted" data-key="]"' in client.get(f"/intent/{first}?list=drifted").text


def test_the_pages_of_a_list_are_pages_of_that_list(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialin.web.pages.INTENTS_PER_PAGE", 1)
    html = client.get("/intents?list=drifted").text
    assert 'href="/intents?list=drifted&amp;page=2"' in html or 'href="/intents?list=drifted&page=2"' in html
    assert shown(client, "/intents?list=drifted&page=2") != shown(client, "/intents?list=drifted")


# --- candidates -----------------------------------------------------------------------------------


def test_a_candidate_is_one_until_it_is_confirmed(client: TestClient, run: Run) -> None:
    own = numbers_by_name(run)[CANDIDATE]
    for fields in ({"do": "accept"}, {"do": "rename", "name": "ask-refund"}):
        assert is_candidate(run)[own]
        assert edit(client, intent=own, **fields) == 303
        assert not any(is_candidate(run).values())
        assert edit(client, do="undo") == 303
    assert edit(client, do="want-split", intent=own) == 303
    assert is_candidate(run)[own]


def test_the_parts_of_a_candidate_are_candidates(run: Run) -> None:
    own, state = numbers_by_name(run)[CANDIDATE], run.review
    rows = state.members(own).tolist()
    parts = (SplitPart(own, "a", tuple(rows[:4])), SplitPart(state.free, "b", tuple(rows[4:])))
    after = replay(state, [Entry(2, Split(own, parts)), Entry(3, Accept(own))])
    assert [after.intents[i].candidate for i in (own, state.free)] == [False, True]
    decide(run.folder, Split(own, parts))
    assert {i for i, waits in is_candidate(run).items() if waits} == {own, state.free}


def test_a_rejected_candidate_leaves_its_sentences_without_an_intent(client: TestClient, run: Run) -> None:
    own = numbers_by_name(run)[CANDIDATE]
    rows = run.review.members(own).tolist()
    assert 'value="reject"' in client.get(f"/intent/{own}").text
    assert 'value="reject"' not in client.get(f"/intent/{numbers_by_name(run)[DRIFTED]}").text
    assert edit(client, do="reject", intent=own) == 303
    assert read_log(run.folder / DECISIONS)[-1].edit == Noise(tuple(rows))
    assert own not in is_candidate(run)
    assert edit(client, do="reject", intent=own) == 409


def test_a_merge_keeps_the_intent_that_the_earlier_run_knows(client: TestClient, run: Run) -> None:
    """Even if the candidate or the new intent is the larger one, whose number is smaller."""
    number = numbers_by_name(run)
    mark_candidates(run.folder, {min(number, key=number.__getitem__)})
    client, known = client_of(run), number[FARTHER]
    assert edit(client, do="merge", others=["0", str(known), str(number[NEW])]) == 303
    kept = read_log(run.folder / DECISIONS)[-1].edit
    assert isinstance(kept, Merge)
    assert (kept.intent, set(kept.others)) == (known, {0, number[NEW]})


def test_the_page_of_a_candidate_merges_it_into_another_one(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = numbers_by_name(run)
    own, known = number[CANDIDATE], number[DRIFTED]
    html = client.get(f"/intent/{own}").text
    assert f'<input type="hidden" name="others" value="{own}">' in html
    assert "Merge this into it" in html
    assert edit(client, do="merge", intent=known, others=own) == 303
    assert edit(client, do="merge", others=number[NEW], intent="named", other=FARTHER.upper()) == 303
    monkeypatch.setattr("dialin.web.pages.N_TARGETS", 2)
    assert edit(client, do="merge", others=number["inquire-parcel"], intent="named", other="nowhere") == 409
    assert [entry.edit for entry in read_log(run.folder / DECISIONS)] == [
        Merge(known, (own,)),
        Merge(number[FARTHER], (number[NEW],)),
    ]


# --- listed names ---------------------------------------------------------------------------------


def test_listed_names_that_nobody_said_are_shown_and_suggested(client: TestClient, run: Run) -> None:
    own = numbers_by_name(run)[DRIFTED]
    assert 'list="unseen"' in client.get(f"/intent/{own}").text
    html = client.get("/").text
    note_, suggested = html.split("On your list")[1].split("</section>")[0], html.split('<datalist id="unseen">')[1]
    for name in LISTED[:2]:
        assert name in note_
        assert f'<option value="{name}">' in suggested
    assert LISTED[3] not in note_  # an intent of that name has sentences
    assert edit(client, do="rename", intent=own, name=LISTED[1].upper()) == 303
    assert LISTED[1] not in client.get("/").text.split("On your list")[1].split("</section>")[0]


def test_no_two_intents_get_one_name(client: TestClient, run: Run) -> None:
    number = numbers_by_name(run)
    answer = client.post("/edit", data={"do": "rename", "intent": number[NEW], "name": DRIFTED.upper()})
    assert (answer.status_code, "merge the two" in answer.text) == (409, True)
    assert edit(client, do="rename", intent=number[DRIFTED], name=DRIFTED.upper()) == 303


# --- several people, and hostile text -------------------------------------------------------------


def test_what_one_accepts_another_does_not_merge_away_unseen(run: Run) -> None:
    own = numbers_by_name(run)[CANDIDATE]
    ana, ben = client_of(run), client_of(run, "Ben")
    seen = {"seen": 0}
    assert edit(ana, do="accept", intent=own, **seen) == 303
    for fields in ({"do": "merge", "intent": 0, "others": own}, {"do": "reject", "intent": own}):
        answer = ben.post("/edit", data=fields | seen)
        assert (answer.status_code, f"accepted “{CANDIDATE}”" in answer.text) == (409, True)
    assert edit(ben, do="accept", intent=own, **seen) == 303


def test_two_people_at_once_lose_nothing(run: Run) -> None:
    """Each on a server of their own: every intent is accepted by both, and one of two gets a listed name."""
    people = [client_of(run), client_of(run, "本")]
    ids = sorted(run.found_names)

    def work(k: int) -> int:
        intent, person = ids[k // 2], people[k % 2]
        if intent in ids[:2]:
            return edit(person, do="rename", intent=ids[k % 2], name=f"{LISTED[k % 2]}", seen=0)
        return edit(person, do="accept", intent=intent, seen=0)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(2 * len(ids))))
    state, entries = load(run.folder).review, read_log(run.folder / DECISIONS)
    assert answers.count(303) == len(entries) >= 2 * len(ids) - 2
    assert set(answers) <= {303, 409}  # the second renaming of an intent is from a page before the first
    assert not state.void
    assert all(intent.confirmed and not intent.candidate for intent in state.intents.values())
    assert [state.intents[i].name for i in ids[:2]] == list(LISTED[:2])
    assert not any(is_candidate(run).values())


def test_an_undone_acceptance_makes_it_a_candidate_again_for_all(run: Run) -> None:
    own = numbers_by_name(run)[CANDIDATE]
    ben = client_of(run, "Ben")
    note(run.folder / DECISIONS, "Ana", Accept(own))
    assert own not in shown(ben, "/intents?list=candidates")
    note(run.folder / DECISIONS, "Ana", Undo(2))
    assert own in shown(ben, "/intents?list=candidates")


def test_what_the_files_hold_runs_nothing(run: Run) -> None:
    manifest = saved.read_json(run.folder / files.MANIFEST)
    since = 'runs/<img src=x onerror="alert(1)">\u202e一月'
    files.write_json(run.folder / files.MANIFEST, manifest | {"since": since})
    decide(run.folder, Rename(numbers_by_name(run)["inquire-parcel"], '"><script>alert(1)</script>'))
    client = client_of(run)
    for path in ("/", "/intents?list=new", f"/intent/{numbers_by_name(run)[NEW]}?list=new", '/?list="><b>'):
        html = client.get(path).text
        found = Elements(html).found
        assert [a for tag, a in found if tag == "script"] == [{"src": "/review.js", "defer": None}]
        assert not [tag for tag, a in found if tag == "img" or "onerror" in a]
        assert "<b>cancel" not in html
        assert "&lt;b&gt;cancel&lt;/b&gt;-newsletter" in html
    assert "一月" in client.get("/").text
    assert "\u202e" not in client.get("/").text


def test_a_damaged_record_is_one_line(run: Run) -> None:
    (run.folder / files.DRIFT).write_text('{"intents": [3]}')
    with pytest.raises(InputError, match=r"drift\.json is damaged"):
        client_of(run)
