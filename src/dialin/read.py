"""Sentences out of files, frames and lists: one table in input order, then a corpus of unique sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.formats import Raw, Wanted, load

_Tiers = tuple[frozenset[str], ...]


def _tiers(*tiers: str) -> _Tiers:
    return tuple(frozenset(tier.split()) for tier in tiers)


# Usual names, likeliest first; two of one tier in the same source are a question to the user.
_TEXT = _tiers(
    "text 文本",
    "utterance sentence 句子 话语 语句",
    "query question message content transcript 内容 消息 问题",
    "texts utterances sentences queries messages turns",
)
_TURNS = _tiers(
    "turns dialogue dialog conversation messages utterances dialogues 对话 轮次 对话内容",
    "text texts utterance sentences history content 内容 文本",
)
_DIALOGUE = _tiers(
    "dialogueid dialogid 对话id 对话编号",
    "conversationid convid chatid callid sessionid 会话id 会话编号 通话id",
    "dialogue dialog conversation session call 对话 会话 通话",
)
_DIALOGUE_OF_TURNS = (*_DIALOGUE, *_tiers("id"))
_ROLE = _tiers("role 角色", "speaker sender author from 说话人 发言人")
_TURN = _tiers("turn turnindex turnidx 轮次", "turnid turnno turnnumber 轮次id")
_USUAL = frozenset[str]().union(*_TEXT, *_TURNS, *_DIALOGUE_OF_TURNS, *_ROLE, *_TURN)

_CUSTOMER = "customer user usr client caller human visitor 客户 用户 顾客 买家 来电人"
_AGENT = "agent assistant system sys operator bot representative advisor 客服 坐席 座席 机器人 卖家"
_ROLES = dict.fromkeys(_CUSTOMER.split(), "customer") | dict.fromkeys(_AGENT.split(), "agent")

# control characters that are no white space, and invisible ones that only make equal texts differ
_INVISIBLE = (
    r"[\x00-\x08\x0e-\x1b\x7f-\x{84}\x{86}-\x{9f}\x{ad}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}"
    r"\x{2060}\x{2066}-\x{2069}\x{feff}]+"
)
_SPACE = r"[\s\x0b\x1c-\x1f\x{85}\p{Z}]+"
_NUMBER = r"^[-+]?[\d.,]*\d([eE][-+]?\d+)?%?$"
_NO_TEXT = ["", "nan", "NaN", "<NA>"]  # what missing values become when pandas writes them as text


@dataclass(frozen=True)
class Columns:
    """Names of the columns, as the user gives them; None finds a column by its usual names.

    Parameters
    ----------
    text : str, optional
        The sentences; or the lists of turns; or, inside of the turns, their text.
    dialogue, role, turn : str, optional
        Id of the dialogue, who speaks, and the turn's number in its dialogue.
    """

    text: str | None = None
    dialogue: str | None = None
    role: str | None = None
    turn: str | None = None


@dataclass(frozen=True)
class Corpus:
    """The unique sentences of a source and the way back to every place where they occur.

    A sentence is a distinct pair of text and role: the same words said by both roles are two sentences.

    Parameters
    ----------
    texts : list of str, n sentences
        Sorted by text, then role (by code point), so that the order of the input does not matter.
    counts : ndarray of int64, shape (n,)
        How often each sentence occurs.
    roles : list of str, n roles, or None
        "customer", "agent", another role as the input has it, "" where a row has none;
        None where no row has one.
    occurrences : pyarrow.Table
        One row per row of the input that is not blank, in input order: ``row`` int64 (from 0, blank rows
        counted), ``sentence_id`` int64 (index into `texts`), and ``dialogue_id`` string, ``turn`` int64,
        ``role`` string, which may be null.
    n_blank : int
        Number of rows of the input without text.
    """

    texts: list[str]
    counts: NDArray[np.int64]
    roles: list[str] | None
    occurrences: pa.Table
    n_blank: int = 0


def read(source: object, columns: Columns | None = None) -> Corpus:
    """Read sentences and count the unique ones.

    Parameters
    ----------
    source : str, Path, frame or list
        A CSV, TSV, JSON lines, JSON, Parquet or TXT file (text formats also as ``.gz``), ``"-"`` for standard
        input, a pandas, polars or pyarrow frame, or a list of sentences or of objects.
        One sentence a row, or one dialogue a row with a list of turns.
    columns : Columns, optional
        Names of the columns; by default they are found by their usual names.

    Returns
    -------
    Corpus
        Unique sentences, how often each occurs, and where.

    Raises
    ------
    InputError
        If the source cannot be found, decoded or parsed, lacks a column, or holds no text.

    Examples
    --------
    >>> corpus = read(["Where is my card?", "Hello", " where  is my card?", "Hello"])
    >>> corpus.texts, corpus.counts.tolist()
    (['Hello', 'Where is my card?', 'where is my card?'], [2, 1, 1])
    """
    return corpus_of(read_table(source, columns))


def read_table(source: object, columns: Columns | None = None) -> pa.Table:
    """Read sentences in input order, blank ones as null.

    Text is NFC, stripped, with runs of white space as one space and without control characters.

    Parameters
    ----------
    source, columns
        As for `read`.

    Returns
    -------
    pyarrow.Table
        ``row`` int64, ``text`` large_string, ``dialogue_id`` string, ``turn`` int64, ``role`` string.
        ``row`` counts the records of the source from 0: rows of a frame, items of a list, lines of a TXT
        file, records of a CSV or JSON lines file (empty lines are no records there). Where a row is a
        dialogue, it counts the turns in reading order over the whole source, ``turn`` counts them from 0 in
        each dialogue, and a dialogue without id gets ``#`` and its number from 0.

    Raises
    ------
    InputError
        As for `read`.
    """
    columns = columns or Columns()
    raw = load(source, _wanted(columns))
    nested = _turns_column(raw, columns)
    table = _read_turns(raw, nested, columns) if nested else _read_rows(raw, columns)
    if not table.num_rows:
        raise InputError(f"{raw.where} has no rows", hint="give at least one sentence")
    if table["text"].null_count == table.num_rows:
        raise InputError(f"all {table.num_rows} texts of {raw.where} are blank", hint="name another text column")
    return table


def corpus_of(table: pa.Table) -> Corpus:
    """Return the corpus of a table as `read_table` makes it; rows whose text is null only count as blank."""
    full = table.filter(pc.is_valid(table["text"]))
    texts, text_codes = _sorted_codes(full["text"])
    roles, role_codes = _sorted_codes(pc.fill_null(full["role"], ""))
    # one number a pair, in the order of (text, role)
    pairs, ids, counts = np.unique(
        text_codes * max(len(roles), 1) + role_codes, return_inverse=True, return_counts=True
    )
    text_of, role_of = np.divmod(pairs, max(len(roles), 1))
    has_roles = full["role"].null_count < full.num_rows
    names = ("row", "sentence_id", "dialogue_id", "turn", "role")
    occurrences = full.append_column("sentence_id", pa.array(ids.astype(np.int64))).select(names)
    return Corpus(
        texts=texts.take(pa.array(text_of)).to_pylist(),
        counts=counts.astype(np.int64),
        roles=roles.take(pa.array(role_of)).to_pylist() if has_roles else None,
        occurrences=occurrences,
        n_blank=table.num_rows - full.num_rows,
    )


def _sorted_codes(column: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Return the unique values in order of code points, and for each row the index of its value."""
    encoded = _one_array(column.cast(pa.large_string())).dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), rank[encoded.indices.to_numpy()]


