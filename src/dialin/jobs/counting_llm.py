"""An LLM that only counts: it looks replies up and makes up the others, so that the real pipeline can be run dry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.neighbours import evenly
from dialin.discover.data import Data
from dialin.llm.base import Reply, Request
from dialin.llm.cache import Origin, ReplyStore, request_key
from dialin.llm.usage import Account
from dialin.prompts.prompt import Prompt
from dialin.prompts.quoted import BULLET_CHARS, QUOTE_CHARS, as_quote
from dialin.text.script import language_of

N_MEASURED = 200
SOFTNESS = 0.05
"""Difference of cosines over which a guessed "yes" turns into a "no"."""

_NUMBERING = re.compile(r"^(\d+[:：]|-)\s*")


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
    asked : dict of str to (Account, Request)
        Questions that a run would have to pay for: key -> step and LLM, and the request.
    known : dict of str to Account
        Questions that the stores can answer: key -> step and LLM.
    n_draws : int
        How often the LLM is asked each question with options.
    on_question : callable
        Told how many different questions there are, when there is one more.
    """

    name: str
    stores: Sequence[ReplyStore] = ()
    guess: Callable[[str], float] = lambda _: 0.5
    asked: dict[str, tuple[Account, Request]] = field(default_factory=dict)
    known: dict[str, Account] = field(default_factory=dict)
    n_draws: int = 1
    on_question: Callable[[int], None] = lambda _: None
    _step: list[str] = field(default_factory=lambda: ["other"])
    _taken: set[str] = field(default_factory=set)

    def begin(self, step: str) -> None:
        """Count under `step` from now on; merging and assigning count as "judge", because they ask the judge."""
        self._step[0] = {"merge": "judge", "assign": "judge"}.get(step, step)

    def as_judge(self, name: str, n_draws: int = 1) -> CountingLLM:
        """Return a stand-in for another LLM that shares the records of this one."""
        return replace(self, name=name, n_draws=n_draws)

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return the stored probabilities, or guessed ones."""
        requests = [Request(prompt, tuple(options)) for prompt in prompts]
        rows = [self._probabilities(request) for request in requests]
        for draw in range(1, self.n_draws):
            for request in requests:
                self._recall(replace(request, draw=draw))
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
        key, account = request_key(self.name, request), Account(self._step[0], self.name)
        found = next((reply for store in self.stores if (reply := store.get(key))), None)
        if found:
            self.known.setdefault(key, account)
        else:
            self.asked.setdefault(key, (account, request))
        self.on_question(len(self.known) + len(self.asked))
        return found

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
        some = evenly(np.arange(len(data.X)), N_MEASURED)
        S = data.X[some] @ data.X.T
        S[np.arange(len(some)), some] = -1.0
        strangers, neighbours = np.median(S), np.median(S.max(axis=1))
        shown = {as_quote(text, cut): i for cut in (BULLET_CHARS, QUOTE_CHARS) for i, text in enumerate(data.texts)}
        return cls(shown, data.X, float(strangers + neighbours) / 2)

    def __call__(self, user: str) -> float:
        """Return P(the sentences in the user's turn share an intent); ½ if it shows fewer than two known sentences."""
        lines = (_NUMBERING.sub("", line) for line in user.split("\n"))
        V = self.X[[self.rows[line] for line in lines if line in self.rows]]
        if len(V) < 2:
            return 0.5
        cosine = (V.sum(axis=0) @ V.sum(axis=0) - len(V)) / (len(V) * (len(V) - 1))
        return float(1 / (1 + np.exp((self.middle - cosine) / SOFTNESS)))
