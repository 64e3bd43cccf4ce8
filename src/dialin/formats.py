"""Files, frames and lists become named columns as they stand: CSV, TSV, JSON, Parquet or lines."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from charset_normalizer import from_bytes

from dialin.errors import InputError

Wanted = Callable[[str], bool]

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".txt": "txt",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PARQUET, _GZIP = b"PAR1", b"\x1f\x8b"
_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 1 << 20  # bytes in which the header of a CSV must end
_CSV_BLOCK = 1 << 24  # bytes; no record of a CSV may be longer
_WESTERN = ["cp1252", "cp1250", "cp1254"]
_ENCODINGS = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"]
_GUESS_BYTES = 100_000
_MIXED_SHARE = 0.05  # of the non-ASCII bytes; by chance a few short GB18030 lines are valid UTF-8 too


@dataclass(frozen=True)
class Raw:
    """What a source holds, before columns are chosen and text is cleaned.

    Parameters
    ----------
    where : str
        The source as messages call it.
    names : list of str
        All columns of the source, in its order.
    columns : dict of str to pyarrow.ChunkedArray
        The wanted columns, equally long.
    has_header : bool
        Whether the source itself names its columns (a list of sentences does not).
    """

    where: str
    names: list[str]
    columns: dict[str, pa.ChunkedArray]
    has_header: bool = True


def load(source: object, wanted: Wanted) -> Raw:
    """Return the wanted columns of a source.

    Parameters
    ----------
    source : str, Path, frame, mapping or iterable
        A path, ``"-"`` for standard input, a pandas, polars or pyarrow frame, a mapping of columns,
        or sentences or records in a list.
    wanted : callable
        Whether a column of this name may be needed; the others are not kept.

    Raises
    ------
    InputError
        If the source cannot be found, decoded or parsed.
    """
    if isinstance(source, str | Path):
        return _load_bytes(str(source), wanted)
    if isinstance(source, Mapping):
        return _of_object(source, "the mapping", wanted)
    if hasattr(type(source), "columns") or hasattr(type(source), "schema"):
        return _of_frame(source, wanted)
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        raise InputError(
            f"cannot read sentences from a {type(source).__name__}",
            hint="give a path, a frame or a list of str",
        )
    to_list = getattr(source, "to_pylist", None) or getattr(source, "to_list", None)
    return _of_records(to_list() if to_list else source, "the list", wanted)


# --- frames ---------------------------------------------------------------------------------------


def _of_frame(frame: object, wanted: Wanted) -> Raw:
    where = f"the {type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
    try:
        names, table = _table(frame, wanted)
    except (TypeError, pa.ArrowException) as error:
        raise InputError(
            f"{where} cannot be turned into an Arrow table: {_line(error)}",
            hint="give a pandas, polars or pyarrow frame; collect() it if it is lazy",
        ) from error
    return _of_table(table, names, where, wanted)


def _table(frame: object, wanted: Wanted) -> tuple[list[str], pa.Table]:
    labels = getattr(frame, "columns", None) if hasattr(type(frame), "loc") else None
    if labels is None:
        table = pa.table(frame)
        return table.column_names, table
    # pandas: columns of mixed objects do not convert, and must not stand in the way of the others
    names = [str(label) for label in labels]
    keep = [i for i, name in enumerate(names) if wanted(name)]
    part = frame.iloc[:, keep]  # type: ignore[attr-defined]
    table = pa.Table.from_pandas(part.set_axis(range(len(keep)), axis=1), preserve_index=False)
    return names, table.rename_columns([names[i] for i in keep])


def _of_table(table: pa.Table, names: list[str], where: str, wanted: Wanted) -> Raw:
    keep = [i for i, name in enumerate(table.column_names) if wanted(name)]
    _check_distinct([table.column_names[i] for i in keep], where)
    return Raw(where, names, {table.column_names[i]: table.column(i) for i in keep})


def _check_distinct(names: list[str], where: str) -> None:
    for name, n in Counter(names).items():
        if n > 1:
            raise InputError(f"{where} has {n} columns named {name!r}", hint="rename all but one")


# --- bytes ----------------------------------------------------------------------------------------


def _load_bytes(path: str, wanted: Wanted) -> Raw:
    where = "standard input" if path == "-" else path
    data = _unzip(_read(path), where)
    if not data.strip():
        raise InputError(f"{where} is empty", hint="give a file with at least one sentence")
    name = path.lower().removesuffix(".gz")
    form = "parquet" if data.startswith(_PARQUET) else _SUFFIXES.get(Path(name).suffix)
    if form == "parquet":
        return _parquet(data, where, wanted)
    text = to_utf8(data, where)
    form = form or _sniff(text, wanted)
    if not form and path != "-":
        raise InputError(
            f"cannot tell the format of {where}: its ending {Path(name).suffix!r} is unknown "
            f"and its first line is neither JSON nor a header",
            hint="rename it to .txt (one sentence a line), .csv, .tsv, .jsonl, .json or .parquet",
        )
    return _parse(text, form or "txt", where, wanted)


def _read(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}", hint="check the path; sentences go in as a list") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder, not a file", hint="give one file in it") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path!r}: {_line(error)}", hint="check the path and its rights") from error


def _unzip(data: bytes, where: str) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{where} is broken gzip: {_line(error)}", hint="copy or compress it again") from error


def _parse(text: bytes, form: str, where: str, wanted: Wanted) -> Raw:
    if form == "csv":
        return _csv(text, _delimiter(text), where, wanted)
    if form == "tsv":
        return _csv(text, "\t", where, wanted)
    if form == "txt":
        return _lines(text.decode(), where, wanted)
    is_json = form == "json" or text.lstrip().startswith(b"[")
    return _json(text.decode(), where, wanted) if is_json else _jsonl(text.decode(), where, wanted)


def _sniff(text: bytes, wanted: Wanted) -> str | None:
    """Return the format that the text shows, None where it can only be plain lines."""
    start = text.lstrip()
    if start.startswith((b"{", b'["', b"[{")) or (start.startswith(b"[") and start.rstrip().endswith(b"]")):
        return "json"  # falls back to JSON lines
    delimiter = _delimiter(text)
    return "csv" if any(wanted(name) for name in _header(text, delimiter)) else None


# --- encodings ------------------------------------------------------------------------------------


def to_utf8(data: bytes, where: str) -> bytes:
    """Return text bytes as UTF-8 without a byte order mark.

    UTF-8 is believed first, UTF-16 by its mark; else the encoding is guessed. The guess is good for encodings
    of Chinese, Japanese, Korean and Cyrillic text; accents of Czech, Polish or Turkish text may come out as those
    of cp1252, which no byte can disprove.

    Raises
    ------
    InputError
        If the bytes are binary, mix encodings, or fail in the encoding that fits best.
    """
    n_mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = _decode(data, "utf-16", where).encode()
    if (at := data.find(b"\0")) >= 0:
        raise InputError(f"{where} is binary, not text: byte {at} is NUL", hint="save it as CSV (UTF-8) or Parquet")
    try:
        data[n_mark:].decode()
    except UnicodeDecodeError as error:
        return _from_other(data, n_mark + error.start, where)
    return data[n_mark:]


def _from_other(data: bytes, at: int, where: str) -> bytes:
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    if _share_utf8(lines) > _MIXED_SHARE:
        line = data.count(b"\n", 0, at) + 1
        raise InputError(
            f"{where} mixes encodings: most likely UTF-8, but byte {at} (line {line}) is 0x{data[at]:02x}",
            hint="save the whole file as UTF-8",
        )
    guess = _guess(lines)
    if guess is None:
        raise InputError(
            f"{where} is in no known encoding: not UTF-8 at byte {at} (0x{data[at]:02x})",
            hint="save it as UTF-8",
        )
    return _decode(data, guess, where).encode()


def _decode(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} looks like {encoding} but fails at byte {error.start} (0x{data[error.start]:02x})",
            hint="save it as UTF-8",
        ) from error


def _share_utf8(lines: list[bytes]) -> float:
    """Return the share of the non-ASCII bytes that stand in lines of valid UTF-8, in [0, 1]."""
    n_valid = n_all = 0
    for line in lines:
        n_high = len(line) - len(line.decode("ascii", "ignore"))
        n_all += n_high
        n_valid += n_high if _is_utf8(line) else 0
    return n_valid / n_all


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guess(lines: list[bytes]) -> str | None:
    """Return the encoding that most fifths of the lines vote for, so that one broken line cannot decide."""
    n_parts = 5 if len(lines) >= 10 else 1
    votes = Counter(_guess_part(lines[i::n_parts]) for i in range(n_parts))
    votes.pop(None, None)
    return votes.most_common(1)[0][0] if votes else None


def _guess_part(lines: list[bytes]) -> str | None:
    sample = lines[0]
    for line in lines[1:]:
        if len(sample) + len(line) > _GUESS_BYTES:
            break
        sample += b"\n" + line
    # accents stand alone between ASCII letters; letters of other scripts stand in runs
    is_western = all(a < 0x80 or b < 0x80 for a, b in pairwise(sample))
    return _best(sample, _WESTERN) if is_western else _best(sample, _ENCODINGS + _WESTERN)


def _best(sample: bytes, encodings: list[str]) -> str | None:
    """Return the likeliest encoding; of equally likely ones cp1252, by far the most used."""
    matches = from_bytes(sample, cp_isolation=encodings)
    best = matches.best()
    if best is None:
        return None
    ties = {name for match in matches if match.chaos == best.chaos for name in match.could_be_from_charset}
    return "cp1252" if encodings == _WESTERN and "cp1252" in ties else best.encoding


# --- CSV, TSV, lines ------------------------------------------------------------------------------


def _csv(text: bytes, delimiter: str, where: str, wanted: Wanted) -> Raw:
    names = _header(text, delimiter)
    keep = [name for name in names if wanted(name)]
    _check_distinct(keep, where)
    if text.count(b'"') % 2:
        _check_quotes(text, delimiter, where)
    if not keep:
        return Raw(where, names, {})
    table = _csv_table(text, delimiter, names, keep, where)
    return Raw(where, names, {name: table[name] for name in keep})


def _csv_table(text: bytes, delimiter: str, names: list[str], keep: list[str], where: str) -> pa.Table:
    try:
        return pacsv.read_csv(
            pa.BufferReader(text),
            pacsv.ReadOptions(block_size=_CSV_BLOCK),
            pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(keep, pa.large_string()),
                include_columns=keep,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        _check_ragged(text, delimiter, len(names), where)
        raise InputError(f"{where} is not valid CSV: {_line(error)}", hint="check its quotes") from error


def _delimiter(text: bytes) -> str:
    first = text.lstrip().partition(b"\n")[0].decode()
    return max(_DELIMITERS, key=first.count)


def _header(text: bytes, delimiter: str) -> list[str]:
    head = text[:_LONGEST_HEADER].decode(errors="ignore")
    return next((row for _, row in _csv_rows(head, delimiter) if row), [])


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line (from 1) where each record starts, and its fields; stop where `csv` cannot go on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:  # a field beyond the limit of the csv module
        yield line, []


def _check_ragged(text: bytes, delimiter: str, n_names: int, where: str) -> None:
    for line, row in _csv_rows(text.decode(), delimiter):
        if row and len(row) != n_names:
            raise InputError(
                f"line {line} of {where} has {len(row)} fields, the header {n_names}: {_short(row[0])}",
                hint="put text that holds the delimiter in double quotes, or use .txt for a sentence a line",
            )


def _check_quotes(text: bytes, delimiter: str, where: str) -> None:
    """Raise where a quoted field never ends: the parser would take the rest of the file for one field."""
    line, last = 0, [""]
    for line, last in _csv_rows(text.decode().rstrip("\r\n") + "\n", delimiter):  # noqa: B007
        pass
    if not last or last[-1].endswith("\n"):
        raise InputError(
            f"a double quote opens in the record at line {line} of {where} and never closes: {_short(last)}",
            hint="close it, or write a quote inside of quotes twice",
        )


def _lines(text: str, where: str, wanted: Wanted) -> Raw:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return _of_records(lines, where, wanted)


# --- JSON -----------------------------------------------------------------------------------------


def _jsonl(text: str, where: str, wanted: Wanted) -> Raw:
    return _of_records(_json_lines(text, where), where, wanted)


def _json_lines(text: str, where: str) -> Iterator[object]:
    for n, line in enumerate(text.split("\n"), start=1):
        if line and not line.isspace():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"line {n} of {where} is not JSON: {_line(error)}; it reads {_short(line)}",
                    hint="every line must be one JSON object",
                ) from error


def _json(text: str, where: str, wanted: Wanted) -> Raw:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if _is_json(text.strip().partition("\n")[0]):
            return _jsonl(text, where, wanted)
        raise InputError(f"{where} is not JSON: {_line(error)}", hint="check it at that place") from error
    if isinstance(value, list):
        return _of_records(value, where, wanted)
    if isinstance(value, dict):
        return _of_object(value, where, wanted)
    raise InputError(f"{where} is JSON but holds one {type(value).__name__}", hint="give a list of objects")


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _of_object(value: Mapping[str, object], where: str, wanted: Wanted) -> Raw:
    """Read an object of columns, or a single record."""
    columns = {str(name): list(cells) for name, cells in value.items() if isinstance(cells, list | tuple)}
    holds_records = any(isinstance(cell, dict) for cells in columns.values() for cell in cells[:1])
    if not value or len(columns) < len(value) or holds_records:
        return _of_records([value], where, wanted)
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"the columns of {where} differ in length: {lengths}", hint="make them equally long")
    kept = {name: _array(cells, name, where) for name, cells in columns.items() if wanted(name)}
    return Raw(where, list(columns), kept)


# --- records --------------------------------------------------------------------------------------


def _of_records(records: Iterable[object], where: str, wanted: Wanted) -> Raw:
    """Turn sentences or objects into columns; only wanted values are kept, so that extras cost no memory."""
    kept: dict[str, list[object]] = {}
    names: dict[str, bool] = {}
    has_header = False
    n = -1
    for n, record in enumerate(records):
        if isinstance(record, str) or _is_missing(record):
            record = {"text": record}  # noqa: PLW2901
        elif isinstance(record, Mapping):
            has_header = True
        else:
            raise InputError(
                f"item {n + 1} of {where} is a {type(record).__name__}, not text: {_short(record)}",
                hint="give sentences (str) or objects",
            )
        _keep(record, n, kept, names, wanted)
    if n < 0:
        raise InputError(f"{where} has no rows", hint="give at least one sentence")
    arrays = {name: _array(_pad(cells, n + 1), name, where) for name, cells in kept.items()}
    return Raw(where, list(names), arrays, has_header)


def _keep(
    record: Mapping[str, object],
    n: int,
    kept: dict[str, list[object]],
    names: dict[str, bool],
    wanted: Wanted,
) -> None:
    for name, value in record.items():
        if name not in names:
            names[name] = wanted(str(name))
        if names[name]:
            _pad(kept.setdefault(name, []), n).append(_turns(value, wanted))


def _pad(cells: list[object], n: int) -> list[object]:
    if len(cells) < n:
        cells.extend([None] * (n - len(cells)))
    return cells


def _turns(value: object, wanted: Wanted) -> object:
    """Return a list with its objects cut down to the wanted keys; anything else as it is."""
    if not isinstance(value, list | tuple):
        return value
    return [
        {key: _text(cell) for key, cell in turn.items() if wanted(key)} if isinstance(turn, dict) else _text(turn)
        for turn in value
    ]


def _array(cells: list[object], name: str, where: str) -> pa.ChunkedArray:
    texts = [cell if isinstance(cell, str | list) else _text(cell) for cell in cells]
    is_nested = any(isinstance(cell, list) for cell in texts)
    try:
        array = pa.array(texts, None if is_nested else pa.large_string())
    except UnicodeEncodeError:
        return _array([_mend(cell) for cell in texts], name, where)
    except (TypeError, pa.ArrowException) as error:
        odd = next((cell for cell in texts if not isinstance(cell, str | list | None)), None)
        raise InputError(
            f"column {name!r} of {where} holds neither text nor turns: {_short(odd or _line(error))}",
            hint="name another column, or give every row the same shape",
        ) from error
    return pa.chunked_array([array])


def _text(cell: object) -> object:
    """Return a number or truth value as text, a missing value as None; anything else as it is."""
    if _is_missing(cell):
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # 12.0 is the id 12 of a column that has gaps
    return str(cell) if isinstance(cell, int | float) else cell


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)  # noqa: PLR0124 - NaN differs from itself


def _mend(cell: object) -> object:
    """Replace halves of surrogate pairs, which JSON can write and UTF-8 cannot, by U+FFFD."""
    if isinstance(cell, str):
        return cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(cell, list):
        return [_mend(turn) for turn in cell]
    return {key: _mend(value) for key, value in cell.items()} if isinstance(cell, dict) else cell


# --- Parquet --------------------------------------------------------------------------------------


def _parquet(data: bytes, where: str, wanted: Wanted) -> Raw:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = file.schema_arrow.names
        table = file.read(columns=[name for name in names if wanted(name)])
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{where} is not readable Parquet: {_line(error)}", hint="write it again") from error
    return _of_table(table, names, where, wanted)


# --- messages -------------------------------------------------------------------------------------


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