# --- rows -----------------------------------------------------------------------------------------


def _read_rows(raw: Raw, columns: Columns) -> pa.Table:
    """Read one sentence a row."""
    flat = list(raw.names)
    name = _pick(flat, columns.text, _TEXT, raw.where, "text")
    if name is None:
        raise _no_column(raw.where, "text", flat)
    others = [other for other in flat if other != name and not _is_list(raw.columns.get(other))]
    dialogue = _pick(others, columns.dialogue, _DIALOGUE, raw.where, "dialogue")
    role = _pick(others, columns.role, _ROLE, raw.where, "role")
    turn = _pick(others, columns.turn, _TURN, raw.where, "turn")
    text = _strings(raw.columns[name], name, raw.where)
    if raw.has_header and columns.text is None:
        _check_words(text, name, raw.where)
    return _result(
        text=text,
        dialogue=_ids(_strings(raw.columns[dialogue], dialogue, raw.where)) if dialogue else None,
        turn=_integers(raw.columns[turn], turn, raw.where, is_given=columns.turn is not None) if turn else None,
        role=_strings(raw.columns[role], role, raw.where) if role else None,
    )


def _result(text: pa.Array, dialogue: pa.Array | None, turn: pa.Array | None, role: pa.Array | None) -> pa.Table:
    n = len(text)
    return pa.table(
        {
            "row": pa.array(np.arange(n, dtype=np.int64)),
            "text": _clean(text),
            "dialogue_id": pa.nulls(n, pa.string()) if dialogue is None else dialogue.cast(pa.string()),
            "turn": pa.nulls(n, pa.int64()) if turn is None else turn,
            "role": pa.nulls(n, pa.string()) if role is None else _normal_roles(role),
        }
    )


