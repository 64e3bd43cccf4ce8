"""Turns the JSON of a request into a table of utterances, and says in one line what is wrong with it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from starlette.exceptions import HTTPException

from dialin.errors import InputWarning
from dialin.read.roles import Speakers, speakers_of
from dialin.read.table import cleaned_table

USUAL_TOP, MOST_TOP = 5, 1_000
"""Intents in a ranking, unless the request says how many, and at most."""
LONGEST_CUT = 10_000
"""Characters of an utterance whose parts are asked about, at most."""
CUT_CHARACTERS = 100
"""Characters of such utterances in a request that is answered in one piece, for each utterance that it may have."""
COST_OF_CUT = 8
"""Utterances that are answered while one that is cut is, about: its parts are embedded, too."""
ASKED = ("top_k", "multi")
"""What may be asked about utterances."""
Id = str | int


@dataclass(frozen=True, eq=False)
class Inquiry:
    """Utterances whose intents somebody wants to know.

    Parameters
    ----------
    ids : list of str or int
        What the caller calls them; else their positions from 0.
    table : pyarrow.Table
        The utterances, as `dialin.read.table.read_table` gives them.
    tops : list of int
        Most intents in the ranking of each.
    is_multi : list of bool
        Whether every intent that it states is asked.
    """

    ids: list[Id]
    table: pa.Table
    tops: list[int]
    is_multi: list[bool]

    @property
    def cost(self) -> int:
        """What it costs to answer, in utterances that are not cut."""
        return len(self.ids) + (COST_OF_CUT - 1) * sum(self.is_multi)

    def slice(self, first: int, n: int) -> Inquiry:
        """Return n of the utterances, from `first` on."""
        last = first + n
        table = self.table.slice(first, n)
        return Inquiry(self.ids[first:last], table, self.tops[first:last], self.is_multi[first:last])


def unprocessable(message: str) -> HTTPException:
    """Return the refusal of a body that is not what it should be."""
    return HTTPException(422, message)


def parsed(body: bytes, where: str = "the body") -> Any:
    """Return the value of a JSON text; raise a refusal if it is none."""
    try:
        return json.loads(body)
    except UnicodeDecodeError:
        raise unprocessable(f"{where} is not UTF-8") from None
    except (ValueError, RecursionError):  # the message of the error may quote the text
        raise unprocessable(f"{where} is not JSON") from None


def to_predict(value: Any, max_texts: int) -> Inquiry:
    """Return the question of a request to /predict.

    Parameters
    ----------
    value : object
        ``{"text"}``, ``{"texts"}`` or ``{"utterances"}``, each with ``"top_k"`` and ``"multi"`` or without.
    max_texts : int
        Most utterances.

    Raises
    ------
    HTTPException
        422, with what is wrong, too many utterances among it.
    """
    given = _object(value, "the body", {"text", "texts", "utterances", *ASKED})
    forms = [name for name in ("text", "texts", "utterances") if name in given]
    if len(forms) != 1:
        raise unprocessable("give one of text, texts and utterances")
    asked, (form,) = _asked(given, ""), forms
    if form == "utterances":
        listed = _list(given[form], form, max_texts)
        return in_one_piece([_utterance(each, f"{form}[{i}]", ()) for i, each in enumerate(listed)], asked, max_texts)
    listed = [given[form]] if form == "text" else _list(given[form], form, max_texts)
    return in_one_piece([{"text": _text(each, form)} for each in listed], asked, max_texts)


def to_predict_lines(body: bytes) -> Inquiry:
    """Return the question of NDJSON: an utterance a line, with its own `ASKED` or without; blank lines do not count.

    Raises
    ------
    HTTPException
        422, with the number of the line from 1.
    """
    lines = [(f"line {n}", line) for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    said = [_utterance(parsed(line, where), where, ASKED) for where, line in lines]
    for (where, _), each in zip(lines, said, strict=True):
        _check_cut(each["text"], where, is_cut=each.get("multi", False))
    return question_of(said, {})


def to_parse(value: Any) -> tuple[Inquiry, Any]:
    """Return the question of a request in Rasa's form, and its message id; other fields are not read."""
    given = _object(value, "the body", None)
    if "text" not in given:
        raise unprocessable("the body has no text")
    message = given.get("message_id")
    question = question_of([{"text": _text(given["text"], "text")}], {"top_k": 10})
    return question, None if message is None else _id(message, "message_id")


