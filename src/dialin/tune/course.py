"""Run the training loop: make steps, score the watched rows, keep the best weights, write checkpoints, and stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from dialin.score.reliability import auc
from dialin.tune.batches import EncodedExample, steps_from, steps_of_epoch
from dialin.tune.checkpoint import Checkpoint, TrainState
from dialin.tune.learner import Learner
from dialin.tune.settings import TuneSettings, learning_rate_at

TIMED_STEPS = 10
"""Number of steps after which a tuning with a time limit estimates how many it can make."""


@dataclass(frozen=True)
class Progress:
    """Progress of a tuning, for display.

    Parameters
    ----------
    what : {"learn", "watch", "score"}
        Latest event: a step, an evaluation on the watched rows, or a part of the final evaluation.
    done, total : int
        Number of steps, or of clusters in the final evaluation.
    loss : float
        Loss of the last step, in nats per token.
    score : float
        AUC (judge) or −loss (namer) of the last evaluation.
    seconds : float
        Time spent so far.
    """

    what: str
    done: int
    total: int
    loss: float
    score: float
    seconds: float


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Material:
    """Input of a course: examples, settings, checkpoint file, a callback for progress, and a clock in seconds."""

    learnt: Sequence[EncodedExample]
    watched: Sequence[EncodedExample]
    settings: TuneSettings
    checkpoint: Checkpoint
    tell: Tell
    checkpoint_seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic


class Course:
    """One training run, from the beginning or from a checkpoint to the end.

    A resumed course reaches the same weights as an uninterrupted one, because order, learning rate and dropout depend
    only on the step number. With a time limit, they also depend on the speed of the machine.
    """

    def __init__(self, learner: Learner, material: Material) -> None:
        self._learner, self._material, self._settings = learner, material, material.settings
        self._lengths = [len(example) for example in material.learnt]
        n_steps = len(steps_of_epoch(self._lengths, self._settings, 0)) * self._settings.epochs
        self._state = TrainState(n_steps)
        self._best: dict[str, Any] = {}
        self._ticked = self._written = material.clock()

    def run(self) -> TrainState:
        """Train to the end, load the best matrices into the learner, and return the final state."""
        self._begin()
        for batches in steps_from(self._state.step, self._lengths, self._settings):
            if self._is_over():
                break
            self._step(batches)
        if self._state.history[-1]["step"] != self._state.step:
            self._watch()
        self._learner.put(self._best)
        return self._state

    def _begin(self) -> None:
        found = self._material.checkpoint.read()
        if found:
            self._state, learner, self._best = found
            self._learner.restore(learner)
            return
        self._watch()  # scores the base before training
        self._state.eval_seconds = self._state.seconds

    def _step(self, batches: list[list[int]]) -> None:
        state = self._state
        learning_rate = learning_rate_at(state.step, state.n_steps, self._settings)
        chosen = [[self._material.learnt[row] for row in rows] for rows in batches]
        state.loss = self._learner.learn(chosen, learning_rate)
        state.step += 1
        self._tick()
        if state.step == TIMED_STEPS and self._settings.max_seconds:
            state.n_steps = affordable(state, self._settings)
        self._tell("learn")
        if state.step % self._settings.eval_every == 0:
            self._watch()
        elif self._material.clock() - self._written >= self._material.checkpoint_seconds:
            self._write()

    def _watch(self) -> None:
        """Score the watched rows and keep the matrices if no earlier score was higher; in a tie, the later ones win."""
        state, score = self._state, self._score()
        if score >= state.best:
            state.best, state.best_step, self._best = score, state.step, self._learner.adapter()
        state.history.append({"step": state.step, "loss": state.loss, "score": score})
        self._tick()
        self._write()
        self._tell("watch")

    def _score(self) -> float:
        watched = self._material.watched
        if self._settings.task == "namer":
            return -float(np.mean(self._learner.losses(watched)))
        return auc(expit(self._learner.log_odds(watched)), [example.example.good for example in watched])

    def _is_over(self) -> bool:
        state, settings = self._state, self._settings
        is_late = bool(settings.max_seconds) and state.seconds >= settings.max_seconds
        is_stuck = bool(settings.patience) and state.step - state.best_step >= settings.patience * settings.eval_every
        return state.step >= state.n_steps or is_late or is_stuck

    def _tick(self) -> None:
        now = self._material.clock()
        self._state.seconds += now - self._ticked
        self._ticked = now

    def _write(self) -> None:
        self._material.checkpoint.write(self._state, self._learner.state(), self._best)
        self._written = self._material.clock()

    def _tell(self, what: str) -> None:
        state = self._state
        score = state.history[-1]["score"]
        self._material.tell(Progress(what, state.step, state.n_steps, state.loss, score, state.seconds))


def affordable(state: TrainState, settings: TuneSettings) -> int:
    """Return the number of steps that fit into the time limit, at most the planned number, from the time so far.

    Examples
    --------
    Of 100 s, the first evaluation took 10 s and ten steps took 20 s (2 s a step). An evaluation every 10 steps adds
    1 s a step, so the remaining 70 s are enough for 23 more steps:

    >>> state = TrainState(n_steps=500, step=10, seconds=30.0, eval_seconds=10.0)
    >>> affordable(state, TuneSettings("a", max_seconds=100.0, eval_every=10))
    33
    """
    each = (state.seconds - state.eval_seconds) / state.step + state.eval_seconds / settings.eval_every
    left = max(0.0, settings.max_seconds - state.seconds)
    return min(state.n_steps, state.step + int(left / max(each, 1e-9)))