def _check_words(text: pa.Array, name: str, where: str) -> None:
    if not len(text):
        return
    is_number = pc.match_substring_regex(pc.utf8_trim_whitespace(text), _NUMBER)
    if pc.all(pc.or_kleene(is_number, _is_blank(text))).as_py() and pc.any(is_number).as_py():
        raise InputError(
            f"column {name!r} of {where} holds only numbers, the first {pc.drop_null(text)[0].as_py()!r}",
            hint="name the text column, --text NAME or Columns(text=NAME); this one too, if it is meant",
        )


# --- dialogues ------------------------------------------------------------------------------------


def _turns_column(raw: Raw, columns: Columns) -> str | None:
    """Return the column of lists of turns, None where a row is a sentence."""
    lists = [name for name in raw.names if _is_list(raw.columns.get(name))]
    flat = [name for name in raw.names if name not in lists]
    if columns.text is not None and (named := _match(raw.names, columns.text)):
        return named[0] if named[0] in lists else None
    turns = _pick(lists, None, _TURNS, raw.where, "turns")
    text = _pick(flat, None, _TEXT, raw.where, "text") if columns.text is None else None
    if turns and text:
        raise _equally_likely(raw.where, "text", [text, turns], raw.names)
    return turns


def _read_turns(raw: Raw, name: str, columns: Columns) -> pa.Table:
    """Read one dialogue a row."""
    lists = _one_array(raw.columns[name])
    turns, parent = pc.list_flatten(lists), pc.list_parent_indices(lists)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    first = np.cumsum(lengths) - lengths
    index = np.arange(len(turns), dtype=np.int64) - first[parent.to_numpy()]
    fields = _fields(turns, f"{name!r} of {raw.where}")
    where = f"the turns {name!r} of {raw.where}"
    text = _pick(list(fields), None if columns.text == name else columns.text, _TEXT, where, "text")
    if text is None:
        raise _no_column(where, "text", list(fields))
    return _result(
        text=_strings(fields[text], text, where),
        dialogue=_dialogue_ids(raw, name, columns).take(parent),
        turn=_turn_numbers(fields, columns.turn, where, pa.array(index)),
        role=_role_of_turns(raw, fields, columns, parent),
    )


def _fields(turns: pa.Array, where: str) -> dict[str, pa.Array]:
    if pa.types.is_struct(turns.type):
        return {turns.type.field(i).name: pc.struct_field(turns, [i]) for i in range(turns.type.num_fields)}
    if _is_string(turns.type) or pa.types.is_null(turns.type):
        return {"text": turns}
    raise InputError(f"the turns in {where} are {turns.type}, not text", hint="give lists of str or of objects")


def _dialogue_ids(raw: Raw, turns: str, columns: Columns) -> pa.Array:
    others = [name for name in raw.names if name != turns and not _is_list(raw.columns.get(name))]
    name = _pick(others, columns.dialogue, _DIALOGUE_OF_TURNS, raw.where, "dialogue")
    numbers = pa.array([f"#{i}" for i in range(len(raw.columns[turns]))], pa.large_string())
    return pc.coalesce(_ids(_strings(raw.columns[name], name, raw.where)), numbers) if name else numbers


def _turn_numbers(fields: dict[str, pa.Array], given: str | None, where: str, index: pa.Array) -> pa.Array:
    if given is None:
        return index
    name = _pick(list(fields), given, _TURN, where, "turn")
    return _integers(fields[name], name, where, is_given=True) if name else index


def _role_of_turns(raw: Raw, fields: dict[str, pa.Array], columns: Columns, parent: pa.Array) -> pa.Array | None:
    given = columns.role
    if given is None or _match(list(fields), given):
        name = _pick(list(fields), given, _ROLE, raw.where, "role")
        return _strings(fields[name], name, raw.where) if name else None
    name = _pick([*raw.names, *fields], given, _ROLE, raw.where, "role")  # a role for the whole dialogue
    return _strings(raw.columns[name], name, raw.where).take(parent) if name else None


# --- columns --------------------------------------------------------------------------------------


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", str(name)).casefold()


