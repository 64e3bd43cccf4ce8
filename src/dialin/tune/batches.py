"""Turn examples into batches of tokens: split them into parts, encode, order and pad them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.llm.render import Template
from dialin.prompts.quoted import bullets
from dialin.tune.settings import TuneSettings
from dialin.tune.text import TrainingExample

Tokens = NDArray[np.int64]
Tokenize = Callable[[str], list[int]]
IGNORE_INDEX = -100
"""Label of a position whose token is not learnt (torch's default)."""
_POOL = 8


@dataclass(frozen=True)
class EncodedExample:
    """An example in tokens.

    Parameters
    ----------
    example : TrainingExample
        The example in text.
    prompt, answer : tuple of int
        Tokens of the prompt and of the answer.
    options : tuple of int
        First token of each option.
    ends : tuple of int
        Position in the prompt of the last token of each sentence; empty if the intents are unknown.
    """

    example: TrainingExample
    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    options: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True)
class Batch:
    """Examples side by side, padded on the left.

    Parameters
    ----------
    ids, mask : int64 arrays of shape (n, length)
        Tokens without the last one of each answer, and a mask that is 1 at tokens and 0 at padding.
    labels : int64 array of shape (n, n_last)
        Token that should follow each of the last `n_last` positions; `IGNORE_INDEX` before the answer.
    options : int64 array of shape (n, n_options)
        First tokens of the options.
    ends : int64 array of shape (n_sentences, 3)
        Row, position of the last token, and intent of each sentence with known intents, numbered within its row.
    """

    ids: Tokens
    mask: Tokens
    labels: Tokens
    options: Tokens
    ends: Tokens


@dataclass(frozen=True)
class Shares:
    """Parts of the examples: `learnt` for training, `watched` for selection, `held_out` for the final figures."""

    learnt: list[TrainingExample]
    watched: list[TrainingExample]
    held_out: list[TrainingExample]


def shares_of(examples: Sequence[TrainingExample], settings: TuneSettings) -> Shares:
    """Return the examples divided into learnt, watched and held-out ones.

    All clusters of a label go to the same part, so that evaluations reveal a model that has memorised sentences. The
    choice depends only on seed, source and label.

    Raises
    ------
    InputError
        A held-out source is not in the data; or the learnt or watched part has no rows or, for a judge, lacks good or
        bad ones.
    """
    unknown = sorted(set(settings.held_out) - {example.source for example in examples})
    if unknown:
        sources = ", ".join(sorted({example.source for example in examples}))
        raise InputError(f"no rows of the held-out source {unknown[0]!r}", hint=f"there are: {sources}")
    held_out = [example for example in examples if example.source in settings.held_out]
    rest = [example for example in examples if example.source not in settings.held_out]
    is_watched = [_draw(settings.seed, e.source, e.group) < settings.watch_share for e in rest]
    parts = Shares(
        [e for e, watched in zip(rest, is_watched, strict=True) if not watched],
        [e for e, watched in zip(rest, is_watched, strict=True) if watched],
        held_out,
    )
    _check("learn from", parts.learnt, settings)
    _check("watch", parts.watched, settings)
    return parts


def _draw(*of: object) -> float:
    """Return a pseudo-random number in [0, 1) that depends only on the arguments."""
    return int(hashlib.sha256("\x1f".join(map(str, of)).encode("utf-8", "replace")).hexdigest()[:12], 16) / 16**12


def _check(use: str, examples: list[TrainingExample], settings: TuneSettings) -> None:
    kinds = {example.good for example in examples}
    if examples and (settings.task == "namer" or len(kinds) == 2):
        return
    found = f"{len(examples)} clusters" + (f", all {'good' if True in kinds else 'bad'}" if kinds else "")
    raise InputError(
        f"too little data to {use}: {found}", hint="give more labels, hold out less, or use another watch_share"
    )


