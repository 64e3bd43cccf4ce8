"""The whole method, top to bottom: iterate -> name -> merge -> roles -> assign.

`discover` is a pure function of sentences, their embeddings, an LLM and settings; `IntentClusterer` gives it the shape
of a scikit-learn estimator.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.discover.settings import Settings, check
from dialin.discover.state import Context, Data, Draft, Intent, Result, Tools
from dialin.discover.steps import collect, conclude, merge_pieces, name_pieces, split_roles
from dialin.embed.choose import Embedder
from dialin.errors import BudgetError, InputError
from dialin.judge.calibration import Calibration
from dialin.llm.base import LLM
from dialin.llm.client import Client
from dialin.llm.usage import Usage

__all__ = ["Data", "Intent", "IntentClusterer", "Result", "Settings", "Tools", "discover"]


def discover(data: Data, tools: Tools, settings: Settings) -> Result:
    """Find the intents in the sentences of `data` (the paper's §3, whole).

    A cap of the budget ends the asking; what was found until then is concluded without the LLM.

    Parameters
    ----------
    data : Data
        Sentences, embeddings, counts and roles.
    tools : Tools
        LLM, embedder of labels, and who is told of progress.
    settings : Settings
        Everything else.

    Raises
    ------
    InputError
        If a setting is out of its range.
    """
    check(settings)
    work = Context.of(data, tools, settings)
    draft = Draft(list(data.roles) if settings.roles == "auto" else [""] * len(data.texts))
    try:
        collect(draft, work)
        name_pieces(draft, work)
        if settings.roles == "split" and draft.names:
            draft = split(draft, work)
        merge_pieces(draft, work)
    except BudgetError:
        draft.complete = False
    draft.complete = draft.complete and not work.is_capped
    return conclude(draft, work)


def split(draft: Draft, work: Context) -> Draft:
    """Return a second draft in which each role was clustered by itself; a cap keeps the first one."""
    second = Draft(split_roles(draft, work), rounds=list(draft.rounds))
    collect(second, work)
    name_pieces(second, work)
    return second


def usage_of(tools: Tools) -> Usage:
    """Return what the LLMs have been asked so far, where they keep ledgers; one that they share counts once."""
    clients = [llm for llm in (tools.llm, tools.judge_llm) if isinstance(llm, Client)]
    return sum((ledger.total() for ledger in {id(c.ledger): c.ledger for c in clients}.values()), Usage())


class IntentClusterer:
    """Find intents in sentences, with an LLM in the loop.

    Parameters
    ----------
    llm : LLM or None
        Judges and names clusters; None: the geometry of the embeddings judges, and intents stay unnamed.
    embedder : Embedder
        Turns sentences into unit vectors.
    settings : Settings, optional
        Everything else; see `Settings`.
    judge_llm : LLM, optional
        Judges in the place of `llm`: a small tuned one, say.
    calibration : Calibration, optional
        Of the LLM that judges, in the place of the one shipped for it.

    Attributes
    ----------
    labels_ : ndarray of shape (n_texts,), int64
        Intent of each text given to `fit`; −1: none.
    intents_ : tuple of Intent
        What was found, most frequent first.
    rounds_ : tuple of (Part, Round)
        The rounds of Algorithm 1, with the role and script that each worked on.
    result_ : Result
        All of it, per distinct sentence.
    usage_ : Usage
        Calls and tokens of `fit`; zero where no LLM is a `dialin.llm.client.Client`, which keeps a ledger.
    """

    def __init__(
        self,
        *,
        llm: LLM | None,
        embedder: Embedder,
        settings: Settings | None = None,
        judge_llm: LLM | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.llm = llm
        self.embedder = embedder
        self.settings = settings or Settings()
        self.judge_llm = judge_llm
        self.calibration = calibration

    def fit(self, texts: Sequence[str], roles: Sequence[str] | None = None) -> IntentClusterer:
        """Find the intents of the texts; equal texts of equal role count as one sentence said often."""
        keys = list(zip(texts, roles or [""] * len(texts), strict=True))
        unique = sorted(set(keys))
        index = {key: i for i, key in enumerate(unique)}
        rows = np.array([index[key] for key in keys], dtype=np.int64)
        sentences = [text for text, _ in unique]
        counts = np.bincount(rows, minlength=len(unique))
        data = Data(sentences, self.embedder.encode(sentences), counts, [role for _, role in unique])
        tools = Tools(self.llm, self.embedder.encode, self.judge_llm, self.calibration)
        before = usage_of(tools)
        self.result_ = discover(data, tools, self.settings)
        self.usage_ = usage_of(tools) - before
        self.labels_ = self.result_.labels[rows]
        self.intents_ = self.result_.intents
        self.rounds_ = self.result_.rounds
        return self

    def fit_predict(self, texts: Sequence[str], roles: Sequence[str] | None = None) -> NDArray[np.int64]:
        """Return `labels_` after `fit`."""
        return self.fit(texts, roles).labels_

    def predict(self, texts: Sequence[str], roles: Sequence[str] | None = None) -> NDArray[np.int64]:
        """Return the intent of each text, −1 for none; on the texts of `fit` this equals `labels_`."""
        if not hasattr(self, "result_"):
            raise InputError("predict was called before fit", hint="call fit(texts) first")
        X = self.embedder.encode(list(texts))
        return self.result_.pieces.assign(X, list(roles or [""] * len(texts)))[0]
