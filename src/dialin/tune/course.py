"""Run the training loop: make steps, score the student, keep the best weights, write checkpoints, and stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dialin.tune.checkpoint import Checkpoint, TrainState

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
        Number of steps, or of rows in the final evaluation.
    loss : float
        Loss of the last step, in nats; per token for a judge and a namer.
    score : float
        Score of the last evaluation: AUC (judge), −loss (namer) or AMI (embedder); nan if nothing is watched.
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


class Student(Protocol):
    """What a course trains: it learns step by step, is scored, and gives and takes its weights."""

    def learn(self, step: int, n_steps: int) -> float:
        """Make step number `step` (0, 1, …) of `n_steps` and return its loss; it depends only on state and number."""
        ...

    def score(self) -> float:
        """Return the score of the present weights, higher is better; nan if nothing is watched."""
        ...

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state that `state` returned."""
        ...

    def weights(self) -> dict[str, Any]:
        """Return a copy of the weights that `score` scores."""
        ...

    def put(self, weights: dict[str, Any]) -> None:
        """Load the weights that `weights` returned."""
        ...


@dataclass(frozen=True)
class CoursePlan:
    """Plan of a course.

    Parameters
    ----------
    n_steps : int
        Number of steps, unless `max_seconds` or `patience` stops earlier.
    eval_every, patience : int
        Steps between two evaluations, and the number of evaluations without improvement that stops training (0: never).
    max_seconds : float
        Time limit for steps and evaluations; 0: no limit.
    checkpoint : Checkpoint
        File from which an interrupted course resumes.
    tell : callable
        Called with the progress after each step and evaluation.
    checkpoint_seconds : float
        Time between two checkpoints; evaluations write one in any case.
    clock : callable
        Returns the time in seconds.
    """

    n_steps: int
    eval_every: int
    patience: int
    max_seconds: float
    checkpoint: Checkpoint
    tell: Tell
    checkpoint_seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic


class Course:
    """One training run, from the beginning or from a checkpoint to the end.

    A resumed course reaches the same weights as an uninterrupted one, because a step depends only on its number and on
    the student's state. With a time limit, it also depends on the speed of the machine.
    """

    def __init__(self, student: Student, plan: CoursePlan) -> None:
        self._student, self._plan = student, plan
        self._state = TrainState(plan.n_steps)
        self._best: dict[str, Any] = {}
        self._ticked = self._written = plan.clock()

    def run(self) -> TrainState:
        """Train to the end, load the best weights into the student, and return the final state.

        If all scores are nan, the last weights count as the best.
        """
        self._begin()
        while not self._is_over():
            self._step()
        if self._state.history[-1]["step"] != self._state.step:
            self._watch()
        self._student.put(self._best)
        return self._state

    def _begin(self) -> None:
        found = self._plan.checkpoint.read()
        if found:
            self._state, student, self._best = found
            self._student.restore(student)
            return
        self._watch()  # scores the base before training
        self._state.eval_seconds = self._state.seconds

    def _step(self) -> None:
        state, plan = self._state, self._plan
        state.loss = self._student.learn(state.step, state.n_steps)
        state.step += 1
        self._tick()
        if state.step == TIMED_STEPS and plan.max_seconds:
            state.n_steps = affordable(state, plan.max_seconds, plan.eval_every)
        self._tell("learn")
        if state.step % plan.eval_every == 0:
            self._watch()
        elif plan.clock() - self._written >= plan.checkpoint_seconds:
            self._write()

    def _watch(self) -> None:
        """Score the student and keep its weights if no earlier score was higher; in a tie, the later ones win."""
        state, score = self._state, self._student.score()
        if math.isnan(state.best) or score >= state.best:
            state.best, state.best_step, self._best = score, state.step, self._student.weights()
        state.history.append({"step": state.step, "loss": state.loss, "score": score})
        self._tick()
        self._write()
        self._tell("watch")

    def _is_over(self) -> bool:
        state, plan = self._state, self._plan
        is_late = bool(plan.max_seconds) and state.seconds >= plan.max_seconds
        is_stuck = bool(plan.patience) and state.step - state.best_step >= plan.patience * plan.eval_every
        return state.step >= state.n_steps or is_late or is_stuck

    def _tick(self) -> None:
        now = self._plan.clock()
        self._state.seconds += now - self._ticked
        self._ticked = now

    def _write(self) -> None:
        self._plan.checkpoint.write(self._state, self._student.state(), self._best)
        self._written = self._plan.clock()

    def _tell(self, what: str) -> None:
        state = self._state
        score = state.history[-1]["score"]
        self._plan.tell(Progress(what, state.step, state.n_steps, state.loss, score, state.seconds))


def affordable(state: TrainState, max_seconds: float, eval_every: int) -> int:
    """Return the number of steps that fit into the time limit, at most the planned number, from the time so far.

    Examples
    --------
    Of 100 s, the first evaluation took 10 s and ten steps took 20 s (2 s a step). An evaluation every 10 steps adds
    1 s a step, so the remaining 70 s are enough for 23 more steps:

    >>> state = TrainState(n_steps=500, step=10, seconds=30.0, eval_seconds=10.0)
    >>> affordable(state, max_seconds=100.0, eval_every=10)
    33
    """
    each = (state.seconds - state.eval_seconds) / state.step + state.eval_seconds / eval_every
    left = max(0.0, max_seconds - state.seconds)
    return min(state.n_steps, state.step + int(left / max(each, 1e-9)))
