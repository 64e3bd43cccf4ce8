"""Write the results of an embedder's tuning: the model in both formats, figures, a card, and JSON facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from dialin.arrays import Matrix
from dialin.files import without_nan, write_json, write_text
from dialin.tune.card import machine_here
from dialin.tune.checkpoint import TrainState
from dialin.tune.course import Progress, Tell
from dialin.tune.embedder.card import EmbedderCardFacts, EmbedderCardSource, embedder_card
from dialin.tune.embedder.encoder import TOKENIZER, SentenceEncoder, merge_lora, write_encoder
from dialin.tune.embedder.intents import IntentSource, LabelledSample, SourceParts
from dialin.tune.embedder.measure import SourceFigures, agreement_of_tree
from dialin.tune.embedder.onnx import write_onnx
from dialin.tune.embedder.settings import EmbedderJob
from dialin.tune.embedder.student import EmbedderStudent
from dialin.tune.results import CARD, CHECKPOINT, DONE

ENCODER, MODEL = "encoder", "model.onnx"
N_TEXTS = 512
"""Sentences, about, that say how far the activations of a written model reach."""
PACKAGES = ("torch", "transformers", "peft", "onnx", "onnxscript")


@dataclass(frozen=True)
class EmbedderResults:
    """Writer of the results of a finished tuning.

    Parameters
    ----------
    job : EmbedderJob
        The job.
    parts : SourceParts
        The sources.
    state : TrainState
        Final state of the training.
    unlabelled : mapping of str to str
        File name -> sha256 of the unlabelled data.
    tell : callable
        Called with the progress.
    """

    job: EmbedderJob
    parts: SourceParts
    state: TrainState
    unlabelled: Mapping[str, str]
    tell: Tell

    def score(
        self, encoder: SentenceEncoder, student: EmbedderStudent, samples: Sequence[LabelledSample]
    ) -> tuple[SourceFigures, ...]:
        """Return the figures of each sample with the base's and with the kept weights, which stay loaded."""
        kept = student.present()
        student.put(student.base_weights)
        before = self._vectors(encoder, samples, 0)
        student.put(kept)
        after = self._vectors(encoder, samples, len(samples))
        return tuple(map(_figures, samples, before, after))

    def _vectors(self, encoder: SentenceEncoder, samples: Sequence[LabelledSample], n_done: int) -> list[Matrix]:
        found, state = list[Matrix](), self.state
        for sample in samples:
            found.append(encoder.vectors(sample.texts))
            done = n_done + len(found)
            self.tell(Progress("score", done, 2 * len(samples), state.loss, state.best, state.seconds))
        return found

    def write(self, encoder: SentenceEncoder, figures: tuple[SourceFigures, ...], base_sha256: str) -> None:
        """Write the models and the card, then the facts as JSON, which mark the tuning as complete.

        LoRA's matrices are merged into the encoder, and the checkpoint is deleted.
        """
        out, machine = self.job.out, machine_here(encoder.device)
        merge_lora(encoder)
        write_onnx(out / MODEL, encoder, typical_texts(self.parts.learnt))
        write_encoder(out / ENCODER, encoder)
        write_text(out / TOKENIZER, encoder.tokenizer_json())
        facts = self._facts(encoder, figures, base_sha256, machine)
        write_text(out / CARD, embedder_card(facts))
        write_json(out / DONE, without_nan(asdict(facts) | {"history": self.state.history}))
        (out / CHECKPOINT).unlink(missing_ok=True)

    def _facts(
        self, encoder: SentenceEncoder, figures: tuple[SourceFigures, ...], base_sha256: str, machine: str
    ) -> EmbedderCardFacts:
        state = self.state
        return EmbedderCardFacts(
            settings=self.job.settings,
            pooling=encoder.pooling,
            n_dimensions=int(encoder.model.config.hidden_size),
            base_sha256=base_sha256,
            sources=card_sources(self.parts),
            reading=self.job.reading,
            unlabelled=dict(self.unlabelled),
            figures=figures,
            before=state.history[0]["score"],
            best=state.best,
            steps=state.step,
            best_step=state.best_step,
            seconds=round(state.seconds, 1),
            machine=machine,
            date=datetime.now(UTC).date().isoformat(),
            versions=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        )


def typical_texts(sources: Sequence[IntentSource]) -> list[str]:
    """Return about `N_TEXTS` sentences, as many of each source; the choice depends on the sources alone."""
    return [text for source in sources for text in source.sample(-(-N_TEXTS // len(sources)), 0).texts]


def card_sources(parts: SourceParts) -> tuple[EmbedderCardSource, ...]:
    """Return the counts of each source, the learnt ones first."""
    return tuple(
        EmbedderCardSource(source.name, len(source.intents), source.n_sentences, is_held_out, dict(source.files))
        for is_held_out, sources in ((False, parts.learnt), (True, parts.held_out))
        for source in sources
    )


def _figures(sample: LabelledSample, before: Matrix, after: Matrix) -> SourceFigures:
    return SourceFigures(
        sample.source,
        len(sample.texts),
        len(set(sample.labels)),
        agreement_of_tree(before, sample.labels),
        agreement_of_tree(after, sample.labels),
    )
