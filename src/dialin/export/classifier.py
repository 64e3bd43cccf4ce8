"""Learns a classifier from the intents of a run, with a class for what is none of them.

A logistic regression on the vectors of the sentences learns the intents. What is "none of these" has a score of its
own that does not depend on the sentence: if no intent scores higher, the sentence has none. That score, and how sure
the probabilities may be, are set from the run's own sentences, each of which is scored by a model that has not seen it.
For sentences of known intents, one of five parts of the sentences is left out in turn. For sentences of none, one of
five parts of the *intents* is: what is said of an intent that a model does not know is none of these to it. Sentences
without an intent are seen by no model. The two numbers make what is known of all these sentences as likely as possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Bools, Floats, Labels, Rows
from dialin.errors import InputError

NONE = -1
"""Class of what is none of the intents."""
STRENGTH = 10.0
"""Inverse strength of the penalty, as in `dialin.bench.downstream`, which chose it on HWU64."""
N_FOLDS = 5
OUTSIDE = 0.2
"""Share of what a bot hears that is none of the intents, unless somebody knows better."""
KEPT = 0.95
"""Share of the sentences with an intent that keep one where no sentence of none is known."""
MAX_STEPS = 1_000


@dataclass(frozen=True, eq=False)
class LearntClassifier:
    """A classifier, and how well it does on sentences that it has not seen.

    Parameters
    ----------
    model : LogisticRegression
        Its classes are `NONE` and the intents, ascending.
    temperature : float
        What the scores were divided by, above 0; more than 1 makes the probabilities less sure.
    none_score : float
        Score of "none of these".
    n_known, n_unknown : int
        Sentences of intents that the models knew, and of none, that set the two numbers.
    accuracy : float
        Share of the former that get their intent, in [0, 1]; nan if there are none.
    rejected : float
        Share of the latter that get no intent, in [0, 1]; nan if there are none.
    """

    model: LogisticRegression
    temperature: float
    none_score: float
    n_known: int
    n_unknown: int
    accuracy: float
    rejected: float


def learnt_classifier(X: Floats, labels: Labels, outside: float = OUTSIDE) -> LearntClassifier:
    """Return a classifier of sentences.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm vectors of the sentences.
    labels : ndarray of shape (n,), int64
        Intent of each; −1 for none.
    outside : float
        Share of the sentences to come that are expected to be none of the intents, in (0, 1).

    Raises
    ------
    InputError
        Fewer than two intents have a sentence.
    """
    has_one = labels >= 0
    intents, places = np.unique(labels[has_one], return_inverse=True)
    if len(intents) < 2:
        raise InputError("a classifier needs two intents or more to tell apart", hint="find more with --granularity 2")
    own = X[has_one]
    scores, truth = scores_of_known(own, places)
    unknown = np.concatenate([scores_of_left_out(own, places), scores_of_unassigned(own, places, X[~has_one])])
    temperature, none_score = fitted(scores, truth, unknown, outside)
    return LearntClassifier(
        model=with_none(_fit(own, labels[has_one]), temperature, none_score),
        temperature=temperature,
        none_score=none_score,
        n_known=len(truth),
        n_unknown=len(unknown),
        accuracy=_share(likeliest_or_none(scores, none_score * temperature) == truth),
        rejected=_share(likeliest_or_none(unknown, none_score * temperature) == NONE),
    )


def _share(found: Bools) -> float:
    return float(found.mean()) if len(found) else np.nan


def scores_of_known(X: Floats, places: Labels) -> tuple[Floats, Labels]:
    """Return the scores of sentences by models that know their intent, but have not seen them.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Vectors of sentences that have an intent.
    places : ndarray of shape (n,), int64
        Place of the intent of each among the intents: each of 0 … n_intents − 1.

    Returns
    -------
    scores : ndarray of shape (n', n_intents)
        −inf for an intent that the model does not know. A sentence alone in its intent is left out.
    truth : ndarray of shape (n',), int64
        The places of their intents.
    """
    fold_of, n = folds(places), int(places.max()) + 1
    scores, truth = [np.zeros((0, n))], [places[:0]]
    for fold in range(N_FOLDS):
        rest, own = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        own = own[np.isin(places[own], places[rest])]
        if len(own) and len(np.unique(places[rest])) > 1:
            scores.append(scores_of(_fit(X[rest], places[rest]), X[own], n))
            truth.append(places[own])
    return np.concatenate(scores), np.concatenate(truth)


def scores_of_left_out(X: Floats, places: Labels) -> Floats:
    """Return the scores of sentences by models that do not know their intent; arguments as `scores_of_known`."""
    n = int(places.max()) + 1
    scores = [np.zeros((0, n))]
    for fold in range(min(N_FOLDS, n)):
        is_left_out = places % N_FOLDS == fold
        if len(np.unique(places[~is_left_out])) > 1:
            model = _fit(X[~is_left_out], places[~is_left_out])
            scores.append(scores_of(model, X[is_left_out], n))
    return np.concatenate(scores)


def scores_of_unassigned(X: Floats, places: Labels, unassigned: Floats) -> Floats:
    """Return the scores of sentences without an intent, of vectors `unassigned`, by a model of all others."""
    n = int(places.max()) + 1
    return scores_of(_fit(X, places), unassigned, n) if len(unassigned) else np.zeros((0, n))


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


def _fit(X: Floats, labels: Labels) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=MAX_STEPS).fit(X, labels)


def scores_of(model: LogisticRegression, X: Floats, n: int) -> Floats:
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


def fitted(scores: Floats, truth: Labels, unknown: Floats, outside: float) -> tuple[float, float]:
    """Return the temperature, and the score of "none of these" that is already divided by it, which fit best.

    Without sentences of none, the score is such that `KEPT` of the others keep an intent; without these, it is 0.
    """
    if not len(truth):
        return 1.0, 0.0
    seen = scores, truth, unknown
    if not len(unknown):
        log_temperature, _ = minimised(lambda at: loss(seen, at[0], -np.inf, 0.0), [0.0, 0.0])
        temperature = float(np.exp(log_temperature))
        return temperature, float(np.quantile(scores.max(axis=1), 1 - KEPT)) / temperature
    start = [0.0, float(np.median(unknown.max(axis=1)))]
    log_temperature, none_score = minimised(lambda at: loss(seen, at[0], at[1], outside), start)
    return float(np.exp(log_temperature)), none_score


def minimised(of: Callable[[Floats], float], start: list[float]) -> list[float]:
    """Return where a function of some numbers is least, near the start."""
    found: list[float] = minimize(of, np.array(start), method="Nelder-Mead").x.tolist()
    return found


def loss(seen: tuple[Floats, Labels, Floats], log_temperature: float, none_score: float, outside: float) -> float:
    """Return the mean of −log P(class) of sentences of known intents and of none, which weigh `outside` together.

    Examples
    --------
    Of three classes with equal scores, each has P = 1/3: −log(1/3) = 1.0986.

    >>> round(loss((np.zeros((1, 2)), np.array([0]), np.zeros((1, 2))), 0.0, 0.0, 0.5), 4)
    1.0986
    """
    scores, truth, unknown = seen
    own, others = scores / np.exp(log_temperature), unknown / np.exp(log_temperature)
    of_known = logsumexp(_beside(own, none_score), axis=1) - own[np.arange(len(own)), truth]
    if not outside:
        return float(of_known.mean())
    of_unknown = logsumexp(_beside(others, none_score), axis=1) - none_score
    return float((1 - outside) * of_known.mean() + outside * of_unknown.mean())


def _beside(scores: Floats, none_score: float) -> Floats:
    return np.column_stack([np.full(len(scores), none_score), scores])


def likeliest_or_none(scores: Floats, none_score: float) -> Labels:
    """Return the place of the class with the highest score; `NONE` where that of none is higher.

    Examples
    --------
    >>> likeliest_or_none(np.array([[1.0, 3.0], [1.0, 0.5]]), 2.0).tolist()
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
