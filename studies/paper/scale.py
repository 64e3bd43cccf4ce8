"""Good or bad against a scale from 1 to 4 (paper: Table 9, and Fleiss' κ .82 against .59).

The same untuned LLMs see the same clusters of one table, and are asked for one word or for one number; probabilities of
the answer's first token are read either way, and the expected number is the score. Each answer is calibrated on another
table. κ is that of the LLMs among themselves: on their verdicts, and on their likeliest number. Writes
``experiments/results/scale.json``.
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
    """What an LLM says on the scale: the expected number, and the likeliest (0 … 3), of each cluster."""

    expected: Floats
    likeliest: NDArray[np.int64]


def scale_prompt(texts: list[str]) -> Prompt:
    """Return the question of the form "list" with its worked examples, for a number in place of a word."""
    prompt = build_list_prompt(texts)
    shots = tuple((question, NUMBER_OF[answer]) for question, answer in prompt.shots)
    return replace(prompt, system=TASK[language_of(texts)], shots=shots)


def scored(llm: Client, clusters: Clusters) -> Scored:
    """Return what an LLM says of each cluster; the middle where it cannot be read."""
    p = llm.choose([scale_prompt(row["shown"]) for row in clusters.rows], SCALE)
    total = p.sum(axis=1, keepdims=True)
    p = np.where(total > 0, p / np.maximum(total, 1e-9), 0.25)
    return Scored(p @ np.arange(1.0, 5.0), p.argmax(axis=1))


def main() -> None:
    """Ask both ways, fit, report."""
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
