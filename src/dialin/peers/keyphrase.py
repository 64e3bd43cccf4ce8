"""Keyphrase expansion: the LLM writes keyphrases for each sentence, and their embedding extends the sentence's.

Notes
-----
Follows Viswanathan, Gashteovski, Lawrence, Wu and Neubig, "Large Language Models Enable Few-Shot Clustering" (TACL
2024), in the variant that enriches documents before clustering: the embedding of a sentence's keyphrases is
concatenated to the embedding of the sentence, and k-means clusters the result at the true k.

Differences: one prompt of our own, with our own examples, serves all data sets; the paper wrote an instruction and
examples for each. A grammar limits LLMs that support one to two to four short phrases. Both halves come from dialin's
embedder (the paper uses Instructor, which reads the task). The paper's pairwise constraints during clustering and
corrections after it are left out. The sentence itself replaces an answer without a phrase.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Labels, Matrix
from dialin.llm.ask import Question, write
from dialin.peers.base import Kit, Problem, k_means, llm_of, unit
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.text.script import language_of

MAX_TOKENS = 40
MAX_PHRASES = 4
GRAMMARS = {
    "en": 'root ::= phrase ", " phrase (", " phrase)? (", " phrase)?\n'
    'phrase ::= word (" " word)? (" " word)?\nword ::= [a-z0-9\'-]+',
    "zh": 'root ::= phrase "，" phrase ("，" phrase)? ("，" phrase)?\nphrase ::= [\\u4e00-\\u9fffA-Za-z0-9]+',
}
_SEPARATORS = re.compile(r"[,，、;；\n]+")
_HEADING = re.compile(r"^[^,，:：]*[:：]\s*")


def build_prompt(text: str, language: str) -> Prompt:
    """Return the prompt that asks for the keyphrases of a sentence."""
    return load("keyphrase", language).prompt(sentence=text)


def parse_reply(reply: str) -> tuple[str, ...]:
    """Return the distinct phrases of a reply in its order, at most four, in lower case.

    Examples
    --------
    >>> parse_reply("Keyphrases: card payment, Refund status, refund status.")
    ('card payment', 'refund status')
    >>> parse_reply("退款进度、银行卡")
    ('退款进度', '银行卡')
    """
    parts = _SEPARATORS.split(_HEADING.sub("", reply.strip()))
    phrases = [part.strip(" \t-*•.。\"'`").casefold() for part in parts]
    return tuple(dict.fromkeys(filter(None, phrases)))[:MAX_PHRASES]


@dataclass(frozen=True)
class KeyphrasePeer:
    """Keyphrase expansion and k-means, told k: one question per sentence."""

    name: str = "keyphrase"
    needs_llm: bool = True
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return labels (n,) of at most `problem.n_clusters` clusters; raise InputError if the kit has no LLM."""
        return k_means(self.vectors(problem, kit), problem.n_clusters, problem.seed)

    def vectors(self, problem: Problem, kit: Kit) -> Matrix:
        """Return the vectors of the sentences extended by those of their keyphrases, unit rows (n, 2 d)."""
        return unit(np.hstack([problem.X, kit.embed(self.expand(problem, kit))]))

    def expand(self, problem: Problem, kit: Kit) -> list[str]:
        """Return the keyphrases of each sentence as one text, or the sentence itself if the reply has no phrase."""
        languages = [language_of([text]) for text in problem.texts]
        asked = [Question(build_prompt(t, lang), lang) for t, lang in zip(problem.texts, languages, strict=True)]
        replies = write(llm_of(kit, self.name), asked, MAX_TOKENS, GRAMMARS)
        joined = {"en": ", ", "zh": "，"}
        found = [joined[lang].join(parse_reply(r)) for r, lang in zip(replies, languages, strict=True)]
        return [phrases or text for phrases, text in zip(found, problem.texts, strict=True)]
