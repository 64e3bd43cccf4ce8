"""Write the model card of a tuning: base, data, figures, settings and cost, without manual edits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from dialin.jobs.machine import machine_name
from dialin.llm.spec import Spec
from dialin.score.reliability import auc, expected_calibration_error
from dialin.text.markdown import table
from dialin.tune.settings import Task, TuneSettings


@dataclass(frozen=True)
class CardSource:
    """Counts of one source in the data: all rows, good rows, and rows learnt, watched and held out."""

    name: str
    n: int
    n_good: int
    n_learnt: int
    n_watched: int
    n_held_out: int


@dataclass(frozen=True)
class Figures:
    """Quality of the tuned model on the rows of one source in one part.

    Parameters
    ----------
    part : {"held_out", "watched"}
        Held out: sources kept out of training and selection. Watched: unlearnt labels of learnt sources; some of them
        decided which step is the best.
    source : str
        The source, or "all".
    n : int
        Number of clusters.
    auc, accuracy, ece : float
        Area under the ROC curve, accuracy and expected calibration error of the uncalibrated P(good); nan for a namer.
    loss : float
        Mean loss of the answers, in nats per token.
    """

    part: str
    source: str
    n: int
    auc: float
    accuracy: float
    ece: float
    loss: float


@dataclass(frozen=True)
class CardFacts:
    """Content of a model card.

    Parameters
    ----------
    settings : TuneSettings
        Settings of the tuning.
    prompt_version : int
        Version of the learnt prompt.
    base_sha256, data, data_sha256 : str
        Hash of the base's weights; names and hashes of the data files.
    sources : tuple of CardSource
        Counts by source.
    figures : tuple of Figures
        Results by part and source.
    before, best : float
        Score of the watched rows before tuning and at the kept step.
    steps, best_step : int
        Number of steps made, and the kept step.
    seconds : float
        Time of training and its evaluations.
    machine, date, versions : str
        Machine, date (ISO 8601) and package versions.
    """

    settings: TuneSettings
    prompt_version: int
    base_sha256: str
    data: str
    data_sha256: str
    sources: tuple[CardSource, ...]
    figures: tuple[Figures, ...]
    before: float
    best: float
    steps: int
    best_step: int
    seconds: float
    machine: str
    date: str
    versions: str


def judge_figures(part: str, source: str, log_odds: ArrayLike, good: Sequence[bool]) -> Figures:
    """Return the figures of a judge from its log-odds, shape (n,).

    Examples
    --------
    Log-odds of ±ln 3 are P = .75 and .25. Three of four are right, so the loss is (3·ln 4/3 + ln 4) / 4 = 0.562.

    >>> l = math.log(3)
    >>> found = judge_figures("held_out", "a", [l, l, -l, -l], [True, True, False, True])
    >>> found.accuracy, round(found.ece, 6), round(found.loss, 3)
    (0.75, 0.25, 0.562)
    """
    odds, true = np.asarray(log_odds, dtype=np.float64), np.asarray(good, dtype=bool)
    p = 0.5 * (1 + np.tanh(odds / 2))
    accuracy = float(np.mean((odds >= 0) == true)) if len(true) else math.nan
    loss = float(np.mean(np.logaddexp(0, np.where(true, -odds, odds)))) if len(true) else math.nan
    return Figures(part, source, len(true), auc(p, true), accuracy, expected_calibration_error(p, true), loss)


def machine_here(device: str) -> str:
    """Return a description of this machine, for example "CPU: …"."""
    name = machine_name()
    if device == "cpu":
        return f"CPU: {name}"
    import torch  # noqa: PLC0415

    return f"GPU: {torch.cuda.get_device_name()}; {name}"


_USES: dict[Task, str] = {
    "judge": "It judges whether the sentences of a cluster share one intent: P(good) is the probability of the first "
    "option relative to the second as the first token of the answer (prompt `tuned`).",
    "namer": "It names a cluster with an Action-Objective label (prompt `name`, without worked examples).",
}
_SCORES: dict[Task, str] = {"judge": "AUC", "namer": "minus loss"}


def model_card(facts: CardFacts) -> str:
    """Return the card in Markdown."""
    settings = facts.settings
    chosen = asdict(settings) | {"prompt_version": facts.prompt_version}
    parts = [
        _header(settings),
        f"# A {settings.task} for dialin\n\n{_USES[settings.task]} A LoRA adapter, written by `dialin tune "
        f"{settings.task}` on {facts.date}.",
        f"## Base\n\n{settings.base}, sha256 `{facts.base_sha256}`",
        f"## Data\n\n{facts.data}, sha256 `{facts.data_sha256}`\n\n{_sources(facts.sources)}",
        f"## Figures\n\n{_figures(facts.figures, settings.task)}\n\n{_course(facts)}",
        f"## Settings\n\n{table(('setting', 'value'), sorted(chosen.items()))}",
        f"## Cost\n\n{facts.seconds / 60:.1f} minutes on {facts.machine}; {facts.versions}",
        _FILES,
    ]
    return "\n\n".join(parts) + "\n"


_FILES = """## Files

- `adapter/`: for PEFT, transformers (`PeftModel.from_pretrained(base, "adapter")`) and vLLM (`--lora-modules`)
- `adapter.gguf`: for llama.cpp, with a GGUF file of the same base
- `scores.parquet`: the model's score of each cluster that it has not learnt from"""


def _header(settings: TuneSettings) -> str:
    base = Spec.local(settings.base).model
    return f"---\nlibrary_name: peft\nbase_model: {base}\ntags: [lora, dialin, {settings.task}]\n---"


def _sources(sources: Iterable[CardSource]) -> str:
    names = ("source", "clusters", "good", "learnt", "watched", "held out")
    rows = [(s.name, s.n, s.n_good, s.n_learnt, s.n_watched, s.n_held_out) for s in sources]
    return table(names, rows)


def _figures(figures: Iterable[Figures], task: Task) -> str:
    if task == "namer":
        return table(
            ("part", "source", "clusters", "loss"), [(f.part, f.source, f.n, _number(f.loss)) for f in figures]
        )
    names = ("part", "source", "clusters", "AUC", "accuracy", "ECE", "loss")
    rows = [(f.part, f.source, f.n, *map(_number, (f.auc, f.accuracy, f.ece, f.loss))) for f in figures]
    return table(names, rows)


def _course(facts: CardFacts) -> str:
    score = _SCORES[facts.settings.task]
    return (
        "Held out: sources kept out of training and selection. Watched: labels that were not learnt; they selected "
        f"step {facts.best_step} of {facts.steps} ({score} {_number(facts.best)} on at most {facts.settings.n_watch} "
        f"clusters; before tuning {_number(facts.before)}). Probabilities are not calibrated."
    )


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
