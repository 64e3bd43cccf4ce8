"""Measure how well customer and agent are told apart where the data does not say, on six sets whose roles are hidden.

Four ways: by the words of each sentence alone; by words and the turns of the dialogues, as ``--roles split`` does; the
same with words that the corpus itself teaches, each dialogue judged by the weights of others (which is not shipped: it
gains a point at most); and all of one role, for comparison. None of the sentences was learnt
(``studies.own.role_words``).

``--llm SPEC`` adds the paper's way (§3.4) on SGD: by the action word of the label of the cluster. ``--clusters K`` cuts
Ward's tree into K clusters; 0 takes the clusters that dialin finds with the geometry as judge. With the best possible
split, each cluster gets the role of most of its turns; it falls short of 1 only because of clusters in which both roles
speak. Writes ``studies/own/results/roles.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.arrays import Bools, Floats, Rows
from dialin.cli.demo import DEMO_INPUT, examples
from dialin.cluster.partition import partitioner_of
from dialin.discover.assign import build
from dialin.discover.connect import open_embedder
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.method import collect
from dialin.discover.naming import label_pieces
from dialin.discover.settings import Settings
from dialin.discover.state import Draft
from dialin.discover.steps import split_roles
from dialin.llm.backends import backend_of
from dialin.llm.base import LLM
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.name.role_chain import guess_speakers
from dialin.name.role_words import agent_log_odds
from dialin.name.roles import guess_roles
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus
from dialin.read.spoken import SpokenOrder, spoken_order
from dialin.read.table import read
from dialin.text.script import is_chinese
from studies.own import data, machine
from studies.own.role_words import CHOSEN, N_MEASURED, Source, learnt

N_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Utterances:
    """Utterances whose roles the corpus does not know.

    Parameters
    ----------
    corpus : Corpus
        Their n sentences.
    sentence : ndarray of shape (n_utterances,), int64
        Sentence of each.
    is_agent : ndarray of shape (n_utterances,), bool
        Whether the agent says it.
    order : SpokenOrder or None
        The dialogues.
    """

    corpus: Corpus
    sentence: Rows
    is_agent: Bools
    order: SpokenOrder | None

    @classmethod
    def of(cls, table: pa.Table) -> Utterances:
        """Return the rows of a table that a customer or an agent says."""
        known = table.filter(pc.is_in(table["role"], value_set=pa.array([CUSTOMER, AGENT])))
        corpus = read(known.drop_columns(["role"]), Columns())
        is_agent = np.array([role == AGENT for role in known["role"].to_pylist()], dtype=np.bool_)
        sentence = corpus.occurrences["sentence_id"].to_numpy()
        own = is_agent[corpus.occurrences["row"].to_numpy()]
        return cls(corpus, sentence, own, spoken_order(corpus.occurrences, sentence))

    def agreement(self, roles: list[str]) -> dict[str, float]:
        """Return the share of the utterances whose role is right, and its mean over the distinct sentences."""
        right = (np.array(roles, dtype=object)[self.sentence] == AGENT) == self.is_agent
        by_sentence = np.bincount(self.sentence, right) / self.corpus.counts
        return {"utterances": round(float(right.mean()), 3), "sentences": round(float(by_sentence.mean()), 3)}


def demo_calls(chinese: bool) -> pa.Table:
    """Return the turns of the demo's calls in one language."""
    calls = read(str(examples() / DEMO_INPUT), Columns())
    said = calls.occurrences
    table = said.append_column("text", pa.array(calls.texts).take(said["sentence_id"]))
    names = pc.unique(table["dialogue_id"]).to_pylist()
    is_own = {name: is_chinese("".join(texts_of(table, name))) == chinese for name in names}
    own = [is_own[name] for name in table["dialogue_id"].to_pylist()]
    return table.filter(pa.array(own)).select(["text", "dialogue_id", "turn", "role"])


def texts_of(table: pa.Table, dialogue: str) -> list[str]:
    """Return the texts of one dialogue."""
    texts: list[str] = table.filter(pc.equal(table["dialogue_id"], dialogue))["text"].to_pylist()
    return texts


def shared(name: str) -> pa.Table:
    """Return the turns of a set of the shared data; all are the customer's where it has no roles, and no dialogues."""
    table = pq.read_table(data.folder() / f"{name}.parquet")
    if "role" in table.column_names:
        return table.select(["text", "dialogue_id", "turn", "role"])
    return table.select(["text"]).append_column("role", pa.array([CUSTOMER] * table.num_rows))


SETS: Mapping[str, Callable[[], pa.Table]] = {
    "sgd_dialogues": lambda: data.dialogues(N_MEASURED).select(["text", "dialogue_id", "turn", "role"]),
    "demo, Chinese": lambda: demo_calls(True),
    "demo, English": lambda: demo_calls(False),
    "mobilecs_example_dialogues": lambda: shared("mobilecs_example_dialogues"),
    "jddc_sample_dialogues": lambda: shared("jddc_sample_dialogues"),
    "dstc11_dev_insurance_utterances": lambda: shared("dstc11_dev_insurance_utterances"),
}


