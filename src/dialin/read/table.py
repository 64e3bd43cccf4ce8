"""Reads utterances from files, frames and lists into one table, in input order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.read.cells import clean, integers, is_list, one_array, simple, strings, trimmed
from dialin.read.columns import (
    DATE,
    DIALOGUE,
    DIALOGUE_OF_TURNS,
    ROLE,
    TEXT,
    TURN,
    TURNS,
    Columns,
    equally_likely,
    matching_columns,
    no_column,
    pick,
    wanted_of,
)
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.dates import DATE as DATE_TYPE
from dialin.read.dates import dates
from dialin.read.formats import load_raw
from dialin.read.nested import turn_fields, unnested
from dialin.read.outcomes import outcome_columns
from dialin.read.roles import Speakers, speakers_of
from dialin.read.source import RawTable
from dialin.read.split import split_rows
from dialin.read.words import all_blank, has_numbers, has_words, no_rows, only_numbers

_ROLE_KEYS, _ID_KEYS = ("role", "type", "name", "id"), ("id", "name")
"""Keys under which an object tells the role of a speaker, or the id of a dialogue."""


def read(source: object, columns: Columns | None = None) -> Corpus:
    """Read sentences and count the unique ones.

    Parameters
    ----------
    source : str, Path, frame or list
        A CSV, TSV, JSON lines, JSON, Parquet or TXT file or one of subtitles (each also as ``.gz``, ``.bz2`` or
        ``.xz``), an export of a contact centre (a file, a folder or a zip archive), ``"-"`` for standard input, a
        pandas, polars or pyarrow frame, or a list of sentences or of objects.
        Each row is one sentence, or one dialogue with a list of turns.
    columns : Columns, optional
        Names of the columns; by default they are found by their usual names.

    Returns
    -------
    Corpus
        Unique sentences, with the count and the places of each.

    Raises
    ------
    InputError
        If the source cannot be found, decoded or parsed, lacks a column, contains no text, or holds more than
        `dialin.bounded.most_bytes` once it is unpacked.

    Warns
    -----
    InputWarning
        If some of it was left out, or read in a way that its name does not tell.

    Examples
    --------
    >>> corpus = read(["Where is my card?", "Hello", " where  is my card?", "Hello"])
    >>> corpus.texts, corpus.counts.tolist()
    (['Hello', 'Where is my card?', 'where is my card?'], [2, 1, 1])
    """
    return corpus_of(read_table(source, columns))


def read_table(source: object, columns: Columns | None = None) -> pa.Table:
    """Read sentences in input order; blank ones become null.

    Text is in NFC and stripped, has single spaces for runs of white space, and has no control characters.

    Parameters
    ----------
    source, columns
        As for `read`.

    Returns
    -------
    pyarrow.Table
        ``row`` int64, ``text`` large_string, ``dialogue_id`` string, ``turn`` int64, ``role`` string, and ``date``
        timestamp (ms). ``row`` counts the records of the source from 0: rows of a frame, items of a list, lines of a
        TXT file, records of a CSV or JSON lines file (where empty lines do not count). If each row is a dialogue,
        ``row`` counts the turns of the whole source in reading order, ``turn`` counts them from 0 in each dialogue,
        a dialogue without an id gets ``#`` and its number from 0, and the date is the turn's own, else the
        dialogue's. If turns are split, a row of the table is a sentence, and those of one turn share ``row`` and
        ``turn``. The outcomes that `columns` names follow, float64 or string. An export of a contact centre has more
        columns, where its source tells them: ``start`` and ``end``
        (float64, seconds), ``speaker`` (string) and the outcomes of the dialogue (float64 or string), such as
        ``duration`` (seconds), ``rating``, ``queue``, ``channel``, ``tags`` and ``language``.

    Raises
    ------
    InputError
        As for `read`.
    """
    columns = columns or Columns()
    raw = load_raw(source, wanted_of(columns), columns)
    nested = turns_column(raw, columns)
    table = _read_turns(raw, nested, columns) if nested else _read_rows(raw, columns)
    if not table.num_rows:
        raise no_rows(raw.where)
    if table["text"].null_count == table.num_rows:
        raise all_blank(table.num_rows, raw.where)
    return table


# --- rows -----------------------------------------------------------------------------------------


def flat_columns(names: Sequence[str], lists: Collection[str], columns: Columns, where: str) -> Columns:
    """Return the names of the columns that are used of a source in which each row is a sentence; None: there is none.

    Parameters
    ----------
    names : sequence of str
        All columns of the source.
    lists : collection of str
        Those that hold lists.
    columns : Columns
        Names given by the user.
    where : str
        Name of the source in messages.
    """
    name = pick(names, columns.text, TEXT, where, "text")
    if name is None:
        raise no_column(where, "text", names)
    others = [other for other in names if other != name and other not in lists]
    dialogue = pick(others, columns.dialogue, DIALOGUE, where, "dialogue")
    role = pick(others, columns.role, ROLE, where, "role")
    turn = pick(others, columns.turn, TURN, where, "turn")
    return Columns(name, dialogue, role, turn, pick(others, columns.date, DATE, where, "date"))


def _read_rows(raw: RawTable, columns: Columns) -> pa.Table:
    """Return the table of a source in which each row is a sentence."""
    lists = [name for name in raw.names if is_list(raw.columns.get(name))]
    found = flat_columns(raw.names, lists, columns, raw.where)
    name, dialogue, role, turn, date = found.text or "", found.dialogue, found.role, found.turn, found.date
    text = strings(raw.columns[name], name, raw.where)
    if raw.has_header and columns.text is None and not has_words(text) and has_numbers(text):
        raise only_numbers(text, name, raw.where)
    table = cleaned_table(
        text=text,
        dialogue=_ids(raw, dialogue, is_given=columns.dialogue is not None) if dialogue else None,
        turn=integers(raw.columns[turn], turn, raw.where, is_given=columns.turn is not None) if turn else None,
        speakers=_speakers(raw.columns[role], role, raw.where, is_given=columns.role is not None) if role else None,
        date=dates(raw.columns[date], date, raw.where, is_given=columns.date is not None) if date else None,
    )
    for more, values in outcome_columns(raw, columns).items():
        table = table.append_column(more, values)
    return split_rows(table, text) if columns.split else table


def _ids(raw: RawTable, name: str, *, is_given: bool) -> pa.Array | None:
    """Return the ids of the dialogues in a column, of objects too; None if it holds other objects."""
    plain = simple(raw.columns[name], _ID_KEYS, f"column {name!r} of {raw.where}", is_given=is_given)
    return None if plain is None else trimmed(strings(plain, name, raw.where))


def _speakers(column: pa.ChunkedArray | pa.Array, name: str, where: str, *, is_given: bool) -> Speakers | None:
    """Return who says each row by a column, of objects too; None if it holds no roles."""
    plain = simple(column, _ROLE_KEYS, f"column {name!r} of {where}", is_given=is_given)
    return None if plain is None else speakers_of(strings(plain, name, where), name, where, is_given=is_given)


def cleaned_table(
    *,
    text: pa.Array,
    speakers: Speakers | None,
    dialogue: pa.Array | None = None,
    turn: pa.Array | None = None,
    date: pa.Array | None = None,
) -> pa.Table:
    """Return the table of `read_table` for these columns, as they are."""
    n = len(text)
    said = clean(text)
    return pa.table(
        {
            "row": pa.array(np.arange(n, dtype=np.int64)),
            "text": said if speakers is None else pc.if_else(speakers.speaks, said, None),
            "dialogue_id": pa.nulls(n, pa.string()) if dialogue is None else dialogue.cast(pa.string()),
            "turn": pa.nulls(n, pa.int64()) if turn is None else turn,
            "role": pa.nulls(n, pa.string()) if speakers is None else speakers.roles,
            "date": pa.nulls(n, DATE_TYPE) if date is None else date,
        }
    )


# --- dialogues ------------------------------------------------------------------------------------


def turns_column(raw: RawTable, columns: Columns) -> str | None:
    """Return the column with the lists of turns; None if each row is a sentence."""
    lists = [name for name in raw.names if is_list(raw.columns.get(name))]
    flat = [name for name in raw.names if name not in lists]
    if columns.text is not None and (named := matching_columns(raw.names, columns.text)):
        return named[0] if named[0] in lists else None
    turns = pick(lists, None, TURNS, raw.where, "turns")
    text = pick(flat, None, TEXT, raw.where, "text") if columns.text is None else None
    if turns and text:
        raise equally_likely(raw.where, "text", [text, turns], raw.names)
    return turns


def _read_turns(raw: RawTable, name: str, columns: Columns) -> pa.Table:
    """Return the table of a source in which each row is a dialogue."""
    turns, parent, index = unnested(raw.columns[name])
    fields = turn_fields(turns, f"{name!r} of {raw.where}")
    where = f"the turns {name!r} of {raw.where}"
    text = pick(list(fields), None if columns.text == name else columns.text, TEXT, where, "text")
    if text is None:
        raise no_column(where, "text", list(fields))
    said = strings(fields[text], text, where)
    table = cleaned_table(
        text=said,
        dialogue=_dialogue_ids(raw, name, columns).take(parent),
        turn=_turn_numbers(fields, columns.turn, where, index),
        speakers=_speakers_of_turns(raw, fields, columns, parent),
        date=_date_of_turns(raw, fields, columns.date, parent),
    )
    for more, values in outcome_columns(raw, columns).items():
        table = table.append_column(more, values.take(parent))
    return split_rows(table, said) if columns.split else table


def _dialogue_ids(raw: RawTable, turns: str, columns: Columns) -> pa.Array:
    others = [name for name in raw.names if name != turns and not is_list(raw.columns.get(name))]
    name = pick(others, columns.dialogue, DIALOGUE_OF_TURNS, raw.where, "dialogue")
    numbers = pa.array([f"#{i}" for i in range(len(raw.columns[turns]))], pa.large_string())
    given = _ids(raw, name, is_given=columns.dialogue is not None) if name else None
    return numbers if given is None else pc.coalesce(given, numbers)


def _turn_numbers(fields: dict[str, pa.Array], given: str | None, where: str, index: pa.Array) -> pa.Array:
    if given is None:
        return index
    name = pick(list(fields), given, TURN, where, "turn")
    return integers(fields[name], name, where, is_given=True) if name else index


def _speakers_of_turns(
    raw: RawTable, fields: dict[str, pa.Array], columns: Columns, parent: pa.Array
) -> Speakers | None:
    given = columns.role
    if is_role_of_turns(list(fields), given):
        name = pick(list(fields), given, ROLE, raw.where, "role")
        return _speakers(fields[name], name, raw.where, is_given=given is not None) if name else None
    name = pick([*raw.names, *fields], given, ROLE, raw.where, "role")  # a role for the whole dialogue
    if not name:
        return None
    return _speakers(one_array(raw.columns[name]).take(parent), name, raw.where, is_given=True)


def is_role_of_turns(fields: Sequence[str], given: str | None) -> bool:
    """Return whether the role is one of the columns of the turns; else it is one for the whole dialogue."""
    return given is None or bool(matching_columns(fields, given))


def _date_of_turns(raw: RawTable, fields: dict[str, pa.Array], given: str | None, parent: pa.Array) -> pa.Array | None:
    """Return the date of each turn: its own, else that of its dialogue."""
    beside = {name: column for name, column in raw.columns.items() if name not in fields and not is_list(column)}
    places = [list(fields), list(beside)] if given is None else [[*fields, *beside]]
    for name in (pick(names, given, DATE, raw.where, "date") for names in places):
        if name is not None:
            found = dates((fields | beside)[name], name, raw.where, is_given=given is not None)
            if found is not None:
                return found if name in fields else found.take(parent)
    return None
