"""Define the settings of an embedder's tuning."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dialin.tune.ranges import check_at_least, check_below_one, check_not_negative, check_positive
from dialin.tune.sources import Reading

Loss = Literal["supcon", "cosent"]
Pooling = Literal["mean", "cls"]
_MINIMA = {"intents": 2, "sentences": 2, "steps": 1, "eval_every": 1}


@dataclass(frozen=True)
class EmbedderSettings:
    """Settings for tuning an embedder.

    Parameters
    ----------
    base : str
        Encoder to tune: a transformers folder, an encoder or bge embedder from `dialin models`, or ``owner/name`` on
        the Hugging Face hub.
    pooling : {"mean", "cls"} or None
        How token states become a sentence vector; None: as the base says, else "mean".
    held_out : tuple of str
        Sources that are not learnt; their score chooses the best step.
    sampling : float
        A batch is of one source, drawn with a probability proportional to its number of sentences to this power.
    intents, sentences : int
        Intents in a batch, and members of each.
    learn_labels : bool
        Whether one member of each intent is the text of its label.
    loss : {"supcon", "cosent"}
        The loss; see `dialin.tune.embedder.losses`.
    temperature : float
        Cosines are divided by it.
    freeze : int
        Number of the lowest layers that stay as they are, with the token embeddings; 0: everything is trained.
    lora : int
        Rank of the matrices that are trained in place of the weights, in the linear layers that are not frozen
        (LoRA, https://arxiv.org/abs/2106.09685), with an alpha of twice the rank; 0: the weights themselves.
    distil : float
        Weight of the distance to the base's cosines; 0: off.
    average : float
        Share of the base's weights in what is scored and exported, in [0, 1): of each tuned weight, or of each product
        of LoRA's matrices.
    learning_rate, warmup : float
        Peak learning rate, and the share of the steps over which it rises; then it falls linearly to 0.
    steps : int
        Number of steps, unless `max_seconds` or `patience` stops earlier.
    max_seconds : float
        Time limit for training and its scores; 0: no limit. With a limit, the result depends on the machine's speed.
    eval_every, patience : int
        Steps between two scores, and the number of scores without improvement that stops training (0: never stop).
    bf16 : bool
        Train in bfloat16.
    seed : int
        Seed of everything random.

    Raises
    ------
    InputError
        A value is out of its range.
    """

    base: str
    pooling: Pooling | None = None
    held_out: tuple[str, ...] = ()
    sampling: float = 0.5
    intents: int = 24
    sentences: int = 4
    learn_labels: bool = True
    loss: Loss = "supcon"
    temperature: float = 0.07
    freeze: int = 0
    lora: int = 0
    distil: float = 0.0
    average: float = 0.0
    learning_rate: float = 4e-5
    warmup: float = 0.1
    steps: int = 300
    max_seconds: float = 0.0
    eval_every: int = 50
    patience: int = 4
    bf16: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_at_least(self, _MINIMA)
        check_positive(self, ("temperature", "learning_rate"))
        check_not_negative(self, ("sampling", "freeze", "lora", "distil", "max_seconds", "patience"))
        check_below_one(self, ("average", "warmup"))


@dataclass(frozen=True)
class EmbedderJob:
    """Data, settings and output folder of an embedder's tuning.

    Parameters
    ----------
    data : tuple of Path
        Files of labelled sentences; each is one source, named after the file.
    settings : EmbedderSettings
        Settings of the tuning.
    out : Path
        Output folder.
    reading : Reading
        Columns and noise labels of `data`.
    unlabelled : tuple of Path
        Files whose sentences `EmbedderSettings.distil` draws from; none: the learnt sentences.
    resume : bool
        Continue from a checkpoint in `out`, if there is one.
    """

    data: tuple[Path, ...]
    settings: EmbedderSettings
    out: Path
    reading: Reading = field(default_factory=Reading)
    unlabelled: tuple[Path, ...] = ()
    resume: bool = False
