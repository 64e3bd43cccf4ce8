"""Fit how evidence becomes P(good), on data sets that no benchmark of dialin evaluates.

Nodes of Ward trees (of the whole set, and of 800 and 200 of its sentences), good where at least 90 % of the sentences
have one label, bad up to 70 %; good and bad weigh the same, and so does every set. A logistic model turns the mean
log-odds of the LLM's answers, about nodes half of which are good, spread over sizes, into log-odds of "good"; the
judge adds them to those of the geometry (chosen by ``benchmarks.choose_geometry``; a geometry fitted on the same nodes
stands beside it in the figures). Writes the LLM's entry of ``src/dialin/calibration.json``, and
``benchmarks/results/calibration-MODEL.json`` with the figures on each set of a calibration fitted on the others.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks import data, machine
from dialin.calibrate import Calibration, geometry_of
from dialin.cluster import Agglomerative
from dialin.embed import embedder_of
from dialin.judge import CoherenceJudge, JudgeSettings
from dialin.llm import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.prompts import Form, language_of
from dialin.reliability import auc, expected_calibration_error
from dialin.sample import sampler_of

SETS = ("mtop_i_small", "bitext_customer_support", "hwu64", "smp2019_ecdt_nlu_train")
FLAT = Calibration("none", (0, 0, 0, 0), (0, 1), (0, 1, 1))


@dataclass
class Sample:
    """Nodes of one set: geometry features and truth at several sizes of the corpus; some of the whole are asked about.

    ``parts`` are (features, good) of each size, the whole set first; ``asked`` are nodes of the first.
    """

    language: str

    parts: list[tuple[NDArray[np.float64], NDArray[np.bool_]]]
    asked: NDArray[np.int64]
    answers: dict[Form, NDArray[np.float64]]

    @property
    def truth(self) -> NDArray[np.bool_]:
        """Whether each node asked about is good."""
        return self.parts[0][1][self.asked]

    @property
    def geometry(self) -> NDArray[np.float64]:
        """Features of the nodes asked about."""
        return self.parts[0][0][self.asked]


def nodes_of(
    labels: NDArray[np.str_], X: NDArray[np.float32], min_size: int = 4
) -> Iterator[tuple[NDArray[np.int64], bool]]:
    """Yield (rows, good) of each node of the tree that is clearly good or bad, of `min_size` sentences or more."""
    tree = Agglomerative().fit(X).tree
    codes = np.unique(labels, return_inverse=True)[1]
    for node in range(tree.n_leaves, tree.root):
        rows = np.sort(tree.members(node))
        purity = np.bincount(codes[rows]).max() / len(rows)
        if len(rows) >= min_size and not 0.7 < purity < 0.9:
            yield rows, bool(purity >= 0.9)


def features_of(X: NDArray[np.float32], nodes: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return tightness, log(size) and log(n / size) of each node, shape (n_nodes, 3)."""
    base = geometry_of(X).base
    return np.array([[geometry_of(X[r], base).tightness, np.log(len(r)), np.log(len(X) / len(r))] for r in nodes])


