"""Compare methods on vectors of embedders that have learnt neither the data set nor a relative of it.

``studies.own.embedders`` makes the embedders: twins of the shipped ones, each without one family of data sets. On each
set this study runs the methods that need no LLM, dialin without an LLM, dialin with the embedded judge, and dialin with
a scripted judge that errs at a known rate, on the new vectors; and Ward and dialin on those of the untuned base.
Writes ``studies/own/results/left_out.json`` and ``left_out.md``; rows of the sets that are not asked for stay there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels
from dialin.cluster.partition import partitioner_of
from dialin.discover.connect import open_backend
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.replies import shared_store
from dialin.discover.settings import Settings
from dialin.discover.specs import TUNED_JUDGE
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.llm.base import LLM
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.prompts.quoted import BULLET_CHARS, as_quote
from dialin.score.metrics import score
from dialin.text.markdown import raw_table
from studies.own import data, machine
from studies.own.embedders import SHIPPED
from studies.own.oracle import OracleLLM

TWINS = {
    "bank77_small": "no_bank",
    "clinc_i_small": "no_clinc",
    "mtop_i_small": "no_mtop",
    "massive_i_small": "no_assistant",
    "massive_i_zh_small": "zh_no_assistant",
    "dstc11_dev_insurance_task1_turns": "full",
    "hwu64": "no_assistant",
    "bitext_customer_support": "no_support",
    "smp2019_ecdt_nlu_train": "zh_no_smp",
}
BASES = {"en": "local:bge-small-en-v1.5", "zh": "local:bge-small-zh-v1.5"}
TOLD_K = ("agglomerative", "kmeans", "gmm")
WRONG = {"perfect judge": 0.0, "judge, 5 % wrong": 0.05, "judge, 10 % wrong": 0.1}
SCORES = ("ami", "ari", "acc")


@dataclass(frozen=True)
class VectorCase:
    """A data set with the vectors of one embedder; `embedder` is the name whose fitted figures serve for them."""

    name: str
    vectors: str
    texts: list[str]
    gold: NDArray[np.str_]
    X: NDArray[np.float32]
    embedder: str

    @property
    def data(self) -> Data:
        """The sentences in the form that `discover` takes."""
        n = len(self.texts)
        return Data(self.texts, self.X, np.ones(n, np.int64), [""] * n, self.embedder)


def cases_of(name: str, models: Path) -> Iterator[VectorCase]:
    """Embed a data set with its twin and with the base of that."""
    texts, gold = data.load(name)
    twin = TWINS[name]
    language = "zh" if twin.startswith("zh") else "en"
    for vectors, spec, known in (("tuned", f"local:{models / twin}", SHIPPED[language]), ("base", BASES[language], "")):
        embedder = CachedEmbedder(embedder_of(spec, texts), cache_home() / "embeddings.sqlite")
        yield VectorCase(name, vectors, texts, gold, embedder.encode(texts), known)


def told_k(case: VectorCase, method: str, seed: int) -> Labels:
    """Run a clustering method that is told the true number of intents."""
    return np.asarray(partitioner_of(method, seed).fit(case.X).cut(len(set(case.gold.tolist()))))


def not_told(case: VectorCase, judge: LLM | None, seed: int) -> Labels:
    """Run dialin, with a judge beside the embeddings or without."""

    def no_labels(names: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(names), case.X.shape[1]), np.float32)

    return discover(case.data, Tools(None, no_labels, judge_llm=judge, ranks_names=False), Settings(seed=seed)).labels


def asked(judge: Client) -> int:
    """Return the number of questions so far, known replies included."""
    usage = judge.ledger.total()
    return usage.calls + usage.cached


def row_of(case: VectorCase, method: str, seed: int, labels: Labels, questions: int = 0) -> dict[str, object]:
    """Return the scores of a clustering."""
    scores = score(labels, case.gold)
    return {
        "data": case.name,
        "vectors": case.vectors,
        "method": method,
        "seed": seed,
        **{key: round(float(getattr(scores, key)), 4) for key in SCORES},
        "n_clusters": scores.n_clusters,
        "n_true": scores.n_true,
        "questions": questions,
    }


def rows_of(case: VectorCase, seeds: range, judge: Client | None) -> Iterator[dict[str, object]]:
    """Run all methods on one data set and one kind of vectors."""
    for seed in seeds:
        for method in TOLD_K if case.vectors == "tuned" else TOLD_K[:1]:
            if seed == 0 or method != "agglomerative":  # Ward has no randomness
                yield row_of(case, f"{method}, told k", seed, told_k(case, method, seed))
        yield row_of(case, "dialin, no LLM", seed, not_told(case, None, seed))
    if case.vectors == "base":
        return
    shown = {as_quote(text, BULLET_CHARS): str(label) for text, label in zip(case.texts, case.gold, strict=True)}
    for method, wrong in WRONG.items():
        oracle = OracleLLM(shown, wrong, 0)
        yield row_of(case, f"dialin, {method}", 0, not_told(case, oracle, 0), oracle.n_asked)
    if judge is not None:
        before = asked(judge)
        labels = not_told(case, judge, 0)
        yield row_of(case, "dialin, embedded judge", 0, labels, asked(judge) - before)


def table(rows: list[dict[str, object]]) -> str:
    """Return AMI, ARI, ACC, clusters / true and questions of each method, averaged over seeds, as a Markdown table."""
    head = ("data", "vectors", "method", *SCORES, "clusters / true", "questions", "seeds")
    lines = list[tuple[str, ...]]()
    for key in dict.fromkeys((str(row["data"]), str(row["vectors"]), str(row["method"])) for row in rows):
        own = [row for row in rows if (row["data"], row["vectors"], row["method"]) == key]
        means = [float(np.mean([float(str(row[name])) for row in own])) for name in (*SCORES, "n_clusters")]
        ratio = means.pop() / float(str(own[0]["n_true"]))
        scores = [f"{mean:.3f}" for mean in means]
        lines.append((*key, *scores, f"{ratio:.2f}", str(own[0]["questions"]), str(len(own))))
    return raw_table(head, lines) + "\n"


def known_rows() -> list[dict[str, object]]:
    """Return the rows of an earlier run; none without one."""
    path = machine.RESULTS / "left_out.json"
    rows: list[dict[str, object]] = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else []
    return rows


def main() -> None:
    """Run every data set and write the results after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--data", nargs="+", default=list(TWINS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--no-judge", action="store_true", help="leave out the embedded judge")
    options = parser.parse_args()
    rows = [row for row in known_rows() if row["data"] not in options.data]
    with closing(shared_store()) as known:
        backend = None if options.no_judge else open_backend(TUNED_JUDGE)
        judge = None if backend is None else Client(backend, [known])
        for case in (case for name in options.data for case in cases_of(name, options.models)):
            for row in rows_of(case, range(options.seeds), judge):
                rows.append(row)
                print(json.dumps(row), flush=True)
            machine.write("left_out", machine.provenance(seeds=options.seeds, rows=rows))
            (machine.RESULTS / "left_out.md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
