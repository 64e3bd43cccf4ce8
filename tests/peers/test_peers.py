"""The methods of other papers: worked by hand on tiny vectors, what each asks, and what does not change its answer."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.llm.client import Client
from dialin.peers import clusterllm, edgerefine, granularity, idas, keyphrase, linear
from dialin.peers.base import Kit, Peer, Problem, centroids_of, k_means, squared_distances
from dialin.peers.registry import PEERS, peer_of
from dialin.score.metrics import ari
from oracles import blobs, on_circle, unit
from peer_case import WORDS, Oracle, case, embed_by
from scripted import ScriptedBackend

ASKING = sorted(name for name, peer in PEERS.items() if peer.needs_llm)
FLAT = ["kmeans", "gmm", "hierarchical"]


def n_asked(kit: Kit) -> int:
    assert isinstance(kit.llm, Oracle)
    return len(kit.llm.prompts)


# --- all ------------------------------------------------------------------------------------------


def test_the_registry_has_every_peer_by_its_name() -> None:
    assert list(PEERS) == [*FLAT, "density", "sccl", "selfsup", "keyphrase", "idas", "clusterllm", "edgerefine"]
    assert all(isinstance(peer, Peer) and peer_of(name) is peer for name, peer in PEERS.items())
    assert [name for name, peer in PEERS.items() if not peer.told_k] == ["density"]
    with pytest.raises(InputError, match=r"unknown method 'deep' \(there are: kmeans, "):
        peer_of("deep")


@pytest.mark.parametrize("name", ASKING)
def test_without_an_llm_they_say_so(name: str) -> None:
    problem, kit, _ = case()
    with pytest.raises(InputError, match=rf"'{name}' needs an LLM"):
        PEERS[name](problem, Kit(None, kit.embed))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", [*FLAT, *ASKING])
def test_three_topics_are_found_in_both_languages(name: str, language: str) -> None:
    problem, kit, topics = case(language)
    labels = PEERS[name](problem, kit)
    assert labels.dtype == np.int64
    assert labels.shape == (36,)
    assert ari(labels, topics) == 1
    assert n_asked(kit) == 0 or name in ASKING


@pytest.mark.parametrize("name", [*FLAT, *ASKING])
def test_a_seed_decides_the_labels(name: str) -> None:
    found = []
    for _ in range(2):
        problem, kit, _ = case(noise=0.6, seed=3)
        found.append(PEERS[name](problem, kit))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("name", [*FLAT, *ASKING])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_sentences_and_more_clusters_than_sentences(name: str, n: int) -> None:
    problem, kit, _ = case()
    few = Problem(problem.texts[:n], problem.X[:n], 5)
    assert len(PEERS[name](few, kit)) == n


def test_wards_tree_does_not_depend_on_the_order_of_the_rows() -> None:
    X, _ = blobs([9, 8, 7], noise=0.3)
    order = np.random.default_rng(1).permutation(len(X))
    texts = [str(i) for i in range(len(X))]
    peer, kit = PEERS["hierarchical"], Kit(None, case()[1].embed)
    labels = peer(Problem(texts, X, 3), kit)
    other = peer(Problem([texts[i] for i in order], X[order], 3), kit)
    assert ari(labels[order], other) == 1


@pytest.mark.parametrize(("X", "k"), [(np.zeros((2, 3), np.float32), 1), (np.zeros((1, 3), np.float32), 0)])
def test_a_problem_that_is_none_is_refused(X: NDArray[np.float32], k: int) -> None:
    with pytest.raises(InputError):
        Problem(["a"], X, k)


def test_centroids_and_distances_by_hand() -> None:
    X = np.array([[1, 0], [3, 0], [0, 2]], np.float32)
    C = centroids_of(X, np.array([0, 0, 1]))
    np.testing.assert_allclose(C, [[2, 0], [0, 2]])
    np.testing.assert_allclose(squared_distances(X, C), [[1, 5], [1, 13], [8, 0]])


# --- questions, counted by the ledger -----------------------------------------------------------------


def calls_of(name: str, n: int = 12) -> int:
    problem, kit, _ = case(n=n, noise=0.5)
    with Client(ScriptedBackend()) as client:
        PEERS[name](problem, Kit(client, kit.embed))
        assert list(client.ledger.by_step()) == [name]
        return client.ledger.total().calls


@pytest.mark.parametrize("name", ["keyphrase", "idas"])
def test_one_question_a_sentence(name: str) -> None:
    assert calls_of(name) == 36


def test_clusterllm_asks_no_more_than_1024() -> None:
    assert 0 < calls_of("clusterllm", n=6) < 1024
    assert calls_of("clusterllm", n=200) == 1024


def test_edgerefine_asks_about_edges_only() -> None:
    """A tenth of 36 sentences is at least one a cluster; two rounds."""
    assert 3 <= calls_of("edgerefine") <= 2 * 5


# --- keyphrase ------------------------------------------------------------------------------------


class Phrases(Oracle):
    """Answers two words each."""

    def topic(self, text: str) -> str:
        return "refund, money" if "refund" in text else "parcel, courier"


def test_keyphrases_stand_beside_the_sentence() -> None:
    """Two kinds of sentences that look alike: only the phrases tell them apart."""
    texts = [f"it is about the {word} {i}" for i in range(4) for word in ("refund", "parcel")]
    embed = embed_by(["refund,", "parcel,"], 0.05)
    llm = Phrases(["refund", "parcel"])
    labels = keyphrase.KeyphrasePeer()(Problem(texts, on_circle(*[0.0] * 8), 2), Kit(llm, embed))
    assert labels.tolist() == [0, 1] * 4
    assert llm.grammars == [keyphrase.GRAMMARS["en"]]


def test_no_phrase_is_the_sentence() -> None:
    problem, kit, _ = case("zh")
    assert kit.llm
    assert keyphrase.KeyphrasePeer().expand(problem, Kit(Oracle([]), kit.embed)) == problem.texts
    assert keyphrase.parse_reply(" ，、\n") == ()
    assert keyphrase.parse_reply("- Card\n- card\n- a\n- b\n- c\n- d") == ("card", "a", "b", "c")
    assert keyphrase.parse_reply("关键词：退款，银行卡。") == ("退款", "银行卡")


# --- idas -----------------------------------------------------------------------------------------


def test_prototypes_are_described_first_then_with_examples() -> None:
    problem, kit, _ = case()
    llm = kit.llm
    assert isinstance(llm, Oracle)
    found = idas.describe(problem, llm)
    first = idas.prototypes(problem)
    assert found == [llm.topic(text) for text in problem.texts]
    assert [not prompt.shots for prompt in llm.prompts] == [True] * len(first) + [False] * (36 - len(first))
    assert max(len(prompt.shots) for prompt in llm.prompts) == idas.N_EXAMPLES
    described = dict(zip(problem.texts, found, strict=True))
    for prompt in llm.prompts:
        assert all(described[sentence.removeprefix("Sentence: ")] == answer for sentence, answer in prompt.shots)


def test_the_nearest_example_is_the_last() -> None:
    X = on_circle(0, 10, 30, 90)
    assert idas._nearest(X, [0, 3], [1, 2]) == [[2, 1], [1, 2]]
    assert idas._nearest(X, [0], []) == [[]]


def test_prototypes_by_hand() -> None:
    X = on_circle(0, 10, 20, 90, 100, 110)
    assert idas.prototypes(Problem(list("abcdef"), X, 2)) == [1, 4]


def test_descriptions_of_a_reply() -> None:
    assert idas.parse_reply("\n**Track A Parcel**\nIt is …") == "track a parcel"
    assert idas.parse_reply("意图：查询退款。") == "查询退款"
    assert idas.parse_reply("  \n ") == ""


def test_smoothing_is_the_mean_with_the_neighbours() -> None:
    X = on_circle(*range(0, 60, 5))
    steps = dict(idas.smoothed(X))
    assert list(steps) == [5, 10]
    np.testing.assert_allclose(steps[5][0], X[:6].mean(axis=0), atol=1e-6)
    assert not dict(idas.smoothed(X[:5]))


# --- clusterllm -----------------------------------------------------------------------------------


def test_the_undecided_lie_between_two_clusters() -> None:
    X = on_circle(0, 10, 44, 80, 90)
    entropy, near = clusterllm.uncertainty(X, np.array([0, 0, 0, 1, 1]))
    assert entropy.argmax() == 2
    assert entropy.max() <= np.log(2)
    assert near.tolist() == [[0, 1]] * 3 + [[1, 0]] * 2


def test_triplets_are_different_and_of_two_clusters() -> None:
    problem, _, _ = case(n=20, noise=0.5)
    labels = k_means(problem.X, 3, 0)
    found = clusterllm.triplets(problem, 3, 50)
    assert len(found) == 50
    assert len({(q, frozenset(pair)) for q, *pair in found.tolist()}) == 50
    for query, first, second in found.tolist():
        assert labels[first] != labels[second]
        assert query not in {first, second}
    assert len({query for query, _, _ in found.tolist()}) <= 12  # a fifth of 60
    assert clusterllm.triplets(problem, 1, 50).shape == (0, 3)


def test_answers_put_the_closer_one_first_and_leave_out_the_rest() -> None:
    texts = ["my refund a", "the refund b", "a parcel c", "a parcel d"]
    problem = Problem(texts, on_circle(0, 10, 80, 90), 2)
    asked = np.array([[0, 1, 2], [0, 2, 1], [0, 2, 3]])
    assert clusterllm.answered(problem, asked, Oracle(WORDS["en"])).tolist() == [[0, 1, 2], [0, 1, 2]]


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.normal(size=(2, 5, 3))
    W = np.eye(3) + 0.1 * rng.normal(size=(3, 3))
    _, gradient = linear._loss(W, near, far, 0.1)
    for i in range(9):
        step = np.zeros(9)
        step[i] = 1e-6
        up, down = (linear._loss(W + sign * step.reshape(3, 3), near, far, 0.1)[0] for sign in (1, -1))
        assert (up - down) / 2e-6 == pytest.approx(gradient[i], rel=1e-4)


def test_the_map_learns_which_axis_counts() -> None:
    """Rows differ in what matters (first axis) and in what does not (second); the triplets say which."""
    X = unit(np.array([[1, 1, 1], [1, -1, 1], [-1, 1, 1], [-1, -1, 1]]))
    triplets = np.array([[0, 1, 2], [1, 0, 3], [2, 3, 0], [3, 2, 1]])
    Z = linear.refine(X, triplets)
    assert Z[0] @ Z[1] > Z[0] @ Z[2] + 0.2
    np.testing.assert_allclose(np.linalg.norm(Z, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(linear.refine(X, triplets[:0]), X)
    np.testing.assert_allclose(linear.refine(X, triplets, 1e6), X, atol=1e-4)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_granularity_finds_k_itself(language: str) -> None:
    problem, kit, topics = case(language)
    wrong = Problem(problem.texts, problem.X, 30)
    peer = clusterllm.ClusterLLMPeer(granularity=True)
    assert not peer.told_k
    assert ari(peer(wrong, kit), topics) == 1
    assert isinstance(kit.llm, Oracle)
    pairs = [prompt for prompt in kit.llm.prompts if not re.search(r"^A[:：]", prompt.user, re.M)]
    assert 0 < len(pairs) <= granularity.PAIRS_PER_JOIN * 34


def test_the_best_cut_by_hand() -> None:
    joins = np.array([2, 3, 4, 5, 6])
    assert granularity.best_cut(joins, np.array([False, True, True, True, True]), 6) == 2
    assert granularity.best_cut(joins, np.array([False, False, False, True, True]), 6) == 4
    assert granularity.best_cut(joins, np.zeros(5, bool), 6) == 6
    assert granularity.best_cut(joins[:0], np.zeros(0, bool), 1) == 1


# --- edgerefine -----------------------------------------------------------------------------------


def test_edges_by_hand() -> None:
    X = on_circle(0, 1, 2, 25, 90, 91)
    labels = np.array([0, 0, 0, 0, 1, 1])
    assert edgerefine.edge_rows(X, labels, 0.3).tolist() == [3]
    assert edgerefine.edge_rows(X, labels, 0.5).tolist() == [0, 3]


def test_super_points_let_an_outlier_change_sides() -> None:
    """The row at 46 degrees was put to the cluster at 0, though that at 90 is nearer."""
    X = on_circle(0, 1, 2, 46, 88, 89, 90)
    found = edgerefine.regroup(X, np.array([0, 0, 0, 0, 1, 1, 1]), 0.3)
    assert found.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_who_does_not_belong_goes_to_the_nearest_other_cluster() -> None:
    texts = ["refund a", "refund b", "refund c", "parcel z", "parcel a", "parcel b", "parcel c"]
    X = on_circle(0, 1, 2, 20, 88, 89, 90)
    llm = Oracle(WORDS["en"])
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    found = edgerefine.refine(Problem(texts, X, 2), labels, 0.1, llm)
    assert found.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert len(llm.prompts) == 2
    assert "- parcel z" not in llm.prompts[0].user
    assert "Sentence: parcel z" in llm.prompts[0].user


class Unreadable(Oracle):
    """Answers none of the options."""

    def p(self, user: str) -> tuple[float, float]:
        return 0.0, 0.0


def test_an_unreadable_answer_lets_it_stay() -> None:
    problem, _, _ = case()
    llm = Unreadable([])
    labels = k_means(problem.X, 3, 0)
    np.testing.assert_array_equal(edgerefine.refine(problem, labels, 0.1, llm), labels)


# --- density --------------------------------------------------------------------------------------


def test_density_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    problem, kit, _ = case()
    with pytest.raises(InputError, match=r"umap-learn.*pip install 'dialin\[peers\]'"):
        PEERS["density"](problem, kit)


class StandIn:
    """Takes the place of `umap.UMAP`: keeps the first axes."""

    def __init__(self, n_neighbors: int, n_components: int, **rest: object) -> None:
        assert rest == {"min_dist": 0.0, "metric": "cosine", "random_state": 0, "n_jobs": 1}
        self.n_components = n_components

    def fit_transform(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        return X[:, : self.n_components]


def test_dense_regions_are_clusters_and_the_rest_is_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=StandIn))
    X, gold = blobs([20, 20, 20], noise=0.02)
    lonely = unit(np.array([[-1.0, -1, -1, -1]]))
    problem = Problem([str(i) for i in range(61)], np.vstack([X, lonely]), 9)
    labels = PEERS["density"](problem, Kit(None, case()[1].embed))
    assert ari(labels[:60], gold) == 1
    assert labels[60] == -1
    few = Problem(problem.texts[:5], problem.X[:5], 2)
    assert PEERS["density"](few, Kit(None, case()[1].embed)).tolist() == [-1] * 5


def test_the_real_umap() -> None:
    pytest.importorskip("umap", reason="needs the extra peers")
    X, gold = blobs([30, 30, 30], noise=0.02)
    problem = Problem([str(i) for i in range(90)], X, 3)
    labels = PEERS["density"](problem, Kit(None, case()[1].embed))
    assert ari(labels, gold) == 1
