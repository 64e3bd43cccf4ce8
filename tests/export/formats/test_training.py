"""Classifiers that learn from an export, and know sentences that they have not seen."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from dialin.export.folder import save_export
from dialin.export.registry import FORMATS
from dialin.export.run_export import export_of
from dialin.export.wanted import Wanted
from dialin.runs.run import Run
from shop_run import shop_run

UNSEEN = {
    "could you cancel the order I made": "cancel-order",
    "please, I want to cancel that order now": "cancel-order",
    "I need my money refund for the kettle": "request-refund",
    "you should refund this double charge": "request-refund",
    "I cannot unlock the login to my account, reset it": "reset",
    "hello, password reset needed for my account": "reset",
    "问一下我的包裹到哪里了": "查询-物流",
    "快递什么时候能送到": "查询-物流",
    "我现在要申请退款": "申请-退款",
    "请把钱退回来给我": "申请-退款",
}
"""Sentences that the run has not seen, with the beginning of the name of their intent."""
FEWEST_RIGHT = 0.8


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shop_run(tmp_path_factory.mktemp("shop") / "shop")


def saved(run: Run, name: str, out: Path) -> Path:
    save_export(export_of(run, FORMATS[name], Wanted()).files, out)
    return out


def share_right(predicted: dict[str, str]) -> float:
    return sum(predicted[text].startswith(UNSEEN[text]) for text in predicted) / len(predicted)


def test_a_pipeline_of_scikit_learn_learns_from_csv(run: Run, tmp_path: Path) -> None:
    with (saved(run, "csv", tmp_path / "out") / "intents.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classifier = make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4)), LogisticRegression(C=10))
    classifier.fit([row["utterance"] for row in rows], [row["intent"] for row in rows])
    assert share_right(dict(zip(UNSEEN, classifier.predict(list(UNSEEN)), strict=True))) >= FEWEST_RIGHT


@pytest.mark.filterwarnings("ignore")  # of spaCy and what it imports
@pytest.mark.parametrize("language", ["en", "zh"])
def test_spacy_learns_text_categories(run: Run, tmp_path: Path, language: str) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.training import Example  # noqa: PLC0415

    docs = spacy.tokens.DocBin().from_disk(saved(run, "spacy", tmp_path / "out") / language / "train.spacy")
    pipeline = spacy.blank(language)
    pipeline.add_pipe("textcat", config={"model": {"@architectures": "spacy.TextCatBOW.v3"} | BOW})
    found = list(docs.get_docs(pipeline.vocab))
    examples = [Example(pipeline.make_doc(doc.text), doc) for doc in found]
    spacy.util.fix_random_seed(0)
    optimizer = pipeline.initialize(lambda: examples)
    for _ in range(60):
        pipeline.update(examples, sgd=optimizer)
    own = [text for text in UNSEEN if text.isascii() == (language == "en")]
    cats = {text: pipeline(text).cats for text in own}
    assert share_right({text: max(scores, key=scores.get) for text, scores in cats.items()}) >= FEWEST_RIGHT


BOW = {"exclusive_classes": True, "length": 4096, "ngram_size": 1, "no_output_layer": False}


def test_fasttext_learns_from_its_lines(run: Run, tmp_path: Path) -> None:
    """Chinese has no blanks between words, so runs of one to three characters are learnt, too."""
    fasttext = pytest.importorskip("fasttext")
    path = saved(run, "fasttext", tmp_path / "out") / "train.txt"
    options = {"minn": 1, "maxn": 3, "epoch": 100, "lr": 0.5, "thread": 1, "dim": 20, "bucket": 50_000, "verbose": 0}
    model = fasttext.train_supervised(str(path), **options)
    best = {text: model.f.predict(text + "\n", 1, 0.0, "strict")[0][1] for text in UNSEEN}  # the wrapper needs numpy 1
    assert share_right({text: label.removeprefix("__label__") for text, label in best.items()}) >= FEWEST_RIGHT
