"""IDAS: the LLM writes a short description of each sentence, and both are clustered together.

Notes
-----
Follows De Raedt, Godin, Demeester and Develder, "IDAS: Intent Discovery with Abstractive Summarization" (NLP4ConvAI
2023). (1) K-means at the true k; the sentence nearest to each centroid is a *prototype*, and the LLM describes it
without examples. (2) The LLM describes every other sentence with the 8 nearest described sentences as in-context
examples, nearest last; the new description then serves as an example too. (3) Sentence and description are embedded
and averaged. (4) Each average is smoothed with those of its n' nearest neighbours; the silhouette of the k-means
clusters selects n' from 5, 10, … 45. (5) K-means at the true k.

Differences: the paper describes one sentence after another. Here each batch is as large as the number of sentences
described so far, beginning with those nearest to a prototype. Calls can thus run in parallel, and the result does not
depend on their speed. One prompt serves all domains, in English and Chinese (the paper's prompt names the domain). A
grammar constrains LLMs that support one. The silhouette uses at most 5,000 sentences. The sentence itself replaces an
empty description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from dialin.arrays import Labels, Matrix
from dialin.llm.ask import Question, write
from dialin.llm.base import LLM
from dialin.peers.base import Kit, Problem, centroids_of, k_means, llm_of, silhouette, squared_distances
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.text.script import language_of

MAX_TOKENS = 16
N_EXAMPLES = 8
N_SMOOTHED = range(5, 50, 5)
GRAMMARS = {
    "en": 'root ::= word (" " word)? (" " word)? (" " word)? (" " word)?\nword ::= [a-z0-9\'-]+',
    "zh": "root ::= [\\u4e00-\\u9fffA-Za-z0-9]+",
}
_HEADING = re.compile(r"^[^:：]{0,20}[:：]\s*(?=\S)")


def build_prompt(text: str, language: str, examples: Sequence[tuple[str, str]] = ()) -> Prompt:
    """Return the prompt that asks for a description of a sentence, after (sentence, description) examples."""
    template = load("describe", language)
    shown = tuple((template.prompt(sentence=t).user, answer) for t, answer in examples)
    return Prompt(template.system, shown, template.prompt(sentence=text).user)


def parse_reply(reply: str) -> str:
    r"""Return the description in a reply: its first line without heading, quotes and full stop, in lower case.

    Examples
    --------
    >>> parse_reply('Label: "Ask about a refund."\nBecause …')
    'ask about a refund'
    """
    line = next((line.strip() for line in reply.splitlines() if line.strip()), "")
    return _HEADING.sub("", line).strip(" \t\"'`*.。“”").casefold()[:80]


@dataclass(frozen=True)
class IDASPeer:
    """IDAS, told k: one question per sentence."""

    name: str = "idas"
    needs_llm: bool = True
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return labels (n,) of at most `problem.n_clusters` clusters; raise InputError if the kit has no LLM."""
        return cluster_described(problem, describe(problem, llm_of(kit, self.name)), kit.embed)


def prototypes(problem: Problem) -> list[int]:
    """Return the row nearest to each k-means centroid at the true k, ascending; the first row wins a tie."""
    labels = k_means(problem.X, problem.n_clusters, problem.seed)
    return sorted({int(row) for row in squared_distances(problem.X, centroids_of(problem.X, labels)).argmin(axis=0)})


def describe(problem: Problem, llm: LLM) -> list[str]:
    """Return the LLM's description of each sentence, starting from the prototypes; asks n questions."""
    known, found = prototypes(problem), dict[int, str]()
    seeds = set(known)
    nearness = np.round((problem.X @ problem.X[known].T).max(axis=1), 6)
    rest = [row for row in np.argsort(-nearness, kind="stable").tolist() if row not in seeds]
    found |= _described(problem, known, {}, llm)
    while rest:
        batch, rest = rest[: len(found)], rest[len(found) :]
        found |= _described(problem, batch, found, llm)
    return [found[row] for row in range(len(problem.texts))]


def _described(problem: Problem, rows: list[int], known: Mapping[int, str], llm: LLM) -> dict[int, str]:
    questions = []
    for row, near in zip(rows, _nearest(problem.X, rows, list(known)), strict=True):
        language = language_of([problem.texts[row]])
        examples = [(problem.texts[i], known[i]) for i in near]
        questions.append(Question(build_prompt(problem.texts[row], language, examples), language))
    replies = write(llm, questions, MAX_TOKENS, GRAMMARS)
    return {row: parse_reply(reply) or problem.texts[row] for row, reply in zip(rows, replies, strict=True)}


def _nearest(X: Matrix, rows: list[int], known: list[int]) -> list[list[int]]:
    """Return the nearest known rows of each row, at most `N_EXAMPLES`, nearest last."""
    if not known:
        return [[] for _ in rows]
    order = np.argsort(-np.round(X[rows] @ X[known].T, 6), axis=1, kind="stable")[:, :N_EXAMPLES]
    return [[known[j] for j in reversed(near)] for near in order.tolist()]


def cluster_described(
    problem: Problem, descriptions: Sequence[str], embed: Callable[[Sequence[str]], Matrix]
) -> Labels:
    """Return labels (n,) of sentences averaged with their descriptions, at the smoothing with the best silhouette."""
    Z = (problem.X + embed(descriptions)) / np.float32(2)
    best, best_score = k_means(Z, problem.n_clusters, problem.seed), -np.inf
    for _, S in smoothed(Z):
        labels = k_means(S, problem.n_clusters, problem.seed)
        score = silhouette(S, labels, problem.seed)
        if score > best_score:
            best, best_score = labels, score
    return best


def smoothed(Z: Matrix) -> Iterator[tuple[int, Matrix]]:
    """Yield n' and Z averaged with its n' nearest neighbours by cosine, for each of the paper's n' below n."""
    n_most = max((n for n in N_SMOOTHED if n < len(Z)), default=0)
    if not n_most:
        return
    near: NDArray[np.int64] = NearestNeighbors(n_neighbors=n_most, metric="cosine").fit(Z).kneighbors()[1]
    total = Z.astype(np.float64)
    for j in range(n_most):
        total = total + Z[near[:, j]]
        if j + 1 in N_SMOOTHED:
            yield j + 1, np.asarray(total / (j + 2), dtype=np.float32)
