"""Make the shipped embedders, and for each family of data sets the twin that has not learnt this family.

``python -m studies.own.embedders --data ../shared/data --out FOLDER`` tunes one model after the other, each in
``FOLDER/MODEL``. Started again, it skips what is finished and continues what is not. ``--vectors`` then writes
``FOLDER/vectors/MODEL_SET.npz`` for each data set that a model has not learnt: what is measured on these vectors says
what the embedder does with data of strangers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dialin.arrays import Matrix
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.embed.onnx import OnnxEmbedder
from dialin.files import write_table, write_whole
from dialin.tune.course import Progress, Tell
from dialin.tune.embedder.settings import EmbedderJob, EmbedderSettings
from dialin.tune.embedder.train import tune_embedder
from dialin.tune.results import DONE
from dialin.tune.sources import Reading
from studies.own.calls import LEARNT, needs_of

CALLS = {language: tuple(sorted(path.stem for path in LEARNT.glob(f"{language}-*.json"))) for language in ("en", "zh")}
"""Businesses whose calls are learnt, by language, each of them a data set; those of ``small_calls`` are others."""
FAMILIES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "clinc": ("clinc150_full_with_oos",),
        "bank": ("banking77_full",),
        "assistant": ("massive_en_us", "hwu64"),
        "mtop": ("mtop_i_small",),
        "support": ("bitext_customer_support", "sgd_dialogues"),
    },
    "zh": {"assistant": ("massive_zh_cn",), "smp": ("smp2019_ecdt_nlu_train",)},
}
"""Public data sets by language and family; those of a family share sentences, intents or a style."""
SETTINGS = {
    "en": EmbedderSettings("bge-small-en-v1.5", lora=16, average=0.3, learning_rate=4e-4, steps=320),
    "zh": EmbedderSettings("bge-small-zh-v1.5", freeze=0, average=0.3, learning_rate=4e-5, steps=250),
}
SHIPPED = {"en": f"local:{ENGLISH}", "zh": f"local:{CHINESE}"}
"""The shipped embedder of each language, whose fitted figures serve for its twins."""
STEPS_OF_ALL = {"en": 550, "zh": 350}
"""Steps of the model that learns all families."""
NOISE = ("oos", "NONE")
"""Labels of sentences without an intent, in the English sets."""
CHINESE_LABELS = Path(__file__).with_name("chinese_labels.json")
KEYS = {"massive_zh_cn": "massive", "smp2019_ecdt_nlu_train": "smp"}
"""Key in `CHINESE_LABELS` of the sets whose own labels are English: an embedder learns the labels, too."""
N_VECTORS = 6_000


@dataclass(frozen=True)
class Recipe:
    """How one model is made.

    Parameters
    ----------
    name : str
        Name of the model and of its folder.
    sets : tuple of str
        Data sets that it learns.
    unlearnt : tuple of str
        The other data sets of its language.
    settings : EmbedderSettings
        Settings of the tuning.
    noise : tuple of str
        Labels of noise.
    """

    name: str
    sets: tuple[str, ...]
    unlearnt: tuple[str, ...]
    settings: EmbedderSettings
    noise: tuple[str, ...]


def recipes() -> dict[str, Recipe]:
    """Return the recipes by name: for each language one of all families, and one without each family."""
    found = [_without(language, family) for language in FAMILIES for family in ("", *_families(language))]
    return {recipe.name: recipe for recipe in found}


def _families(language: str) -> dict[str, tuple[str, ...]]:
    """Return all that is learnt, by family: the public sets, and the calls."""
    return {**FAMILIES[language], "calls": CALLS[language]}


def _without(language: str, family: str) -> Recipe:
    families, settings = _families(language), SETTINGS[language]
    if not family:
        settings = replace(settings, steps=STEPS_OF_ALL[language])
    sets = tuple(name for other, names in families.items() if other != family for name in names)
    name = ("" if language == "en" else f"{language}_") + (f"no_{family}" if family else "full")
    return Recipe(name, sets, families.get(family, ()), settings, NOISE if language == "en" else ())


def make(recipe: Recipe, data: Path, out: Path) -> Path:
    """Tune the model of a recipe unless it is finished, and return its folder."""
    folder = out / recipe.name
    if not (folder / DONE).is_file():
        paths = tuple(path_of(name, data, out) for name in recipe.sets)
        reading = Reading("label", noise=recipe.noise)
        tune_embedder(EmbedderJob(paths, recipe.settings, folder, reading, resume=True), told(recipe.name))
    return folder


def told(name: str) -> Tell:
    """Return what prints every tenth step of a model."""

    def tell(progress: Progress) -> None:
        if progress.done % 10 == 0:
            print(f"{name}: {progress.what} {progress.done} of {progress.total}, loss {progress.loss:.3f}", flush=True)

    return tell


def path_of(name: str, data: Path, out: Path) -> Path:
    """Return the file of a data set: for a set of `KEYS` a copy in `out` with Chinese labels, for calls their needs."""
    calls, path = LEARNT / f"{name}.json", out / f"{name}.parquet"
    if name not in KEYS and not calls.is_file():
        return data / f"{name}.parquet"
    if not path.is_file():
        write_table(path, needs_of(calls) if calls.is_file() else _in_chinese(name, data))
    return path


def _in_chinese(name: str, data: Path) -> pa.Table:
    chinese = json.loads(CHINESE_LABELS.read_text("utf-8"))[KEYS[name]]
    return relabelled(pq.read_table(data / f"{name}.parquet", columns=["text", "label"]), chinese)


def relabelled(table: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Return the texts of a table with the names of their labels.

    Examples
    --------
    >>> relabelled(pa.table({"text": ["放歌"], "label": ["play_music"]}), {"play_music": "播放音乐"}).to_pylist()
    [{'text': '放歌', 'label': '播放音乐'}]
    """
    return pa.table({"text": table["text"], "label": [names[label] for label in table["label"].to_pylist()]})


