"""A glossary: the same from every format, and one clear line for what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.read.glossary import read_glossary

WANTED = ("FTTC = fibre to the cabinet", "花呗 = 先用后付", "42 = the night bus")
CSV = "term,meaning\nFTTC,fibre to the cabinet\n花呗,先用后付\n42,the night bus\n"
JSONL = (
    '{"term": "FTTC", "meaning": "fibre to the cabinet"}\n{"term": "花呗", "meaning": "先用后付"}\n'
    '{"term": "42", "meaning": "the night bus"}\n'
)
YAML = (
    "- term: FTTC\n  meaning: fibre to the cabinet\n- {term: 花呗, meaning: 先用后付}\n"
    "- {term: 42, meaning: the night bus}\n"
)


@pytest.mark.parametrize(("name", "text"), [("a.csv", CSV), ("a.jsonl", JSONL), ("a.yaml", YAML)])
def test_every_format_gives_the_same_terms(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert read_glossary(path) == WANTED


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "word,meaning\na,x\n", "has no column term, but word, meaning"),
        ("a.csv", "term,meaning,note\na,x,y\n", "unknown column 'note'"),
        ("a.csv", "term,meaning\nb,y\na,\n", "entry 2 of .* has no meaning"),
        ("a.yaml", "- a\n", "entry 1 of .* has no meaning"),
        ("a.yaml", "a: b\n", "does not hold a list of terms"),
        ("a.csv", "term,meaning\na,x\nA,y\n", "has 'A' twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_glossary(path)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*nope\.csv"):
        read_glossary(tmp_path / "nope.csv")
