"""Compare good or bad with a scale from 1 to 4 (paper: Table 9, and Fleiss' κ .82 against .59).

The same untuned LLMs judge the same clusters of one table, once with a word and once with a number. Both scores come
from the probabilities of the answer's first token: the log-odds of Good, and the expected number. Each is calibrated on
another table. κ measures the agreement among the LLMs, on their verdicts and on their most likely numbers. Writes
``studies/paper/results/scale.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.judge.questions import build_list_prompt
from dialin.llm.backends import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.prompts.prompt import Prompt
from dialin.text.script import language_of
from studies.own import machine
from studies.paper.crowd import kappa
from studies.paper.evaluator_accuracy import (
    RESULTS,
    Clusters,
    Floats,
    answers_of,
    clusters_of,
    fitted,
    parser_of,
    row_of,
)

SCALE = ("1", "2", "3", "4")
TASK = {
    "en": "Rate how well the sentences share one intent: 4 all of them do, 3 most do, 2 some do, 1 they want different "
    "things. Answer with the number only.",
    "zh": "请给这些句子意图的一致程度打分：4 全部一致，3 大多一致，2 部分一致，1 各不相同。只回答数字。",
}
NUMBER_OF = {"Good": "4", "Bad": "1", "好": "4", "坏": "1"}


@dataclass(frozen=True)
class Scored:
    """An LLM's ratings of the clusters: the expected number (1 to 4), and the index (0 … 3) of the most likely one."""

    expected: Floats
    likeliest: NDArray[np.int64]


def scale_prompt(texts: list[str]) -> Prompt:
    """Return the prompt of the form "list", worked examples included, that asks for a number instead of a word."""
    prompt = build_list_prompt(texts)
    shots = tuple((question, NUMBER_OF[answer]) for question, answer in prompt.shots)
    return replace(prompt, system=TASK[language_of(texts)], shots=shots)


def scored(llm: Client, clusters: Clusters) -> Scored:
    """Return an LLM's rating of each cluster; the middle of the scale for an unreadable answer."""
    p = llm.choose([scale_prompt(row["shown"]) for row in clusters.rows], SCALE)
    total = p.sum(axis=1, keepdims=True)
    p = np.where(total > 0, p / np.maximum(total, 1e-9), 0.25)
    return Scored(p @ np.arange(1.0, 5.0), p.argmax(axis=1))


def main() -> None:
    """Ask the LLMs both ways, fit the models and write the results."""
    parser = parser_of(__doc__, each=20)
    parser.add_argument("--llm", nargs="+", required=True, metavar="SPEC")
    options = parser.parse_args()
    train, test = clusters_of(options.fit, options.each), clusters_of(options.test, options.each)
    figures: dict[str, object] = {}
    words, numbers = [], []
    for spec in options.llm:
        with Client(backend_of(spec), [ReplyStore(options.store)]) as llm:
            own, new = answers_of(llm, "list", train), answers_of(llm, "list", test)
            own_scores, new_scores = scored(llm, train), scored(llm, test)
        p = fitted(train, own[:, None], new[:, None])
        q = fitted(train, own_scores.expected[:, None], new_scores.expected[:, None])
        figures[spec] = {"good or bad": row_of(p, test.good), "1 to 4": row_of(q, test.good)}
        words.append((p >= 0.5).astype(np.int64))
        numbers.append(new_scores.likeliest)
    if len(words) > 1:
        figures["kappa"] = {"good or bad": kappa(words, 2), "1 to 4": kappa(numbers, 4)}
    about = machine.provenance(fit=str(options.fit), test=str(options.test), n=len(test.good), seed=0)
    path = machine.write("scale", {**about, "figures": figures}, RESULTS)
    print(json.dumps(figures, indent=1), path)


if __name__ == "__main__":
    main()
