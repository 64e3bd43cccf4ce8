"""Make the heads that tell what a sentence does, and the direction of needs, and measure them.

They are ``src/dialin/name/kinds.npz`` and ``need_direction.npz``.

Remake them whenever a shipped embedder changes: ``python -m studies.own.kinds`` (a few minutes). They learn from

- our own sentences of calls (``kinds_data/en.txt``, ``zh.txt``);
- the needs of the businesses that the embedders learn (``studies.own.calls``);
- SGD's train split, with kinds by rule (`studies.own.sgd_kinds`);
- single-turn sets of intents, in which every sentence is a need.

They are measured on the demo's gold, on SGD's test split (by rule, and 240 turns by hand), on the customers' turns of
dstc11_dev_insurance that state an intent, on the Chinese calls of mobilecs_example_dialogues, on the businesses that
nothing learns, and on our own sentences by cross-validation. Writes ``studies/own/results/kinds.json``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from dialin.arrays import Bools, Floats, Ints
from dialin.cli.demo import DEMO_GOLD, DEMO_INPUT, examples
from dialin.discover.connect import open_embedder
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.models.store import folder_of, sha256_of
from dialin.name.actions import AGENT, CUSTOMER
from dialin.name.kinds import (
    KINDS,
    NEED,
    VECTOR_SCALE,
    KindHead,
    Kinds,
    kind_features,
    kind_heads,
    without_needs,
    write_kind_heads,
)
from dialin.name.need_direction import LearntDirection, directions, write_directions
from dialin.name.openings import kinds_in_place
from dialin.read.spoken import SpokenOrder
from studies.own import data, machine
from studies.own.calls import FOLDER, LEARNT, businesses
from studies.own.sgd_kinds import hand_labelled, turns_of

SENTENCES = Path(__file__).parent / "kinds_data"
INTENT_SETS = {
    ENGLISH: ("banking77_full", "clinc150_full_with_oos", "hwu64", "bitext_customer_support", "massive_en_us"),
    CHINESE: ("massive_zh_cn", "smp2019_ecdt_nlu_train"),
}
N_PER_SET, N_PER_BUSINESS, N_DIALOGUES, N_TEST_DIALOGUES, N_FOLDS, SEED = 400, 15, 500, 150, 4, 0
OWN, CALLS, SGD, SETS = "own", "calls", "sgd", "sets"
SHARES = {OWN: 1.0, CALLS: 1.0, SGD: 0.2, SETS: 0.2}
"""Weight of each source within each kind: our sentences are as people talk in calls, the others are many."""
NEED_WEIGHT = 4.0
"""Weight of a need beside any other kind: to ``--only needs``, a missed need costs more than a turn too many."""
TOTAL_WEIGHT, C = 5_000.0, 0.1
"""Sum of the weights of all sentences, and the inverse strength of the penalty on the weights of the head."""
MOBILECS_NEEDS = ("求助", "询问", "反馈", "投诉", "抱怨")
"""Acts of MobileCS by which a customer states a need."""
Rows = list[tuple[str, str, str]]
"""Text, kind and source."""


@dataclass(frozen=True)
class Measured:
    """Turns to measure on: texts, roles ("" where unknown), which of them are needs, and the dialogue of each."""

    texts: list[str]
    roles: list[str]
    is_need: Bools
    dialogues: list[str]

    @property
    def order(self) -> SpokenOrder:
        """The turns of each dialogue in their order, each a sentence of its own."""
        codes = {name: i for i, name in enumerate(dict.fromkeys(self.dialogues))}
        return SpokenOrder(np.arange(len(self.texts)), np.array([codes[name] for name in self.dialogues]))


def main() -> None:
    """Make both heads, write them and what they reach."""
    learnt = {name: training(name) for name in (ENGLISH, CHINESE)}
    write_kind_heads([head_of(*one) for one in learnt.items()])
    write_directions({name: direction_of(name, rows) for name, rows in learnt.items()})
    figures = {name: figures_of(head) for name, head in kind_heads().items()}
    chosen = {"C": C, "shares": SHARES, "need_weight": NEED_WEIGHT, "per_set": N_PER_SET, "dialogues": N_DIALOGUES}
    about = machine.provenance(seed=SEED, **chosen)
    print(json.dumps(figures, indent=1), machine.write("kinds", {**about, "figures": figures}), sep="\n")


# --- learning -------------------------------------------------------------------------------------


def training(name: str) -> Rows:
    """Return what the head of an embedder learns from, each sentence once."""
    needs = [(text, NEED, SETS) for source in INTENT_SETS[name] for text in needs_in(source)]
    for business in businesses(LEARNT, language_of(name)):
        needs += [(text, NEED, CALLS) for text in business.needs.texts[:N_PER_BUSINESS]]
    by_rule = turns_of("train", N_DIALOGUES, SEED) if name == ENGLISH else []
    turns = [(turn.text, turn.kind, SGD) for turn in by_rule if turn.kind]
    return list({text: (text, kind, source) for text, kind, source in [*needs, *turns, *own_sentences(name)]}.values())


def own_sentences(name: str) -> Rows:
    """Return our own sentences, each under the heading of its kind."""
    rows, kind = [], ""
    path = SENTENCES / f"{language_of(name)}.txt"
    for line in filter(None, path.read_text("utf-8").splitlines()):
        if line.startswith("# "):
            kind = line.removeprefix("# ")
        else:
            rows.append((line, kind, OWN))
    return rows


def needs_in(source: str) -> list[str]:
    """Return random sentences of a set of intents, without those that are out of its scope."""
    texts, labels = data.load(source, n_max=10**6)
    inside = [text for text, label in zip(texts, labels.tolist(), strict=True) if label != "oos"]
    rows = np.random.default_rng(SEED).choice(len(inside), N_PER_SET, replace=False)
    return [inside[row] for row in rows.tolist()]


def language_of(name: str) -> str:
    """Return the language of an embedder, "en" or "zh"."""
    return "zh" if name == CHINESE else "en"


def head_of(name: str, rows: Rows) -> KindHead:
    """Return the head that these sentences teach."""
    texts, y, weights = lessons(rows)
    model = LogisticRegression(C=C, max_iter=500, tol=1e-3)
    model.fit(kind_features(texts, vectors(name, texts)), y, sample_weight=weights)
    return KindHead(name, sha256_of(folder_of(name) / "model.onnx"), model.coef_, model.intercept_)


def direction_of(name: str, rows: Rows) -> LearntDirection:
    """Return the direction in the vectors of an embedder along which the needs among these sentences lie apart."""
    texts, y, weights = lessons(rows)
    model = LogisticRegression(C=C, max_iter=1_000)
    model.fit(VECTOR_SCALE * vectors(name, texts), y == 0, sample_weight=weights)
    sha256 = sha256_of(folder_of(name) / "model.onnx")
    return LearntDirection(sha256, model.coef_[0])


def lessons(rows: Rows) -> tuple[list[str], Ints, Floats]:
    """Return the texts, the place of the kind of each in `KINDS`, and how much each weighs."""
    y = codes_of([kind for _, kind, _ in rows])
    return [text for text, _, _ in rows], y, weights_of(y, np.array([source for _, _, source in rows]))


def weights_of(y: Ints, sources: NDArray[np.str_]) -> Floats:
    """Return the weight of each sentence: a need weighs four times as much as any other kind; sources as in `SHARES`.

    Examples
    --------
    Both needs weigh 4,000 together, and both answers a quarter of that:

    >>> weights_of(np.array([0, 0, 1, 1]), np.array(["own", "sgd", "own", "own"])).round().tolist()
    [3333.0, 667.0, 500.0, 500.0]
    """
    weights = np.zeros(len(y))
    for kind in np.unique(y):
        for source, share in SHARES.items():
            which = (y == kind) & (sources == source)
            weights[which] = share / max(int(which.sum()), 1)
        weights[y == kind] *= (NEED_WEIGHT if KINDS[kind] == NEED else 1.0) / weights[y == kind].sum()
    return np.asarray(weights * TOTAL_WEIGHT / weights.sum())


def codes_of(names: Sequence[str]) -> Ints:
    """Return the place of each kind in `KINDS`."""
    return np.array([KINDS.index(name) for name in names], dtype=np.int64)


def vectors(name: str, texts: list[str]) -> NDArray[np.float32]:
    """Return the vectors of texts, from the user's cache where it has them."""
    return open_embedder(f"local:{name}", ()).encode(texts)


