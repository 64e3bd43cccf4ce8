"""Defines every error that dialin raises on purpose.

::

    DialinError                 what, where, the value got, and how to fix it
    ├── InputError              the data or an option is wrong          exit code 2
    │   └── DiskFullError       a disk is full; work can be resumed     exit code 2
    ├── ModelError              a local model cannot be fetched or read exit code 2
    ├── ProviderError           an LLM or embedding server failed       exit code 3
    │   └── ClusterError        a Ray cluster failed                    exit code 3
    └── BudgetError             a cap on calls, tokens or money is hit  (caught by the judge and `Draft.until_capped`)

Bugs are never wrapped: any other exception is a fault of dialin itself.
"""

from __future__ import annotations


class DialinError(Exception):
    """Base of all errors meant for the user.

    Parameters
    ----------
    message : str
        What is wrong, where, and the value received, in one line.
    hint : str, optional
        How to fix it, in one line.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InputError(DialinError, ValueError):
    """The data or an option is wrong; nothing has been written."""

    exit_code = 2


class DiskFullError(InputError):
    """A disk is full: no file is half written, every reply that was paid for is kept, and the work can be resumed."""


class InputWarning(UserWarning):
    """Part of the data was left out or understood in a way that the user should know; the command line prints it."""


class InputNote(InputWarning):
    """What was recognised in the data, and what it holds: nothing is wrong."""


class ModelError(DialinError):
    """A local model cannot be found, fetched, verified or loaded."""

    exit_code = 2


class ProviderError(DialinError):
    """An LLM or embedding server failed.

    Parameters
    ----------
    retryable : bool
        Whether the same call may succeed later (rate limit, overload, timeout).
    retry_after : float, optional
        Seconds to wait, as requested by the server.
    """

    exit_code = 3

    def __init__(
        self, message: str, *, hint: str = "", retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.retry_after = retry_after


class ClusterError(ProviderError):
    """A Ray cluster failed; what it had done is kept, and the work can be resumed."""


class BudgetError(DialinError):
    """The next call would exceed a cap on calls, tokens or money."""
