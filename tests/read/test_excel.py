"""Workbooks of Excel, and what Excel makes of a CSV."""

from __future__ import annotations

import sys
import zipfile
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dialin.bounded import MAX_INPUT
from dialin.errors import InputError, InputNote
from dialin.read import excel
from dialin.read.columns import Columns
from dialin.read.label_column import column_of
from dialin.read.parts import read_large
from dialin.read.table import read_table
from dialin.redact.source import read_redacted
from export_tree import zipped
from read_in_parts import TWO_ROWS, check_same, take_all_for_large

ROWS: list[list[Any]] = [
    ["Text", "Role", "Date", "Dialogue ID", "n"],
    ["Where is my card?", "customer", datetime(2026, 5, 1, 9, 30), 7.0, 1.5],
    ["我看看。", "agent", datetime(2026, 5, 1, 9, 31), 7.0, True],
    [None, None, None, None, None],
    ["#N/A", "customer", None, 8, time(9, 30)],
]


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_is_read_as_a_table(tmp_path: Path) -> None:
    """The empty row does not count; the error of a formula is no text; whole numbers are whole."""
    table = read_table(workbook(tmp_path / "a.xlsx", Calls=ROWS))
    assert table["text"].to_pylist() == ["Where is my card?", "我看看。", None]
    assert table["role"].to_pylist() == ["customer", "agent", "customer"]
    assert table["dialogue_id"].to_pylist() == ["7", "7", "8"]
    assert table["date"].to_pylist() == [datetime(2026, 5, 1, 9, 30), datetime(2026, 5, 1, 9, 31), None]


def test_cells_of_any_kind_become_text(tmp_path: Path) -> None:
    assert column_of(str(workbook(tmp_path / "a.xlsx", Calls=ROWS)), "n") == ["1.5", "true", "09:30:00"]


def test_a_workbook_is_known_whatever_its_name(tmp_path: Path) -> None:
    assert read_table(workbook(tmp_path / "a.xlsx", Calls=ROWS).rename(tmp_path / "a.csv")).num_rows == 3


def test_the_first_sheet_is_read_unless_one_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Calls=ROWS, 其他=[["text"], ["hi"]])
    with pytest.warns(InputNote, match=r"a\.xlsx has 2 sheets; read is the first, 'Calls'; --sheet names another"):
        assert read_table(path).num_rows == 3
    assert read_table(path, Columns(sheet="其他"))["text"].to_pylist() == ["hi"]
    with pytest.raises(InputError, match=r"a\.xlsx has no sheet 'Call'; it has 'Calls', '其他'"):
        read_table(path, Columns(sheet="Call"))


BAD_SHEETS: dict[str, tuple[list[list[Any]], str]] = {
    "empty": ([], r"a\.xlsx has no column with a usual name for the text; it has no columns"),
    "header alone": ([["text"]], r"a\.xlsx has no rows"),
    "no text": ([["price"], [1]], r"a\.xlsx has no column with a usual name for the text; it has 'price'"),
    "two texts": ([["text", "text"], ["a", "b"]], r"a\.xlsx has 2 columns named 'text'"),
    "numbers": ([["text"], [1], [2]], r"column 'text' of .*a\.xlsx holds only numbers, such as '1'"),
}


@pytest.mark.parametrize("kind", BAD_SHEETS)
def test_a_sheet_without_sentences_is_refused(tmp_path: Path, kind: str) -> None:
    rows, message = BAD_SHEETS[kind]
    with pytest.raises(InputError, match=message):
        read_table(workbook(tmp_path / "a.xlsx", Calls=rows))


OFFICE = {
    ".xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, r"old Excel \(\.xls\), or has a password"),
    ".ods": (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "OpenDocument file"),
    ".xlsb": (zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), r"binary workbook of Excel \(\.xlsb\)"),
    ".xlsx": (zipped({"[Content_Types].xml": b"<", "xl/workbook.xml": b"<"}), "is not readable Excel"),
    ".docx": (
        zipped({"[Content_Types].xml": b"<", "word/document.xml": b"<"}),
        "a Word or PowerPoint document, not a table",
    ),
}


