"""How calls that failed for a passing reason are repeated, to LLMs and to embedders alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import tenacity

from dialin.errors import ProviderError

LONG_WAIT = 300.0
"""Seconds; a server that asks for a longer wait is not waited for."""


@dataclass(frozen=True)
class Retry:
    """How to repeat calls that failed for a passing reason.

    Parameters
    ----------
    attempts : int
        Most tries of one call.
    first_wait, max_wait : float
        Seconds before the second try, doubled for each further one; their bound. A longer wait that the server asks
        for is kept.
    max_asked : float
        Longest wait in seconds that the server may ask for; a call that would have to wait longer fails at once.
    sleep : callable, optional
        Waits that many seconds; None waits on the clock, and no longer once the batch has failed.
    """

    attempts: int = 6
    first_wait: float = 1.0
    max_wait: float = 60.0
    max_asked: float = LONG_WAIT
    sleep: Callable[[float], None] | None = None

    def retrying(self, stop: Event) -> tenacity.Retrying:
        """Return what repeats a call: no further time once `stop` is set."""
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(self._is_worth_it),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(self.attempts) | tenacity.stop_when_event_set(stop),
            sleep=self.sleep or tenacity.sleep_using_event(stop),
            reraise=True,
        )

    def _is_worth_it(self, error: BaseException) -> bool:
        if not isinstance(error, ProviderError):
            return False
        return error.retryable and (error.retry_after or 0.0) <= self.max_asked

    def _wait(self, state: tenacity.RetryCallState) -> float:
        wait = tenacity.wait_exponential_jitter(multiplier=self.first_wait, max=self.max_wait, jitter=self.first_wait)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ProviderError) else None
        return max(wait(state), asked or 0.0)
