"""Says what a run found and cost, and what is left, in the lines under its table of intents."""

from __future__ import annotations

from dialin.facts.headline import Summary
from dialin.files import quoted
from dialin.runs.manifest import CAPPED
from dialin.runs.run import Run


def totals(run: Run, summary: Summary) -> list[str]:
    """Return the lines under the table: findings, cost, and unassigned utterances."""
    found = summary.goodness
    n = len(summary.intents)
    good = f" · expected goodness {found.value:.2f} ({found.low:.2f}–{found.high:.2f})" if n else ""
    calls = f" in {summary.n_dialogues:,} calls" if summary.n_dialogues else ""
    clustered = f"{summary.n_occurrences - summary.n_left_out:,} {'needs' if summary.n_left_out else 'utterances'}"
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
    if summary.suggestion:
        lines.insert(1, summary.suggestion)
    if summary.cascade:
        lines.append(summary.cascade)
    if summary.kinds:
        lines.append(said_line(summary))
    if summary.unassigned:
        parts = [f"{reason} {n:,}" for reason, n in summary.unassigned.items()]
        lines.append(f"unassigned: {', '.join(parts)}")
    if summary.unseen:
        lines.append(f"listed, but no cluster was near enough: {', '.join(summary.unseen)}")
    if summary.redacted:
        lines.append(summary.redacted)
    if summary.withheld:
        lines.append(summary.withheld)
    if summary.note:
        lines.append(summary.note)
    if summary.status == CAPPED:
        lines.append(f"CAPPED: best result so far. Continue, with a higher cap or none: {run.resume_command}")
    return lines


def said_line(summary: Summary) -> str:
    """Return the line about what the utterances do."""
    parts = ", ".join(f"{kind} {n:,}" for kind, n in summary.kinds.items())
    return f"utterances: {parts}"
