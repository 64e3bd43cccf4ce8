"""Turns what was decided into the JSON that goes out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dialin import __version__
from dialin.jobs.predict_dialogues import reasons_in
from dialin.jobs.predict_ranked import RankedAnswer
from dialin.serve.batches import Told
from dialin.serve.questions import Id, Inquiry
from dialin.serve.served import ServedRun

FALLBACK = "nlu_fallback"
"""What Rasa calls the intent of a text that has none."""


def heading_of(served: ServedRun) -> dict[str, Any]:
    """Return what every reply begins with: the run, and its version."""
    return {"run": served.name, "version": served.version}


def results_of(question: Inquiry, told: Told) -> list[dict[str, Any]]:
    """Return the result of each utterance."""
    columns = zip(question.ids, told.answers, question.tops, strict=True)
    return [result_of(name, answer, top, told.served) for name, answer, top in columns]


def result_of(name: Id, answer: RankedAnswer, top: int, served: ServedRun) -> dict[str, Any]:
    """Return the result of one utterance."""
    return {
        "id": name,
        "intent_id": answer.intent_id,
        "intent": served.names[answer.intent_id],
        "p_intent": answer.p_intent,
        "ranking": [
            {"intent_id": each.intent_id, "name": served.names[each.intent_id], "p": each.p}
            for each in answer.ranking[:top]
        ],
        "reason": answer.reason,
        **(asdict(answer.stated) if answer.stated else {}),
    }


def prediction(question: Inquiry, told: Told) -> dict[str, Any]:
    """Return the reply of /predict."""
    return heading_of(told.served) | {"results": results_of(question, told)}


def prediction_lines(question: Inquiry, told: Told) -> bytes:
    """Return the reply of /predict as NDJSON: a line for each utterance."""
    heading = heading_of(told.served)
    return b"".join(in_json(heading | result) + b"\n" for result in results_of(question, told))


def stopped_line(n_answered: int, n: int) -> bytes:
    r"""Return the last line of NDJSON if the service stops before all utterances are answered.

    Examples
    --------
    >>> stopped_line(128, 1000)
    b'{"error":"the service stops: 128 of 1,000 utterances were answered"}\n'
    """
    return in_json({"error": f"the service stops: {n_answered:,} of {n:,} utterances were answered"}) + b"\n"


def in_json(value: Any) -> bytes:
    """Return a value as one line of JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def dialogues_of(ids: Sequence[Id], question: Inquiry, told: Told) -> dict[str, Any]:
    """Return the reply of /dialogues: the intent of each turn, and the main reason of each dialogue."""
    served, results = told.served, iter(results_of(question, told))
    reasons = reasons_in(question.table, [answer.intent_id for answer in told.answers], served.summary)
    lengths = Counter(question.table["dialogue_id"].to_pylist()).values()
    found = [
        {"id": name, "main_reason": reason_of(reason, served), "turns": [next(results) for _ in range(length)]}
        for name, reason, length in zip(ids, reasons, lengths, strict=True)
    ]
    return heading_of(served) | {"dialogues": found}


def reason_of(intent: int, served: ServedRun) -> dict[str, Any] | None:
    """Return the main reason of a dialogue; None if it has none."""
    return None if intent < 0 else {"intent_id": intent, "intent": served.names[intent]}


def in_rasa_form(text: str, message_id: Id | None, told: Told) -> dict[str, Any]:
    """Return the reply of /model/parse, as Rasa gives it."""
    (answer,), names = told.answers, told.served.names
    ranking = [{"name": names[each.intent_id], "confidence": each.p} for each in answer.ranking]
    name = names[answer.intent_id] if answer.intent_id >= 0 else FALLBACK
    return {
        "text": text,
        "message_id": message_id,
        "intent": {"name": name, "confidence": answer.p_intent},
        "entities": [],
        "intent_ranking": ranking,
    }


def version_reply(served: ServedRun, failure: str) -> dict[str, Any]:
    """Return the reply of /version; `failure` says why a newer version is not served, or "" for nothing."""
    manifest = served.answers.run.manifest
    return heading_of(served) | {
        "dialin": __version__,
        "embedder": manifest.embedder,
        "n_intents": len(served.summary.intents),
        "loaded_at": served.loaded_at,
        "failure": failure,
    }
