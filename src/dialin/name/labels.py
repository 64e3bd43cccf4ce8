"""Action-Objective labels: `inquire-promotion`, `查询-物流进度` (paper §3.1).

Pure prompt, pure parse, one driver. Where the backend can constrain decoding, a grammar makes every reply a label.
Labels that collide are asked for again knowing the other cluster; what still collides gets a word of its own sentences,
or is numbered: no two are equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dialin.llm.ask import Question, write
from dialin.llm.base import LLM
from dialin.name.actions import words_in
from dialin.name.distinct import distinguished
from dialin.name.support import N_AGAIN, undictated
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.text.script import language_of
from dialin.text.unseen import plain_name

MAX_TOKENS = 16
PLACEHOLDER_NAMES = {"en": "unnamed-intent", "zh": "未命名-意图"}
OBJECTIVES = {
    "en": 'word ("-" word)? ("-" word)?\nword ::= [a-z] [a-z] [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? '
    "[a-z]? [a-z]? [a-z]?",
    "zh": "han han han? han? han? han?\nhan ::= [\\u4e00-\\u9fff]",
}
_EN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){1,3}")
_HEADING = re.compile(r"^[^-—–－:：]*[:：]\s*(?=.*[-—–－])")
_REFUSAL = re.compile(r"^(sorry|no|none|i|unable|as)-|\b(cannot|can-t)\b")
_ZH = re.compile(r"([\u4e00-\u9fff]{1,4})\s*[-—–－:：]\s*([\u4e00-\u9fffA-Za-z0-9]{1,12})")


@dataclass(frozen=True)
class Example:
    """The sentences from which the LLM makes a name.

    Parameters
    ----------
    texts : tuple of str
        Representatives of a cluster.
    language : {"en", "zh"}
        Language of the label.
    """

    texts: tuple[str, ...]
    language: str

    @classmethod
    def of(cls, texts: Sequence[str], language: str = "auto") -> Example:
        """Return the example of these texts; "auto" takes the language most of them are in."""
        return cls(tuple(texts), language_of(texts) if language == "auto" else language)


def build_prompt(example: Example) -> Prompt:
    """Return the naming prompt of one cluster."""
    return load("name", example.language).prompt(sentences=example.texts)


def build_contrast_prompt(example: Example, other: Example) -> Prompt:
    """Return the naming prompt of a cluster that must not be confused with another."""
    template = load("contrast", example.language)
    return template.prompt(sentences=example.texts[:8], others=other.texts[:8])


def parse_reply(reply: str, language: str) -> str | None:
    r"""Return the Action-Objective label in a reply, or None where there is none.

    Examples
    --------
    >>> parse_reply("Label: Inquire Refund Status.", "en")
    'inquire-refund-status'
    >>> parse_reply("Here is a label:\n\nask-refund", "en")
    'ask-refund'
    >>> parse_reply("查询—退款进度。", "zh")
    '查询-退款进度'
    >>> parse_reply("I cannot help with that request, sorry about it", "en") is None
    True
    """
    lines = (plain_name(part).strip(" `*") for part in unicodedata.normalize("NFKC", reply).splitlines())
    line = next((part for part in lines if part and not part.endswith(":")), "")  # "Here is a label:" is none
    if language == "zh":
        match = _ZH.search(_HEADING.sub("", line))
        return f"{match[1]}-{match[2]}" if match else None
    words = re.sub(r"[^a-z0-9]+", "-", line.lower().rsplit(":", 1)[-1]).strip("-")
    return words if _EN.fullmatch(words) and not _REFUSAL.search(words) else None


def grammar_of(language: str, actions: Sequence[str] = ()) -> str:
    """Return the GBNF grammar of labels: an action of the vocabulary, then one to three words (two to six characters).

    Examples
    --------
    >>> grammar_of("en", ["cancel", "ask"]).splitlines()[1]
    'action ::= "ask" | "cancel"'
    """
    words = " | ".join(f'"{word}"' for word in words_in(language, actions))
    return f'root ::= action "-" objective\naction ::= {words}\nobjective ::= {OBJECTIVES[language]}'


def name_clusters(llm: LLM, examples: Sequence[Example], actions: Sequence[str] = ()) -> list[str]:
    """Return a label per cluster; a reply without a label makes it `PLACEHOLDER_NAMES`.

    A label that one sentence dictates is asked for again without that sentence, twice at most
    (`dialin.name.support`).

    Parameters
    ----------
    llm : LLM
        Who names.
    examples : sequence of Example
        One per cluster.
    actions : sequence of str
        The vocabulary of first words; a language without any is served by `dialin.name.actions`. Where the backend
        cannot constrain decoding, other actions can occur.
    """
    names, shown, asked = [""] * len(examples), list(examples), list(range(len(examples)))
    for _ in range(1 + N_AGAIN):
        questions = [Question(build_prompt(shown[i]), shown[i].language) for i in asked]
        for i, name in zip(asked, _ask(llm, questions, actions), strict=True):
            names[i] = name
        rest = {i: _rest_of(names[i], shown[i]) for i in asked}
        asked = [i for i in asked if rest[i] != shown[i]]
        shown = [rest.get(i, example) for i, example in enumerate(shown)]
    return names


def _rest_of(name: str, example: Example) -> Example:
    """Return the example without the sentences that alone dictate a name."""
    return replace(example, texts=undictated(name.partition("-")[2], example.texts))


def _ask(llm: LLM, questions: list[Question], actions: Sequence[str]) -> list[str]:
    grammars = {language: grammar_of(language, actions) for language in {q.language for q in questions}}
    replies = write(llm, questions, MAX_TOKENS, grammars)
    return [
        parse_reply(reply, question.language) or PLACEHOLDER_NAMES[question.language]
        for question, reply in zip(questions, replies, strict=True)
    ]


def collisions(names: Sequence[str]) -> dict[int, int]:
    """Return ``{i: j}``: each later bearer i of a name, and its first bearer j."""
    first: dict[str, int] = {}
    return {i: first[name] for i, name in enumerate(names) if first.setdefault(name, i) != i}


def asked_apart(llm: LLM, examples: Sequence[Example], names: Sequence[str], actions: Sequence[str] = ()) -> list[str]:
    """Return the names with every collision asked for again, once, knowing the first bearer; some may stay equal."""
    names, pairs = list(names), collisions(names)
    questions = [
        Question(build_contrast_prompt(examples[i], examples[j]), examples[i].language) for i, j in pairs.items()
    ]
    for i, name in zip(pairs, _ask(llm, questions, actions), strict=True):
        if name not in PLACEHOLDER_NAMES.values() and _rest_of(name, examples[i]) == examples[i]:
            names[i] = name
    return names


def contrast(llm: LLM, examples: Sequence[Example], names: Sequence[str], actions: Sequence[str] = ()) -> list[str]:
    """Return the names with every collision asked for again, as `asked_apart`.

    What is equal after that gets a word of its own sentences; the rest is numbered.
    """
    apart = asked_apart(llm, examples, names, actions)
    return number(distinguished(apart, [example.texts for example in examples]))


def number(names: Sequence[str]) -> list[str]:
    """Return the names made unique: the second bearer of a name gets "-2", and so on.

    Examples
    --------
    >>> number(["a-b", "a-b", "a-b-2"])
    ['a-b', 'a-b-3', 'a-b-2']
    """
    taken, count, numbered = set(names), dict[str, int](), list[str]()
    for name in names:
        count[name] = count.get(name, 0) + 1
        unique = name
        while count[name] > 1 and unique in taken:
            unique = f"{name}-{count[name]}"
            count[name] += unique in taken
        taken.add(unique)
        numbered.append(unique)
    return numbered