def spread(sizes: NDArray[np.int64], good: NDArray[np.bool_], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Choose n nodes, half good and half bad, evenly over the logarithm of the size."""
    bins = np.digitize(np.log2(sizes), np.arange(2, 10))
    chosen = []
    for side in (True, False):
        rows = np.flatnonzero(good == side)
        weight = 1 / np.bincount(bins[rows])[bins[rows]]
        chosen.append(rng.choice(rows, min(n // 2, len(rows)), replace=False, p=weight / weight.sum()))
    return np.sort(np.concatenate(chosen))


def sample_of(name: str, llm: Client, forms: list[Form], n: int) -> Sample:
    """Return the nodes of one set, `n` of them asked about in every form."""
    texts, labels = data.load(name)
    X = embedder_of("auto", texts).encode(texts)
    rng, parts, whole = np.random.default_rng(0), [], list[NDArray[np.int64]]()
    for size in (len(X), 800, 200):
        rows = np.arange(len(X)) if size == len(X) else rng.choice(len(X), size, replace=False)
        nodes, good = zip(*nodes_of(labels[rows], X[rows]), strict=True)
        parts.append((features_of(X[rows], list(nodes)), np.array(good)))
        whole = whole or list(nodes)
    asked = spread(np.array([len(node) for node in whole]), parts[0][1], n, np.random.default_rng(0))
    answers = {form: ask(texts, X, llm, form, [whole[i] for i in asked]) for form in forms}
    return Sample(language_of(texts), parts, asked, answers)


def ask(
    texts: list[str], X: NDArray[np.float32], llm: Client, form: Form, nodes: list[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """Return the LLM's mean log-odds about each node."""
    judge = CoherenceJudge(texts, X, llm, sampler_of("convex", 2), JudgeSettings(form=form, mode="llm"), FLAT)
    p = np.array([verdict.p_good for verdict in judge.judge(nodes)])
    return np.asarray(np.log(p) - np.log1p(-p))


def fit(X: list[NDArray[np.float64]], y: list[NDArray[np.bool_]]) -> list[float]:
    """Return intercept and weights of a logistic regression in which every set counts the same, and both sides too."""
    weight = [np.where(part, 0.5 / part.sum(), 0.5 / (~part).sum()) * 1000 for part in y]
    model = LogisticRegression(C=10.0, max_iter=1000)
    model.fit(np.concatenate(X), np.concatenate(y), sample_weight=np.concatenate(weight))
    return [round(float(v), 4) for v in (*model.intercept_, *model.coef_[0])]


def logits(X: NDArray[np.float64], model: list[float]) -> NDArray[np.float64]:
    """Return the log-odds of a fitted model."""
    return np.asarray(model[0] + X @ np.array(model[1:]))


def columns_of(sample: Sample, form: Form) -> NDArray[np.float64]:
    """Return the answers of a set, and whether it is in Chinese, shape (n_asked, 2)."""
    answers = sample.answers[form]
    return np.column_stack([answers, np.full(len(answers), float(sample.language == "zh"))])


def fit_all(samples: list[Sample], forms: list[Form]) -> dict[str, list[float]]:
    """Fit the geometry, then per form the LLM alone; its third number is what being asked in Chinese adds."""
    parts = [part for sample in samples for part in sample.parts]
    models: dict[str, list[float]] = {"geometry": fit([X for X, _ in parts], [good for _, good in parts])}
    for form in forms:
        truth = [s.truth for s in samples]
        models[f"llm/{form}"] = fit([columns_of(s, form) for s in samples], truth)
    return models


def report(sample: Sample, models: dict[str, list[float]], forms: list[Form]) -> dict[str, dict[str, float]]:
    """Return AUC, accuracy and ECE of each kind of evidence on the nodes asked about."""
    truth = sample.truth
    scores = {"geometry": logits(sample.geometry, models["geometry"])}
    for form in forms:
        scores[f"llm/{form}"] = logits(columns_of(sample, form), models[f"llm/{form}"])
        scores[f"both/{form}"] = scores[f"llm/{form}"] + scores["geometry"]
    return {name: figures(1 / (1 + np.exp(-score)), truth) for name, score in scores.items()}


def figures(p: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Return the figures of one kind of evidence."""
    return {
        "auc": round(auc(p, truth), 3),
        "accuracy": round(float(((p >= 0.5) == truth).mean()), 3),
        "ece": round(expected_calibration_error(p, truth), 3),
        "decided_5_95": round(float(((p < 0.05) | (p > 0.95)).mean()), 3),
    }


def main() -> None:
    """Ask, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--forms", nargs="+", default=["pairs", "list"])
    parser.add_argument("--n", type=int, default=80, help="nodes asked about in each set")
    parser.add_argument("--store", default=str(Path.home() / ".cache/dialin/calibration.sqlite"))
    options = parser.parse_args()
    backend = backend_of(options.llm)
    Path(options.store).parent.mkdir(parents=True, exist_ok=True)
    llm = Client(backend, [ReplyStore(options.store)])
    samples = {}
    for name in SETS:
        samples[name] = sample_of(name, llm, options.forms, options.n)
        print(
            name,
            {f: round(auc(1 / (1 + np.exp(-a)), samples[name].truth), 3) for f, a in samples[name].answers.items()},
            flush=True,
        )
    held_out = {
        name: report(
            samples[name], fit_all([s for other, s in samples.items() if other != name], options.forms), options.forms
        )
        for name in SETS
    }
    models = fit_all(list(samples.values()), options.forms)
    label = backend.name.split("#")[0]
    results = machine.provenance(
        llm=backend.name, data=list(SETS), nodes=options.n, seed=0, held_out=held_out, models=models
    )
    print(
        json.dumps(held_out, indent=1),
        json.dumps(models, indent=1),
        machine.write(f"calibration-{label.split(':')[-1]}", results),
    )
    path = Path(__file__).resolve().parents[1] / "src/dialin/calibration.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    for form in options.forms:
        llm_logits = [logits(columns_of(sample, form), models[f"llm/{form}"]) for sample in samples.values()]
        reach = round(float(np.quantile(np.abs(np.concatenate(llm_logits)), 0.9)), 2)
        a, b, zh = models[f"llm/{form}"]
        shift = {"zh": round(zh / b, 4)}
        table["llms"][f"{label}/{form}"] = {"llm": [a, b], "both": [a, b, 1.0], "reach": reach, "shift": shift}
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
