"""What a run has sent to batch interfaces and not read yet, in a file of the run.

A batch is written down *before* it is sent and again when the provider has named it, so that a process that is killed
in between leaves nothing that is paid and not found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from dialin import files, saved
from dialin.errors import InputError
from dialin.llm.accepts import Accepts
from dialin.llm.learnt import sound_change

_KEY = re.compile("[0-9a-f]{64}")
_NAME = re.compile("[A-Za-z0-9_-]{0,200}")


@dataclass(frozen=True)
class OpenBatch:
    """A batch whose answers are not read yet.

    Parameters
    ----------
    mark : str
        Our own name for it, 32 hex digits.
    model : str
        Name of the backend that is asked.
    keys : tuple of str
        Keys of its questions.
    accepts : Accepts
        What the model was known to accept when the questions were written.
    time : float
        When it was written down, in seconds since 1970.
    name : str
        The provider's name for it; "" if that is not known.
    """

    mark: str
    model: str
    keys: tuple[str, ...]
    accepts: Accepts
    time: float
    name: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Return the batch that a line of the file describes; ValueError if it describes none."""
        mark, model, name, time = (fields.get(field) for field in ("mark", "model", "name", "time"))
        keys = fields.get("keys")
        texts = [mark, model, name, *(keys if isinstance(keys, list) else [None])]
        if not (all(isinstance(text, str) for text in texts) and isinstance(time, int | float)):
            raise ValueError("a field is missing or of another type")
        if not is_batch_name(str(name)) or not all(map(_KEY.fullmatch, texts[3:])):  # they become part of a URL
            raise ValueError("a name or a key holds other letters")
        accepts = replace(Accepts(), **sound_change(fields.get("accepts")))
        return cls(str(mark), str(model), tuple(map(str, texts[3:])), accepts, float(time), str(name))


class BatchRegister:
    """The open batches of a run, in a file that is written whole at each change.

    Parameters
    ----------
    path : Path
        The file; made if it is missing, and empty while no batch is open.
    is_ending : bool
        Remove the file with the last batch: the run goes on without.

    Raises
    ------
    InputError
        The file cannot be read or written, or describes something else. All methods raise it, too.
    """

    def __init__(self, path: Path, is_ending: bool = False) -> None:
        self._path, self._is_ending = path, is_ending
        self._batches = {batch.mark: batch for batch in _read_batches(path)}
        if not self._batches:
            self._write()

    def of(self, model: str) -> list[OpenBatch]:
        """Return the open batches of a model, the oldest first."""
        return sorted((b for b in self._batches.values() if b.model == model), key=lambda batch: batch.time)

    def put(self, batch: OpenBatch) -> None:
        """Write down a batch, in the place of what was known of it."""
        self._batches[batch.mark] = batch
        self._write()

    def named(self, batch: OpenBatch, name: str) -> OpenBatch:
        """Write down the provider's name for a batch, and return it with that."""
        found = replace(batch, name=name)
        self.put(found)
        return found

    def remove(self, batch: OpenBatch) -> None:
        """Strike out a batch whose answers are kept, or that there is not."""
        self._batches.pop(batch.mark, None)
        self._write()

    def _write(self) -> None:
        if self._is_ending and not self._batches:
            self._path.unlink(missing_ok=True)
            return
        files.write_json_lines(self._path, [asdict(batch) for batch in self._batches.values()])


def is_batch_name(name: str) -> bool:
    """Return whether a provider may have given a batch this name, and it can stand in a URL; "" is not known yet.

    Examples
    --------
    >>> [is_batch_name(name) for name in ("batch_67", "", "../files")]
    [True, True, False]
    """
    return _NAME.fullmatch(name) is not None


def is_awaited(path: Path) -> bool:
    """Return whether a register, which need not exist, holds an open batch; raises like `BatchRegister`."""
    return bool(_read_batches(path))


def _read_batches(path: Path) -> list[OpenBatch]:
    if not path.exists():
        return []
    try:
        return [OpenBatch.of(fields if isinstance(fields, dict) else {}) for fields in saved.read_json_lines(path)]
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise saved.damaged(path, str(error)) from error
