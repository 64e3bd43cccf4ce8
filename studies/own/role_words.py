"""Learn which words a customer says and which an agent, and write them to ``src/dialin/name/role_words.json``.

English learns turns of SGD (none of the first 100 dialogues, which ``studies.own.roles`` measures, and no other that is
about restaurants, as those are), customers' sentences of three intent sets, and ``role_sentences.txt``, written for
this purpose. Chinese learns that file and one intent set. Every source weighs the same, however large; the intent sets,
which know customers alone, weigh less, and both roles together weigh the same.

``--compare`` prints how well each language knows those of the written sentences that it has not learnt (five folds),
and English turns of SGD about hotels while no dialogue about hotels is learnt. The strength of the regularisation was
chosen there.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import csr_array, diags_array
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from dialin.arrays import Bools, Floats
from dialin.name import role_words
from dialin.name.actions import AGENT
from dialin.name.role_words import agent_log_odds, cues_of
from studies.own import data

WRITTEN = Path(__file__).parent / "role_sentences.txt"
WEIGHTS = Path(role_words.__file__).with_name(role_words.ROLE_WORDS)
MEASURED, HELD_OUT = "Restaurants", "Hotels"
"""Domain of SGD that ``studies.own.roles`` measures, and the one that this study holds out."""
N_MEASURED = 100
"""Dialogues at the beginning of SGD that ``studies.own.roles`` measures."""
N_TURNS, N_INTENT_SENTENCES = 6_000, 400
INTENT_SETS = {
    "en": (0.3, ("banking77_full", "clinc150_full_with_oos", "bitext_customer_support")),
    "zh": (0.1, ("massive_zh_cn",)),
}
"""Intent sets of each language, and their weight together."""
STRENGTHS = (1.0, 3.0, 10.0)
"""C of scikit-learn's logistic regression that are compared."""
CHOSEN = 3.0
N_KEPT = 6_000
"""Cues with the largest weights of each language that are shipped."""


@dataclass(frozen=True)
class Source:
    """Sentences, whether an agent says each, and the weight of all of them together."""

    texts: list[str]
    is_agent: list[bool]
    weight: float = 1.0

    def part(self, rows: Sequence[int]) -> Source:
        """Return these sentences."""
        return Source([self.texts[i] for i in rows], [self.is_agent[i] for i in rows], self.weight)


def written(language: str) -> Source:
    """Return the sentences that were written for this purpose, from the sections "[LANGUAGE ROLE]" of the file."""
    texts, is_agent, section = list[str](), list[bool](), ""
    for line in filter(None, map(str.strip, WRITTEN.read_text(encoding="utf-8").splitlines())):
        if line.startswith("["):
            section = line[1:-1]
        elif section.split()[0] == language:
            texts.append(line)
            is_agent.append(section.split()[1] == AGENT)
    return Source(texts, is_agent)


def sgd_turns(without: str, seed: int) -> tuple[Source, Source]:
    """Return random turns of SGD to learn, none of a dialogue about the domain `without`, and others about it alone."""
    columns = ["text", "role", "services", "dialogue_id"]
    table = pq.read_table(data.folder() / "sgd_dialogues.parquet", columns=columns).to_pydict()
    measured = set(list(dict.fromkeys(table["dialogue_id"]))[:N_MEASURED])
    allowed = [
        i
        for i, (services, dialogue) in enumerate(zip(table["services"], table["dialogue_id"], strict=True))
        if MEASURED not in services and dialogue not in measured
    ]
    order = np.random.default_rng(seed).permutation(allowed).tolist()
    texts, is_agent = table["text"], [role == AGENT for role in table["role"]]
    whole = Source(texts, is_agent)
    about = [i for i in order if without in table["services"][i]]
    rest = [i for i in order if without not in table["services"][i]]
    return whole.part(rest[:N_TURNS]), whole.part(about[:N_TURNS])


def intent_sentences(language: str) -> Source:
    """Return sentences of customers, equally many of each intent set of a language."""
    weight, names = INTENT_SETS[language]
    texts = [text for name in names for text in data.load(name, N_INTENT_SENTENCES)[0]]
    return Source(texts, [False] * len(texts), weight)


