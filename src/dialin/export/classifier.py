"""Learns a classifier from the intents of a run, with a class for what is none of them.

A logistic regression on the vectors of the sentences learns the intents. What is "none of these" has a score of its
own that does not depend on the sentence: if no intent scores higher, the sentence has none. That score, and how sure
the probabilities may be, are set from the run's own sentences. Each sentence that has an intent is scored by a model
that has not seen it, as one of five parts of the sentences is left out in turn. Sentences without an intent are seen by
no model. The two numbers then make what is known of all these sentences as likely as possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Floats, Labels, Matrix, Rows
from dialin.errors import InputError

NONE = -1
"""Class of what is none of the intents."""
STRENGTH = 10.0
"""Inverse strength of the penalty, as in `dialin.bench.downstream`, which chose it on HWU64."""
N_FOLDS = 5
ENOUGH_WITHOUT = 20
"""Sentences without an intent from which on they set the score of "none of these"."""
KEPT = 0.95
"""Share of the sentences with an intent that keep one where too few without are known."""
MAX_STEPS = 1_000


@dataclass(frozen=True, eq=False)
class Learnt:
    """A classifier, and how well it does on sentences that it has not seen.

    Parameters
    ----------
    model : LogisticRegression
        Its classes are `NONE` and the intents, ascending.
    temperature : float
        What the scores were divided by, above 0; more than 1 makes the probabilities less sure.
    none_score : float
        Score of "none of these".
    n_with, n_without : int
        Sentences with and without an intent that set the two numbers.
    accuracy : float
        Share of the sentences with an intent that get it from a model that has not seen them, in [0, 1].
    rejected : float
        Share of the sentences without an intent that get none, in [0, 1]; nan if there are none.
    """

    model: LogisticRegression
    temperature: float
    none_score: float
    n_with: int
    n_without: int
    accuracy: float
    rejected: float


def learnt_classifier(X: Matrix, labels: Labels) -> Learnt:
    """Return a classifier of sentences.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm vectors of the sentences.
    labels : ndarray of shape (n,), int64
        Intent of each; −1 for none.

    Raises
    ------
    InputError
        Fewer than two intents have a sentence.
    """
    has_one = labels >= 0
    if len(np.unique(labels[has_one])) < 2:
        raise InputError("a classifier needs two intents or more to tell apart", hint="find more with --granularity 2")
    scores, truth, without = unseen_scores(X[has_one], labels[has_one], X[~has_one])
    temperature, none_score = fitted(scores, truth, without)
    found = decided(scores, none_score * temperature)
    model = _fit(X[has_one], labels[has_one])
    return Learnt(
        model=with_none(model, temperature, none_score),
        temperature=temperature,
        none_score=none_score,
        n_with=len(truth),
        n_without=len(without),
        accuracy=float((found == truth).mean()) if len(truth) else np.nan,
        rejected=float((decided(without, none_score * temperature) < 0).mean()) if len(without) else np.nan,
    )


def unseen_scores(X: Matrix, labels: Labels, without: Matrix) -> tuple[Floats, Labels, Floats]:
    """Return the scores of sentences by models that have not seen them.

    Parameters
    ----------
    X, labels
        Vectors and intents of the sentences that have one.
    without : ndarray of shape (m, d)
        Vectors of those that have none.

    Returns
    -------
    scores : ndarray of shape (n', n_intents)
        Of the sentences whose intent has others in the other parts; −inf for an intent that has none there.
    truth : ndarray of shape (n',), int64
        Place of the intent of each among all intents, ascending.
    scores_without : ndarray of shape (m, n_intents)
        Of those without an intent, each by one of the models.
    """
    intents, places = np.unique(labels, return_inverse=True)
    fold_of, rows_without = folds(places), np.arange(len(without)) % N_FOLDS
    scores, truth, others = [], [], np.zeros((len(without), len(intents)))
    for fold in range(N_FOLDS):
        rest, own = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if len(np.unique(places[rest])) < 2:
            continue
        model = _fit(X[rest], places[rest])
        own = own[np.isin(places[own], model.classes_)]
        scores.append(scores_of(model, X[own], len(intents)))
        truth.append(places[own])
        others[rows_without == fold] = scores_of(model, without[rows_without == fold], len(intents))
    empty = np.zeros((0, len(intents)))
    return np.concatenate([empty, *scores]), np.concatenate([np.zeros(0, np.int64), *truth]), others


def folds(labels: Labels) -> Rows:
    """Return a part in 0 … `N_FOLDS` − 1 for each row, such that the rows of each label are spread evenly.

    Examples
    --------
    >>> folds(np.array([7, 7, 3, 7])).tolist()
    [0, 1, 0, 2]
    """
    seen = dict[int, int]()
    found = []
    for label in labels.tolist():
        found.append(seen.get(label, 0) % N_FOLDS)
        seen[label] = seen.get(label, 0) + 1
    return np.array(found, dtype=np.int64)


def _fit(X: Matrix, labels: Labels) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=MAX_STEPS).fit(X, labels)


def scores_of(model: LogisticRegression, X: Matrix, n: int) -> Floats:
    """Return the score of each of the places 0 … n − 1, shape (len(X), n); −inf for those that are no class."""
    found = np.full((len(X), n), -np.inf)
    if len(X):
        found[:, model.classes_] = X @ weights_of(model)[0].T + weights_of(model)[1]
    return found


def weights_of(model: LogisticRegression) -> tuple[Floats, Floats]:
    """Return the weights of each class, shape (n_classes, d), and its intercept; of two, scikit-learn holds one."""
    coef, intercept = model.coef_, model.intercept_
    if len(coef) == 1:
        return np.vstack([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
    return np.asarray(coef), np.asarray(intercept)


def fitted(scores: Floats, truth: Labels, without: Floats) -> tuple[float, float]:
    """Return the temperature and the score of "none of these" (already divided by it) that fit best.

    Both minimise the mean of −log P(class): of its intent for a sentence that has one, of `NONE` for the others. With
    fewer than `ENOUGH_WITHOUT` of the others, the score is such that `KEPT` of the sentences keep an intent.
    """
    if not len(truth):
        return 1.0, 0.0
    if len(without) < ENOUGH_WITHOUT:
        found = minimize(lambda at: loss(scores, truth, without[:0], at[0], -np.inf), [0.0], method="Nelder-Mead")
        temperature = float(np.exp(found.x[0]))
        return temperature, float(np.quantile(scores.max(axis=1), 1 - KEPT)) / temperature
    start = [0.0, float(np.median(without.max(axis=1)))]
    found = minimize(lambda at: loss(scores, truth, without, at[0], at[1]), start, method="Nelder-Mead")
    return float(np.exp(found.x[0])), float(found.x[1])


def loss(scores: Floats, truth: Labels, without: Floats, log_temperature: float, none_score: float) -> float:
    """Return the mean of −log P(class) of the sentences with and without an intent.

    Examples
    --------
    Of three classes with equal scores, each has P = 1/3: −log(1/3) = 1.0986.

    >>> round(loss(np.zeros((1, 2)), np.array([0]), np.zeros((1, 2)), 0.0, 0.0), 4)
    1.0986
    """
    own, others = scores / np.exp(log_temperature), without / np.exp(log_temperature)
    kept = logsumexp(_beside(own, none_score), axis=1) - own[np.arange(len(own)), truth]
    return float(np.concatenate([kept, logsumexp(_beside(others, none_score), axis=1) - none_score]).mean())


def _beside(scores: Floats, none_score: float) -> Floats:
    return np.column_stack([np.full(len(scores), none_score), scores])


def decided(scores: Floats, none_score: float) -> Labels:
    """Return the place of the class with the highest score; `NONE` where that of none is higher.

    Examples
    --------
    >>> decided(np.array([[1.0, 3.0], [1.0, 0.5]]), 2.0).tolist()
    [1, -1]
    """
    return np.where(scores.max(axis=1) > none_score, scores.argmax(axis=1), NONE)


def with_none(model: LogisticRegression, temperature: float, none_score: float) -> LogisticRegression:
    """Return a model with the class `NONE` before its own, whose score is the same for every sentence."""
    coef, intercept = weights_of(model)
    found = LogisticRegression(C=STRENGTH, max_iter=MAX_STEPS)
    found.classes_ = np.concatenate([[NONE], model.classes_])
    found.coef_ = np.vstack([np.zeros(coef.shape[1]), coef / temperature])
    found.intercept_ = np.concatenate([[none_score], intercept / temperature])
    found.n_features_in_, found.n_iter_ = coef.shape[1], model.n_iter_
    return found
