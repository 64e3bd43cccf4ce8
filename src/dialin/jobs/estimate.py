"""Predicts the cost of a run before anything is asked, by running the real pipeline with an LLM that only counts.

The counting LLM answers a known question with its stored reply, and guesses any other answer from how close the
sentences in the question are. The questions come from the same code as in the run itself: only answers are guessed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.llm.base import Backend, Reply, Request
from dialin.llm.cache import Origin, ReplyStore, request_key
from dialin.llm.usage import Price, Usage, estimate_tokens
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import BULLET_CHARS, PAIR_CHARS
from dialin.text.script import language_of

SERVER_SECONDS = 1.0
"""Assumed seconds of one call to a server, which is never called just for timing."""
SERVER_PARALLEL = 8
WRITTEN_TOKENS = 6
"""Assumed number of tokens in a written label."""
N_TIMED = 6
"""Number of prompts of each kind that are timed on a local model."""
N_MEASURED = 200
SOFTNESS = 0.05
"""Difference of cosines over which a guessed "yes" turns into a "no"."""
Keep = Callable[[Request, Reply], None]
_NUMBERING = re.compile(r"^(\d+[:：]|-)\s*")


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
    by_step : dict of str to Usage
        Calls and tokens to pay for, and replies already known (`cached`), by step.
    seconds : float
        Wall-clock seconds from now to the end, without embedding.
    """

    by_step: dict[str, Usage]
    seconds: float

    @property
    def total(self) -> Usage:
        """The usage of all steps together."""
        return sum(self.by_step.values(), Usage())

    def as_dict(self, price: Price | None = None) -> dict[str, object]:
        """Return plain values for JSON."""
        total = self.total
        values: dict[str, object] = {
            "calls": total.calls,
            "cached": total.cached,
            "tokens_in": total.tokens_in,
            "tokens_out": total.tokens_out,
            "seconds": round(self.seconds, 1),
            "by_step": {step: vars(usage) for step, usage in self.by_step.items()},
        }
        return values if price is None else values | {"cost": price.cost(total)}

    def line(self) -> str:
        """Return the prediction as one line."""
        total = self.total
        known = f" ({total.cached:,} more are already known)" if total.cached else ""
        return f"predicted: {total.calls:,} calls{known}, {total.tokens:,} tokens, {duration(self.seconds)}"


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


