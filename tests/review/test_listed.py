"""Listed intents: which clusters are theirs, that they stay apart, and that what nobody says is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli

from dialin.discover.assign import Pieces
from dialin.discover.data import Data
from dialin.discover.settings import Settings
from dialin.jobs.known_first import rest_of_listed
from dialin.read.intent_list import ListedIntent
from dialin.review.edits import Accept
from dialin.review.listed import ListedTask, listed_vectors, matched_pieces, matches
from dialin.runs.run import Run, load
from fake_run import decide
from oracles import on_circle
from run_commands import discover
from scripted import HashingEmbedder, ScriptedBackend

LIST = "name,description,examples\nmoney_back,refund money payment,\nwhere-is-it,,parcel delivery|tracking courier\n"
UNSAID = "guitar-lessons,learn to play the guitar,\n"


def test_each_is_the_others_nearest_and_nearer_than_wrong_ones() -> None:
    """Clusters at 0°, 60°, 120°; listed at 5° and 115°: the cluster between has no listed intent."""
    assert matches(on_circle(0, 60, 120), on_circle(5, 115)) == {0: [0], 2: [1]}


def test_an_intent_that_nobody_says_takes_no_cluster() -> None:
    """A listed intent at 180° is nearest to the cluster at 90°, but as far from it as any wrong one."""
    assert matches(on_circle(0, 90), on_circle(10, 180)) == {0: [0]}


def test_no_cluster_has_no_match() -> None:
    assert matches(np.empty((0, 2), np.float32), on_circle(0, 90)) == {}


def test_two_listed_intents_in_one_cluster_are_kept_apart() -> None:
    """Sentences at −6°, −4°, 4°, 6° are one cluster; listed are −5° and 5°. Another cluster is at 90°."""
    X = on_circle(-6, -4, 4, 6, 90)
    data = Data(list("abcde"), X, np.ones(5, np.int64), [""] * 5)
    pieces = Pieces(on_circle(0, 90), np.array([0.9, 0.9], np.float32), np.array([0, 1]), ("", ""))
    listed = (ListedIntent("left"), ListedIntent("right"), ListedIntent("far"))
    found = matched_pieces(pieces, on_circle(-5, 5, 90), ListedTask(listed, data, [""] * 5))
    assert found.assign(X, [""] * 5)[0].tolist() == [0, 0, 1, 1, 2]


def test_what_agents_say_is_no_listed_intents() -> None:
    X = on_circle(0, 90)
    data = Data(["a", "b"], X, np.ones(2, np.int64), ["agent", "customer"])
    pieces = Pieces(X, np.array([0.9, 0.9], np.float32), np.array([0, 1]), ("agent", "customer"))
    listed = (ListedIntent("x"), ListedIntent("y"))
    found = matched_pieces(pieces, on_circle(1, 91), ListedTask(listed, data, ["agent", "customer"]))
    assert found.intents.tolist() == [-1, 1]


def test_the_vector_of_an_intent_is_the_mean_of_its_texts() -> None:
    embed = HashingEmbedder().encode
    (found,) = listed_vectors([ListedIntent("refund", examples=("parcel",))], embed)
    mean = embed(["refund", "parcel"]).mean(axis=0)
    assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


# --- a whole run ------------------------------------------------------------------------------------


def said_in(run: Run) -> dict[str, set[str]]:
    """Return the first words of the sentences of each intent."""
    names = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["name"].to_pylist(), strict=True))
    found: dict[str, set[str]] = {}
    for row in run.sentences.to_pylist():
        found.setdefault(names.get(row["intent_id"], ""), set()).add(row["text"])
    return found


@pytest.fixture
def listed_run(cli: Cli, calls: Path, backend: ScriptedBackend) -> Run:
    Path("list.csv").write_text(LIST + UNSAID)
    return load(discover(cli, calls, "run", "--intents", "list.csv"))


def test_listed_intents_keep_their_names_and_the_rest_is_discovered(listed_run: Run) -> None:
    found = said_in(listed_run)
    assert {"money_back", "where-is-it"} < set(found)
    assert all("refund" in text or "money" in text or "payment" in text for text in found["money_back"])
    assert len(found) >= 4


def test_what_was_listed_and_not_found_is_said(cli: Cli, listed_run: Run) -> None:
    assert listed_run.manifest.unseen == ["guitar-lessons"]
    assert "listed, but no cluster was near enough: guitar-lessons" in cli("show", "run").stdout
    assert json.loads(cli("show", "run", "--json").stdout)["unseen"] == ["guitar-lessons"]
    assert json.loads((listed_run.folder / "listed.json").read_text())[0]["name"] == "money_back"


def test_without_an_llm_it_works_and_an_example_of_the_list_belongs_to_it(
    cli: Cli, calls: Path, backend: ScriptedBackend
) -> None:
    text = load(discover(cli, calls, "plain")).corpus.texts[0]
    Path("list.jsonl").write_text(json.dumps({"name": "my-own", "examples": [text.upper()]}) + '\n{"name": "zzz"}\n')
    assert cli("discover", calls, "--out", "run", "--llm", "none", "--intents", "list.jsonl").exit_code == 0
    assert text in said_in(load(Path("run")))["my-own"]


def test_a_reviewed_name_of_the_list_is_one_intent(cli: Cli, calls: Path, listed_run: Run) -> None:
    number = listed_run.intents["name"].to_pylist().index("money_back")
    decide(listed_run.folder, Accept(number))
    again = load(discover(cli, calls, "again", "--since", "run", "--intents", "list.csv"))
    names = again.intents["name"].to_pylist()
    assert names.count("money_back") == 1
    assert not any(name.startswith("money_back-") for name in names)
    assert said_in(again)["money_back"] == said_in(listed_run)["money_back"]


def test_the_same_list_gives_the_same_run(cli: Cli, calls: Path, listed_run: Run) -> None:
    again = load(discover(cli, calls, "again", "--intents", "list.csv"))
    assert again.sentences.equals(listed_run.sentences)


def test_a_damaged_list_is_named(cli: Cli, listed_run: Run) -> None:
    (listed_run.folder / "listed.json").write_text("[]")
    assert "listed.json" in cli("show", "run").stderr


def test_a_forgotten_sentence_is_no_example_of_the_list_any_more(
    cli: Cli, calls: Path, backend: ScriptedBackend
) -> None:
    text = load(discover(cli, calls, "plain")).corpus.texts[0]
    Path("list.jsonl").write_text(
        json.dumps({"name": "my-own", "examples": [text.upper(), "hello"]}) + '\n{"name": "zzz"}\n'
    )
    discover(cli, calls, "run", "--intents", "list.jsonl")
    done = cli("forget", "run", "--text", text, "--yes")
    assert done.exit_code == 0, done.stderr
    assert json.loads(Path("run/listed.json").read_text())[0]["examples"] == ["hello"]
    assert load(Path("run")).manifest.files


def test_the_estimate_counts_what_the_list_leaves(cli: Cli, calls: Path, listed_run: Run) -> None:
    """The run with the list asked as many questions as it predicts, and fewer than without the list."""
    options = "estimate", calls, "--llm", "test:scripted", "--judge", "llm", "--json"
    whole = json.loads(cli(*options).stdout)
    found = cli(*options, "--intents", "list.csv")
    assert found.exit_code == 0, found.stderr
    left = json.loads(found.stdout)
    assert 0 < left["calls"] + left["cached"] < whole["calls"] + whole["cached"]


def test_a_list_leaves_the_sentences_that_it_does_not_take() -> None:
    texts = ["refund my money please", "refund money payment", "hm", "hello"] * 3
    texts = [f"{text} {i}" for i, text in enumerate(texts)]
    embed = HashingEmbedder().encode
    data = Data(texts, embed(texts), np.ones(12, np.int64), [""] * 12)
    listed = (ListedIntent("refund", examples=(texts[0], texts[5])), ListedIntent("guitar-lessons"))
    rest = rest_of_listed(listed, data, embed, Settings())
    assert set(rest.texts) < set(texts)
    assert not {texts[0], texts[5]} & set(rest.texts)
    few = Data(texts[:2], data.X[:2], data.counts[:2], ["", ""])
    assert rest_of_listed(listed, few, embed, Settings()) is few
