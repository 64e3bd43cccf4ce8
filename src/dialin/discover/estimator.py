"""The method as a scikit-learn estimator: `IntentClusterer().fit(texts).labels_`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from dialin.arrays import Labels, Matrix
from dialin.discover.connect import beside, kinds_by_shipped, open_backend, open_embedder
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.only import needs_alone
from dialin.discover.replies import shared_store
from dialin.discover.settings import Auto, Settings, check_describer
from dialin.discover.specs import DEFAULT_LLM, Specs, who_judges
from dialin.discover.state import Result
from dialin.embed.base import Embedder
from dialin.errors import InputError
from dialin.judge.calibration import Calibration
from dialin.llm.base import LLM
from dialin.llm.client import Client
from dialin.llm.spec import NO_LLM
from dialin.llm.usage import Usage
from dialin.name.kinds import Kinds
from dialin.read.corpus import Corpus
from dialin.read.spoken import SpokenOrder, spoken_order


class IntentClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Find intents in sentences, with an LLM in the loop.

    Parameters
    ----------
    llm : str, LLM or None
        Names the intents, and judges them where `judge_llm` does not: a spec such as "local:qwen2.5-coder-0.5b" or
        "openai:gpt-4o-mini", opened for `fit` and closed after it, with the replies kept in the user's store; or an
        `LLM` of your own, which stays open. None: the geometry of the embeddings judges, and names come without one.
    embedder : str or Embedder
        Turns sentences into unit vectors: a spec such as "local:intents-en-v5" or "openai:bge-m3@URL", or an
        object; "auto" chooses by the script of the texts.
    judge_llm : str, LLM, tuple or None
        Judges in the place of `llm`; "auto": `llm` itself, or where that is a model of the catalogue, the embeddings
        alone, unless ``settings.judge`` says otherwise. A tuple is a cascade of a cheap and an expensive LLM: the
        cheap one decides where the expensive one is proved to agree (`Settings.cascade_target`).
    calibration : Calibration or "auto"
        Of the LLM that judges; "auto": the one in the folder of its adapter, or the one shipped for it.
    settings : Settings, optional
        Everything else that decides the result; see `Settings`.

    Attributes
    ----------
    labels_ : ndarray of shape (n_utterances,), int64
        Intent of each utterance given to `fit`; −1: none.
    intents_ : tuple of Intent
        What was found: needs first, each group with the most frequent first. `Intent.kind` says which are needs.
        With ``Settings(describe=True)``, `Intent.description` is a sentence about each.
    rounds_ : tuple of (Stratum, Round)
        The rounds of Algorithm 1, each with the stratum that it worked on.
    suggested_ : SuggestedNumber or None
        How many intents the sentences suggest: about `n`, between `low` and `high`; None where it was not measured.
    result_ : Result
        All of it, per distinct sentence.
    usage_ : Usage
        Calls and tokens of `fit`; zero where an LLM of your own keeps no ledger.
    embedder_ : str or Embedder
        The embedder that was used, never "auto".

    Examples
    --------
    Without an LLM, and with an embedder of two dimensions, one for each word:

    >>> class Words:
    ...     name = "words"
    ...     def encode(self, texts):
    ...         return np.array([[1, 0] if "refund" in text else [0, 1] for text in texts], np.float32)
    >>> starts = ["where is", "give me", "I want", "what about"]
    >>> texts = [f"{start} my {what}" for what in ("refund", "parcel") for start in starts]
    >>> IntentClusterer(llm=None, embedder=Words()).fit_predict(texts).tolist()
    [1, 1, 1, 1, 0, 0, 0, 0]
    """

    def __init__(
        self,
        llm: str | LLM | None = DEFAULT_LLM,
        embedder: str | Embedder = "auto",
        *,
        judge_llm: str | LLM | tuple[str | LLM, str | LLM] | Literal["auto"] | None = "auto",
        calibration: Calibration | Auto = "auto",
        settings: Settings | None = None,
    ) -> None:
        self.llm = llm
        self.embedder = embedder
        self.judge_llm = judge_llm
        self.calibration = calibration
        self.settings = settings

    def fit(self, X: Corpus | Iterable[str], y: object = None, *, roles: Sequence[str] | None = None) -> Self:  # noqa: ARG002 (scikit-learn)
        """Find the intents of utterances; equal ones of equal role count as one sentence that was said often.

        Parameters
        ----------
        X : Corpus or sequence of str
            What `dialin.read` returns, or texts: a list, a column of pandas or polars, an arrow or numpy array. In
            the dialogues of a corpus, a sentence is also known by what is said next, and with ``roles="split"`` they
            help to tell who speaks.
        y : None
            Ignored; scikit-learn passes it.
        roles : sequence of str, optional
            "customer", "agent", … of each text; a corpus brings its own.

        Raises
        ------
        InputError
            X is not a column of texts, or a setting or a spec cannot be used.
        """
        check_describer(self._settings, has_llm=self.llm is not None and self.llm != NO_LLM)
        sentences, rows, order = said(X, roles)
        counts = np.bincount(rows, minlength=len(sentences))
        self.result_, self.usage_ = self._discover(sentences, counts, order)
        self.labels_ = self.result_.labels[rows]
        self.intents_, self.rounds_ = self.result_.intents, self.result_.rounds
        self.suggested_ = self.result_.suggested
        return self

    def fit_predict(self, X: Corpus | Iterable[str], y: object = None, *, roles: Sequence[str] | None = None) -> Labels:
        """Return `labels_` after `fit`."""
        return self.fit(X, y, roles=roles).labels_

    def predict(self, X: Corpus | Iterable[str], *, roles: Sequence[str] | None = None) -> Labels:
        """Return the intent of each utterance, −1 for none; on the utterances of `fit` this equals `labels_`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            `fit` was not called.
        """
        check_is_fitted(self)
        sentences, rows, order = said(X, roles)
        return self._assign(sentences, order)[0][rows]

    def predict_proba(self, X: Corpus | Iterable[str], *, roles: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Return P(intent | utterance), shape (n_utterances, n_intents).

        A row sums to 1; it is 0 throughout where `predict` finds no intent. `predict` goes by the nearest piece, and
        an intent may have several: so the largest entry of a row need not be the one that `predict` names.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            `fit` was not called.
        """
        check_is_fitted(self)
        sentences, rows, order = said(X, roles)
        labels, vectors = self._assign(sentences, order)
        own_roles = [role for _, role in sentences]
        p_intent = self.result_.pieces.intent_probabilities(vectors, own_roles, len(self.intents_))
        return np.where((labels >= 0)[:, None], p_intent, 0.0)[rows]

    def _assign(self, sentences: list[tuple[str, str]], order: SpokenOrder | None) -> tuple[Labels, Matrix]:
        """Return the intent and the vector of each pair of text and role."""
        texts, roles = [text for text, _ in sentences], [role for _, role in sentences]
        alone, known = self._kinds(texts, roles) if self._known else None, self._known
        counts = np.ones(len(texts), np.int64)
        data = Data(texts, self._encode(texts), counts, roles, order=order).with_kinds(alone)
        leaning = data.vectors_as_in(known, self._settings.context).whole()
        vectors = replace(data, X=leaning).with_vectors_of(known).X
        labels, p_intent = self.result_.pieces.assign(vectors, roles)
        if self._settings.only == "needs" and alone and known and known.kinds:
            labels, _ = needs_alone(alone.known_at(known.rows_of(texts, roles), known.kinds), labels, p_intent)
        return labels, vectors

    def _kinds(self, texts: Sequence[str], roles: Sequence[str]) -> Kinds:
        """Return what each sentence does by itself; the models that tell it are opened once."""
        if not hasattr(self, "_opened"):
            self._opened = cache(open_embedder)
        return kinds_by_shipped(texts, roles, self._opened)

    @property
    def _settings(self) -> Settings:
        return self.settings or Settings()

    def _discover(
        self, sentences: list[tuple[str, str]], counts: Labels, order: SpokenOrder | None
    ) -> tuple[Result, Usage]:
        """Open what the specs name, run the method on pairs of text and role, and close it again."""
        texts, roles = [text for text, _ in sentences], [role for _, role in sentences]
        self.embedder_, encode = encoder_of(self.embedder, texts)
        self._encoder = encode
        alone = Data(texts, encode(texts), counts, roles, _name_of(self.embedder_), order)
        data = alone.with_kinds(self._kinds(texts, roles)).in_context(self._settings.context)
        is_known = (order is not None and self._settings.context == "next") or self._settings.only == "needs"
        self._known = data if is_known else None
        with ExitStack() as stack:
            llm = opened(self.llm, stack)
            settings, judge_spec, dear_spec = self._judging()
            judge, dear = opened(judge_spec, stack), opened(dear_spec, stack)
            own = self._calibration(judge_spec or self.llm)
            of_dear = beside(dear_spec) if isinstance(dear_spec, str) else "auto"
            tools = Tools(llm, encode, judge, own, dear, of_dear)
            before = usage_of(tools)
            result = discover(data, tools, settings)
            return result, usage_of(tools) - before

    def _judging(self) -> tuple[Settings, str | LLM | None, str | LLM | None]:
        """Return the settings, the LLM that judges in the place of `llm`, and the dear one, if there are such."""
        settings = self._settings
        if isinstance(self.judge_llm, tuple):
            return settings, *self.judge_llm
        if self.judge_llm != "auto":
            return settings, self.judge_llm, None
        if not isinstance(self.llm, str):
            return settings, None, None
        settings, specs = who_judges(settings, Specs(self.llm))
        return settings, None if specs.judge == self.llm else specs.judge, None

    def _calibration(self, judge: str | LLM | None) -> Calibration | Auto:
        return beside(judge) if self.calibration == "auto" and isinstance(judge, str) else self.calibration

    def _encode(self, texts: list[str]) -> Matrix:
        if not hasattr(self, "_encoder"):  # pickling leaves the models behind
            _, self._encoder = encoder_of(self.embedder_, texts)
        return self._encoder(texts)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: everything but the loaded model, which its spec opens again."""
        return {name: value for name, value in super().__getstate__().items() if name not in {"_encoder", "_opened"}}

    def __sklearn_tags__(self) -> Tags:
        """Say that the input is a column of texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array, tags.input_tags.string = False, True, True
        tags.no_validation = True
        return tags


def utterances_of(X: Corpus | Iterable[str], roles: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Return the text and the role of each utterance; "" where no role is known.

    Raises
    ------
    InputError
        X is not a column of texts, or its length differs from that of the roles.
    """
    if isinstance(X, Corpus):
        places = X.occurrences["sentence_id"].to_pylist()
        own = X.roles or [""] * len(X.texts)
        return [X.texts[i] for i in places], list(roles) if roles is not None else [own[i] for i in places]
    if isinstance(X, str) or getattr(X, "ndim", 1) != 1:
        raise InputError(
            f"X must be one column of texts, got {type(X).__name__} {getattr(X, 'shape', '')}".rstrip(),
            hint="dialin.read reads files and frames; what it returns can be fitted",
        )
    texts = X.to_pylist() if hasattr(X, "to_pylist") else list(X)
    wrong = next((i for i, text in enumerate(texts) if not isinstance(text, str)), None)
    if wrong is not None:
        raise InputError(f"X[{wrong}] must be a text, got {texts[wrong]!r:.80}", hint="dialin.read skips blank rows")
    if roles is not None and len(roles) != len(texts):
        raise InputError(f"roles must have one entry for each of the {len(texts)} texts, got {len(roles)}")
    return texts, [""] * len(texts) if roles is None else list(roles)


def said(
    X: Corpus | Iterable[str], roles: Sequence[str] | None
) -> tuple[list[tuple[str, str]], Labels, SpokenOrder | None]:
    """Return the distinct pairs of text and role, the place of each utterance among them, and the dialogues, if any."""
    sentences, rows = distinct(*utterances_of(X, roles))
    return sentences, rows, spoken_order(X.occurrences, rows) if isinstance(X, Corpus) else None


def distinct(texts: Sequence[str], roles: Sequence[str]) -> tuple[list[tuple[str, str]], Labels]:
    """Return the distinct pairs of text and role, sorted, and the place of each utterance among them.

    Examples
    --------
    >>> distinct(["b", "a", "b"], ["", "", ""])
    ([('a', ''), ('b', '')], array([1, 0, 1]))
    """
    keys = list(zip(texts, roles, strict=True))
    unique = sorted(set(keys))
    place = {key: i for i, key in enumerate(unique)}
    return unique, np.array([place[key] for key in keys], dtype=np.int64)


def encoder_of(embedder: str | Embedder, texts: list[str]) -> tuple[str | Embedder, Callable[[Sequence[str]], Matrix]]:
    """Return the embedder, never "auto", and its function; a spec's embedder keeps vectors in the user's cache."""
    if not isinstance(embedder, str):
        return embedder, embedder.encode
    chosen = open_embedder(embedder, texts)
    return chosen.name, chosen.encode


def _name_of(embedder: str | Embedder) -> str:
    return embedder if isinstance(embedder, str) else embedder.name


def opened(llm: str | LLM | None, stack: ExitStack) -> LLM | None:
    """Return an LLM; that of a spec is closed with the stack, and keeps its replies in the user's store."""
    backend = open_backend(llm) if isinstance(llm, str) else None
    if backend is None:
        return None if isinstance(llm, str) else llm
    return stack.enter_context(Client(backend, [shared_store()]))


def usage_of(tools: Tools) -> Usage:
    """Return the usage of the LLMs so far, if they keep ledgers; a shared ledger counts once."""
    clients = [llm for llm in (tools.llm, tools.judge_llm, tools.dear_llm) if isinstance(llm, Client)]
    return sum((ledger.total() for ledger in {id(c.ledger): c.ledger for c in clients}.values()), Usage())
