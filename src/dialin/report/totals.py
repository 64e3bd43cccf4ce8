"""Says what a run found and cost, and what is left, in the lines under its table of intents."""

from __future__ import annotations

from dialin.facts.headline import Summary
from dialin.facts.seconds import calls_made
from dialin.files import quoted
from dialin.name.kinds import NEED
from dialin.runs.manifest import CAPPED
from dialin.runs.run import Run

DOES = {
    NEED: "state a need",
    "answer": "answer",
    "data": "give or ask for data",
    "acknowledgement": "acknowledge",
    "social": "are social",
}
"""What utterances of a kind do."""
MAX_FACTOR = 4
"""Widest interval of the suggested number that is shown under a table: its upper end by its lower one."""


def totals(run: Run, summary: Summary) -> list[str]:
    """Return the lines under the table: findings, cost, and unassigned utterances."""
    found = summary.goodness
    n = len(summary.intents)
    good = f" · expected goodness {found.value:.2f} ({found.low:.2f}–{found.high:.2f})" if n else ""
    if (purity := summary.expected_purity) is not None:
        good += f", purity {purity:.2f}"
    calls = f" in {summary.n_dialogues:,} calls" if summary.n_dialogues else ""
    clustered = f"{summary.n_occurrences - summary.n_left_out:,} {summary.unit}"
    lines = [
        f"{summary.counted} · {summary.coverage:.1%} of {clustered}{calls}{good}",
        f"{summary.questions:,} LLM calls · {summary.tokens_in:,} tokens in, {summary.tokens_out:,} out",
    ]
    if summary.n_candidates:
        n = summary.n_candidates
        what = f"{n:,} candidate{'s' * (n != 1)} that nobody has accepted yet"
        lines.insert(1, f"{what}: dialin review {quoted(run.folder)}")
    if summary.cost:
        lines.append(f"cost: {summary.cost}")
    if line := suggestion_line(summary):
        lines.insert(1, line)
    if summary.cascade:
        lines.append(summary.cascade)
    if summary.kinds:
        lines.append(said_line(summary))
    if summary.unassigned:
        parts = [f"{n:,} {reason}" for reason, n in summary.unassigned.items()]
        lines.append(f"without an intent: {', '.join(parts)}")
    if summary.unseen:
        lines.append(f"listed, but no cluster was near enough: {', '.join(summary.unseen)}")
    if summary.redacted:
        lines.append(summary.redacted)
    if summary.withheld:
        lines.append(summary.withheld)
    lines += filter(None, [summary.unknown_agent, summary.note])
    if summary.status == CAPPED:
        lines.append(f"CAPPED: best result so far. Continue, with a higher cap or none: {run.resume_command}")
    return lines


def said_line(summary: Summary) -> str:
    """Return the line about what the utterances do, each read by itself: an intent of needs may hold others, too."""
    parts = ", ".join(f"{n:,} {DOES[kind]}" for kind, n in summary.kinds.items())
    n = summary.n_in_needs
    is_other = n is not None and n != summary.kinds.get(NEED, 0)
    if not is_other:
        return f"of the utterances, {parts}"
    return f"read one by one, {parts}; the intents of needs, leftover groups included, hold {n:,} of any kind"


def suggestion_line(summary: Summary) -> str:
    """Return how the number of intents compares with the one that the sentences suggest; "" where none was measured.

    An interval whose ends are more than `MAX_FACTOR` apart says little: the report has it.
    """
    found, n = summary.suggested, summary.n_intents
    if found is None or not n:
        return ""
    is_rough = found.high > MAX_FACTOR * found.low
    number = (
        f"very roughly {found.n:,} (the report has the interval)" if is_rough else f"{found.low:,} to {found.high:,}"
    )
    fits = "plausible" if found.low <= n <= found.high else "high" if n > found.high else "low"
    unfitted = "" if summary.is_fitted else "; that estimate is not fitted to this embedder"
    return f"The number of intents, {n:,}, is {fits}: the sentences suggest {number}{unfitted}."


def stored_line(run: Run, summary: Summary) -> str:
    """Return how many calls the run made itself, if replies were stored already; "" if it made all of them."""
    made = calls_made(run.folder)
    if made is None or made >= summary.questions:
        return ""
    rest = summary.questions - made
    return f"of the {summary.questions:,} LLM calls, the run made {made:,}; {rest:,} replies were stored already"
