"""Write the results of a tuning: scores of the unlearnt clusters, adapters in both formats, a card, and JSON facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.files import without_nan, write_json, write_text, write_whole
from dialin.llm.backends import CARD as TUNE_JSON
from dialin.llm.backends import TUNED_PROMPTS
from dialin.llm.spec import Spec
from dialin.prompts.templates import VERSIONS
from dialin.tune.base import Base
from dialin.tune.batches import EncodedExample, Shares
from dialin.tune.card import CardFacts, CardSource, Figures, judge_figures, model_card
from dialin.tune.checkpoint import TrainState
from dialin.tune.course import Progress, Tell
from dialin.tune.export import Layout, write_gguf, write_peft
from dialin.tune.learner import Learner
from dialin.tune.settings import Job
from dialin.tune.text import TrainingExample

CHECKPOINT, DONE = "checkpoint.pt", TUNE_JSON
ADAPTER, GGUF, SCORES, CARD = "adapter", "adapter.gguf", "scores.parquet", "README.md"
_PACKAGES = ("torch", "transformers", "peft")
_CHUNK = 64


@dataclass(frozen=True)
class Results:
    """Writer of the results of a finished tuning."""

    job: Job
    parts: Shares
    state: TrainState
    tell: Tell

    def score(self, learner: Learner, base: Base) -> tuple[Figures, ...]:
        """Score every cluster that was not learnt from, write the scores, and return the figures."""
        named = {"held_out": self.parts.held_out, "watched": self.parts.watched}
        examples = [(part, example) for part in named for example in named[part]]
        is_judge = self.job.settings.task == "judge"
        ask = learner.log_odds if is_judge else learner.losses
        values = self._asked(ask, base.encode([example for _, example in examples]))
        table = scores_table(examples, values, "log_odds" if is_judge else "loss")
        write_whole(self.job.out / SCORES, lambda path: pq.write_table(table, path))
        return tuple(figures_by_source(table))

    def _asked(
        self, ask: Callable[[Sequence[EncodedExample]], NDArray[np.float64]], examples: list[EncodedExample]
    ) -> NDArray[np.float64]:
        found: list[NDArray[np.float64]] = []
        for start in range(0, len(examples), _CHUNK):
            found.append(ask(examples[start : start + _CHUNK]))
            done = sum(map(len, found))
            best = self.state.best
            self.tell(Progress("score", done, len(examples), self.state.loss, best, self.state.seconds))
        return np.concatenate(found)

    def export(self, learner: Learner, layout: Layout | None) -> Path | None:
        """Write the adapter in both formats; return the path of the GGUF file, or None without a `layout`."""
        settings, out = self.job.settings, self.job.out
        write_peft(out / ADAPTER, learner.model, Spec.local(settings.base).model)  # its matrices are complete
        if layout is None:
            return None
        matrices = {name: matrix.float().numpy() for name, matrix in learner.adapter().items()}
        write_gguf(out / GGUF, matrices, layout, settings.alpha)
        return out / GGUF

    def describe(self, figures: tuple[Figures, ...], identity: dict[str, str], machine: str) -> None:
        """Write the card, then the facts as JSON, which mark the tuning as complete; then delete the checkpoint."""
        facts = self._facts(figures, identity, machine)
        text = model_card(facts)
        write_text(self.job.out / CARD, text)
        write_text(self.job.out / ADAPTER / CARD, text)
        write_json(self.job.out / DONE, without_nan(asdict(facts) | {"history": self.state.history}))
        (self.job.out / CHECKPOINT).unlink(missing_ok=True)

    def _facts(self, figures: tuple[Figures, ...], identity: dict[str, str], machine: str) -> CardFacts:
        state = self.state
        return CardFacts(
            settings=self.job.settings,
            prompt_version=VERSIONS[TUNED_PROMPTS[self.job.settings.task]],
            base_sha256=identity["base"],
            data=", ".join(path.name for path in self.job.data),
            data_sha256=identity["data"],
            sources=tuple(sources_of(self.parts)),
            figures=figures,
            before=state.history[0]["score"],
            best=state.best,
            steps=state.step,
            best_step=state.best_step,
            seconds=round(state.seconds, 1),
            machine=machine,
            date=datetime.now(UTC).date().isoformat(),
            versions=", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        )


def sources_of(parts: Shares) -> list[CardSource]:
    """Return the counts of each source: rows, good rows, and rows learnt, watched and held out."""
    everything = [*parts.learnt, *parts.watched, *parts.held_out]

    def count(examples: list[TrainingExample], name: str) -> int:
        return sum(example.source == name for example in examples)

    return [
        CardSource(
            name,
            count(everything, name),
            count([example for example in everything if example.good], name),
            *(count(part, name) for part in (parts.learnt, parts.watched, parts.held_out)),
        )
        for name in sorted({example.source for example in everything})
    ]


def scores_table(examples: Sequence[tuple[str, TrainingExample]], values: NDArray[np.float64], name: str) -> pa.Table:
    """Return one row per cluster: part, cluster_id, source, good, and the model's value in column `name`."""
    return pa.table(
        {
            "part": [part for part, _ in examples],
            "cluster_id": [example.cluster_id for _, example in examples],
            "source": [example.source for _, example in examples],
            "good": [example.good for _, example in examples],
            name: values,
        }
    )


def figures_by_source(table: pa.Table) -> list[Figures]:
    """Return the figures of each source in each part of a table of scores, and of all sources of a part together."""
    rows = table.to_pylist()
    found = []
    for part in dict.fromkeys(row["part"] for row in rows):
        own = [row for row in rows if row["part"] == part]
        sources = sorted({row["source"] for row in own})
        found += [_figures(part, source, [row for row in own if row["source"] == source]) for source in sources]
        if len(sources) > 1:
            found.append(_figures(part, "all", own))
    return found


def _figures(part: str, source: str, rows: list[dict[str, Any]]) -> Figures:
    if "loss" in rows[0]:
        nan = float("nan")
        return Figures(part, source, len(rows), nan, nan, nan, float(np.mean([row["loss"] for row in rows])))
    return judge_figures(part, source, [row["log_odds"] for row in rows], [bool(row["good"]) for row in rows])
