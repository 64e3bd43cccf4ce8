"""Write the model card of an embedder, without manual edits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from dialin.text.markdown import table
from dialin.tune.embedder.measure import MAX_SCORED, SourceFigures
from dialin.tune.embedder.settings import EmbedderSettings, Pooling
from dialin.tune.sources import Reading


@dataclass(frozen=True)
class EmbedderCardSource:
    """Counts of one source: intents, sentences, and whether it was held out; `files` maps its file to the sha256."""

    name: str
    n_intents: int
    n_sentences: int
    is_held_out: bool
    files: dict[str, str]


@dataclass(frozen=True)
class EmbedderCardFacts:
    """Content of an embedder's model card.

    Parameters
    ----------
    settings : EmbedderSettings
        Settings of the tuning.
    pooling : {"mean", "cls"}
        Pooling that was used.
    n_dimensions : int
        Length of a vector.
    base_sha256 : str
        Hash of the base's weights.
    sources : tuple of EmbedderCardSource
        The labelled data.
    reading : Reading
        Columns and noise labels of the data.
    unlabelled : dict of str
        File name -> sha256 of the unlabelled data.
    figures : tuple of SourceFigures
        Results on the held-out sources.
    before, best : float
        Score before tuning and at the kept step; nan without held-out sources.
    steps, best_step : int
        Number of steps made, and the kept step.
    seconds : float
        Time of training and its evaluations.
    machine, date, versions : str
        Machine, date (ISO 8601) and package versions.
    """

    settings: EmbedderSettings
    pooling: Pooling
    n_dimensions: int
    base_sha256: str
    sources: tuple[EmbedderCardSource, ...]
    reading: Reading
    unlabelled: dict[str, str]
    figures: tuple[SourceFigures, ...]
    before: float
    best: float
    steps: int
    best_step: int
    seconds: float
    machine: str
    date: str
    versions: str


def embedder_card(facts: EmbedderCardFacts) -> str:
    """Return the card in Markdown."""
    settings = facts.settings
    reading = facts.reading
    columns = {"label": reading.label, "text": reading.text or "auto", "noise": reading.noise}
    chosen = asdict(settings) | {"pooling": facts.pooling} | columns
    parts = [
        f"---\nlibrary_name: sentence-transformers\nbase_model: {settings.base}\ntags: [dialin, embedder]\n---",
        f"# An embedder for dialin\n\nIt turns a sentence into {facts.n_dimensions} numbers, so that sentences of one "
        f"intent lie close together. Written by `dialin tune embedder` on {facts.date}.",
        f"## Base\n\n{settings.base}, sha256 `{facts.base_sha256}`",
        f"## Data\n\n{_sources(facts.sources)}{_unlabelled(facts.unlabelled)}",
        f"## Figures\n\n{_figures(facts.figures)}{_course(facts)}",
        f"## Settings\n\n{table(('setting', 'value'), sorted(chosen.items()))}",
        f"## Cost\n\n{facts.seconds / 60:.1f} minutes on {facts.machine}; {facts.versions}",
        "## Licence\n\nThe licences of base and data hold.",
        _FILES,
    ]
    return "\n\n".join(parts) + "\n"


_FILES = """## Files

- `model.onnx`, `tokenizer.json`: for onnxruntime; `input_ids` and `attention_mask`, of at most 256 tokens, \
give unit `sentence_vectors`. It multiplies in int8; set `session.disable_quant_qdq` to "1"
- `encoder/`: for transformers and sentence-transformers, in float32; a further tuning can begin from it"""


def _sources(sources: Iterable[EmbedderCardSource]) -> str:
    rows = [
        (s.name, s.n_intents, s.n_sentences, "held out" if s.is_held_out else "learnt", *_file(s.files))
        for s in sources
    ]
    return table(("source", "intents", "sentences", "use", "file", "sha256"), rows)


def _file(files: dict[str, str]) -> tuple[str, str]:
    [(name, sha256)] = files.items()
    return name, sha256


def _unlabelled(files: dict[str, str]) -> str:
    return f"\n\nUnlabelled: {_hashes(files)}" if files else ""


def _hashes(files: dict[str, str]) -> str:
    return ", ".join(f"{name} sha256 `{sha256}`" for name, sha256 in files.items())


def _figures(figures: Iterable[SourceFigures]) -> str:
    rows = [(f.source, f.n, f.n_intents, *(_number(value) for pair in _pairs(f) for value in pair)) for f in figures]
    names = ("source", "sentences", "intents", *(f"{name} {when}" for name in _NAMES for when in ("before", "after")))
    return f"{table(names, rows)}\n\n" if rows else ""


_NAMES = ("AMI", "ARI", "ACC")


def _pairs(figures: SourceFigures) -> list[tuple[float, float]]:
    before, after = figures.before, figures.after
    return [(before.ami, after.ami), (before.ari, after.ari), (before.acc, after.acc)]


def _course(facts: EmbedderCardFacts) -> str:
    if not facts.figures:
        return f"No source was held out, so nothing is known about the quality. All {facts.steps} steps were made."
    return (
        f"Ward's tree of at most {MAX_SCORED:,} sentences of each held-out source, cut at the true number of intents, "
        f"before and after tuning. The mean AMI chose step {facts.best_step} of {facts.steps} ({_number(facts.best)}; "
        f"before tuning {_number(facts.before)}), so the figures are slightly too good."
    )


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
