"""Finds what goes from a run when a dialogue or a text is forgotten, and takes it out of the tables: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.arrays import Ints, Matrix
from dialin.discover.assign import Pieces
from dialin.errors import InputError
from dialin.read.cells import clean
from dialin.read.corpus import Corpus
from dialin.read.outcomes import INTENTS
from dialin.redact.placeholders import unnumbered
from dialin.redact.table import redacted_text
from dialin.review.apply import edited_intents, state_of
from dialin.review.pieces import chosen
from dialin.review.pin import KeptIntents
from dialin.runs.tables import STATED

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Going:
    """What goes from a run.

    Parameters
    ----------
    utterances : bool array of shape (n occurrences,)
        Whether an utterance goes.
    counts : int64 array of shape (n sentences,)
        How often each sentence is said by the others; one that nobody else says goes.
    texts : tuple of str
        The texts that no other sentence has.
    dialogues : tuple of str
        The ids of the dialogues that go.
    """

    utterances: Mask
    counts: Ints
    texts: tuple[str, ...]
    dialogues: tuple[str, ...]

    @property
    def stays(self) -> Mask:
        """Whether a sentence stays, shape (n sentences,)."""
        return self.counts > 0

    @property
    def new_ids(self) -> Ints:
        """The new number of each sentence; −1 for one that goes."""
        return np.where(self.stays, np.cumsum(self.stays) - 1, -1)


def going_of(corpus: Corpus, dialogues: Sequence[str], texts: Sequence[str]) -> Going:
    """Return what goes from a corpus with these dialogues and texts.

    Raises
    ------
    InputError
        There is no such dialogue or text, or nothing would be left.
    """
    said = corpus.occurrences["sentence_id"].to_numpy()
    goes = _of_dialogues(corpus, dialogues) | _sentences_with(corpus, texts)[said]
    counts = np.bincount(said[~goes], minlength=len(corpus.texts)).astype(np.int64)
    if not counts.any():
        raise InputError("these are all utterances of the run", hint="forget the run itself: dialin forget RUN")
    kept = {text for text, n in zip(corpus.texts, counts.tolist(), strict=True) if n}
    gone = dict.fromkeys(text for text, n in zip(corpus.texts, counts.tolist(), strict=True) if not n)
    return Going(goes, counts, tuple(text for text in gone if text not in kept), tuple(dialogues))


def _of_dialogues(corpus: Corpus, dialogues: Sequence[str]) -> Mask:
    column = corpus.occurrences["dialogue_id"]
    for dialogue in dialogues:
        if not pc.any(pc.equal(column, dialogue), min_count=0).as_py():
            raise InputError(f"the run has no dialogue {dialogue!r}", hint="give an id of occurrences.parquet")
    is_one = pc.is_in(column, pa.array(list(dialogues), column.type))
    return np.asarray(pc.fill_null(is_one, False).to_numpy(), dtype=np.bool_)


def _sentences_with(corpus: Corpus, texts: Sequence[str]) -> Mask:
    """Return which sentences have one of these texts, which are cleaned as they are when a source is read.

    A text may hold the values that were replaced; placeholders match whatever their numbers, which a dialogue gives.
    """
    given = [str(text) for text in clean(pa.array(list(texts), pa.large_string())).to_pylist()]
    forms = {text: {unnumbered(text), unnumbered(redacted_text(text))} for text in given}
    known = list(map(unnumbered, corpus.texts)) if given else []
    said = set(known)
    missing = sorted(text for text in given if not forms[text] & said)
    if missing:
        n = sum(missing[0] in text for text in corpus.texts)
        hint = f"{n:,} sentences contain it: give one of them whole" if n else "give a whole text of sentences.parquet"
        raise InputError("no sentence of the run is the text that you gave", hint=hint)
    wanted = {form for text in given for form in forms[text]}
    return np.isin(np.arange(len(corpus.texts)), [i for i, text in enumerate(known) if text in wanted])


# --- tables ---------------------------------------------------------------------------------------


def occurrences_without(occurrences: pa.Table, going: Going) -> pa.Table:
    """Return the utterances that stay, with the new numbers of their sentences."""
    kept = occurrences.filter(pa.array(~going.utterances))
    ids = going.new_ids[kept["sentence_id"].to_numpy()]
    return kept.set_column(kept.schema.get_field_index("sentence_id"), "sentence_id", pa.array(ids, pa.int64()))


def stated_without(occurrences: pa.Table, lost: Collection[int]) -> pa.Table:
    """Return utterances that no longer state these intents, which nobody is left to say."""
    place = occurrences.schema.get_field_index(INTENTS)
    if not lost or place < 0 or occurrences[INTENTS].type != STATED:
        return occurrences
    stated = [own and [one for one in own if one["intent_id"] not in lost] for own in occurrences[INTENTS].to_pylist()]
    return occurrences.set_column(place, INTENTS, pa.array(stated, STATED))


def sentences_without(sentences: pa.Table, going: Going) -> pa.Table:
    """Return the sentences that stay, with new numbers and counts."""
    counts = going.counts[going.stays]
    new = {"sentence_id": np.arange(len(counts)), "count": counts}
    kept = sentences.filter(pa.array(going.stays))
    for name, values in new.items():
        kept = kept.set_column(kept.schema.get_field_index(name), name, pa.array(values, pa.int64()))
    return kept


def intents_without(intents: pa.Table, sentences: pa.Table, before: pa.Table) -> pa.Table:
    """Return the intents with the sentences that stay: their sizes, kinds and examples; descriptions of others go.

    Parameters
    ----------
    intents : pyarrow.Table
        The intents before.
    sentences, before : pyarrow.Table
        The sentences that stay, and all sentences.
    """
    lost = np.setdiff1d(before["intent_id"].to_numpy(), sentences["intent_id"].to_numpy())
    left = intents.filter(pa.array(~np.isin(intents["intent_id"].to_numpy(), lost)))
    changed = _changed(before, sentences)
    state = replace(state_of(sentences, left), touched=frozenset(changed))
    return edited_intents(sentences, left, state)


def _changed(before: pa.Table, after: pa.Table) -> set[int]:
    """Return the intents that are said less often than before."""
    totals = [_totals(table) for table in (before, after)]
    return {intent for intent, n in totals[0].items() if intent >= 0 and totals[1].get(intent, 0) != n}


def _totals(sentences: pa.Table) -> dict[int, int]:
    ids, places = np.unique(sentences["intent_id"].to_numpy(), return_inverse=True)
    counts = np.bincount(places, weights=sentences["count"].to_numpy()).astype(np.int64)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def pieces_without(pieces: Pieces, X: Matrix, roles: Sequence[str], stays: Mask) -> Pieces:
    """Return the pieces to which a sentence that stays is nearest, or none was; the others are of what goes alone.

    Parameters
    ----------
    pieces : Pieces
        The decision function.
    X : ndarray of shape (n, d)
        Vectors of all sentences.
    roles : sequence of str
        Their roles.
    stays : bool array of shape (n,)
        Whether each stays.
    """
    nearest, _, _ = pieces.nearest(X, roles)
    lost = set(nearest[~stays].tolist()) - set(nearest[stays].tolist())
    rows = [row for row in range(len(pieces.intents)) if row not in lost]
    return chosen(pieces, rows, pieces.intents[rows].tolist())


def pinned_without(pinned: KeptIntents, stays: Mask) -> KeptIntents:
    """Return the intents that were kept of an earlier run, with the decisions about the sentences that stay."""
    return replace(pinned, labels=pinned.labels[stays])