@dataclass
class CountingLLM:
    """Stand-in for an LLM that sends nothing: it takes known replies from the stores and records all other questions.

    Parameters
    ----------
    name : str
        Name of the LLM that it stands in for.
    stores : sequence of ReplyStore
        Stores of known replies.
    guess : callable
        Function from the user's turn of a question to the probability of the first option.
    asked : dict of str to (str, Request)
        Questions that a run would have to pay for: key -> step and request.
    known : dict of str to str
        Questions that the stores can answer: key -> step.
    llms : dict of str to str
        LLM of each question to be paid for: key -> name.
    """

    name: str
    stores: Sequence[ReplyStore] = ()
    guess: Callable[[str], float] = lambda _: 0.5
    asked: dict[str, tuple[str, Request]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    llms: dict[str, str] = field(default_factory=dict)
    _step: list[str] = field(default_factory=lambda: ["other"])
    _taken: set[str] = field(default_factory=set)

    def begin(self, step: str) -> None:
        """Count under `step` from now on; merging and assigning count as "judge", because they ask the judge."""
        self._step[0] = {"merge": "judge", "assign": "judge"}.get(step, step)

    def as_judge(self, name: str) -> CountingLLM:
        """Return a stand-in for another LLM that shares the records of this one."""
        return replace(self, name=name)

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return the stored probabilities, or guessed ones."""
        rows = [self._probabilities(Request(prompt, tuple(options))) for prompt in prompts]
        return np.array(rows, dtype=np.float64).reshape(len(prompts), len(options))

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Return the stored texts, or distinct labels made up from the prompts."""
        return [self._text(Request(prompt, (), max_tokens, grammar)) for prompt in prompts]

    def keep(self, name: str, request: Request, reply: Reply) -> None:
        """Store a reply that an LLM gave during timing, so that the run need not ask again."""
        if self.stores:
            self.stores[-1].put(request_key(name, request), request, reply, Origin(name, "estimate"))

    def _probabilities(self, request: Request) -> tuple[float, ...]:
        reply = self._recall(request)
        if reply:
            return reply.probabilities
        first, n_others = self.guess(request.prompt.user), len(request.options) - 1
        return (first, *(n_others * [(1 - first) / max(n_others, 1)]))

    def _text(self, request: Request) -> str:
        reply = self._recall(request)
        return reply.text if reply else self._label(request.prompt.user)

    def _recall(self, request: Request) -> Reply | None:
        key = request_key(self.name, request)
        for store in self.stores:
            if reply := store.get(key):
                self.known.setdefault(key, self._step[0])
                return reply
        self.llms[key] = self.name
        self.asked.setdefault(key, (self._step[0], request))
        return None

    def _label(self, text: str) -> str:
        label = made_up_label(text)
        unique, n = label, 1
        while unique in self._taken:
            n += 1
            unique = f"{label}-{n}" if label.isascii() else f"{label}{n}"
        self._taken.add(unique)
        return unique


def made_up_label(text: str) -> str:
    """Return an Action-Objective label built from words of the prompt, about as varied as real labels.

    Examples
    --------
    >>> made_up_label("- where is my parcel"), made_up_label("- 我的包裹到哪了")
    ('inquire-parcel', '咨询-我的包裹到哪')
    """
    if language_of([text]) == "zh":
        return "咨询-" + "".join(re.findall(r"[\u4e00-\u9fff]", text)[:6])
    words = re.findall(r"[a-z]{3,12}", text.lower()) or ["something"]
    return f"inquire-{max(words[:12], key=len)}"


@dataclass(frozen=True)
class CosineGuess:
    """Guess whether sentences share an intent: yes, if they are closer than random pairs usually are.

    Parameters
    ----------
    rows : dict of str to int
        Row of each sentence, by every form in which prompts show its text; the last row wins among equal texts.
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    middle : float
        Cosine halfway between the medians of random pairs and of nearest neighbours.
    """

    rows: dict[str, int]
    X: NDArray[np.float32]
    middle: float

    @classmethod
    def of(cls, data: Data) -> CosineGuess:
        """Return the guess for the sentences of `data`, measured on at most `N_MEASURED` of them."""
        some = np.linspace(0, len(data.X) - 1, min(len(data.X), N_MEASURED)).astype(int)
        S = data.X[some] @ data.X.T
        S[np.arange(len(some)), some] = -1.0
        strangers, neighbours = np.median(S), np.median(S.max(axis=1))
        shown = {text[:cut]: i for cut in (BULLET_CHARS, PAIR_CHARS) for i, text in enumerate(data.texts)}
        return cls(shown, data.X, float(strangers + neighbours) / 2)

    def __call__(self, user: str) -> float:
        """Return P(the sentences in the user's turn share an intent); ½ if it shows fewer than two known sentences."""
        lines = (_NUMBERING.sub("", line) for line in user.split("\n"))
        V = self.X[[self.rows[line] for line in lines if line in self.rows]]
        if len(V) < 2:
            return 0.5
        cosine = (V.sum(axis=0) @ V.sum(axis=0) - len(V)) / (len(V) * (len(V) - 1))
        return float(1 / (1 + np.exp((self.middle - cosine) / SOFTNESS)))


def count(data: Data, settings: Settings, tools: Tools, llm: CountingLLM) -> float:
    """Run the pipeline with the counting LLM `llm` and stand-ins made from it; return the seconds it took."""
    start = time.perf_counter()
    discover(data, replace(tools, on_step=llm.begin), settings)
    return time.perf_counter() - start


def total(llm: CountingLLM, backends: Mapping[str, Backend], seconds: float) -> Estimate:
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
    """
    by_step: dict[str, Usage] = {}
    for step in llm.known.values():
        by_step[step] = by_step.get(step, Usage()) + Usage(cached=1)
    for name in dict.fromkeys(llm.llms.values()):
        own = [asked for key, asked in llm.asked.items() if llm.llms[key] == name]
        requests = [request for _, request in own]
        pace = pace_of(backends[name], requests, partial(llm.keep, name)) if name in backends else SERVER_PACE
        for step, request in own:
            by_step[step] = by_step.get(step, Usage()) + request_usage(request, pace)
        seconds += sum(pace.choice if request.options else pace.text for request in requests)
    return Estimate(by_step, seconds)


def request_usage(request: Request, pace: Pace) -> Usage:
    """Return the usage of one call, with estimated tokens."""
    n_tokens = sum(estimate_tokens(message["content"]) for message in request.prompt.messages())
    n_out = 1 if request.options else min(WRITTEN_TOKENS, request.max_tokens)
    return Usage(1, 0, round(n_tokens * pace.token_ratio), n_out)


def pace_of(backend: Backend, requests: Sequence[Request], keep: Keep = lambda request, reply: None) -> Pace:  # noqa: ARG005
    """Return the pace of a backend on a few of the requests, timed by kind; `keep` receives the replies."""
    choice, first = _timed(backend, _spread([r for r in requests if r.options]), keep)
    text, second = _timed(backend, _spread([r for r in requests if not r.options]), keep)
    return Pace(choice, text, first or second or 1.0)


def _spread(requests: list[Request]) -> list[Request]:
    """Return a few requests spread over the whole run, grouped by static prefix."""
    if not requests:
        return []
    picks = np.unique(np.linspace(0, len(requests) - 1, N_TIMED + 1).round().astype(int))
    return sorted((requests[i] for i in picks), key=lambda request: request.prompt.system)


def _timed(backend: Backend, requests: list[Request], keep: Keep) -> tuple[float, float]:
    """Return the mean seconds per request, and real / estimated tokens; zeros if there are no requests."""
    if not requests:
        return 0.0, 0.0
    seconds, replies = [], []
    for request in requests:
        start = time.perf_counter()
        reply = backend.reply(request)
        seconds.append(time.perf_counter() - start)
        replies.append(reply)
        keep(request, reply)
    prefixes = [request.prompt.system for request in requests]
    # The first request of a prefix also evaluates the prefix, which a run does once: leave it out if there are others.
    usual = [s for s, (a, b) in zip(seconds[1:], pairwise(prefixes), strict=True) if a == b] or seconds
    guessed = sum(request_usage(request, Pace(0, 0)).tokens_in for request in requests)
    return sum(usual) / len(usual), sum(reply.tokens_in for reply in replies) / guessed
