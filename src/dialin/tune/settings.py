"""Define the settings of a tuning and its learning-rate schedule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dialin.errors import InputError
from dialin.tune.ranges import check_at_least, check_below_one, check_not_negative, check_positive

Task = Literal["judge", "namer"]
_MINIMA = {"rank": 1, "batch": 1, "accumulation": 1, "epochs": 1, "eval_every": 1, "n_watch": 2, "max_tokens": 8}


@dataclass(frozen=True)
class TuneSettings:
    """Settings for tuning a judge or a namer.

    Parameters
    ----------
    base : str
        Causal LM to tune: a GGUF file, a transformers folder, a model name from `dialin models`, or ``owner/name`` on
        the Hugging Face hub. A suffix "+ADAPTER" (as in ``local:`` specs) continues from that adapter.
    task : {"judge", "namer"}
        Task to learn.
    rank, alpha : int, float
        Rank and scale of the LoRA matrices on every linear layer except the vocabulary's; their product is multiplied
        by ``alpha / rank``.
    pairs : float
        Weight of a second objective of the judge: which sentences share an intent (`dialin.tune.kinship`); 0: off.
    dropout : float
        Dropout on the input of the LoRA matrices, in [0, 1); on a CPU it takes a third of the time.
    learning_rate : float
        Peak learning rate. The rate rises over `warmup` (a share of all steps) and falls linearly to 0.
    batch, accumulation : int
        Examples per forward pass, and batches per step of the optimizer.
    epochs : int
        Passes over the examples, unless `max_seconds` or `patience` stops earlier.
    max_seconds : float
        Time limit for training and its evaluations; 0: no limit. After `TIMED_STEPS` steps, the remaining steps are
        planned so that the learning rate reaches 0 in time. With a limit, the result depends on the machine's speed.
    eval_every, patience : int
        Steps between two evaluations on the watched rows, and the number of evaluations without improvement that stops
        training (0: never stop). The best weights are kept.
    held_out : tuple of str
        Sources kept out of training and selection; only the final figures use them.
    watch_share : float
        Share of the labels whose clusters are watched instead of learnt from, in (0, 1).
    n_watch : int
        Maximum number of watched clusters that each evaluation judges.
    max_tokens : int
        Maximum length of a training example; evaluations include longer ones.
    bf16 : bool
        Train in bfloat16, which is a third faster on CPUs with AMX. Scores use the base's own precision in any case.
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
        check_at_least(self, _MINIMA)
        check_positive(self, ("alpha", "learning_rate"))
        check_below_one(self, ("dropout", "warmup"))
        check_not_negative(self, ("pairs",))
        if not 0 < self.watch_share < 1:
            raise InputError(f"watch_share must be between 0 and 1, got {self.watch_share}")
        if self.max_seconds < 0 or self.patience < 0:
            raise InputError(f"max_seconds and patience must be 0 or more, got {self.max_seconds} and {self.patience}")


@dataclass(frozen=True)
class Job:
    """Data, settings and output folder of a tuning.

    Parameters
    ----------
    data : tuple of Path
        Tables written by ``dialin tune data``.
    settings : TuneSettings
        Settings of the tuning.
    out : Path
        Output folder.
    resume : bool
        Continue from a checkpoint in `out`, if there is one.
    """

    data: tuple[Path, ...]
    settings: TuneSettings
    out: Path
    resume: bool = False


def learning_rate_at(step: int, n_steps: int, settings: TuneSettings) -> float:
    """Return the learning rate of a step (0, 1, …), which rises over the warm-up and then falls to 0.

    Examples
    --------
    Of ten steps with a peak of 0.1, two are warm-up at 1/2 and 2/2 of the peak; the last step has 1/8 of it.

    >>> settings = TuneSettings("a", learning_rate=0.1, warmup=0.2)
    >>> [round(learning_rate_at(step, 10, settings), 4) for step in (0, 1, 2, 9)]
    [0.05, 0.1, 0.1, 0.0125]
    """
    return settings.learning_rate * share_of_rate(step, n_steps, settings.warmup)


def share_of_rate(step: int, n_steps: int, warmup: float) -> float:
    """Return the learning rate of a step as a share of the peak; `warmup` is the share of steps that it rises over.

    Examples
    --------
    >>> [share_of_rate(step, 20, 0.1) for step in (0, 1, 2, 11, 20)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    n_warm = max(1, round(warmup * n_steps))
    rising, falling = (step + 1) / n_warm, (n_steps - step) / max(1, n_steps - n_warm)
    return max(0.0, min(1.0, rising, falling))