def guesses_for(utterances: Utterances) -> dict[str, object]:
    """Return how well each way tells the roles of a set."""
    texts, order = utterances.corpus.texts, utterances.order
    shipped = guess_roles(texts, order)
    sure = np.maximum(shipped.p_agent, 1 - shipped.p_agent)[utterances.sentence]
    found: dict[str, object] = {
        "utterances": len(utterances.sentence),
        "sentences": len(texts),
        "all_one_role": max((utterances.agreement([role] * len(texts)) for role in (CUSTOMER, AGENT)), key=first),
        "words": utterances.agreement(guess_roles(texts).roles),
    }
    if order is None:
        return found
    again = second_words(texts, order)
    return found | {
        "words_and_turns": utterances.agreement(shipped.roles),
        "own_estimate": round(float(sure.mean()), 3),
        "second_words_and_turns": utterances.agreement(guess_roles(texts, order, lambda _: again).roles),
    }


def first(figures: dict[str, float]) -> float:
    """Return the share of the utterances."""
    return figures["utterances"]


def second_words(texts: list[str], order: SpokenOrder) -> Floats:
    """Return the log-odds of "agent", shape (n,), to which words that the corpus itself teaches are added.

    What the turns of the other dialogues seem to say teaches the weights of a dialogue.
    """
    odds, fold = agent_log_odds(texts), order.dialogue % N_FOLDS
    is_agent = guess_speakers(odds[order.sentence], order.dialogue).p_agent > 0.5
    said = Source([texts[i] for i in order.sentence], is_agent.tolist())
    more = np.zeros(len(order.sentence))
    for own in range(N_FOLDS):
        weights = learnt([said.part(np.flatnonzero(fold != own).tolist())], CHOSEN)
        rows = np.flatnonzero(fold == own)
        more[rows] = agent_log_odds([said.texts[i] for i in rows], {"en": weights, "zh": weights})
    n_turns = np.maximum(np.bincount(order.sentence, minlength=len(texts)), 1)
    return np.asarray(odds + np.bincount(order.sentence, more, len(texts)) / n_turns)


def work_of(corpus: Corpus, llm: LLM) -> Context:
    """Return the context of a run that splits roles by the labels of clusters."""
    embedder = open_embedder("auto", corpus.texts)
    X = embedder.encode(corpus.texts)
    sentences = Data(corpus.texts, X, corpus.counts, [""] * len(corpus.texts), embedder.name)
    return Context.of(sentences, Tools(llm, embedder.encode), Settings(roles="label", judge="geometry"))


def draft_of(work: Context, k: int) -> Draft:
    """Return a draft with named clusters: Ward's tree cut into k, or for k = 0 the clusters that dialin finds."""
    draft = Draft([""] * len(work.data.texts))
    if k:
        labels = partitioner_of("agglomerative", work.settings.seed).fit(work.data.X).cut(k)
        draft.pieces = [np.flatnonzero(labels == cluster) for cluster in range(k)]
    else:
        collect(draft, work)
    label_pieces(draft, work)
    return draft


def nearest_piece(draft: Draft, work: Context) -> Rows:
    """Return the piece nearest to each sentence, which takes its role."""
    k = len(draft.pieces)
    pieces = build(work.data.X, draft.pieces, list(range(k)), [""] * k)
    everywhere = replace(pieces, radii=np.full(k, -1.0, np.float32))
    return everywhere.assign(work.data.X, [""] * len(work.data.texts))[0]


def best_split(piece: Rows, utterances: Utterances) -> list[str]:
    """Return the role of each sentence if every piece gets the role of most of its turns; the customer wins a tie."""
    balance = np.bincount(piece[utterances.sentence], np.where(utterances.is_agent, 1.0, -1.0))
    return [AGENT if balance[p] > 0 else CUSTOMER for p in piece.tolist()]


def row_of(utterances: Utterances, work: Context, k: int) -> dict[str, object]:
    """Return how well the labels of one set of clusters tell the roles."""
    draft = draft_of(work, k)
    told = [ACTION_WORDS.get(action_of(name)) in {AGENT, CUSTOMER} for name in draft.names]
    return {
        "clusters": len(draft.pieces),
        "by": f"Ward at {k}" if k else "dialin",
        "agreement": utterances.agreement(split_roles(draft, work)),
        "best_split_of_these_clusters": utterances.agreement(best_split(nearest_piece(draft, work), utterances)),
        "names_with_a_role_in_the_table": round(float(np.mean(told)), 3),
        "sample_of_names": [f"{n} ({len(rows)})" for n, rows in zip(draft.names, draft.pieces, strict=True)][:30],
    }


def by_label(spec: str, clusters: list[int]) -> list[dict[str, object]]:
    """Return how well the labels of clusters tell the roles of SGD, for each set of clusters."""
    utterances = Utterances.of(SETS["sgd_dialogues"]())
    with Client(backend_of(spec), [ReplyStore(cache_home() / "replies.sqlite")]) as client:
        work = work_of(utterances.corpus, client)
        return [row_of(utterances, work, k) for k in clusters]


def main() -> None:
    """Guess the roles, compare them with the truth and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", help="names clusters for the paper's way; without it, that is not measured")
    parser.add_argument("--clusters", type=int, nargs="+", default=[0, 100])
    options = parser.parse_args()
    rows = {name: guesses_for(Utterances.of(load())) for name, load in SETS.items()}
    labels = {"llm": options.llm, "rows": by_label(options.llm, options.clusters)} if options.llm else None
    about = {"seed": 0, "sgd_dialogues": f"the first {N_MEASURED}", "rows": rows, "by_label": labels}
    print(machine.write("roles", machine.provenance(**about)), *rows.items(), *(labels or {}).items(), sep="\n")


if __name__ == "__main__":
    main()