# --- measuring ------------------------------------------------------------------------------------


def figures_of(head: KindHead) -> dict[str, Any]:
    """Return what a head reaches on sentences that it did not learn."""
    found: dict[str, Any] = {"own, cross-validated": cross_validated(head.embedder)}
    found |= {"demo": need_figures(head, demo(head.embedder)), "businesses": business_figures(head)}
    if head.embedder == CHINESE:
        return found | {"mobilecs": need_figures(head, mobilecs())}
    turns = [(turn, turn.kind) for turn in turns_of("test", N_TEST_DIALOGUES, SEED) if turn.kind]
    insurance = data.load("dstc11_dev_insurance_task1_turns")[0]
    is_need = probabilities(head, insurance, [CUSTOMER] * len(insurance)).argmax(axis=1) == 0
    return found | {
        "sgd test, by rule": accuracy_by_kind(head, turns),
        "sgd test, by hand": accuracy_by_kind(head, hand_labelled()),
        "dstc11_dev_insurance": {"turns with an intent": len(insurance), "called a need": share(is_need)},
    }


def probabilities(head: KindHead, texts: list[str], roles: Sequence[str]) -> Floats:
    """Return P(kind | sentence) as a run gives it: an agent's sentence is no need."""
    P = head.probabilities(texts, vectors(head.embedder, texts))
    return without_needs(P, np.array([role == AGENT for role in roles]))