@dataclass(frozen=True)
class Sentences:
    """Distinct sentences of a data set with their labels."""

    texts: list[str]
    labels: list[str]


def sentences_of(table: pa.Table) -> Sentences:
    """Return what customers say, with an intent: each text once, with its first label, and at most `N_VECTORS`.

    Examples
    --------
    >>> texts, labels = ["hi", "hi", "er", "bye", "Hello!"], ["greet", "other", "oos", "", "greet"]
    >>> sentences_of(pa.table({"text": texts, "label": labels, "role": ["customer"] * 4 + ["agent"]}))
    Sentences(texts=['hi'], labels=['greet'])
    """
    found = dict[str, str]()
    for row in table.to_pylist():
        if row["text"] and row["label"] and row["label"] not in NOISE and row.get("role", "customer") == "customer":
            found.setdefault(row["text"], row["label"])
    texts = list(found)
    if len(texts) > N_VECTORS:
        texts = [texts[row] for row in np.random.default_rng(0).choice(len(texts), N_VECTORS, replace=False)]
    return Sentences(texts, [found[text] for text in texts])


def missing_vectors(recipe: Recipe, out: Path) -> Iterator[tuple[str, Path]]:
    """Yield each set that a model has not learnt, and the file of its vectors, unless this file is there."""
    for name in recipe.unlearnt:
        path = out / "vectors" / f"{recipe.name}_{name}.npz"
        if not path.is_file():
            yield name, path


def write_vectors(recipe: Recipe, data: Path, out: Path) -> None:
    """Write vectors `X`, labels `y` and texts `t` of each set that a finished model has not learnt."""
    for name, path in missing_vectors(recipe, out):
        found = sentences_of(pq.read_table(path_of(name, data, out)))
        X = OnnxEmbedder(str((out / recipe.name).resolve())).encode(found.texts)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, partial(_fill, found, X))
        print(f"{path}: {len(found.texts)} sentences", flush=True)


def _fill(found: Sentences, X: Matrix, path: Path) -> None:
    with path.open("wb") as file:  # to a path, numpy would add an ending
        np.savez(file, X=X, y=np.array(found.labels), t=np.array(found.texts))


def main() -> None:
    """Make the models, and the vectors if wanted."""
    known = recipes()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the parquet files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    parser.add_argument("--vectors", action="store_true", help="also write the vectors of what a model has not learnt")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        make(known[name], options.data, options.out)
        if options.vectors:
            write_vectors(known[name], options.data, options.out)


if __name__ == "__main__":
    main()
