"""Measure what greetings, thanks and "ok" do to how fine the intents of a few dialogues are found, and so which needs.

``python -m studies.own.greetings`` makes small sets of dialogues, in which customers greet, say a labelled sentence of
a public set, acknowledge the answer and thank; the greetings and the thanks were written for this study. dialin without
an LLM finds the intents twice: by the fineness of all that customers say (``all``), and of the sentences that say
something (``shipped``). Gold labels serve for the scores alone. All sets but DSTC11 taught the shipped embedders, so
that the difference tells more than the scores. Writes ``studies/own/results/greetings.json``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin.discover.connect import kinds_by_shipped, open_embedder
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.name.openings import kinds_in_place
from dialin.read.table import read
from dialin.runs.run import data_of
from dialin.score.metrics import agreement_with_gold
from studies.own import data, machine
from studies.own.embedders import SHIPPED

SETS = {
    "dstc11_dev_insurance_task1_turns": "en",
    "bank77_small": "en",
    "hwu64": "en",
    "mtop_i_small": "en",
    "massive_i_zh_small": "zh",
    "smp2019_ecdt_nlu_train": "zh",
}
N_SENTENCES, N_INTENTS, LEAST, MOST = 120, 13, 2, 25
SAID = {
    "en": (
        "hello/hi there/good evening/is somebody there?/hey, I need some help/morning/hi, one question please",
        "ok/all right/I see/fine/sure, one second/yes/no/got it/hm, okay/that's good to hear/good/understood/right/"
        "that took long/oh no/wonderful/let me look/done/still nothing/yes please/exactly/ah, now I see it",
        "thanks/thank you very much/bye/thanks, bye/that was all/great, thank you/have a good day/cheers/see you",
    ),
    "zh": (
        "你好/您好/在不在/有人吗/喂你好/早上好/我想问一下",
        "好的/嗯/知道了/明白/行/可以/是的/不是/等一下/我看一下/好了/没问题/这样啊/对/太好了/还是不行/那就这样/嗯嗯/收到/哦",
        "谢谢/谢谢你/再见/好的再见/没别的事了/多谢/麻烦你了/祝你愉快/拜拜",
    ),
}
"""What customers say before their need, after the answer to it, and at the end."""
SHARES = (0.4, 0.75, 0.7)
"""How many of them say so."""


def needs_of(name: str, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return about 120 sentences of thirteen intents of unequal sizes, with their labels, in random order."""
    texts, gold = data.load(name)
    names, sizes = np.unique(gold, return_counts=True)
    chosen = rng.choice(names[sizes >= MOST], N_INTENTS, replace=False)
    wanted = np.clip(np.round(rng.dirichlet(np.full(N_INTENTS, 3.0)) * N_SENTENCES), LEAST, MOST).astype(int)
    rows = [rng.choice(np.flatnonzero(gold == one), n, replace=False) for one, n in zip(chosen, wanted, strict=True)]
    return [(texts[row], str(gold[row])) for row in rng.permutation(np.concatenate(rows)).tolist()]


def turns_of(needs: Sequence[tuple[str, str]], language: str, rng: np.random.Generator) -> Iterator[dict[str, object]]:
    """Yield the turns of a dialogue about each need; `label` is "" for what says nothing."""
    pools = [part.split("/") for part in SAID[language]]
    for dialogue, (text, label) in enumerate(needs):
        before, after, last = (
            [(str(rng.choice(pool)), "")] if rng.random() < share else []
            for pool, share in zip(pools, SHARES, strict=True)
        )
        for turn, (said, about) in enumerate([*before, (text, label), *after, *last]):
            yield {"dialogue_id": dialogue, "turn": turn, "role": "customer", "text": said, "label": about}


def dialogues(name: str, seed: int) -> tuple[Data, NDArray[np.str_]]:
    """Return the sentences of some dialogues, with their kinds, and the label of each; "" for none."""
    rng, language = np.random.default_rng(seed), SETS[name]
    turns = pa.Table.from_pylist(list(turns_of(needs_of(name, rng), language, rng)))
    corpus, embedder = read(turns.drop_columns("label")), open_embedder(SHIPPED[language])
    found = data_of(corpus, embedder.encode(corpus.texts), embedder.name).in_context("next")
    kinds = kinds_in_place(kinds_by_shipped(found.texts, found.roles), found.roles, found.order)
    gold, said = np.full(len(found.texts), "", dtype=object), corpus.occurrences
    for row, sentence in zip(said["row"].to_pylist(), said["sentence_id"].to_pylist(), strict=True):
        gold[sentence] = gold[sentence] or turns["label"][row].as_py()
    return replace(found, kinds=kinds), gold.astype(np.str_)


def row_of(found: Data, gold: NDArray[np.str_], seed: int) -> dict[str, object]:
    """Return the suggested number, the scores of the labelled sentences, and how many intents are most of a cluster."""
    tools = Tools(None, lambda texts: np.zeros((len(texts), 1), np.float32), ranks_names=False)
    result = discover(found, tools, Settings(seed=seed))
    labels, own = result.labels[gold != ""], gold[gold != ""]
    clusters = [Counter(gold[result.labels == one].tolist()) for one in np.unique(labels[labels >= 0])]
    main = {cluster.most_common(1)[0][0] for cluster in clusters} - {""}
    scores = agreement_with_gold(labels, own)
    return {
        "suggested": result.suggested.n if result.suggested else None,
        "clusters": len(clusters),
        "intents_found": len(main),
        **{key: round(float(getattr(scores, key)), 3) for key in ("ari", "ami", "acc")},
    }


def summary(rows: Sequence[dict[str, object]], way: str) -> dict[str, float]:
    """Return the means of one way."""
    own = [row for row in rows if row["way"] == way]
    keys = ("suggested", "clusters", "intents_found", "ari", "ami", "acc")
    return {key: round(float(np.mean([float(str(row[key])) for row in own])), 3) for key in keys}


def main() -> None:
    """Score both ways on all sets and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    rows = list[dict[str, object]]()
    for name in options.data:
        for seed in options.seeds:
            found, gold = dialogues(name, seed)
            for way, one in (("all", replace(found, kinds=None)), ("shipped", found)):
                rows.append({"data": name, "seed": seed, "way": way} | row_of(one, gold, 0))
                print(rows[-1], flush=True)
    means = {way: summary(rows, way) for way in ("all", "shipped")}
    print(machine.write("greetings", {**machine.provenance(), "mean": means, "rows": rows}))


if __name__ == "__main__":
    main()
