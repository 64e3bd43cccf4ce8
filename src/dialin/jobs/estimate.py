"""What a run will cost, before anything is asked: the real pipeline with an LLM that only counts.

The counting LLM answers what the stores already know with the stored reply, and guesses all else from how close the
sentences in question are. What is asked is decided by the same code as in the run itself: only answers are guessed.
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
"""Assumed seconds of one call to a server: it is never asked just to measure it."""
SERVER_PARALLEL = 8
WRITTEN_TOKENS = 6
"""Assumed tokens of a written label."""
N_TIMED = 6
"""Prompts of each kind that are timed on a local model."""
N_MEASURED = 200
SOFTNESS = 0.05
"""Difference of cosines over which a guessed Yes becomes a No."""
Keep = Callable[[Request, Reply], None]
_NUMBERING = re.compile(r"^(\d+[:：]|-)\s*")


@dataclass(frozen=True)
class Pace:
    """How fast an LLM answers, and how its tokens compare with `estimate_tokens`.

    Parameters
    ----------
    choice, text : float
        Seconds of one choice and of one written answer, all calls that run at once taken together.
    token_ratio : float
        Real tokens of a prompt / estimated tokens.
    """

    choice: float
    text: float
    token_ratio: float = 1.0


SERVER_PACE = Pace(SERVER_SECONDS / SERVER_PARALLEL, SERVER_SECONDS / SERVER_PARALLEL)


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked, and how long all of it takes.

    Parameters
    ----------
    by_step : dict of str to Usage
        Calls and tokens to pay, replies known already (`cached`), by step.
    seconds : float
        Wall-clock seconds from here to the end, embedding excluded.
    """

    by_step: dict[str, Usage]
    seconds: float

    @property
    def total(self) -> Usage:
        """Usage of all steps together."""
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
        """Return it in one line."""
        total = self.total
        known = f" ({total.cached:,} more are already known)" if total.cached else ""
        return f"predicted: {total.calls:,} calls{known}, {total.tokens:,} tokens, {duration(self.seconds)}"


def duration(seconds: float) -> str:
    """Return seconds as people say them.

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
    """An LLM that asks nobody: known replies come from the stores, all other questions are written down.

    Parameters
    ----------
    name : str
        Name of the LLM that it stands for.
    stores : sequence of ReplyStore
        Where replies may be known.
    guess : callable
        The user's turn of a question -> probability of the first of two options.
    asked : dict of str to (str, Request)
        What a run would have to pay for: key -> step and request.
    known : dict of str to str
        What the stores have: key -> step.
    llms : dict of str to str
        Who is asked: key -> name.
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
        """Count under `step` from now on; merging and assigning ask the judge."""
        self._step[0] = {"merge": "judge", "assign": "judge"}.get(step, step)

    def as_judge(self, name: str) -> CountingLLM:
        """Return a stand-in for another LLM; what is written down is shared."""
        return replace(self, name=name)

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return the stored probabilities, or guessed ones."""
        rows = [self._probabilities(Request(prompt, tuple(options))) for prompt in prompts]
        return np.array(rows, dtype=np.float64).reshape(len(prompts), len(options))

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Return the stored texts, or labels made up from the prompts, all different."""
        return [self._text(Request(prompt, (), max_tokens, grammar)) for prompt in prompts]

    def keep(self, name: str, request: Request, reply: Reply) -> None:
        """Store a reply of an LLM that came while timing, so that the run need not ask again."""
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
    """Return an Action-Objective label of a prompt's words, spread about as widely as real ones.

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
    """Guesses whether sentences share an intent: they do where they are nearer than strangers usually are.

    Parameters
    ----------
    rows : dict of str to int
        Row of each sentence, by each of the texts that prompts show of it; of equal texts, the last row.
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    middle : float
        Cosine half way between that of any two sentences and that of nearest neighbours.
    """

    rows: dict[str, int]
    X: NDArray[np.float32]
    middle: float

    @classmethod
    def of(cls, data: Data) -> CosineGuess:
        """Measure the sentences of `data`; of many, a sample."""
        some = np.linspace(0, len(data.X) - 1, min(len(data.X), N_MEASURED)).astype(int)
        S = data.X[some] @ data.X.T
        S[np.arange(len(some)), some] = -1.0
        strangers, neighbours = np.median(S), np.median(S.max(axis=1))
        shown = {text[:cut]: i for cut in (BULLET_CHARS, PAIR_CHARS) for i, text in enumerate(data.texts)}
        return cls(shown, data.X, float(strangers + neighbours) / 2)

    def __call__(self, user: str) -> float:
        """Return P(the sentences in the user's turn share an intent); ½ where it shows no two of them."""
        lines = (_NUMBERING.sub("", line) for line in user.split("\n"))
        V = self.X[[self.rows[line] for line in lines if line in self.rows]]
        if len(V) < 2:
            return 0.5
        cosine = (V.sum(axis=0) @ V.sum(axis=0) - len(V)) / (len(V) * (len(V) - 1))
        return float(1 / (1 + np.exp((self.middle - cosine) / SOFTNESS)))


def count(data: Data, settings: Settings, tools: Tools, llm: CountingLLM) -> float:
    """Run the pipeline with counting LLMs, `llm` or made of it; return the seconds it took, clustering and all."""
    start = time.perf_counter()
    discover(data, replace(tools, on_step=llm.begin), settings)
    return time.perf_counter() - start


def total(llm: CountingLLM, backends: Mapping[str, Backend], seconds: float) -> Estimate:
    """Return what the counted questions will take.

    Parameters
    ----------
    llm : CountingLLM
        After `count`.
    backends : mapping of str to Backend
        Local models by name, to be timed with a few of the questions, whose replies go to the last store; of any other,
        a server, `SERVER_SECONDS` is assumed.
    seconds : float
        What `count` took; the run will do all that again.
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
    """Return the usage of one call, its tokens estimated."""
    n_tokens = sum(estimate_tokens(message["content"]) for message in request.prompt.messages())
    n_out = 1 if request.options else min(WRITTEN_TOKENS, request.max_tokens)
    return Usage(1, 0, round(n_tokens * pace.token_ratio), n_out)


def pace_of(backend: Backend, requests: Sequence[Request], keep: Keep = lambda request, reply: None) -> Pace:  # noqa: ARG005
    """Time a few of the requests, choices and written answers apart; `keep` gets their replies."""
    choice, first = _timed(backend, _spread([r for r in requests if r.options]), keep)
    text, second = _timed(backend, _spread([r for r in requests if not r.options]), keep)
    return Pace(choice, text, first or second or 1.0)


def _spread(requests: list[Request]) -> list[Request]:
    """Return a few requests from all over the run, those of one static prefix together."""
    if not requests:
        return []
    picks = np.unique(np.linspace(0, len(requests) - 1, N_TIMED + 1).round().astype(int))
    return sorted((requests[i] for i in picks), key=lambda request: request.prompt.system)


def _timed(backend: Backend, requests: list[Request], keep: Keep) -> tuple[float, float]:
    """Return the mean seconds of a request, and real / estimated tokens; 0 where there are no requests."""
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
    # The first of each prefix evaluates the prefix, which a run does once: not part of the pace, if there are others.
    usual = [s for s, (a, b) in zip(seconds[1:], pairwise(prefixes), strict=True) if a == b] or seconds
    guessed = sum(request_usage(request, Pace(0, 0)).tokens_in for request in requests)
    return sum(usual) / len(usual), sum(reply.tokens_in for reply in replies) / guessed
