"""The methods of a benchmark by name: the peers, dialin itself, and the rows of the paper's tables.

The paper's rows (`ITL`) run its loop with the LLM as the only judge, which answers the paper's question. ``dialin@50``
is dialin capped at 50 questions: it then returns the best result it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dialin.arrays import Labels
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.errors import InputError
from dialin.llm.spec import NO_LLM, has_adapter
from dialin.peers.base import Kit, Problem
from dialin.peers.keyphrase import KeyphrasePeer
from dialin.peers.registry import PEERS, check_installed

DIALIN = "dialin"
PAPER = "paper"
KEYPHRASE = "itl-keyphrase"
_LOOP = Settings(strategy="paper", judge="llm", merge="none", roles="ignore")
ITL = {
    "itl-random": replace(_LOOP, sampler="random"),
    "itl-convex": _LOOP,
    KEYPHRASE: _LOOP,
    "itl-merge": replace(_LOOP, merge="paper"),
    "itl-role": replace(_LOOP, roles="label"),
    "itl-role-merge": replace(_LOOP, roles="label", merge="paper"),
}
"""The paper's rows: its loop with random or convex samples, on the vectors of `KeyphrasePeer`, merged, by role."""
OWN = {DIALIN: Settings(), PAPER: Settings(strategy="paper"), **ITL}
"""dialin with its default settings, dialin with the paper's loop (one k per round), and the paper's rows."""
METHODS = (*PEERS, *OWN)


def check_methods(names: Sequence[str], llm: str) -> None:
    """Raise InputError if a name is unknown, or if a method lacks the LLM or the library that it needs."""
    for name in names:
        if base_of(name) not in METHODS:
            raise InputError(f"unknown method {name!r}", hint=f"there are: {', '.join(METHODS)}")
        if llm == NO_LLM and needs_llm(name):
            raise InputError(
                f"the method {name!r} needs an LLM, got --llm none", hint="give --llm SPEC, or drop the method"
            )
    for name in (name for name in names if name in PEERS):
        check_installed(name)


def capped_name(cap: int) -> str:
    """Return the name of dialin with a cap on its questions."""
    return f"{DIALIN}@{cap}"


def cap_of(name: str) -> int | None:
    """Return the largest number of questions that a method may ask; None for a method without a cap.

    Examples
    --------
    >>> cap_of("dialin@50"), cap_of("dialin"), cap_of("idas@50")
    (50, None, None)
    """
    base, _, cap = name.partition("@")
    is_capped = base == DIALIN and cap.isascii() and cap.isdigit() and int(cap) > 0
    return int(cap) if is_capped else None


def base_of(name: str) -> str:
    """Return the name of a method without its cap."""
    return DIALIN if cap_of(name) else name


def is_told_k(name: str) -> bool:
    """Return whether a method is told the true number of intents."""
    return name in PEERS and PEERS[name].told_k


def asks(name: str) -> bool:
    """Return whether a method asks the LLM, if one is given."""
    return base_of(name) in OWN or PEERS[name].needs_llm


def needs_llm(name: str) -> bool:
    """Return whether a method cannot run without an LLM."""
    return name in ITL or cap_of(name) is not None or (name in PEERS and PEERS[name].needs_llm)


def labels_by(name: str, problem: Problem, tools: Tools, embedder: str) -> Labels:
    """Return the labels (n,) that a method gives the sentences; -1 for a sentence without a cluster.

    `embedder` is the name of the one that made the vectors of the problem.
    """
    kit = Kit(tools.llm, tools.embed)
    if name in PEERS:
        return PEERS[name](problem, kit)
    X = KeyphrasePeer().vectors(problem, kit) if name == KEYPHRASE else problem.X
    n = len(problem.texts)
    data = Data(problem.texts, X, np.ones(n, dtype=np.int64), [""] * n, "" if name == KEYPHRASE else embedder)
    return discover(
        data, replace(tools, ranks_names=False), replace(own_settings(name, tools), seed=problem.seed)
    ).labels


def own_settings(name: str, tools: Tools) -> Settings:
    """Return the settings of one of dialin's own methods.

    The paper's rows ask the paper's question about a list: Good or Bad? A tuned judge gets the question that it was
    tuned on, which is the same without worked examples.
    """
    judge = tools.judge_llm or tools.llm
    as_tuned = tools.calibration != "auto" or (judge is not None and has_adapter(judge.name))
    return replace(OWN[base_of(name)], form="list") if name in ITL and not as_tuned else OWN[base_of(name)]
