"""Count the calls and tokens that each method needs on Bank77 (paper: §5.5).

The study asks no LLM. `dialin.jobs.counting_llm.CountingLLM` takes its place: it records each distinct question and
guesses the answer from the closeness of the sentences in it, so that the method proceeds as usual. Tokens are estimated
at one per three bytes, which is rather high. A choice writes one token; a written answer writes as many as the worked
examples of its prompt on average, or `WRITTEN_TOKENS` if the prompt has none.

``dialin`` and ``paper`` are the methods of `dialin bench`, with the tuned judge that is the default for the embedded
models. Three more rows use an LLM that dialin does not know. It judges pairs, or with ``--form list`` one list per set;
"as published" is the paper's loop with its own judge and merging. ``--bench FOLDER`` adds the mean figures of the
`dialin bench` runs in that folder. The paper's own figures always stand beside them. Writes
``studies/paper/results/NAME.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from dialin.bench.methods import DIALIN, OWN
from dialin.bench.results import RUNS, read_rows
from dialin.bench.results import Row as BenchRow
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.specs import DEFAULT_LLM, TUNED_JUDGE
from dialin.jobs.counting_llm import CosineGuess, CountingLLM
from dialin.jobs.estimate import WRITTEN_TOKENS, Pace, request_usage
from dialin.llm.base import Request
from dialin.llm.usage import Usage, estimate_tokens
from dialin.peers.base import Kit, Problem
from dialin.peers.registry import PEERS
from studies.own.quality import Case, case_of
from studies.paper.tables import Row, write

BANK77 = "bank77_small"
PUBLISHED = {"keyphrase": 3_080, "clusterllm": 1_024, "paper, as published": 560}
"""Calls on Bank77 that the paper reports."""
UNKNOWN = "an LLM that nobody tuned"
AS_PUBLISHED = Settings(strategy="paper", judge="llm", form="list", merge="paper")


def written_tokens(request: Request) -> int:
    """Return the assumed number of tokens of the answer to a question."""
    if request.options:
        return 1
    answers = [estimate_tokens(answer) for _, answer in request.prompt.shots]
    return min(round(fmean(answers)) if answers else WRITTEN_TOKENS, request.max_tokens)


def usage_in(llm: CountingLLM) -> Usage:
    """Return the usage of all questions that the counting LLM recorded."""
    requests = [request for _, request in llm.asked.values()]
    counted = [replace(request_usage(request, Pace(0, 0)), tokens_out=written_tokens(request)) for request in requests]
    return sum(counted, Usage())


def by_peer(case: Case, name: str) -> Usage:
    """Return the usage of a peer."""
    llm = CountingLLM(DEFAULT_LLM, guess=CosineGuess.of(case.data))
    told = len(set(case.gold.tolist())) if PEERS[name].told_k else 1
    PEERS[name](Problem(case.texts, case.X, told, case.seed), Kit(llm, case.embedder.encode))
    return usage_in(llm)


def by_dialin(case: Case, settings: Settings, llm: str, judge: str) -> Usage:
    """Return the usage of dialin with these settings, for the naming LLM and the judging LLM together."""
    counting = CountingLLM(llm, guess=CosineGuess.of(case.data))
    tools = Tools(counting, case.embedder.encode, counting.as_judge(judge), on_step=counting.begin)
    discover(case.data, tools, replace(settings, seed=case.seed))
    return usage_in(counting)


def counted(case: Case) -> dict[str, Usage]:
    """Return the usage of each method that asks an LLM, by its name in `dialin bench` if it has one."""
    found = {name: by_peer(case, name) for name, peer in PEERS.items() if peer.needs_llm}
    found |= {name: by_dialin(case, settings, DEFAULT_LLM, TUNED_JUDGE) for name, settings in OWN.items()}
    found[f"{DIALIN}, {UNKNOWN}"] = by_dialin(case, OWN[DIALIN], UNKNOWN, UNKNOWN)
    by_list = replace(OWN[DIALIN], form="list")
    found[f"{DIALIN}, {UNKNOWN}, form list"] = by_dialin(case, by_list, UNKNOWN, UNKNOWN)
    found["paper, as published"] = by_dialin(case, AS_PUBLISHED, UNKNOWN, UNKNOWN)
    return found


def measured(runs: Sequence[BenchRow], data: str, method: str) -> dict[str, object]:
    """Return the mean usage of a method's runs on a data set; {} if there are no such runs.

    Parameters
    ----------
    runs : sequence of dialin.bench.results.Row
        Rows of a `dialin bench` folder.
    data, method : str
        Names of the data set and the method.
    """
    own = [run for run in runs if (run.data, run.method) == (data, method)]
    names = ("calls", "tokens_in", "tokens_out")
    means = {name: round(fmean(getattr(run, name) for run in own)) for name in names if own}
    return {"runs": len(own), **{f"{_words(name)}, run": value for name, value in means.items()}} if own else {}


def row_of(method: str, usage: Usage, run: Row, published: int | None = None) -> Row:
    """Return the table row of a method."""
    values = {"calls": usage.calls, "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}
    figures = {f"{_words(name)}, counted": value for name, value in values.items()}
    return {"method": method, **figures, **run, "calls, published": published}


def _words(name: str) -> str:
    return name.replace("_", " ")


def main() -> None:
    """Count the usage of all methods and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=BANK77)
    parser.add_argument("--bench", type=Path, help="folder of `dialin bench` with runs on the same data set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="cost", help="name of the results file")
    options = parser.parse_args()
    case = case_of(options.data, options.seed)
    runs = read_rows(options.bench / RUNS) if options.bench else []
    known = PUBLISHED if case.name == BANK77 else {}
    rows = [
        row_of(name, usage, measured(runs, case.name, name), known.get(name)) for name, usage in counted(case).items()
    ]
    about = {"data": case.name, "sentences": len(case.texts), "bench": options.bench}
    about |= {"llm": DEFAULT_LLM, "judge_llm": TUNED_JUDGE, "embedder": case.embedder.name}
    path = write(options.name, rows, seed=options.seed, **about)
    print(path.read_text("utf-8"), path)


if __name__ == "__main__":
    main()