@pytest.mark.parametrize("ending", OFFICE)
def test_what_is_not_a_readable_workbook_says_so(tmp_path: Path, ending: str) -> None:
    data, message = OFFICE[ending]
    (tmp_path / f"a{ending}").write_bytes(data)
    with pytest.raises(InputError, match=message) as error:
        read_table(tmp_path / f"a{ending}")
    assert error.value.hint


def test_a_workbook_cut_short_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Calls=ROWS)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(InputError, match=r"a\.xlsx is not readable Excel"):
        read_table(path)


def test_a_workbook_is_read_up_to_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One long text in a thousand cells stands in the file once."""
    path = workbook(tmp_path / "a.xlsx", Calls=[["text"], *[["word " * 2_000]] * 1_000])
    assert path.stat().st_size < 100_000
    monkeypatch.setenv(MAX_INPUT, "1M")
    with pytest.raises(InputError, match=r"a\.xlsx holds more than 1 MiB"):
        read_table(path)


def test_parts_of_a_workbook_are_measured_before_they_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", Calls=ROWS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/more.xml", b" " * (2 << 20))
    monkeypatch.setenv(MAX_INPUT, "1M")
    with pytest.raises(InputError, match=r"a\.xlsx holds more than 1 MiB"):
        read_table(path)


def test_without_openpyxl_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", Calls=ROWS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match=r'needs openpyxl, which is not installed \(pip install "dialin\[excel\]"\)'):
        read_table(path)


def test_formulas_count_as_what_they_gave(tmp_path: Path) -> None:
    """openpyxl writes no results, so the formula has none."""
    rows: list[list[Any]] = [["text", "n"], ["hi", 1], ['="a"&"b"', 2]]
    assert read_table(workbook(tmp_path / "a.xlsx", Calls=rows))["text"].to_pylist() == ["hi", None]


def test_a_workbook_from_a_stream_is_the_same(tmp_path: Path) -> None:
    stream = BytesIO(workbook(tmp_path / "a.xlsx", Calls=ROWS).read_bytes())
    (tmp_path / "b.xlsx").write_bytes(stream.getvalue())
    assert read_table(tmp_path / "b.xlsx") == read_table(tmp_path / "a.xlsx")


# --- CSV ------------------------------------------------------------------------------------------

SAYS = "Grüße, 我的卡?"
AS_CSV = {
    "UTF-8": ("a.csv", f"\ufefftext,role\r\n\"{SAYS}\",agent\r\n".encode()),
    "semicolons": ("a.csv", f"\ufefftext;role\r\n{SAYS};agent\r\n".encode()),
    "ANSI": ("a.csv", "text;role\r\nGrüße aus Köln und Zürich;agent\r\n".encode("cp1252")),
    "ANSI in China": ("a.csv", "文本,角色\r\n我的卡丢了,客服\r\n请帮我挂失,客服\r\n".encode("gbk")),
    "Unicode text": ("a.csv", f"text\trole\r\n{SAYS}\tagent\r\n".encode("utf-16")),
    "UTF-16 with semicolons": ("a.csv", f"text;role\r\n{SAYS};agent\r\n".encode("utf-16")),
    "the delimiter is told": ("a.csv", f"\ufeffsep=;\r\ntext;role\r\n{SAYS};agent\r\n".encode()),
    "tab is told, UTF-16": ("a.csv", f"sep=\t\r\ntext\trole\r\n{SAYS}\tagent\r\n".encode("utf-16")),
    "old Macintosh": ("a.csv", b"text;role\rhello;agent\r"),
    "line breaks in a cell": ("a.csv", f"text;role\r\n\"Hello\n{SAYS}\";agent\r\n".encode()),
    "empty rows above": ("a.csv", f";;\r\n\r\n;;\r\ntext;role;\r\n{SAYS};agent;\r\n".encode()),
    "empty columns": ("a.csv", f";text;;role;\r\n;{SAYS};;agent;\r\n".encode()),
    "names in capitals, with spaces": ("a.csv", f" TEXT ;Role \r\n{SAYS};agent\r\n".encode()),
    "the end mark of DOS": ("a.csv", f"text;role\r\n{SAYS};agent\r\n\x1a".encode()),
}  # fmt: skip


@pytest.mark.parametrize("kind", AS_CSV)
def test_what_excel_writes_is_read(tmp_path: Path, kind: str) -> None:
    name, data = AS_CSV[kind]
    (tmp_path / name).write_bytes(data)
    table = read_table(tmp_path / name)
    assert table["role"].to_pylist() == ["agent"] * table.num_rows
    words = " ".join(table["text"].to_pylist())
    assert words.endswith((SAYS, "Grüße aus Köln und Zürich", "请帮我挂失", "hello"))


def test_lines_are_counted_with_the_empty_rows_above(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b";;\n;;\ntext;role\nhi;agent;more\n")
    with pytest.raises(InputError, match=r"line 4 of .*a\.csv has 3 fields, the header 2"):
        read_table(tmp_path / "a.csv")


# --- in parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [Columns(), Columns(sheet="其他"), Columns(outcomes=("n",)), Columns(split=True)])
def test_a_sheet_in_parts_is_the_whole(tmp_path: Path, columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty row, dates, truth values, short rows, merged cells, and several sheets, of which a note tells."""
    take_all_for_large(monkeypatch)
    monkeypatch.setattr(excel, "PART_ROWS", 2)
    rows = [*ROWS, ["=1+2", "agent"], ["merged", "agent", "2026-05-01"], [None, "agent", None, 9], ["last one"]]
    path = workbook(tmp_path / "a.xlsx", Calls=rows, 其他=[["text", "n"], ["你好", 1], ["hi", 2], ["=A1", 3]])
    book = openpyxl.load_workbook(path)
    book["Calls"].merge_cells("A7:A8")
    book.save(path)
    corpus = check_same(path.rename(tmp_path / "a.dat"), columns)
    assert corpus.texts == (["hi", "你好"] if columns.sheet else sorted(corpus.texts))