def _wanted(columns: Columns) -> Wanted:
    keys = _USUAL | {_key(name) for name in astuple(columns) if name is not None}
    return lambda name: _key(name) in keys


def _match(names: Sequence[str], given: str) -> list[str]:
    return [given] if given in names else [name for name in names if _key(name) == _key(given)]


def _pick(names: Sequence[str], given: str | None, tiers: _Tiers, where: str, kind: str) -> str | None:
    """Return the one column that is meant, None where none is named and no usual name is there."""
    if given is not None:
        hits = _match(names, given)
        if not hits:
            raise InputError(f"{where} has no column {given!r}; it has {_list(names)}", hint="name one of these")
        return _only(hits, names, where, kind)
    for tier in tiers:
        if hits := [name for name in names if _key(name) in tier]:
            return _only(hits, names, where, kind)
    return None


def _only(hits: list[str], names: Sequence[str], where: str, kind: str) -> str:
    if len(hits) > 1:
        raise _equally_likely(where, kind, hits, names)
    return hits[0]


def _equally_likely(where: str, kind: str, hits: Sequence[str], names: Sequence[str]) -> InputError:
    return InputError(
        f"{where} has {len(hits)} columns that may be the {kind}: {_list(hits)}; all columns: {_list(names)}",
        hint=f"name one, --{kind} NAME or Columns({kind}=NAME)",
    )


def _no_column(where: str, kind: str, names: Sequence[str]) -> InputError:
    return InputError(
        f"{where} has no column that is known to hold the {kind}; it has {_list(names)}",
        hint=f"name it, --{kind} NAME or Columns({kind}=NAME); the first line of a CSV must name the columns",
    )


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name)[:60] for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "no columns"


# --- values ---------------------------------------------------------------------------------------


def _is_list(column: pa.ChunkedArray | None) -> bool:
    types = pa.types
    return column is not None and (
        types.is_list(column.type) or types.is_large_list(column.type) or types.is_fixed_size_list(column.type)
    )


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _strings(column: pa.ChunkedArray | pa.Array, name: str, where: str) -> pa.Array:
    """Return a column as one large_string array; whole floats as whole numbers, NaN as null."""
    if pa.types.is_dictionary(column.type):
        column = _decoded(column)
    if pa.types.is_floating(column.type):
        column = _whole(pc.if_else(pc.is_nan(column), None, column))
    try:
        return _one_array(column.cast(pa.large_string()))
    except pa.ArrowException as error:
        raise InputError(
            f"column {name!r} of {where} is {column.type}, not text", hint="name a column of sentences"
        ) from error


def _decoded(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = _one_array(column)
    values = array.dictionary
    # string_view, as polars gives it, cannot be taken from
    return (values.cast(pa.large_string()) if _is_string(values.type) else values).take(array.indices)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:  # a fraction
        return column


def _integers(column: pa.ChunkedArray | pa.Array, name: str, where: str, *, is_given: bool) -> pa.Array | None:
    """Return whole numbers; a column that holds others is an error if given, else taken for another thing."""
    texts = _ids(_strings(column, name, where))
    try:
        return pc.cast(pc.cast(texts, pa.float64()), pa.int64())
    except pa.ArrowInvalid as error:
        if not is_given:
            return None
        raise InputError(
            f"column {name!r} of {where} is no turn number: {error}", hint="name a column of whole numbers"
        ) from error


def _is_blank(texts: pa.Array) -> pa.Array:
    known = pc.is_in(pc.utf8_trim_whitespace(texts), value_set=pa.array(_NO_TEXT, pa.large_string()))
    return pc.or_kleene(pc.is_null(texts), known)


def _ids(texts: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.if_else(_is_blank(texts), None, texts))


def _clean(texts: pa.Array) -> pa.Array:
    """Return NFC texts without control characters and with single spaces; null where nothing is left."""
    encoded = texts.dictionary_encode()
    words = pc.replace_substring_regex(encoded.dictionary, pattern=_INVISIBLE, replacement="")
    words = pc.replace_substring_regex(words, pattern=_SPACE, replacement=" ")
    words = pc.utf8_normalize(pc.utf8_trim(words, " "), form="NFC")
    return pc.if_else(_is_blank(words), None, words).take(encoded.indices)


def _normal_roles(roles: pa.Array) -> pa.Array:
    encoded = _clean(roles).dictionary_encode()
    names = [_ROLES.get(role.casefold(), role) for role in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)