def to_dialogues(value: Any, max_texts: int) -> tuple[list[Id], Inquiry]:
    """Return the ids of the dialogues, and the question about all their turns; raises as `to_predict`."""
    given = _object(value, "the body", {"dialogues", *ASKED})
    if "dialogues" not in given:
        raise unprocessable("the body has no dialogues")
    ids, turns = [], list[dict[str, Any]]()
    for n, each in enumerate(_list(given["dialogues"], "dialogues", max_texts)):
        where = f"dialogues[{n}]"
        dialogue = _object(each, where, {"id", "turns"})
        name = dialogue.get("id")
        ids.append(n if name is None else _id(name, f"{where}.id"))
        said = _list(dialogue.get("turns"), f"{where}.turns", max_texts)
        if not said:
            raise unprocessable(f"{where}.turns is empty")
        for place, turn in enumerate(said):
            found = _utterance(turn, f"{where}.turns[{place}]", ())
            turns.append({"id": place} | found | {"dialogue": f"#{n}", "turn": place})
    if len(turns) > max_texts:
        raise unprocessable(f"{len(turns):,} turns are too many: at most {max_texts:,} in a request")
    return ids, in_one_piece(turns, _asked(given, ""), max_texts)


def in_one_piece(said: Sequence[dict[str, Any]], asked: dict[str, Any], max_texts: int) -> Inquiry:
    """Return the question about all utterances of a request; raise a refusal if too much of them would be cut."""
    if asked.get("multi"):
        for n, each in enumerate(said):
            _check_cut(each["text"], f"utterance {n}", is_cut=True)
        length, most = sum(len(each["text"]) for each in said), CUT_CHARACTERS * max_texts
        if length > most:
            raise unprocessable(f"{length:,} characters are too many for multi: at most {most:,} in a request")
    return question_of(said, asked)


def question_of(said: Sequence[dict[str, Any]], asked: dict[str, Any]) -> Inquiry:
    """Return the question about utterances that are checked already; `asked` holds for those that ask nothing else."""
    table = cleaned_table(
        text=pa.array([each["text"] for each in said], pa.large_string()),
        speakers=_speakers([each.get("role") for each in said]),
        dialogue=pa.array([each.get("dialogue") for each in said], pa.large_string()),
        turn=pa.array([each.get("turn") for each in said], pa.int64()),
    )
    ids = [each.get("id", n) for n, each in enumerate(said)]
    both = [{"top_k": USUAL_TOP, "multi": False, **asked, **each} for each in said]
    return Inquiry(ids, table, [each["top_k"] for each in both], [each["multi"] for each in both])


def _speakers(roles: Sequence[str | None]) -> Speakers | None:
    """Return who says each utterance, and warn of nothing: a warning would quote what callers send."""
    if not any(roles):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        return speakers_of(pa.array(roles, pa.large_string()), "role", "the request", is_given=True)


def _utterance(value: Any, where: str, more: Sequence[str]) -> dict[str, Any]:
    given = _object(value, where, {"id", "text", "role", *more})
    if "text" not in given:
        raise unprocessable(f"{where} has no text")
    found: dict[str, Any] = {"text": _text(given["text"], f"{where}.text")}
    if given.get("id") is not None:
        found["id"] = _id(given["id"], f"{where}.id")
    if given.get("role") is not None:
        found["role"] = _text(given["role"], f"{where}.role")
    return found | _asked(given, f"{where}.")


def _asked(given: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what an object asks of `ASKED`; raise a refusal of a wrong value, with `where` before its name."""
    checks = {"top_k": _top, "multi": _flag}
    return {name: checks[name](given[name], f"{where}{name}") for name in ASKED if name in given}


def _object(value: Any, where: str, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise unprocessable(f"{where} is not an object")
    if known is not None and not known >= value.keys():
        raise unprocessable(f"{where} has a field that is not one of {', '.join(sorted(known))}")
    return value


def _list(value: Any, where: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise unprocessable(f"{where} is not a list")
    if len(value) > most:
        raise unprocessable(f"{len(value):,} {where} are too many: at most {most:,} in a request")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise unprocessable(f"{where} is not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise unprocessable(f"{where} holds an unpaired surrogate") from None
    return value


def _id(value: Any, where: str) -> Id:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise unprocessable(f"{where} is neither text nor a whole number")
    return _text(value, where)


def _top(value: Any, where: str) -> int:
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not is_whole or not 0 <= value <= MOST_TOP:
        raise unprocessable(f"{where} is not a whole number from 0 to {MOST_TOP:,}")
    return int(value)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise unprocessable(f"{where} is neither true nor false")
    return value


def _check_cut(text: str, where: str, *, is_cut: bool) -> None:
    if is_cut and len(text) > LONGEST_CUT:
        raise unprocessable(f"{where} is too long for multi: at most {LONGEST_CUT:,} characters")
