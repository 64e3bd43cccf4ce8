"""The peers that learn in torch: what is pure by hand, what they learn, and that they say when torch is missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from conftest import Cli
from numpy.typing import NDArray

from dialin.arrays import Labels
from dialin.bench.methods import check_methods
from dialin.errors import InputError
from dialin.peers import head, sccl, selfsup
from dialin.peers.base import Kit, Peer, Problem
from dialin.peers.registry import PEERS, check_installed
from dialin.score.metrics import ari
from oracles import blobs, on_circle
from peer_case import case

LEARNING = ["sccl", "selfsup"]
EXTRA_OF = {"density": ("umap", "umap-learn", "peers"), "sccl": ("torch",) * 2 + ("tune",)}
EXTRA_OF["selfsup"] = EXTRA_OF["sccl"]
QUICK: dict[str, Peer] = {"sccl": sccl.SCCLPeer(n_steps=30), "selfsup": selfsup.SelfSupPeer(n_epochs=5)}


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="needs the extra `tune`")


def numbered(X: NDArray[np.float32], k: int) -> Problem:
    return Problem([str(i) for i in range(len(X))], X, k)


# --- without torch --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXTRA_OF)
def test_a_missing_library_is_named_before_anything_is_embedded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, library, extra = EXTRA_OF[name]
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"^the method '{name}' needs the library {library}, which is not installed \(run: pip install 'dialin\["

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError(texts)

    with pytest.raises(InputError, match=message + extra):
        PEERS[name](case()[0], Kit(None, embed))
    with pytest.raises(InputError, match=message + extra):
        check_methods(["kmeans", name], "none")


def test_a_benchmark_is_refused_in_one_line_and_makes_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = cli("bench", "--data", "none.csv", "--label", "x", "--out", "out", "--llm", "none", "--methods", "sccl")
    assert result.exit_code == 2
    assert "'sccl' needs the library torch" in result.stderr
    assert result.stderr.count("\n") == 1


def test_peers_without_a_library_are_always_there() -> None:
    for name in set(PEERS) - set(EXTRA_OF):
        check_installed(name)
    with pytest.raises(InputError, match="unknown method 'deep'"):
        check_installed("deep")


@pytest.mark.parametrize("name", LEARNING)
def test_they_are_told_k_and_ask_nobody(name: str) -> None:
    assert PEERS[name].told_k
    assert not PEERS[name].needs_llm


def test_batches_have_every_row_once() -> None:
    found = list(head.batches(10, 4, np.random.default_rng(0)))
    assert [len(batch) for batch in found] == [4, 4, 2]
    rows = np.concatenate(found).tolist()
    assert sorted(rows) == list(range(10))
    assert rows != list(range(10))


def test_memberships_by_hand() -> None:
    """One degree of freedom: 1 / (1 + squared distance), rows sum to 1."""
    np.testing.assert_allclose(sccl.memberships(np.array([[0.0, 3], [1, 1]])), [[0.8, 0.2], [0.5, 0.5]])


def test_the_target_is_sharper_and_holds_large_clusters_back() -> None:
    """Sizes are 1.4 and 0.6: .64 / 1.4 against .04 / .6, and .36 / 1.4 against .16 / .6."""
    found = sccl.target_of(np.array([[0.8, 0.2], [0.6, 0.4]]))
    np.testing.assert_allclose(found, [[48 / 55, 7 / 55], [27 / 55, 28 / 55]])


@pytest.mark.parametrize(
    ("text", "n_units", "n_left"),
    [
        ("where is my new bank card today, please tell me", 10, 8),
        ("refund please", 2, 1),
        ("我的包裹什么时候到", 9, 8),
        ("订单LK4471退款，谢谢", 8, 7),
    ],
)
def test_shortened_sentences(text: str, n_units: int, n_left: int) -> None:
    units = sccl._UNITS.findall(text)
    assert len(units) == n_units
    for seed in range(5):
        found = sccl.shortened(text, np.random.default_rng(seed))
        left = [unit.strip() for unit in sccl._UNITS.findall(found)]
        assert len(left) == n_left
        rest = iter(unit.strip() for unit in units)
        assert all(unit in rest for unit in left)  # in their order
    assert len({sccl.shortened(text, np.random.default_rng(seed)) for seed in range(9)}) > 1


def test_one_word_is_not_shortened() -> None:
    for text in ("refund", "", "退", " hello "):
        assert sccl.shortened(text, np.random.default_rng(0)) == text


# --- alignment and alternation --------------------------------------------------------------------


def clusters(labels: list[int], *centroids: float) -> selfsup.Clusters:
    return selfsup.Clusters(np.array(labels), np.array([[x, 0.0] for x in centroids]), 0.5)


def test_clusters_keep_their_numbers() -> None:
    """The new centroids at 19, 1 and 12 are those at 20, 0 and 10, moved a little."""
    found = selfsup.aligned(clusters([0, 0, 1, 2], 19, 1, 12), clusters([0, 1, 2, 2], 0, 10, 20))
    assert found.labels.tolist() == [2, 2, 0, 1]
    assert found.centroids[:, 0].tolist() == [1, 12, 19]
    assert found.score == 0.5


def test_alignment_takes_the_best_of_all_not_the_nearest_of_each() -> None:
    """Both are nearest to 10: 4² + 9² is more than 6² + 1², so that at 9 gets it, and that at 6 the one at 0."""
    found = selfsup.aligned(clusters([0, 1], 9, 6), clusters([0, 1], 0, 10))
    assert found.labels.tolist() == [1, 0]


def test_fewer_and_more_clusters_than_before() -> None:
    fewer = selfsup.aligned(clusters([0, 0], 21), clusters([0, 1], 0, 20))
    assert fewer.labels.tolist() == [1, 1]
    assert fewer.centroids[:, 0].tolist() == [0, 21]
    more = selfsup.aligned(clusters([0, 1, 2], 50, 21, 1), clusters([0, 1, 1], 0, 20))
    assert more.labels.tolist() == [2, 1, 0]
    assert more.centroids[:, 0].tolist() == [1, 21, 50]


class Scripted:
    """Gives these vectors, one after the other, the last for ever; keeps the labels that it is to learn."""

    def __init__(self, *steps: NDArray[np.float32]) -> None:
        self.steps = list(steps)
        self.learnt = list[list[int]]()

    def vectors(self) -> NDArray[np.float32]:
        return self.steps[min(len(self.learnt), len(self.steps) - 1)]

    def learn(self, labels: Labels) -> None:
        self.learnt.append(labels.tolist())


LOOSE, TIGHT, CROSSED = on_circle(0, 20, 70, 90), on_circle(0, 1, 89, 90), on_circle(0, 70, 20, 90)


def test_the_clusters_with_the_best_silhouette_are_the_answer() -> None:
    peer = selfsup.SelfSupPeer(n_epochs=9, patience=3)
    learner = Scripted(CROSSED, TIGHT, LOOSE, CROSSED)
    assert peer.alternate(learner, numbered(LOOSE, 2)).tolist() == [0, 0, 1, 1]
    assert len(learner.learnt) == 2  # TIGHT and LOOSE have the same labels
    back = Scripted(TIGHT, CROSSED, LOOSE, CROSSED, LOOSE, CROSSED)
    assert peer.alternate(back, numbered(LOOSE, 2)).tolist() == [0, 0, 1, 1]
    assert len(back.learnt) == 3  # never better again
    never = Scripted(CROSSED, LOOSE, CROSSED, LOOSE)
    assert len(selfsup.SelfSupPeer(n_epochs=1).alternate(never, numbered(LOOSE, 2))) == 4
    assert len(never.learnt) == 1


def test_what_is_learnt_has_the_numbers_of_before() -> None:
    """K-means numbers by first appearance: after the swap of the first row, 0 and 1 would change places."""
    learner = Scripted(on_circle(0, 1, 2, 88, 89, 90), on_circle(87, 1, 2, 88, 89, 90), on_circle(0, 1, 2, 88, 89, 90))
    selfsup.SelfSupPeer(n_epochs=2).alternate(learner, numbered(learner.steps[0], 2))
    assert learner.learnt == [[0, 0, 0, 1, 1, 1], [1, 0, 0, 1, 1, 1]]


# --- with torch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", LEARNING)
def test_three_topics_are_found_in_both_languages(name: str, language: str, torch: Any) -> None:
    problem, kit, topics = case(language)
    labels = QUICK[name](problem, Kit(None, kit.embed))
    assert labels.dtype == np.int64
    assert ari(labels, topics) == 1


@pytest.mark.parametrize("name", LEARNING)
def test_a_seed_decides_and_torch_is_left_as_it_was(name: str, torch: Any) -> None:
    problem, kit, _ = case(noise=0.6, seed=3)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    first = QUICK[name](problem, kit)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    torch.manual_seed(8)
    np.testing.assert_array_equal(QUICK[name](problem, kit), first)


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_sentences_and_more_clusters_than_sentences(name: str, n: int, torch: Any) -> None:
    problem, kit, _ = case()
    assert len(QUICK[name](Problem(problem.texts[:n], problem.X[:n], 5), kit)) == n


@pytest.mark.parametrize("name", LEARNING)
def test_equal_vectors_and_one_cluster(name: str, torch: Any) -> None:
    problem, kit, _ = case(n=2)
    same = np.repeat(problem.X[:1], 6, axis=0)
    assert QUICK[name](Problem(problem.texts, same, 3), kit).shape == (6,)
    assert QUICK[name](Problem(problem.texts, problem.X, 1), kit).tolist() == [0] * 6


def test_the_head_begins_as_the_identity(torch: Any) -> None:
    X = on_circle(0, 30, 90)
    np.testing.assert_allclose(head.Head(torch, 2).vectors(head.tensor(torch, X)), head.SCALE * X)


def test_sccl_embeds_two_shortened_versions_of_each_sentence(torch: Any) -> None:
    problem, kit, _ = case()
    seen = list[str]()

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        seen.extend(texts)
        return kit.embed(texts)

    sccl.SCCLPeer(n_steps=1)(problem, Kit(None, embed))
    assert len(seen) == 72
    for text, short in zip(problem.texts * 2, seen, strict=True):
        assert len(short.split()) == len(text.split()) - 1
    assert seen[:36] != seen[36:]


def test_the_contrastive_loss_by_hand(torch: Any) -> None:
    """Each view sees its other version, at cosine 1, among three, the others at cosine 0: log(e² + 2) - 2."""
    rows = torch.eye(2)
    found = sccl.contrastive_loss(torch, rows, rows)
    assert found.item() == pytest.approx(np.log(np.exp(1 / sccl.TAU) + 2) - 1 / sccl.TAU)
    swapped = sccl.contrastive_loss(torch, rows, rows.flip(0))
    assert swapped.item() == pytest.approx(np.log(np.exp(1 / sccl.TAU) + 2))


def test_sccl_lowers_its_loss(torch: Any) -> None:
    X, _ = blobs([9, 8, 7], noise=0.3)
    rng = np.random.default_rng(0)
    views = head.tensor(torch, np.stack([X, X + rng.normal(scale=0.05, size=X.shape), X]))
    model = sccl.SCCLNetwork(torch, np.eye(4)[:3], rng)
    optimizer = torch.optim.Adam([*model.head.weights, *model.others], lr=1e-2)
    losses = []
    for _ in range(20):
        loss = model.loss(views)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] - 1


def test_the_vectors_follow_the_labels_that_are_learnt(torch: Any) -> None:
    """Rows differ most from left to right; what is learnt is which are above."""
    problem = numbered(on_circle(30, 150, 210, 330), 2)
    learner = selfsup.Classifier(torch, problem, 0.05)
    assert selfsup.clusters_of(learner.vectors(), problem).labels.tolist() == [0, 1, 1, 0]
    for _ in range(50):
        learner.learn(np.array([0, 0, 1, 1]))
    assert selfsup.clusters_of(learner.vectors(), problem).labels.tolist() == [0, 0, 1, 1]
