"""The LLM proposes the k to try next, from the log of earlier rounds (paper §3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from dialin.llm.base import LLM
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.search.trial import Trial


def build_prune_prompt(log: Sequence[Trial], candidates: Sequence[int], n_rest: int) -> Prompt:
    """Return the question which k to try next, from the log of earlier rounds (paper §3.2)."""
    lines = [f"k={t.k} good={t.good} bad={t.bad} ratio={t.ratio:.2f}" for t in log]
    template = load("prune", "en")  # filled as it is: a log of numbers quotes nobody, and may be long
    shown = template.template.format(log="; ".join(lines), n_rest=n_rest, candidates=", ".join(map(str, candidates)))
    return Prompt(template.system, template.shots, shown)


def parse_pruned(reply: str, candidates: Sequence[int], top: int = 5) -> list[int]:
    """Return the first `top` distinct candidates named in a reply, in its order; others are ignored.

    Examples
    --------
    >>> parse_pruned("24, 16, 99, 24 and 8", [8, 16, 24])
    [24, 16, 8]
    """
    named = dict.fromkeys(int(number) for number in re.findall(r"(?<![\d.])\d{1,9}(?![\d.]\d)", reply))
    return [k for k in named if k in set(candidates)][:top]


def prune_with(llm: LLM, top: int = 5) -> Callable[[Sequence[Trial], Sequence[int], int], list[int]]:
    """Return a pruner that asks `llm` for the `top` most promising candidates."""

    def prune(log: Sequence[Trial], candidates: Sequence[int], n_rest: int) -> list[int]:
        reply = llm.complete([build_prune_prompt(log, candidates, n_rest)], max_tokens=32)[0]
        return parse_pruned(reply, candidates, top)

    return prune