def learnt(sources: Sequence[Source], strength: float) -> dict[str, float]:
    """Return the weight of each cue, the largest first, as `dialin.name.role_words.agent_log_odds` uses them."""
    texts = [text for source in sources for text in source.texts]
    is_agent = np.array([agent for source in sources for agent in source.is_agent], dtype=np.bool_)
    weight = np.concatenate([np.full(len(source.texts), source.weight / len(source.texts)) for source in sources])
    for own in (is_agent, ~is_agent):
        weight[own] *= len(texts) / 2 / weight[own].sum()
    counter = CountVectorizer(analyzer=cues_of)
    found = csr_array(counter.fit_transform(texts), dtype=np.float64)
    scaled = diags_array([1 / math.sqrt(n) for n in np.diff(found.indptr)]) @ found
    model = LogisticRegression(C=strength, max_iter=3_000, fit_intercept=False).fit(scaled, is_agent, weight)
    weights = dict(zip(counter.get_feature_names_out().tolist(), model.coef_[0].tolist(), strict=True))
    largest = sorted(weights, key=lambda cue: (-abs(weights[cue]), cue))[:N_KEPT]
    return {cue: round(weights[cue], 2) for cue in largest if abs(weights[cue]) >= 0.005}


def score(log_odds: Floats, is_agent: Bools) -> dict[str, float]:
    """Return the accuracy, and the mean negative log-likelihood.

    Examples
    --------
    >>> score(np.array([2.0, -2.0]), np.array([True, False]))
    {'accuracy': 1.0, 'log_loss': 0.127}
    """
    loss = np.logaddexp(0.0, np.where(is_agent, -log_odds, log_odds))
    return {"accuracy": round(float(np.mean((log_odds > 0) == is_agent)), 3), "log_loss": round(float(loss.mean()), 3)}


def in_folds(own: Source, others: list[Source], strength: float, seed: int) -> dict[str, float]:
    """Score the written sentences, each by weights that have not learnt it."""
    found = np.empty(len(own.texts))
    for rows, left_out in KFold(5, shuffle=True, random_state=seed).split(own.texts):
        weights = learnt([own.part(rows.tolist()), *others], strength)
        found[left_out] = agent_log_odds([own.texts[i] for i in left_out], {"en": weights, "zh": weights})
    return score(found, np.array(own.is_agent))


def compare(seed: int) -> None:
    """Print the scores of each strength on what was not learnt."""
    turns, hotels = sgd_turns(HELD_OUT, seed)
    others = {"en": [turns, intent_sentences("en")], "zh": [intent_sentences("zh")]}
    for strength in STRENGTHS:
        for language, sources in others.items():
            print("C", strength, language, in_folds(written(language), sources, strength, seed), flush=True)
        weights = learnt([written("en"), *others["en"]], strength)
        print("C", strength, "hotels", score(agent_log_odds(hotels.texts, {"en": weights}), np.array(hotels.is_agent)))


def main() -> None:
    """Write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compare", action="store_true", help="print the scores of each strength, write nothing")
    options = parser.parse_args()
    if options.compare:
        compare(options.seed)
        return
    turns, _ = sgd_turns(MEASURED, options.seed)
    english = learnt([written("en"), turns, intent_sentences("en")], CHOSEN)
    chinese = learnt([written("zh"), intent_sentences("zh")], CHOSEN)
    made = f"python -m studies.own.role_words --seed {options.seed}"
    about = "Log-odds that an agent says it."
    learnt_from = (
        "Schema-Guided Dialogue (CC BY-SA 4.0), CLINC150 (CC BY 3.0), BANKING77 and MASSIVE (CC BY 4.0), Bitext "
        "customer support (CDLA-Sharing-1.0), and sentences of our own"
    )
    rows = {"about": about, "learnt_from": learnt_from, "made_by": made, "weights": {"en": english, "zh": chinese}}
    WEIGHTS.write_text(json.dumps(rows, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{WEIGHTS}: {len(english):,} English cues, {len(chinese):,} Chinese, {WEIGHTS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
