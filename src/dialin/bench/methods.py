"""Every method of a benchmark by its name: the peers, dialin as it is, and the paper's loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dialin.cluster import Labels
from dialin.connect import NO_LLM
from dialin.discover import Data, Settings, Tools, discover
from dialin.errors import InputError
from dialin.peers import PEERS, Kit, Problem, check_installed

DIALIN = "dialin"
PAPER = "paper"
OWN = {DIALIN: Settings(), PAPER: Settings(strategy="paper")}
"""dialin by its default settings, and with the paper's loop (one k a round)."""
METHODS = (*PEERS, *OWN)


def check_methods(names: Sequence[str], llm: str) -> None:
    """Raise InputError where a name is none, or what a method needs is not there: before any work is done."""
    for name in names:
        if name not in METHODS:
            raise InputError(f"unknown method {name!r}", hint=f"there are: {', '.join(METHODS)}")
        if llm == NO_LLM and name in PEERS and PEERS[name].needs_llm:
            raise InputError(
                f"the method {name!r} asks an LLM, got --llm none", hint="give --llm SPEC, or leave it out"
            )
    for name in (name for name in names if name in PEERS):
        check_installed(name)


def is_told_k(name: str) -> bool:
    """Tell whether a method is told the true number of intents."""
    return name in PEERS and PEERS[name].told_k


def asks(name: str) -> bool:
    """Tell whether a method asks an LLM where there is one."""
    return name in OWN or PEERS[name].needs_llm


def labels_of(name: str, problem: Problem, tools: Tools) -> Labels:
    """Return the labels (n,) that a method gives the sentences; -1: none."""
    if name in PEERS:
        return PEERS[name](problem, Kit(tools.llm, tools.embed))
    n = len(problem.texts)
    data = Data(problem.texts, problem.X, np.ones(n, dtype=np.int64), [""] * n)
    return discover(data, tools, replace(OWN[name], seed=problem.seed)).labels
