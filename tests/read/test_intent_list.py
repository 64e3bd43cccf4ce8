"""A list of known intents: the same from every format, and one clear line for what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.read.intent_list import ListedIntent, read_intent_list

WANTED = (
    ListedIntent("cancel-order", "someone wants an order to be cancelled", ("stop my order", "不要发货"), "orders"),
    ListedIntent("查询-物流"),
)
CSV = "name,description,examples,parent\ncancel-order,{0},stop my order | 不要发货,orders\n查询-物流,,,\n"
JSONL = (
    '{{"name": "cancel-order", "description": "{0}", "examples": ["stop my order", "不要发货"], "parent": "orders"}}\n'
    '{{"name": "查询-物流"}}\n'
)
YAML = (
    "- name: cancel-order\n  description: {0}\n  examples: [stop my order, 不要发货]\n  parent: orders\n- 查询-物流\n"
)


@pytest.mark.parametrize(("name", "text"), [("a.csv", CSV), ("a.jsonl", JSONL), ("a.yaml", YAML), ("a.yml", YAML)])
def test_every_format_gives_the_same_list(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text.format(WANTED[0].description), "utf-8")
    assert read_intent_list(path) == WANTED


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "name,sample\na,x\nb,y\n", "unknown column 'sample'"),
        ("a.csv", "name\nPay bill\npay bill\n", "lists 'pay bill' twice, as entries 1 and 2"),
        ("a.csv", "name\na\n", "lists 1 intent, at least 2 are needed"),
        ("a.csv", "title\na\nb\n", "has no column name, but title"),
        ("a.csv", "name,parent\n,x\nb,x\n", "entry 1 of"),
        ("a.csv", f"name\n{'a' * 81}\nb\n", "a name of 81 characters, more than 80"),
        ("a.yaml", "- {name: a, examples: [x, 3]}\n- b\n", "examples that are not texts, got ['x', 3]"),
        ("a.yaml", "- {name: [a]}\n- b\n", "a name that is not text, got ['a']"),
        ("a.yaml", "a: [\n", "is not readable YAML"),
        ("a.yaml", "a: b\n", "does not hold a list of intents"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_intent_list(path)
    assert message in caught.value.message
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*nope\.csv"):
        read_intent_list(tmp_path / "nope.csv")


def test_numbers_are_names_and_must_not_merge_is_taken_for_granted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,must_not_merge\n404,yes\n500,no\n")
    assert [intent.name for intent in read_intent_list(path)] == ["404", "500"]
