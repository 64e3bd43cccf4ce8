"""Descriptions of intents, one sentence each: "Customers ask when their parcel arrives.", "客户询问包裹何时送达。".

Pure prompt, pure parse, one driver. Where the backend can constrain decoding, a grammar makes every reply one sentence
about who speaks; a reply that cannot be right is no description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dialin.errors import BudgetError
from dialin.llm.base import LLM
from dialin.name.actions import AGENT, CUSTOMER
from dialin.name.kinds import NEED
from dialin.name.labels import PLACEHOLDER_NAMES, Example
from dialin.name.support import N_AGAIN, undictated
from dialin.name.turns import Turn
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.text.script import language_of
from dialin.text.unseen import plain_name

MAX_TOKENS = 60
MAX_CHARACTERS = 200
SPEAKERS = {
    "en": {CUSTOMER: "Customers", AGENT: "Agents", "": "People"},
    "zh": {CUSTOMER: "客户", AGENT: "客服", "": "有人"},
}
"""How a description begins, by its language and by who speaks; "": unknown."""
VERBS = {
    "en": {
        "need": "ask want complain report",
        "answer": "answer say explain confirm offer promise",
        "data": "give confirm",
        "acknowledgement": "agree confirm",
        "social": "thank greet apologise offer say",
    },
    "zh": {
        "need": "询问 想 要求 投诉 反映",
        "answer": "回答 说明 告知 确认 提供 答应",
        "data": "提供 确认",
        "acknowledgement": "同意 确认",
        "social": "感谢 问候 致歉 告别 表示",
    },
}
"""What people do by speaking, by language and `dialin.name.kinds.KINDS`. Small models take the verb of the label
instead: 客户支付退款 over people who want their money back."""
ASKING = {"en": "ask", "zh": "询问"}
"""What agents do about data, too."""
GRAMMARS = {
    "en": 'root ::= "{speaker} " verb (" " word)+ "."\nverb ::= {verbs}\nword ::= [a-zA-Z] [a-zA-Z\'-]*',
    "zh": 'root ::= "{speaker}" verb [\\u4e00-\\u9fffA-Za-z、]+ "。"\nverb ::= {verbs}',
}
"""One clause: after a comma, small models copy a sentence."""
_MARKS = " \t*_`#>-–—•\"'“”‘’「」『』"
_END = {"en": re.compile(r"[.!?](?=[\s\"'”’*_`]|$)"), "zh": re.compile(r"[。！？!?]|\.$")}
_HEADING = re.compile(
    r"^(?:(?:here is [^:：]*|one[- ]sentence )?(?:description|summary|answer|sentence)|描述|概括|总结|回答|答案|答)"
    r"[\s*_`]*[:：]",
    re.IGNORECASE,
)
_REFUSAL = {
    "en": re.compile(r"^(?:sorry|unable|cannot|no|none|unclear|unknown|as an? (?:ai|language model))\b", re.IGNORECASE),
    "zh": re.compile(r"^(?:抱歉|对不起|很抱歉|不好意思|无法|不能|作为|没有|未知|不清楚)"),
}
_OWN_VOICE = {
    "en": re.compile(r"\b(?:i|me|my|mine|we|our|you|your|yours)\b", re.IGNORECASE),
    "zh": re.compile("[我你您咱]"),
}
_COURTESY = re.compile(r"\bthank(?:ing)? you\b|(?:谢谢|感谢)[你您]|[你您]好", re.IGNORECASE)
_NUMBER = re.compile(r"\d\d")
_SHOWN = re.compile(r"\bpools?\b|\bswim|\biced?\b|\bpets?\b|\bferr|泳池|宠物|上船", re.IGNORECASE)
"""What the examples of the prompt are about: small models bring it into other descriptions."""
_STUTTER = re.compile(r"([\u4e00-\u9fff]{2,})的?\1|\b(\w+) \2\b", re.IGNORECASE)


@dataclass(frozen=True)
class Described:
    """An intent that is to be described.

    Parameters
    ----------
    name : str
        Its label; one that stands for an unreadable reply is not shown to the LLM.
    turn : Turn
        What its sentences do, and who says them.
    example : Example
        The sentences that the LLM reads, and the language of the description.
    """

    name: str
    turn: Turn
    example: Example

    @property
    def speaker(self) -> str:
        """The word with which the description begins; whoever states a need is a customer."""
        words = SPEAKERS[self.example.language]
        known = self.turn.role if self.turn.role in words else ""
        return words[known or (CUSTOMER if self.turn.kind == NEED else "")]


def description_prompt(intent: Described) -> Prompt:
    """Return the prompt of one intent."""
    language = intent.example.language
    is_named = not intent.name.startswith(tuple(PLACEHOLDER_NAMES.values()))
    name = intent.name if is_named else {"en": "unknown", "zh": "未知"}[language]
    shown = name.replace("-", " ") if language == "en" else name
    return load("explain", language).prompt(speaker=intent.speaker, name=shown, sentences=intent.example.texts)


def parse_description(reply: str, intent: Described) -> str:
    """Return the first sentence of a reply; "" where it cannot be a description of the intent.

    It cannot be if it is empty or cut off, longer than `MAX_CHARACTERS`, in another language, a refusal, in the voice
    of a speaker ("I", "your", 我), with a number of some call or a word twice running, about what only the examples
    of the prompt are about, or no more than the name or a sentence of the intent.

    Examples
    --------
    >>> parcels = Described("track-parcel", Turn(), Example(("where is my parcel",), "en"))
    >>> parse_description("**Description:** Customers ask when their parcel arrives. They are angry.", parcels)
    'Customers ask when their parcel arrives.'
    >>> parse_description("Customers track parcel.", parcels), parse_description("I cannot help.", parcels)
    ('', '')
    """
    language = intent.example.language
    found = first_sentence(reply, language)
    is_wrong = (
        not found
        or len(found) > MAX_CHARACTERS
        or language_of([found]) != language
        or _REFUSAL[language].search(found)
        or _OWN_VOICE[language].search(_COURTESY.sub("", found))
        or _NUMBER.search(found)
        or _STUTTER.search(found)
        or is_leak(found, intent)
        or is_repetition(found, intent)
    )
    return "" if is_wrong else found


def first_sentence(reply: str, language: str) -> str:
    """Return the first sentence of a text, without heading, quotation marks and Markdown; "" if none comes to an end.

    Examples
    --------
    >>> first_sentence("Summary: **Agents apologise.** They do.", "en"), first_sentence("客户询问包裹", "zh")
    ('Agents apologise.', '')
    """
    lines = (_HEADING.sub("", plain_name(line).strip(_MARKS)).strip(_MARKS) for line in reply.splitlines())
    line = next(filter(None, lines), "")
    end = _END[language].search(line)
    return line[: end.end()] if end else ""


def is_repetition(description: str, intent: Described) -> bool:
    """Tell whether a description says, after who speaks, only the name or a sentence, or has a clause of a sentence."""
    said, (name, *texts) = bare(description), map(bare, (intent.name, *intent.example.texts))
    forms = {said, *(said.removeprefix(bare(word)) for word in SPEAKERS[intent.example.language].values())}
    clauses = [bare(clause) for clause in re.split("[,，;；]", description)[1:]]
    is_copied = any(clause in text for clause in clauses for text in texts if clause)
    return is_copied or not forms.isdisjoint([name, *texts])


def is_leak(description: str, intent: Described) -> bool:
    """Tell whether a description is about what the examples of the prompt are about, and the intent is not."""
    known = " ".join((intent.name, *intent.example.texts)).casefold()
    return any(found[0].casefold() not in known for found in _SHOWN.finditer(description))


def bare(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    return "".join(filter(str.isalnum, text.casefold()))


def description_grammar(intent: Described) -> str:
    """Return the GBNF grammar of descriptions: who speaks, a verb of its kind, and one sentence without a comma.

    Examples
    --------
    >>> thanks = Described("say-thanks", Turn("data", "customer"), Example(("ok",), "zh"))
    >>> description_grammar(thanks).splitlines()[1]
    'verb ::= "提供" | "确认"'
    """
    language, turn = intent.example.language, intent.turn
    words = (VERBS[language].get(turn.kind) or " ".join(VERBS[language].values())).split()
    asked = [ASKING[language]] if turn.role == AGENT and turn.kind == "data" else []
    verbs = " | ".join(f'"{verb}"' for verb in dict.fromkeys([*asked, *words]))
    return GRAMMARS[intent.example.language].format(speaker=intent.speaker, verbs=verbs)


def describe_clusters(llm: LLM, intents: Sequence[Described]) -> Iterator[tuple[int, str]]:
    """Yield the place of each intent and its description; "" where the reply is none.

    Intents that have one grammar are one batch; the first batch is that of the first. What one sentence dictates is
    written again without that sentence, after the others, twice at most.

    Raises
    ------
    BudgetError
        A cap was hit; what an LLM with a store had answered by then comes first.
    """
    left = dict(enumerate(intents))
    for n_before in range(1 + N_AGAIN):
        asked, places, left = left, list(left), {}
        for j, description in _written(llm, list(asked.values())):
            intent = asked[places[j]]
            texts = undictated(description, intent.example.texts)
            if texts == intent.example.texts or n_before == N_AGAIN:
                yield places[j], description
            else:
                left[places[j]] = replace(intent, example=replace(intent.example, texts=texts))


def _written(llm: LLM, intents: Sequence[Described]) -> Iterator[tuple[int, str]]:
    """Yield the place of each intent and what the LLM wrote, if it can be right."""
    grammars = [description_grammar(intent) for intent in intents]
    for grammar in dict.fromkeys(grammars):
        batch = [(i, intent) for i, intent in enumerate(intents) if grammars[i] == grammar]
        for (i, intent), reply in zip(batch, kept_answers(llm, [one for _, one in batch], grammar), strict=True):
            yield i, parse_description(reply, intent)


def kept_answers(llm: LLM, intents: Sequence[Described], grammar: str) -> Iterator[str]:
    """Yield the answers; where a cap stops the batch, those that the LLM keeps, up to the first that it does not."""
    prompts = [description_prompt(intent) for intent in intents]
    try:
        yield from llm.complete(prompts, MAX_TOKENS, grammar)
    except BudgetError:
        for prompt in prompts:
            yield from llm.complete([prompt], MAX_TOKENS, grammar)
