"""Computes the headline figures of a run and the rows of its intents, and their JSON form."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from dialin import files
from dialin.arrays import Ints
from dialin.cluster.cut_weights import is_fitted
from dialin.cluster.granularity import SuggestedNumber
from dialin.discover.state import NOT_A_NEED
from dialin.facts.unknown_speakers import unknown_agent_line
from dialin.files import without_nan
from dialin.judge.certainty import expected_purity
from dialin.judge.guarantee import Cascaded
from dialin.llm.prices import Cost, cost_json
from dialin.llm.spec import NO_LLM
from dialin.name.kinds import KINDS, may_be_need
from dialin.read.codes import Coded, codes_of
from dialin.read.dialogues import dialogue_numbers
from dialin.review.columns import kinds_in
from dialin.runs.redaction import read_redaction
from dialin.runs.run import Run, check_ended
from dialin.score.reliability import Goodness, expected_goodness
from dialin.text.unseen import plain_name


@dataclass(frozen=True)
class Summary:
    """Headline figures of a run.

    Parameters
    ----------
    status : str
        "complete" or "capped".
    intents : list of dict
        Rows of ``intents.parquet``, each with its `share` of all utterances, the number of dialogues with it
        (`n_dialogues`) and their share (`dialogue_share`), both None without dialogue ids; `description` is "" where
        the run has none, `kind` "" and `p_kind` None where it knows no kinds, as those of dialin 0.2.0.
    n_sentences, n_occurrences : int
        Numbers of distinct sentences and of utterances.
    n_assigned : int
        Number of utterances with an intent.
    unassigned : dict of str to int
        Number of utterances without an intent, by reason.
    goodness : Goodness
        Expected share of good intents from the P(good) of each, with its 95 % interval.
    questions, tokens_in, tokens_out : int
        Number of distinct questions to the LLM, and of their tokens.
    cost : Cost or None
        What these questions cost; None if no server was asked, or its price is unknown.
    suggested : SuggestedNumber or None
        Number of intents that the sentences suggest; None if it was not measured.
    is_fitted : bool
        Whether that estimate and P(good) were fitted to the vectors of the run's embedder.
    kinds : dict of str to int
        Number of utterances of each known kind, in the order of `dialin.name.kinds.KINDS`.
    note : str
        What the user should know about the answers of the LLM; "" for nothing.
    unseen : list of str
        Names of the listed intents that no sentence has.
    cascaded : Cascaded or None
        What a cheap and a dear judge decided; None where there was but one.
    dear : str
        Spec of the dear judge, or "none".
    redacted : str
        What was replaced in the sentences, in words; "" where nothing was looked for.
    withheld : str
        What is withheld because too few people said it, in words; "" for nothing.
    n_withheld : int
        Number of intents that the last row stands for, because they are withheld; 0 if none is.
    n_dialogues : int
        Number of dialogues; 0 without dialogue ids.
    """

    status: str
    intents: list[dict[str, Any]]
    n_sentences: int
    n_occurrences: int
    n_assigned: int
    unassigned: dict[str, int]
    goodness: Goodness
    questions: int
    tokens_in: int
    tokens_out: int
    cost: Cost | None = None
    suggested: SuggestedNumber | None = None
    is_fitted: bool = True
    kinds: dict[str, int] = field(default_factory=dict)
    note: str = ""
    unseen: list[str] = field(default_factory=list)
    cascaded: Cascaded | None = None
    dear: str = NO_LLM
    redacted: str = ""
    withheld: str = ""
    n_withheld: int = 0
    n_dialogues: int = 0

    @property
    def suggestion(self) -> str:
        """The sentence about the suggested number of intents; "" if it was not measured."""
        found = self.suggested
        if found is None:
            return ""
        unfitted = "" if self.is_fitted else "; the estimate is not fitted to this embedder"
        return f"The sentences suggest about {found.n:,} intents, between {found.low:,} and {found.high:,}{unfitted}."

    @property
    def cascade(self) -> str:
        """The sentence about the cheap and the dear judge; "" where there was but one."""
        return self.cascaded.line(self.dear) if self.cascaded else ""

    @property
    def unknown_agent(self) -> str:
        """The sentence that no role is known as the agent's; "" if one is, or there are no roles."""
        return unknown_agent_line(row["role"] or "" for row in self.intents)

    @property
    def n_intents(self) -> int:
        """The number of intents, each of those withheld, too."""
        return len(self.intents) - bool(self.n_withheld) + self.n_withheld

    @property
    def n_in_needs(self) -> int | None:
        """The number of utterances in the intents that are why people call; None where no kind is known."""
        if not any(row["kind"] for row in self.intents):
            return None
        return sum(int(row["n_occurrences"]) for row in self.intents if may_be_need(row["kind"]))

    @property
    def counted(self) -> str:
        """How many intents there are, in words: those withheld apart."""
        n = len(self.intents) - bool(self.n_withheld)
        own = f"{n:,} intent{'s' * (n != 1)}"
        return f"{own} and {self.n_withheld:,} withheld" if self.n_withheld else own

    @property
    def n_candidates(self) -> int:
        """The number of intents that an update found and nobody has accepted yet."""
        return sum(bool(intent.get("candidate")) for intent in self.intents)

    @property
    def intent_ids(self) -> list[int]:
        """The ids of the intents, in row order."""
        return [intent["intent_id"] for intent in self.intents]

    @property
    def expected_purity(self) -> float | None:
        """The share of the utterances with an intent that one may expect to fit theirs; None without intents."""
        n = sum(int(row["n_occurrences"]) for row in self.intents)
        fit = sum(int(row["n_occurrences"]) * expected_purity(row["p_good"]) for row in self.intents)
        return fit / n if n else None

    @property
    def n_left_out(self) -> int:
        """The number of utterances that were left out because only needs were clustered."""
        return self.unassigned.get(NOT_A_NEED, 0)

    @property
    def unit(self) -> str:
        """What the figures count: "needs" if something was left out as not a need, else "utterances"."""
        return "needs" if self.n_left_out else "utterances"

    @property
    def coverage(self) -> float:
        """The share of the utterances with an intent, among those that were not left out."""
        return self.n_assigned / max(self.n_occurrences - self.n_left_out, 1)


