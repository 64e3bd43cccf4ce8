"""Who says a sentence, by its words: "your", "let me check" and 为您 are an agent's, "my" and 怎么办 a customer's.

The model is logistic in the words and word pairs of an English sentence, and in the characters, pairs and triples of a
Chinese one. It needs no embedder: on domains that neither had learnt, words told the roles better than the vectors
tuned for intents, which forget who speaks. ``python -m studies.own.role_words`` makes its weights.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np

from dialin.arrays import Floats
from dialin.text.script import is_chinese, language_of

ROLE_WORDS = "role_words.json"
"""The file of the weights, beside this module."""
_ENGLISH = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|\?")
_CHINESE = re.compile(r"[a-z]+|\d+|[\u3400-\u4dbf\u4e00-\u9fff]|\?")
START, END, NUMBER = "<s>", "</s>", "0"
"""Stand-ins for the start and the end of a sentence, and for any number."""


def cues_of(text: str) -> list[str]:
    """Return the distinct words of a sentence and its runs of two, in Chinese characters and runs of up to three.

    Examples
    --------
    >>> cues_of("Your 20 EUR?")
    ['<s>', 'your', '0', 'eur', '?', '</s>', '<s> your', 'your 0', '0 eur', 'eur ?', '? </s>']
    >>> cues_of("您好")
    ['<s>', '您', '好', '</s>', '<s> 您', '您 好', '好 </s>', '<s> 您 好', '您 好 </s>']
    """
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    pattern, longest = (_CHINESE, 3) if is_chinese(text) else (_ENGLISH, 2)
    words = [START, *(NUMBER if word.isdigit() else word for word in pattern.findall(plain)), END]
    runs = (" ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1))
    return list(dict.fromkeys(runs))


@cache
def shipped_role_words() -> Mapping[str, Mapping[str, float]]:
    """Return the weight of each cue of each language that comes with dialin, in log-odds of "agent"."""
    text = (resources.files("dialin.name") / ROLE_WORDS).read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text)["weights"])


def agent_log_odds(texts: Sequence[str], weights: Mapping[str, Mapping[str, float]] | None = None) -> Floats:
    """Return the log-odds that an agent says each sentence, shape (n,): 0 where no cue has a weight.

    Parameters
    ----------
    texts : sequence of str
        Sentences, English or Chinese.
    weights : mapping of str to mapping of str to float, optional
        Weight of each cue of each language, "en" or "zh"; those that come with dialin by default. Their sum counts
        over the root of the number of cues, so that a long sentence is not surer than its words are.

    Examples
    --------
    A word, the start, the end, and two pairs are five cues: 2 / √5.

    >>> agent_log_odds(["your", "mine"], {"en": {"your": 2.0}}).round(2).tolist()
    [0.89, 0.0]
    """
    known = shipped_role_words() if weights is None else weights
    return np.array([_log_odds(cues_of(text), known[language_of([text])]) for text in texts], dtype=np.float64)


def _log_odds(cues: Sequence[str], weights: Mapping[str, float]) -> float:
    return sum(weights.get(cue, 0.0) for cue in cues) / math.sqrt(len(cues))