def cross_validated(name: str) -> dict[str, float]:
    """Return the accuracy and the AUC of need on our own sentences, each told by a head that did not learn it."""
    own = own_sentences(name)
    others = [row for row in training(name) if row[2] != OWN]
    y, P = codes_of([kind for _, kind, _ in own]), np.zeros((len(own), len(KINDS)))
    for learnt, held in StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(y, y):
        head = head_of(name, [*others, *(own[row] for row in learnt)])
        P[held] = probabilities(head, [own[row][0] for row in held], [""] * len(held))
    return {"accuracy": share(P.argmax(axis=1) == y), "auc_need": auc(y == 0, P[:, 0])}


def need_figures(head: KindHead, measured: Measured) -> dict[str, Any]:
    """Return AUCs of need against the rest, and how the customers' turns are told apart: alone, and in their place."""
    known = probabilities(head, measured.texts, measured.roles)
    blind = probabilities(head, measured.texts, [""] * len(measured.texts))[:, 0]
    own = np.array([role == CUSTOMER for role in measured.roles])
    placed = kinds_in_place(Kinds(known), measured.roles, measured.order)
    is_need = measured.is_need
    return {
        "turns": len(measured.texts),
        "needs": int(is_need.sum()),
        "auc": auc(is_need, known[:, 0]),
        "auc_without_roles": auc(is_need, blind),
        "auc_customers_only": auc(is_need[own], blind[own]),
        "called_needs": called_needs(known, is_need, own & ~is_need),
        "in_place": {
            "auc": auc(is_need, placed.P[:, 0]),
            "called_needs": called_needs(placed.P, is_need, own & ~is_need),
        },
    }


def business_figures(head: KindHead) -> dict[str, Any]:
    """Return the AUC of need against the rest in the turns of the businesses that nothing learns, and what is told."""
    found = list(businesses(FOLDER, language_of(head.embedder)))
    texts = [text for business in found for text in business.texts]
    is_need = np.concatenate([business.is_need for business in found])
    P = probabilities(head, texts, [CUSTOMER] * len(texts))
    learnt = directions()[head.embedder]
    along = vectors(head.embedder, texts) @ learnt.weights
    figures = {"turns": len(texts), "needs": int(is_need.sum()), "auc": auc(is_need, P[:, 0])}
    figures["auc_along_direction"] = auc(is_need, along)
    return figures | {"called_needs": called_needs(P, is_need, ~is_need)}


def called_needs(P: Floats, is_need: Bools, is_other: Bools) -> dict[str, float]:
    """Return the share of needs, and of customers' other turns, that are called needs."""
    called = P.argmax(axis=1) == 0
    return {"needs": share(called[is_need]), "other_customer_turns": share(called[is_other])}


def accuracy_by_kind(head: KindHead, turns: Sequence[tuple[Any, str]]) -> dict[str, Any]:
    """Return the accuracy, over all turns and for each kind, and the number of turns of each."""
    y = codes_of([kind for _, kind in turns])
    right = probabilities(head, [turn.text for turn, _ in turns], [turn.role for turn, _ in turns]).argmax(axis=1) == y
    each = {kind: {"turns": int((y == i).sum()), "accuracy": share(right[y == i])} for i, kind in enumerate(KINDS)}
    return {"turns": len(turns), "accuracy": share(right), **each}


def auc(is_need: Bools, p: Floats) -> float:
    """Return the area under the ROC curve, three digits."""
    return round(float(roc_auc_score(is_need, p)), 3)


def share(which: Bools) -> float:
    """Return the share that is true, three digits."""
    return round(float(which.mean()), 3)


def demo(name: str) -> Measured:
    """Return the demo's turns in one language; a customer's turn with an intent is a need."""
    lines = (examples() / DEMO_INPUT).read_text("utf-8").splitlines()
    calls = {call["dialogue_id"]: call["turns"] for call in map(json.loads, lines)}
    with (examples() / DEMO_GOLD).open(encoding="utf-8", newline="") as stream:
        gold = [row for row in csv.DictReader(stream) if row["language"] == language_of(name)]
    turns = [calls[row["dialogue_id"]][int(row["turn"])] for row in gold]
    roles = [turn["role"] for turn in turns]
    is_need = [bool(row["intent"]) and role == CUSTOMER for row, role in zip(gold, roles, strict=True)]
    return Measured([turn["text"] for turn in turns], roles, np.array(is_need), [row["dialogue_id"] for row in gold])


def mobilecs() -> Measured:
    """Return the turns of the MobileCS calls; a customer's turn that asks or complains is a need."""
    rows = pq.read_table(data.folder() / "mobilecs_example_dialogues.parquet").to_pylist()
    is_need = [row["role"] == CUSTOMER and any(act in (row["label"] or "") for act in MOBILECS_NEEDS) for row in rows]
    texts, roles, dialogues = ([row[name] for row in rows] for name in ("text", "role", "dialogue_id"))
    return Measured(texts, roles, np.array(is_need), dialogues)


if __name__ == "__main__":
    main()