def some(examples: Sequence[TrainingExample], n: int, seed: int) -> list[TrainingExample]:
    """Return at most n examples, half good and half bad if possible; the choice depends only on seed and ids."""
    drawn = sorted(examples, key=lambda example: _draw(seed, example.source, example.cluster_id))
    good, bad = ([e for e in drawn if e.good is kind] for kind in (True, False))
    n_bad = min(len(bad), max(n // 2, n - len(good)))
    return good[: n - n_bad] + bad[:n_bad]


def encode(example: TrainingExample, template: Template, tokenize: Tokenize) -> EncodedExample:
    """Return an example in tokens; an option is reduced to its first token, the only one read at inference.

    Raises
    ------
    InputError
        Two options begin with the same token of this model, or a token spans the end of the prompt and the answer.
    """
    text, answer = example.text(template)
    prompt = tokenize(text)
    if not example.options:
        return EncodedExample(example, tuple(prompt), tuple(_continuation(prompt, text, answer, tokenize)))
    first = tuple(_continuation(prompt, text, option, tokenize)[0] for option in example.options)
    if len(set(first)) < len(first):
        raise InputError(
            f"this model begins the answers {' and '.join(example.options)} with the same token",
            hint="choose another base, or data in a language it knows",
        )
    right = first[example.options.index(answer)]
    return EncodedExample(example, tuple(prompt), (right,), first, _ends(example, text, tokenize))


def _ends(example: TrainingExample, text: str, tokenize: Tokenize) -> tuple[int, ...]:
    """Return the position of the last token of each sentence; empty if the intents are unknown."""
    if not example.intents:
        return ()
    lines = [bullets([sentence]) for sentence in example.sentences]
    places, begin = list[int](), text.index(lines[0])
    for line in lines:
        begin += len(line) + 1  # with its newline, which some tokens join with the text before it
        places.append(len(tokenize(text[:begin])) - 1)
    return tuple(places)


def _continuation(prompt: list[int], text: str, answer: str, tokenize: Tokenize) -> list[int]:
    """Return the tokens of an answer after its prompt; alone, some tokenizers would add a space before it."""
    whole = tokenize(text + answer)
    if whole[: len(prompt)] != prompt or len(whole) == len(prompt):
        raise InputError(f"this model reads the end of the prompt and the answer {answer!r} as one token")
    return whole[len(prompt) :]


def collate(batch: Sequence[EncodedExample], pad: int) -> Batch:
    """Return a batch of these examples.

    The padding is on the left, so all answers end at the same position and logits are needed only there.
    """
    length, n_last = max(len(e) for e in batch) - 1, max(len(e.answer) for e in batch)
    ids = np.full((len(batch), length), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    labels = np.full((len(batch), n_last), IGNORE_INDEX, dtype=np.int64)
    ends = list[tuple[int, int, int]]()
    for row, encoded in enumerate(batch):
        tokens = (encoded.prompt + encoded.answer)[:-1]
        ids[row, length - len(tokens) :] = tokens
        mask[row, length - len(tokens) :] = 1
        labels[row, n_last - len(encoded.answer) :] = encoded.answer
        ends += [
            (row, length - len(tokens) + end, kind) for end, kind in zip(encoded.ends, _kinds(encoded), strict=True)
        ]
    options = np.array([e.options for e in batch], dtype=np.int64)
    return Batch(ids, mask, labels, options, np.array(ends, dtype=np.int64).reshape(-1, 3))


def _kinds(encoded: EncodedExample) -> list[int]:
    """Return a number for each sentence, equal for equal intents; a sentence without an intent gets its own.

    Examples
    --------
    >>> from dialin.prompts.prompt import Prompt
    >>> example = TrainingExample("1", "shop", "a", Prompt("", (), ""), "Bad", intents=("a", "", "b", "", "a"))
    >>> _kinds(EncodedExample(example, (), (), ends=(1, 2, 3, 4, 5)))
    [0, 1, 2, 3, 0]
    """
    known = dict[str, int]()
    return [known.setdefault(name or f"\x1f{i}", len(known)) for i, name in enumerate(encoded.example.intents)]


def by_length(examples: Sequence[EncodedExample], size: int) -> Iterator[list[int]]:
    """Yield the rows of the examples in batches of similar length."""
    order = sorted(range(len(examples)), key=lambda row: len(examples[row]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def steps_of_epoch(lengths: Sequence[int], settings: TuneSettings, epoch: int) -> list[list[list[int]]]:
    """Return the rows of each batch of each step of an epoch; a pure function of lengths, settings and epoch.

    Rows are shuffled, sorted by length within pools of `_POOL` steps, and cut into batches, which are shuffled again.
    So a batch holds examples of similar length, and the steps are nearly random.
    """
    rng = np.random.default_rng([settings.seed, epoch])
    order = rng.permutation(len(lengths)).tolist()
    pool = _POOL * settings.batch * settings.accumulation
    batches = []
    for start in range(0, len(order), pool):
        rows = sorted(order[start : start + pool], key=lambda row: lengths[row])
        batches += [rows[i : i + settings.batch] for i in range(0, len(rows), settings.batch)]
    shuffled = [batches[i] for i in rng.permutation(len(batches))]
    return [shuffled[i : i + settings.accumulation] for i in range(0, len(shuffled), settings.accumulation)]


class StepOrder:
    """The rows of each step, one epoch after another, without end.

    Parameters
    ----------
    lengths : sequence of int
        Length of each row, in tokens.
    settings : TuneSettings
        Settings of the tuning.
    """

    def __init__(self, lengths: Sequence[int], settings: TuneSettings) -> None:
        self._lengths, self._settings = lengths, settings
        self._epoch, self._steps = 0, steps_of_epoch(lengths, settings, 0)
        self.n_steps_of_epoch = len(self._steps)

    def __getitem__(self, step: int) -> list[list[int]]:
        """Return the rows of each batch of a step (0, 1, …); it depends only on its number."""
        epoch, place = divmod(step, self.n_steps_of_epoch)
        if epoch != self._epoch:
            self._epoch, self._steps = epoch, steps_of_epoch(self._lengths, self._settings, epoch)
        return self._steps[place]