@pytest.mark.parametrize("kind", BAD_SHEETS)
def test_a_sheet_without_sentences_is_refused_in_parts_too(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_all_for_large(monkeypatch)
    rows, message = BAD_SHEETS[kind]
    with pytest.raises(InputError, match=message):
        read_large(workbook(tmp_path / "a.xlsx", Calls=rows), limits=TWO_ROWS)


def test_a_workbook_that_is_cut_off_is_told_in_parts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_all_for_large(monkeypatch)
    path = workbook(tmp_path / "a.xlsx", Calls=[["text"], *([f"where is it {i}"] for i in range(99))])
    cut_in_sheet = zipped({name: data[: len(data) // 2] if "sheet1" in name else data for name, data in parts_of(path)})
    path.write_bytes(cut_in_sheet)
    with pytest.raises(InputError, match=r"a\.xlsx is not readable Excel: .*; save it again|\(save it again\)"):
        read_large(path, limits=TWO_ROWS)
    path.write_bytes(cut_in_sheet[:-400])
    with pytest.raises(InputError):
        read_large(path, limits=TWO_ROWS)


def test_placeholders_of_a_sheet_are_those_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [["text", "dialogue_id"], ["card 4111 1111 1111 1111", "a"], ["no, 5555555555554444", "a"], ["卡", "b"]]
    path = workbook(tmp_path / "a.xlsx", Calls=cards)
    whole = read_redacted(path, None, "rules")
    take_all_for_large(monkeypatch)
    assert read_redacted(path, None, "rules", TWO_ROWS).corpus.texts == whole.corpus.texts
    assert "no, <CARD_2>" in whole.corpus.texts


def parts_of(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as packed:
        return [(name, packed.read(name)) for name in packed.namelist()]
