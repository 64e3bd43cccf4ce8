"""Predicts the cost of a run before anything is asked, by running the real pipeline with an LLM that only counts.

The counting LLM answers a known question with its stored reply, and guesses any other answer from how close the
sentences in the question are. The questions come from the same code as in the run itself: only answers are guessed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from dialin.cluster.neighbours import evenly
from dialin.discover.branching import TreeTask, with_tree
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.jobs.counting_llm import CountingLLM
from dialin.llm.base import Backend, Reply, Request
from dialin.llm.ledger import Ledger, total_usage
from dialin.llm.prices import Cost, PriceList, cost_json
from dialin.llm.remote import RemoteBackend
from dialin.llm.threads import THREADS
from dialin.llm.usage import Account, Usage, prompt_tokens, usage_by_step

SERVER_SECONDS = 1.0
"""Assumed seconds of one call to a server, which is never called just for timing."""
SERVER_PARALLEL = 8
WRITTEN_TOKENS = 6
"""Assumed number of tokens in a written label; a longer answer takes a quarter of those that it may have."""
N_TIMED = 6
"""Number of prompts of each kind that are timed on a local model."""
WAKES_S = 0.2
"""Seconds after which who waits for a reply looks whether there was a Ctrl-C."""
Keep = Callable[[Request, Reply], None]
Counted = Callable[[int, int | None], None]
"""Told how many questions are counted, without a total; and how many of how many a local model has answered."""


@dataclass(frozen=True)
class Pace:
    """Speed of an LLM, and ratio of its tokens to those of `estimate_tokens`.

    Parameters
    ----------
    choice, text : float
        Seconds per choice and per written answer, divided by the number of parallel calls.
    token_ratio : float
        Real tokens of a prompt / estimated tokens.
    """

    choice: float
    text: float
    token_ratio: float = 1.0


SERVER_PACE = Pace(SERVER_SECONDS / SERVER_PARALLEL, SERVER_SECONDS / SERVER_PARALLEL)


@dataclass(frozen=True)
class Estimate:
    """Predicted usage and duration of the rest of a run.

    Parameters
    ----------
    bill : dict of Account to Usage
        Calls and tokens to pay for, and replies already known (`cached`), by step and LLM.
    seconds : float
        Wall-clock seconds from now to the end, without embedding.
    prices : PriceList
        What the LLMs cost.
    """

    bill: dict[Account, Usage]
    seconds: float
    prices: PriceList = PriceList()

    @property
    def by_step(self) -> dict[str, Usage]:
        """The usage of each step."""
        return usage_by_step(self.bill)

    @property
    def total(self) -> Usage:
        """The usage of all steps together."""
        return total_usage(self.bill)

    @property
    def cost(self) -> Cost | None:
        """The money to pay; None if no server is asked, or its price is unknown."""
        return self.prices.cost(self.bill)

    @property
    def batch_cost(self) -> Cost | None:
        """The money to pay if all questions go through batch interfaces; None if that is not known to be cheaper."""
        batched = self.prices.cost({replace(account, batch=True): usage for account, usage in self.bill.items()})
        return batched if batched and self.cost and batched.total < self.cost.total else None

    @property
    def unpriced(self) -> list[str]:
        """The LLMs on servers whose price nobody knows."""
        return self.prices.unknown(account.model for account in self.bill)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        total, batched = self.total, self.batch_cost
        return {
            "calls": total.calls,
            "cached": total.cached,
            "tokens_in": total.tokens_in,
            "tokens_out": total.tokens_out,
            "seconds": round(self.seconds, 1),
            "by_step": {step: vars(usage) for step, usage in self.by_step.items()},
            **cost_json(self.cost),
            "batch_cost": batched.total if batched else None,
        }

    def line(self) -> str:
        """Return the prediction as one line."""
        total = self.total
        known = f" ({total.cached:,} more are already known)" if total.cached else ""
        parts = [f"{total.calls:,} calls{known}", f"{total.tokens:,} tokens", duration(self.seconds)]
        parts += ["cost unknown"] if self.unpriced else [str(self.cost)] if self.cost else []
        return f"predicted: {', '.join(parts)}"


def duration(seconds: float) -> str:
    """Return a duration in words, with the unit that suits its size.

    Examples
    --------
    >>> duration(8.2), duration(95), duration(7500)
    ('8 s', '2 min', '2.1 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def draws_of(backend: Backend | None) -> int:
    """Return how often an LLM is asked a question with options: repeatedly if it is known to answer in words alone."""
    is_in_words = isinstance(backend, RemoteBackend) and backend.learnt.now.n_top == 0
    return backend.n_draws if backend and is_in_words else 1


def count(data: Data, settings: Settings, tools: Tools, llm: CountingLLM) -> float:
    """Run the pipeline with the counting LLM `llm` and stand-ins made from it; return the seconds it took."""
    start = time.perf_counter()
    told = replace(tools, on_step=llm.begin)
    with_tree(discover(data, told, settings), TreeTask(data.X, told, settings))
    return time.perf_counter() - start


def total(
    llm: CountingLLM,
    backends: Mapping[str, Backend],
    seconds: float,
    on_timed: Counted = lambda n, of: None,  # noqa: ARG005
) -> Estimate:
    """Return the estimate for the counted questions.

    Parameters
    ----------
    llm : CountingLLM
        Counting LLM after `count`.
    backends : mapping of str to Backend
        Local models by name. Each is timed with a few of the questions, and the replies go to the last store. Any
        other LLM is a server, for which `SERVER_PACE` is assumed.
    seconds : float
        Seconds that `count` took; the run repeats that work.
    on_timed : callable
        Told of each reply of a local model.
    """
    ledger = Ledger()
    for account in llm.known.values():
        ledger.add(account, Usage(cached=1))
    for name in dict.fromkeys(account.model for account, _ in llm.asked.values()):
        own = [(account, request) for account, request in llm.asked.values() if account.model == name]
        requests = [request for _, request in own]
        pace = pace_of(backends[name], requests, partial(llm.keep, name), on_timed) if name in backends else SERVER_PACE
        for account, request in own:
            ledger.add(account, request_usage(request, pace))
        seconds += sum(pace.choice if request.options else pace.text for request in requests)
    return Estimate(ledger.bill(), seconds)


def request_usage(request: Request, pace: Pace) -> Usage:
    """Return the usage of one call, with estimated tokens."""
    n_out = 1 if request.options else min(max(WRITTEN_TOKENS, request.max_tokens // 4), request.max_tokens)
    return Usage(1, 0, round(prompt_tokens(request) * pace.token_ratio), n_out)


def pace_of(
    backend: Backend,
    requests: Sequence[Request],
    keep: Keep = lambda request, reply: None,  # noqa: ARG005
    on_timed: Counted = lambda n, of: None,  # noqa: ARG005
) -> Pace:
    """Return the pace of a backend on a few of the requests, timed by kind; `keep` receives the replies."""
    kinds = [_spread([r for r in requests if bool(r.options) == has_options]) for has_options in (True, False)]
    n, done = sum(map(len, kinds)), 0

    def kept(request: Request, reply: Reply) -> None:
        nonlocal done
        done += 1
        keep(request, reply)
        on_timed(done, n)

    on_timed(done, n)
    (choice, first), (text, second) = (_timed(backend, own, kept) for own in kinds)
    return Pace(choice, text, first or second or 1.0)


def _spread(requests: list[Request]) -> list[Request]:
    """Return a few requests spread over the whole run, grouped by static prefix."""
    picks = evenly(np.arange(len(requests)), N_TIMED + 1).tolist()
    return sorted((requests[i] for i in picks), key=lambda request: request.prompt.system)


def interruptible(answer: Callable[[], Reply]) -> Reply:
    """Return the reply of a call in another thread, so that Ctrl-C need not wait for it."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=THREADS)
    reply = pool.submit(answer)
    try:
        while wait([reply], WAKES_S).not_done:  # a thread that waits for a lock may not see a signal
            pass
    except BaseException:
        pool.shutdown(wait=False)
        raise
    pool.shutdown()  # the thread has nothing to do; one that lived on would look like one that waits for an answer
    return reply.result()


def _timed(backend: Backend, requests: list[Request], keep: Keep) -> tuple[float, float]:
    """Return the mean seconds per request, and real / estimated tokens; zeros if there are no requests."""
    if not requests:
        return 0.0, 0.0
    seconds, replies = [], []
    for request in requests:
        start = time.perf_counter()
        reply = interruptible(partial(backend.reply, request))
        seconds.append(time.perf_counter() - start)
        replies.append(reply)
        keep(request, reply)
    prefixes = [request.prompt.system for request in requests]
    # The first request of a prefix also evaluates the prefix, which a run does once: leave it out if there are others.
    usual = [s for s, (a, b) in zip(seconds[1:], pairwise(prefixes), strict=True) if a == b] or seconds
    guessed = sum(request_usage(request, Pace(0, 0)).tokens_in for request in requests)
    return sum(usual) / len(usual), sum(reply.tokens_in for reply in replies) / guessed
