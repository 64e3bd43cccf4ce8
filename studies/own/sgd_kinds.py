"""Tell the kinds of SGD's turns by rules, to learn from: the data set names the intent of a turn, but not its act.

A rule sees more than the head that learns from it: who speaks, whether the turn states an intent, and what the other
side said before. Where no rule is sure, a turn is left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.name.actions import CUSTOMER
from studies.own import data

HAND_LABELLED = Path(__file__).parent / "kinds_data" / "sgd_test.json"
"""Kinds that we gave by hand to 240 turns of the test split, by ``dialogue:turn``; the sentences stay with SGD."""
_THANKS = re.compile(
    r"\b(thanks|thank you|bye|goodbye|that'?s (all|it)|that is all|will be all|nothing else|have a (great|nice|good)"
    r"|appreciate)\b",
    re.I,
)
_YES_OR_NO = re.compile(
    r"^(yes|yeah|yep|yup|no|nope|not (now|right|at)|ok|okay|sure|correct|right|perfect|great|good|alright|exactly"
    r"|sounds|that('s| is)? (sounds?|works?|suits?|fine|great|good|correct|right|perfect|would be|will)"
    r"|it'?s (fine|good|great))\b",
    re.I,
)
_ASKS_FOR = re.compile(
    r"\b(which|what|when|where|who|how|how (many|much|long)|please (tell|give|provide)|can you (provide|tell))\b", re.I
)
_WANTS = re.compile(
    r"\b(find|search|look(ing)? for|book|reserve|buy|play|need|want|like to|(can|could|would) you"
    r"|(tell|show|get) me)\b",
    re.I,
)
_ASKS = re.compile(r"^(what|when|where|who|how|is|are|does|do|can|could|may|(please )?tell me)\b", re.I)
_OFFERS_HELP = re.compile(
    r"\b((any|some)thing else|else (i|can|you|may)|help you (with|further)|further assist|any other help)\b", re.I
)
_FAREWELL = re.compile(
    r"\b(have a (great|nice|good|wonderful|pleasant|lovely)|welcome|enjoy|goodbye|bye|take care|my pleasure)\b", re.I
)
_ASKS_TO_CONFIRM = re.compile(r"\b(confirm|verify|is (that|this) (correct|right|ok|okay)|ensure|make sure)\b", re.I)
_PROPOSES = re.compile(
    r"\b((shall|should) i|do you want me|would you like (me|to (book|buy|reserve|make|schedule|hear|listen|watch))"
    r"|(how|what) about|what do you think)\b",
    re.I,
)
SHORT = 9
"""Words from which a yes or no says more than that."""
MEDIUM = 15
"""Words from which thanks or a farewell says more than that."""


@dataclass(frozen=True)
class Turn:
    """A turn of SGD: who says what, whether the turn states an intent, and what the other side said before."""

    key: str
    role: str
    text: str
    states_intent: bool
    before: str

    @property
    def kind(self) -> str:
        """The kind by rule; "" where no rule is sure."""
        return customer_kind(self) if self.role == CUSTOMER else agent_kind(self.text)


def turns_of(split: str, n_dialogues: int, seed: int) -> list[Turn]:
    """Return the turns of random dialogues of a split of SGD."""
    columns = ["dialogue_id", "turn", "role", "text", "label", "split"]
    table = pq.read_table(data.folder() / "sgd_dialogues.parquet", columns=columns)
    table = table.filter(pc.equal(table["split"], split))
    ids = pc.unique(table["dialogue_id"]).to_pylist()
    chosen = set(np.random.default_rng(seed).choice(ids, n_dialogues, replace=False).tolist())
    return [turn for turn, dialogue in _turns(table.to_pylist()) if dialogue in chosen]


def hand_labelled() -> list[tuple[Turn, str]]:
    """Return the turns of the test split with the kinds that we gave them."""
    known: dict[str, str] = json.loads(HAND_LABELLED.read_text("utf-8"))
    table = pq.read_table(data.folder() / "sgd_dialogues.parquet", filters=[("split", "=", "test")])
    return [(turn, known[turn.key]) for turn, _ in _turns(table.to_pylist()) if turn.key in known]


def _turns(rows: list[dict[str, str]]) -> list[tuple[Turn, str]]:
    found, before = [], {"dialogue_id": "", "text": ""}
    for row in rows:
        said = before["text"] if before["dialogue_id"] == row["dialogue_id"] else ""
        key = f"{row['dialogue_id']}:{row['turn']}"
        found.append((Turn(key, row["role"], row["text"], bool(row["label"]), said), row["dialogue_id"]))
        before = row
    return found


def customer_kind(turn: Turn) -> str:
    """Return the kind of a customer's turn; "" where no rule is sure."""
    text, n_words = turn.text, len(turn.text.split())
    is_yes_or_no = bool(_YES_OR_NO.search(text)) and n_words < SHORT
    if turn.states_intent:
        return "" if is_yes_or_no else "need"
    if "?" in text or _ASKS.search(text):
        return "need"
    if _THANKS.search(text) and n_words < MEDIUM:
        declines = re.match(r"no,? (thanks|thank you)\W*$", text, re.I)
        return "acknowledgement" if declines else "social"
    if is_yes_or_no:
        return "acknowledgement"
    is_answer = "?" in turn.before and bool(_ASKS_FOR.search(turn.before))
    return "data" if is_answer and not _WANTS.search(text) else ""


def agent_kind(text: str) -> str:
    """Return the kind of an agent's turn; "" where no rule is sure.

    Examples
    --------
    >>> [agent_kind(text) for text in ("Which city are you in?", "Shall I book it?", "Enjoy your trip!")]
    ['data', 'answer', 'social']
    """
    n_words, is_question = len(text.split()), "?" in text
    if n_words < MEDIUM and ((is_question and _OFFERS_HELP.search(text)) or _FAREWELL.search(text)):
        return "social"
    if _ASKS_TO_CONFIRM.search(text):
        return "acknowledgement" if n_words > 5 else ""
    if is_question and _PROPOSES.search(text):
        return "answer"
    if _ASKS_FOR.search(text) and (is_question or n_words < MEDIUM):
        return "data"
    return "answer" if not is_question and n_words > 4 else ""
