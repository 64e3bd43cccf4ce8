"""Topics of branches of a tree of intents, by an LLM: `card-payment`, `银行卡`.

Pure prompt, pure parse, one driver. Where the backend can constrain decoding, a grammar makes every reply a topic.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Matrix
from dialin.llm.ask import Question, write
from dialin.llm.base import LLM
from dialin.name.labels import OBJECTIVES
from dialin.name.near_centroids import as_text
from dialin.name.once import Embed
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.text.unseen import plain_name

MAX_TOKENS = 16
N_SHOWN = 12
"""Intents of a branch that the LLM reads."""
_QUOTED = 80
"""Characters of a quote beside a name."""
_EN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,3}")
_ZH = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]*[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9]*")
_LONGEST = {"en": 40, "zh": 10}
_REFUSAL = re.compile(r"^(?:sorry|no|none|i|unable|as|topic|various|other|misc\w*)(?:-|$)|抱歉|无法|不能|主题")
_GRAMMARS = {
    "en": f"root ::= {OBJECTIVES['en']}",
    "zh": "root ::= han han han? han? han? han?\nhan ::= [\\u4e00-\\u9fff]",
}


@dataclass(frozen=True)
class BranchShown:
    """A branch as the LLM reads it.

    Parameters
    ----------
    intents : tuple of (str, str)
        Name and one sentence of each of its intents, of at most `N_SHOWN`; "" for no sentence.
    language : {"en", "zh"}
        Language of the topic.
    """

    intents: tuple[tuple[str, str], ...]
    language: str

    @property
    def lines(self) -> list[str]:
        """What is shown of each intent."""
        brackets = "（{}）" if self.language == "zh" else " ({})"
        return [as_text(name) + (brackets.format(text[:_QUOTED]) if text else "") for name, text in self.intents]


def topic_prompt(branch: BranchShown) -> Prompt:
    """Return the prompt of one branch."""
    return load("branch", branch.language).prompt(names=branch.lines)


def parse_topic(reply: str, language: str) -> str:
    r"""Return the topic in a reply; "" where there is none.

    Examples
    --------
    >>> parse_topic("Topic: **Card Payments**", "en"), parse_topic("主题：银行卡。", "zh")
    ('card-payments', '银行卡')
    >>> parse_topic("Sorry, I cannot tell", "en"), parse_topic("card", "zh")
    ('', '')
    """
    lines = (plain_name(line).strip(" `*_\"'“”") for line in unicodedata.normalize("NFKC", reply).splitlines())
    line = next(filter(None, lines), "").rpartition(":")[2]
    topic = re.sub("[^\u4e00-\u9fffA-Za-z0-9]", "", line) if language == "zh" else _hyphened(line)
    form = _ZH if language == "zh" else _EN
    is_topic = form.fullmatch(topic) and len(topic) <= _LONGEST[language] and not _REFUSAL.search(topic)
    return topic if is_topic else ""


def _hyphened(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def believed(topics: Sequence[str], centres: Matrix, embed: Embed) -> list[str]:
    """Return the topics of branches beside each other, "" in the place of one that lies nearer to another branch.

    So a small LLM's mistakes, such as an answer to another question, name nothing.

    Parameters
    ----------
    topics : sequence of str, n
        Topic of each branch; "" for none.
    centres : ndarray of shape (n, d)
        Unit-norm centre of each.
    embed : callable
        Texts -> unit-norm vectors, by the embedder that the centres are of.

    Examples
    --------
    >>> centres = np.eye(2)
    >>> believed(["cards", "ferry"], centres, lambda texts: centres[[0] * len(texts)])
    ['cards', '']
    """
    there = [place for place, topic in enumerate(topics) if topic]
    if not there:
        return list(topics)
    nearest = np.argmax(embed([as_text(topics[place]) for place in there]) @ centres.T, axis=1)
    kept = {place for place, near in zip(there, nearest.tolist(), strict=True) if place == near}
    return [topic if place in kept else "" for place, topic in enumerate(topics)]


def ask_topics(llm: LLM, branches: Sequence[BranchShown]) -> list[str]:
    """Return the topic of each branch; "" where the reply is none."""
    questions = [Question(topic_prompt(branch), branch.language) for branch in branches]
    replies = write(llm, questions, MAX_TOKENS, _GRAMMARS)
    return [parse_topic(reply, branch.language) for reply, branch in zip(replies, branches, strict=True)]
