"""The pure parts of the studies: how they draw, count and compare."""

from __future__ import annotations

import doctest
import importlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import bench_row
import peer_case
import scripted
from dialin.bench.results import append_row, read_rows
from dialin.discover.context import Context, Tools
from dialin.discover.settings import Settings
from dialin.discover.state import Draft
from dialin.embed.cache import CachedEmbedder
from dialin.errors import InputError
from dialin.jobs.estimate import WRITTEN_TOKENS
from dialin.llm.base import Request
from dialin.llm.usage import Usage
from dialin.prompts.prompt import Prompt
from dialin.score.metrics import score
from dialin.search.trial import Trial
from studies.own import role_words, roles
from studies.own.oracle import OracleJudge
from studies.own.quality import Case
from studies.paper import cost, idas_recorded, merge_variants, oos_noise, pruning, tables

MODULES = (tables, idas_recorded, oos_noise, merge_variants, pruning, cost, roles, role_words)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Return 70 sentences about five topics, embedded."""
    rows = sorted(set(scripted.sentences()))
    texts, gold = [text for text, _ in rows], np.array([topic for _, topic in rows])
    embedder = CachedEmbedder(scripted.HashingEmbedder(), tmp_path / "embeddings.sqlite")
    return Case("calls", texts, gold, embedder, embedder.encode(texts), 0)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(importlib.import_module(module.__name__)).failed == 0


# tables


def test_a_table_and_its_figures_say_how_they_were_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    path = tables.write("study", [{"method": "Ward", "acc": 0.5}], seed=3)
    assert path.read_text("utf-8") == "| method | acc |\n| --- | --- |\n| Ward | .500 |\n"
    results = json.loads((tmp_path / "study.json").read_text("utf-8"))
    assert results["rows"] == [{"method": "Ward", "acc": 0.5}]
    assert results["seed"] == 3
    assert {"command", "dialin", "python", "machine"} <= results.keys()


def test_scores_count_what_has_no_cluster() -> None:
    scores = tables.scores_of(np.array([0, 0, 1, -1]), ["a", "a", "b", "b"])
    assert (scores["clusters"], scores["true"], scores["coverage"]) == (2, 2, 0.75)
    assert scores["acc"] == 0.75


# IDAS from recorded descriptions


def recording(run: int, order: tuple[int, ...] = (0, 1, 2)) -> list[dict[str, object]]:
    texts, labels = ["where is my card", '"it says ""pending"""', "hello"], ["card", "status", "greet"]
    return [
        {"run": run, "original_index": i, "text": texts[i], "label": labels[i], "generated_label": f"about {i}"}
        for i in order
    ]


def test_runs_are_in_one_order_whatever_that_of_their_rows() -> None:
    runs = dict(idas_recorded.runs_of([*recording(2, (2, 0, 1)), *recording(1)]))
    assert list(runs) == [1, 2]
    assert runs[1].texts == runs[2].texts == ["where is my card", 'it says "pending"', "hello"]
    assert runs[2].gold.tolist() == ["card", "status", "greet"]
    assert runs[2].descriptions == ["about 0", "about 1", "about 2"]


@pytest.mark.parametrize("column", ["text", "label", "original_index"])
def test_a_run_about_other_sentences_is_refused(column: str) -> None:
    rows = recording(2)
    rows[0][column] = 7 if column == "original_index" else "other"
    with pytest.raises(ValueError, match="run 2 differs from the first run in sentences or labels"):
        list(idas_recorded.runs_of([*recording(1), *rows]))


def test_the_spread_over_runs_is_that_of_the_scores() -> None:
    runs = [dict.fromkeys(tables.SCORES, score) for score in (0.5, 0.7)]
    assert idas_recorded.over_runs(runs)["acc"] == "0.600 ± 0.141"
    assert idas_recorded.over_runs(runs[:1])["acc"] == "0.500 ± 0.000"


def test_recorded_descriptions_need_no_llm() -> None:
    problem, kit, topics = peer_case.case(noise=0.35)
    recorded = {text: peer_case.WORDS["en"][topic] for text, topic in zip(problem.texts, topics, strict=True)}
    embed = peer_case.embed_by(peer_case.WORDS["en"], 0)
    assert score(idas_recorded.cluster_recorded(problem, recorded, embed), topics).ari == 1
    del recorded[problem.texts[4]]
    with pytest.raises(InputError, match=r"^1 of 36 sentences lack a recorded description, the first: 'still waiting"):
        idas_recorded.cluster_recorded(problem, recorded, kit.embed)