def summary_of(run: Run) -> Summary:
    """Return the headline figures of a run.

    Raises
    ------
    InputError
        If the run has no result yet.
    """
    check_ended(run)
    n = run.manifest.source.n_occurrences
    intents, counts = run.intents.to_pylist(), run.sentences["count"].to_numpy()
    is_left = run.sentences["intent_id"].to_numpy() < 0
    left = said_by(codes_of(run.sentences["reason"]), counts * is_left)
    said = said_by(kinds_in(run.sentences), counts)
    usage = run.manifest.usage.values()
    n_dialogues, with_intent = dialogues_with_intent(run)
    return Summary(
        status=run.manifest.status,
        intents=[
            intent_row(intent, n) | dialogue_columns(with_intent.get(intent["intent_id"], 0), n_dialogues)
            for intent in intents
        ],
        n_sentences=run.manifest.source.n_sentences,
        n_occurrences=n,
        n_assigned=n - left.total(),
        unassigned=dict(left.most_common()),
        goodness=expected_goodness([intent["p_good"] for intent in intents]),
        questions=sum(step["questions"] for step in usage),
        tokens_in=sum(step["tokens_in"] for step in usage),
        tokens_out=sum(step["tokens_out"] for step in usage),
        cost=run.manifest.cost,
        suggested=run.manifest.suggested,
        is_fitted=is_fitted(run.manifest.embedder),
        kinds={kind: said[kind] for kind in KINDS if said[kind]},
        note=run.manifest.note,
        unseen=run.manifest.unseen,
        cascaded=run.manifest.cascaded,
        dear=plain_name(run.manifest.cascade_llm),
        redacted=redaction.line if (redaction := read_redaction(run.folder / files.REDACTION)) else "",
        n_dialogues=n_dialogues,
    )


def dialogues_with_intent(run: Run) -> tuple[int, dict[int, int]]:
    """Return the number of dialogues of a run, and of those in which each intent is said, by intent id."""
    of = dialogue_numbers(run.corpus.occurrences)
    n = int(of.max(initial=-1)) + 1
    intent = run.sentences["intent_id"].to_numpy()[run.corpus.occurrences["sentence_id"].to_numpy()]
    is_told = (of >= 0) & (intent >= 0)
    pairs = np.unique(intent[is_told] * n + of[is_told])
    ids, counts = np.unique(pairs // max(n, 1), return_counts=True)
    return n, dict(zip(ids.tolist(), counts.tolist(), strict=True))


def dialogue_columns(n: int, n_dialogues: int) -> dict[str, Any]:
    """Return the number of dialogues with an intent and their share; both None where there are no dialogues.

    Examples
    --------
    >>> dialogue_columns(27, 120), dialogue_columns(0, 0)
    ({'n_dialogues': 27, 'dialogue_share': 0.225}, {'n_dialogues': None, 'dialogue_share': None})
    """
    if not n_dialogues:
        return {"n_dialogues": None, "dialogue_share": None}
    return {"n_dialogues": n, "dialogue_share": n / n_dialogues}


def said_by(column: Coded, counts: Ints) -> Counter[str]:
    """Return how often the sentences with each text in a column were said, by first appearance; never 0.

    Parameters
    ----------
    column : Coded
        Kind or reason of each of n sentences.
    counts : ndarray of shape (n,), int64
        How often each was said; 0 for a sentence that does not count.
    """
    totals = np.bincount(column.codes, weights=counts, minlength=len(column.names)).astype(np.int64)
    return Counter({name: n for name, n in zip(column.names.tolist(), totals.tolist(), strict=True) if n})


def intent_row(intent: dict[str, Any], n_occurrences: int) -> dict[str, Any]:
    """Return a row of ``intents.parquet`` with its share of all utterances, and the columns that older runs lack."""
    later = {name: intent.get(name) or "" for name in ("description", "kind")} | {"p_kind": intent.get("p_kind")}
    later["path"] = intent.get("path") or []
    later["candidate"] = bool(intent.get("candidate"))
    return intent | later | {"share": intent["n_occurrences"] / n_occurrences}


def summary_json(run: Run, summary: Summary | None = None) -> dict[str, object]:
    """Return the headline figures and settings of a run as plain values, for ``--json``.

    The `summary` is that of the run, unless something of it is withheld.
    """
    summary, manifest = summary or summary_of(run), run.manifest
    return {
        "run": str(run.folder),
        **asdict(summary),
        "goodness": without_nan(asdict(summary.goodness)),
        "expected_purity": summary.expected_purity,
        **cost_json(summary.cost),
        "coverage": summary.coverage,
        "usage": manifest.usage,
        "llm": manifest.llm,
        "judge_llm": manifest.judge_llm,
        "embedder": manifest.embedder,
        "settings": asdict(manifest.settings),
    }
