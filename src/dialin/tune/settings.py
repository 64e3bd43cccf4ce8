"""How a judge or a namer is tuned: all that decides the result, apart from data and base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dialin.errors import InputError

Task = Literal["judge", "namer"]
_MINIMA = {"rank": 1, "batch": 1, "accumulation": 1, "epochs": 1, "eval_every": 1, "n_watch": 2, "max_tokens": 8}


@dataclass(frozen=True)
class TuneSettings:
    """How a judge or a namer is tuned.

    Parameters
    ----------
    base : str
        The causal LM to tune: a GGUF file, a folder of transformers, a name of `dialin models`, or a hub's
        ``owner/name``; "+" and an adapter (as in ``local:`` specs) behind it: goes on from that.
    task : {"judge", "namer"}
        What is learnt.
    rank, alpha : int, float
        Of the LoRA matrices, on every linear layer but the vocabulary's; their product counts ``alpha / rank``.
    pairs : float
        Weight of telling which sentences share an intent, beside the judge's answer (`dialin.tune.kinship`); 0: none.
    dropout : float
        On the input of the LoRA matrices, in [0, 1); on a CPU it costs a third of the time.
    learning_rate : float
        At its highest: it rises over `warmup` (a share of all steps) and falls linearly to 0.
    batch, accumulation : int
        Examples that pass through the model at once, and batches to one step of the optimizer.
    epochs : int
        Times that each example is seen, unless `max_seconds` or `patience` end it earlier.
    max_seconds : float
        Time for training and its evaluations; 0: no limit. After `TIMED_STEPS` steps the rest is planned so that the
        learning rate reaches 0 in time. With a limit, the result depends on the machine's speed.
    eval_every, patience : int
        Steps between two evaluations on the watched rows; end after `patience` evaluations without a better one
        (0: never). The best one is kept.
    held_out : tuple of str
        Sources that take no part until the final figures: nothing is learnt or chosen by them.
    watch_share : float
        Share of the labels whose clusters are watched instead of learnt from, in (0, 1).
    n_watch : int
        At most so many of them are judged at each evaluation.
    max_tokens : int
        Longer examples are left out of training, not of evaluation.
    bf16 : bool
        Learn in bfloat16: on CPUs with AMX a third faster. Scores are in the base's own precision all the same.
    seed : int
        Seed of everything random.
    """

    base: str
    task: Task = "judge"
    rank: int = 8
    alpha: float = 16.0
    pairs: float = 1.0
    dropout: float = 0.0
    learning_rate: float = 3e-4
    batch: int = 4
    accumulation: int = 4
    epochs: int = 2
    warmup: float = 0.06
    max_seconds: float = 0.0
    eval_every: int = 50
    patience: int = 6
    held_out: tuple[str, ...] = ()
    watch_share: float = 0.1
    n_watch: int = 200
    max_tokens: int = 1024
    bf16: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in _MINIMA.items():
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in ("alpha", "learning_rate"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("dropout", "warmup"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        if not self.pairs >= 0:
            raise InputError(f"pairs must be 0 or more, got {self.pairs}")
        if not 0 < self.watch_share < 1:
            raise InputError(f"watch_share must be between 0 and 1, got {self.watch_share}")
        if self.max_seconds < 0 or self.patience < 0:
            raise InputError(f"max_seconds and patience must be 0 or more, got {self.max_seconds} and {self.patience}")


@dataclass(frozen=True)
class Job:
    """What a tuning is about.

    Parameters
    ----------
    data : tuple of Path
        The tables of ``dialin tune data``.
    settings : TuneSettings
        How.
    out : Path
        The folder to make.
    resume : bool
        Go on with what is in `out`, if anything is.
    """

    data: tuple[Path, ...]
    settings: TuneSettings
    out: Path
    resume: bool = False


def learning_rate_at(step: int, n_steps: int, settings: TuneSettings) -> float:
    """Return the learning rate of a step (0, 1, …): up over the warm-up, then down to 0.

    Examples
    --------
    Ten steps, two of them warm-up, highest 0.1: the first two are 1/2 and 2/2 of it, the last one is 1/8.

    >>> settings = TuneSettings("a", learning_rate=0.1, warmup=0.2)
    >>> [round(learning_rate_at(step, 10, settings), 4) for step in (0, 1, 2, 9)]
    [0.05, 0.1, 0.1, 0.0125]
    """
    return settings.learning_rate * share_of_rate(step, n_steps, settings.warmup)


def share_of_rate(step: int, n_steps: int, warmup: float) -> float:
    """Return the share of the highest learning rate that a step has: up over a share of all steps, then down to 0.

    Examples
    --------
    >>> [share_of_rate(step, 20, 0.1) for step in (0, 1, 2, 11, 20)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    n_warm = max(1, round(warmup * n_steps))
    rising, falling = (step + 1) / n_warm, (n_steps - step) / max(1, n_steps - n_warm)
    return max(0.0, min(1.0, rising, falling))