# noise


def test_a_sample_has_the_share_of_noise_and_intents_of_one_size() -> None:
    gold = np.array(["oos"] * 50 + ["a"] * 100 + ["b"] * 30)
    rows = oos_noise.sample(gold, 50, 0.2, np.random.default_rng(0))
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert {label: int((gold[rows] == label).sum()) for label in ("oos", "a", "b")} == {"oos": 10, "a": 20, "b": 20}


def test_every_sentence_of_noise_is_a_label_of_its_own() -> None:
    gold = oos_noise.each_its_own(np.array(["a", "oos", "a", "oos"]))
    assert gold[0] == gold[2] == "a"
    assert len(set(gold.tolist())) == 3


def test_the_sentences_in_scope_are_scored_with_and_without_the_noise(case: Case) -> None:
    noise = case.gold == "invoice"
    noisy = replace(case, gold=oos_noise.each_its_own(np.where(noise, oos_noise.NOISE, case.gold)))
    assert len(oos_noise.without(noisy, noise).texts) == (~noise).sum()

    def all_right(own: Case) -> np.ndarray:
        return np.unique([label.split()[0] for label in own.gold.tolist()], return_inverse=True)[1]

    row = oos_noise.row_of(noisy, noise, all_right)
    assert row["ACC"] == row["ACC, no noise"] == 1
    assert (row["noise assigned"], row["intents"], row["mostly noise"], row["noise in these"]) == (1, 5, 1, 1)


def test_peers_are_told_the_intents_but_not_the_noise(case: Case) -> None:
    noise = case.gold == "invoice"
    noisy = replace(case, gold=oos_noise.each_its_own(np.where(noise, oos_noise.NOISE, case.gold)))
    assert len(set(oos_noise.peer("hierarchical", noisy).tolist())) == 4


# merging


@pytest.fixture
def halves(case: Case) -> merge_variants.Found:
    """Return each topic in two pieces; one sentence is in none."""
    judge = OracleJudge(case.gold)
    work = Context.of(case.data, Tools(None, case.embedder.encode, judge=judge), Settings())
    topics = [np.flatnonzero(case.gold == topic) for topic in np.unique(case.gold)]
    draft = Draft([""] * len(case.texts), [half for rows in topics for half in np.array_split(rows, 2)])
    piece = np.full(len(case.texts), -1)
    for i, rows in enumerate(draft.pieces):
        piece[rows] = i
    piece[0] = -1
    return merge_variants.Found(work, draft, piece)


def test_merging_by_gold_names_gives_the_topics_back(
    case: Case, halves: merge_variants.Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_variants, "labels_of", lambda name, labels: labels)
    names = merge_variants.names_of(halves, case, "gold", None)
    rows: dict[object, Any] = {row["merging"]: row for row in merge_variants.rows_of(halves, case, names)}
    assert len(rows) == len(merge_variants.variants()) == 12
    assert rows["not merged"]["clusters"] == len(names) == 10
    assert rows["geodesic, probabilistic, θ auto, verified"]["clusters"] == 5
    assert rows["geodesic, probabilistic, θ auto, verified"]["acc"] > 0.9 > rows["not merged"]["acc"]
    assert rows["cosine, deterministic, θ 0.8"]["clusters"] <= rows["geodesic, deterministic, θ 0.8"]["clusters"]
    assert {row["coverage"] for row in rows.values()} == {round(1 - 1 / len(case.texts), 3)}


def test_a_medoid_is_a_sentence_of_its_piece(case: Case, halves: merge_variants.Found) -> None:
    names = merge_variants.names_of(halves, case, "medoid", None)
    for name, rows in zip(names, halves.draft.pieces, strict=True):
        assert name in {case.texts[i] for i in rows}


def test_pieces_are_what_the_search_keeps(case: Case) -> None:
    found = merge_variants.found_by(case, Tools(None, case.embedder.encode, judge=OracleJudge(case.gold)), 0)
    assert len(found.piece) == len(case.texts)
    for i, rows in enumerate(found.draft.pieces):
        assert (found.piece[rows] == i).mean() > 0.5
        assert len(set(case.gold[rows].tolist())) == 1


