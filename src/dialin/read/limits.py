"""Says how much memory reading may take: how large its parts are, and what cannot be read whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dialin.bounded import shown_size
from dialin.errors import InputError
from dialin.read.stored import PART_ROWS

Check = Callable[[int, int], None]
"""Is told how many distinct sentences and how many rows there are so far; raises InputError if they are too many."""
LEAST_ROWS = 1 << 12
"""Rows of the smallest part: smaller ones save next to nothing."""
_PER_ROW = 1 << 14
"""Bytes of memory for each row of a part: a sixteenth of it is what a row takes, with its share of what is sorted."""
PROGRAM_BYTES = 200_000_000
"""What the program takes before it reads."""
WHOLE_TIMES = 8
"""Bytes that each byte of a source takes which is read whole: 6 of CSV, and 9 of JSON, were measured."""


def no_check(_n: int, _n_rows: int) -> None:
    """Let any number of sentences and rows be."""


@dataclass(frozen=True)
class ReadLimits:
    """What reading may take.

    Parameters
    ----------
    memory : int, optional
        Bytes; None: as much as there is.
    check_number : callable
        Is asked whether there may be as many distinct sentences and rows as a large file turns out to have.
    is_given : bool
        Whether the user said how much: then the parts are no larger than fits it.
    most_rows : int
        Rows that a part may have.
    """

    memory: int | None = None
    check_number: Check = no_check
    is_given: bool = False
    most_rows: int = PART_ROWS

    @property
    def n_rows(self) -> int:
        """How many rows a part has, about; no result depends on it.

        Examples
        --------
        >>> ReadLimits().n_rows, ReadLimits(1 << 29, is_given=True).n_rows, ReadLimits(1, is_given=True).n_rows
        (65536, 32768, 4096)
        """
        fits = self.memory // _PER_ROW if self.is_given and self.memory is not None else PART_ROWS
        return min(self.most_rows, max(LEAST_ROWS, fits))

    def check_whole(self, n_bytes: int, where: str) -> None:
        """Raise InputError if a source that is read whole is reckoned to take more than there is.

        Parameters
        ----------
        n_bytes : int
            Its size, unpacked.
        where : str
            Its name in the message.
        """
        need = PROGRAM_BYTES + WHOLE_TIMES * n_bytes
        if self.memory is not None and need > self.memory:
            raise InputError(
                f"{where} is read whole, which takes about {shown_size(need)} of memory, and there are "
                f"{shown_size(self.memory)}",
                hint="save it as CSV (UTF-8), JSON lines, or Parquet with a sentence in each row: read in parts",
            )


NO_LIMITS = ReadLimits()
