"""How many disagreements of two judges can have stayed unseen where a lottery decides which verdicts are checked.

A cheap judge decides about a set of sentences, unless the lottery picks the set: then the dear judge is asked, too, and
its verdict counts. Whether the two would disagree is settled before the draw. So a disagreement is found with just the
chance of its draw, whatever the judges are like, and whatever earlier verdicts made of the sets that follow.
`SpotChecks` bets against the lottery, a share s of its wealth on each disagreement:

    wealth × (1 − s) / (1 − s · chance)   found
    wealth × 1 / (1 − s · chance)         missed

That is fair, so the wealth ever reaches 1 / `RISK` with a probability of at most `RISK` (Ville's inequality). Nobody
sees what was missed, but so and so many misses would have made the bettor that rich: there are hardly more.

Betting on a mean was proposed by Waudby-Smith and Ramdas (2024), and used for a cascade of a cheap and a dear LLM with
a guarantee in BARGAIN (Zeighami, Shankar and Parameswaran, 2025). BARGAIN samples records that are all known before.
Here each verdict decides what is asked next, so the bets are on the draws, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats

RISK = 0.05
"""Probability with which the guarantee may fail."""
STAKES = np.array([0.25, 0.5, 0.75, 1.0])
"""Shares of the wealth that are staked, each with a quarter of it: the more disagreements there are, the lower a stake
serves best."""
CHANCES = np.arange(1, 50) / 50
"""Chances of a check to choose from."""
RICH = -np.log(RISK)


@dataclass(frozen=True)
class Cascaded:
    """What a cheap and a dear judge decided in a run.

    Parameters
    ----------
    target : float
        Least share of the sets whose verdict is that of the dear judge, with a probability of 1 − `RISK`.
    n_sets : int
        Sets of sentences that the dear judge would have been asked about, and that got a verdict.
    n_cheap : int
        Those that the cheap judge decided alone.
    n_checked, n_differed : int
        Those that it would have decided, but a draw had them checked; those among them where the dear judge disagreed.
    n_questions : int
        Questions to the dear judge; one that comes up for several sets counts for each.
    """

    target: float
    n_sets: int = 0
    n_cheap: int = 0
    n_checked: int = 0
    n_differed: int = 0
    n_questions: int = 0

    def line(self, dear: str) -> str:
        """Return who decided what, what is guaranteed and what it cost, as one line; `dear` names the dear judge.

        Examples
        --------
        >>> for part in Cascaded(0.9, 180, 100, 30, 2, 80).line("openai:m").split("; "):
        ...     print(part)
        The cheap judge decided 100 of 180 sets of sentences
        with 95 % probability, openai:m agrees with 90 % of all 180 verdicts or more
        80 questions to openai:m, which checked 30 verdicts (2 differed).
        """
        if not self.n_sets:
            return f"{dear} was asked about no set of sentences: the embeddings decided all."
        n, target, cost = f"{self.n_sets:,}", f"{100 * self.target:g} %", f"{self.n_questions:,} questions to {dear}"
        if not self.n_cheap:
            return (
                f"The cheap judge decided none of {n} sets of sentences: they are too few, or it errs too often, to "
                f"prove {target} agreement; {cost}."
            )
        return (
            f"The cheap judge decided {self.n_cheap:,} of {n} sets of sentences; with {100 * (1 - RISK):g} % "
            f"probability, {dear} agrees with {target} of all {n} verdicts or more; {cost}, which checked "
            f"{self.n_checked:,} verdicts ({self.n_differed:,} differed)."
        )


class SpotChecks:
    """Bets against the lottery that checks verdicts.

    Attributes
    ----------
    unchecked : list of float
        Chance of a check of each verdict that stayed unchecked.
    """

    def __init__(self) -> None:
        self.unchecked: list[float] = []
        self._log_wealth = np.full(len(STAKES), -np.log(len(STAKES)))

    def chance(self, allowed: int) -> float:
        """Return the least chance at which one miss more than allowed would make the bettor rich; 1 for none."""
        won = (allowed + 1) * log_won(CHANCES)
        enough = CHANCES[np.logaddexp.reduce(self._log_wealth + won, axis=1) >= RICH]
        return float(enough[0]) if len(enough) else 1.0

    def most_missed(self, more: Sequence[float] = ()) -> int:
        """Return how many disagreements may hide among the unchecked verdicts, and `more` of these chances.

        At any time of a run, there are more with a probability of at most `RISK`.
        """
        chances = np.sort([*self.unchecked, *more])  # those that were least likely to be found come first
        wealth = np.logaddexp.reduce(self._log_wealth + np.cumsum(log_won(chances), axis=0), axis=1)
        return int((wealth < RICH).sum())

    def found(self, chance: float) -> None:
        """Note that the check of a verdict, which had this chance, found a disagreement."""
        with np.errstate(divide="ignore"):  # a stake of all is lost
            self._log_wealth += np.log1p(-STAKES) - np.log1p(-STAKES * chance)


def log_won(chances: Floats) -> Floats:
    """Return the log factor of the wealth by which each stake grows where a disagreement is missed.

    Parameters
    ----------
    chances : ndarray of shape (n,)
        Chances of a check, in [0, 1).

    Returns
    -------
    ndarray of shape (n, n_stakes)
    """
    return np.asarray(-np.log1p(-np.outer(chances, STAKES)), dtype=np.float64)