def test_means_are_of_ways_that_every_set_has() -> None:
    def row(data: str, merging: str, value: float) -> tables.Row:
        about = {"data": data, "judge": "perfect", "names": "gold", "merging": merging}
        return about | dict.fromkeys(merge_variants.MEASURED, value)

    rows = [row("a", "none", 0.25), row("b", "none", 0.75), row("a", "some", 0.5)]
    (mean,) = merge_variants.means(rows)
    assert mean == row("mean of 2", "none", 0.5)
    assert merge_variants.means(rows[:1]) == []


def test_the_largest_cluster_is_a_share_of_all_sentences() -> None:
    assert merge_variants.largest(np.array([0, 0, 1, -1])) == 0.5
    assert merge_variants.largest(np.array([-1, -1])) == 0


# the search of k


def question(best: int = 4, last: tuple[float, ...] = (1, 5, 9, 2)) -> pruning.Question:
    trials = tuple(Trial(k, int(10 * ratio), 9) for k, ratio in zip((2, 4, 8, 16), last, strict=True))
    return pruning.Question(trials, trials, (2, 4, 8, 16), 100, best)


def test_orders_that_ask_nobody() -> None:
    assert pruning.by_neighbours(question()) == [8, 4, 16, 2]
    assert pruning.by_ratio(question()) == [8, 4, 16, 2]
    assert pruning.by_ratio(question(last=(9, 1, 9, 2))) == [2, 8, 16, 4]
    assert pruning.by_neighbours(replace(question(), candidates=(2, 4))) == [4, 2]  # 8 is more than what is left


def test_a_hit_is_the_best_k_among_the_first() -> None:
    rates = pruning.hits([[8, 4], [2], []], [question(4), question(2), question(8)])
    assert [round(rate, 3) for rate in rates.values()] == [0.333, 0.667, 0.667, 0.667, 0.667]
    assert list(pruning.by_chance([question()]).values()) == [0.25, 0.5, 0.75, 1, 1]


def test_a_question_holds_the_log_before_a_round_and_what_the_round_found(case: Case) -> None:
    found = pruning.questions_of(replace(case, X=case.X[:, :4]), "sentences", 0.2, 4)
    for own in found:
        assert own.best in own.candidates
        assert own.log[-len(own.last) :] == own.last
        assert own.n_rest < len(case.texts)
    assert len(found) > 0


# cost


def request(user: str = "abc", answers: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> Request:
    return Request(Prompt("", tuple(("", answer) for answer in answers), user), options, 1 if options else 16)


def test_a_written_answer_is_as_long_as_the_examples_and_a_choice_is_one_token() -> None:
    assert cost.written_tokens(request(options=("Yes", "No"))) == 1
    assert cost.written_tokens(request(answers=("x" * 9, "x" * 15))) == 5
    assert cost.written_tokens(request(answers=("x" * 900,))) == 16
    assert cost.written_tokens(request()) == WRITTEN_TOKENS


def test_methods_that_ask_about_each_sentence_ask_as_often(case: Case) -> None:
    n = len(case.texts)
    assert cost.by_peer(case, "keyphrase").calls == cost.by_peer(case, "idas").calls == n
    assert 0 < cost.by_peer(case, "edgerefine").calls < n


def test_dialin_asks_the_judge_and_the_namer(case: Case) -> None:
    usage = cost.by_dialin(case, cost.AS_PUBLISHED, cost.UNKNOWN, cost.UNKNOWN)
    assert 0 < usage.calls < len(case.texts)
    assert usage.tokens_in > usage.tokens_out >= usage.calls


def test_runs_of_a_benchmark_stand_beside_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    for seed, calls in enumerate((100, 300)):
        usage = {"calls": calls, "tokens_in": 10 * calls, "tokens_out": calls}
        append_row(path, bench_row.row("idas", 0.5, seed, "bank", **usage))
    rows = read_rows(path)
    assert asdict(rows[0])["calls"] == 100
    run = cost.measured(rows, "bank", "idas")
    assert run == {"runs": 2, "calls, run": 200, "tokens in, run": 2000, "tokens out, run": 200}
    assert cost.measured(rows, "bank", "dialin") == {}
    line = cost.row_of("idas", Usage(250, 0, 2500, 300), run, 3080)
    assert (line["calls, counted"], line["calls, run"], line["calls, published"]) == (250, 200, 3080)
