"""What a store keeps about the price of its replies, and stores of other versions of dialin."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.llm.base import Reply, Request
from dialin.llm.cache import Origin, ReplyStore
from dialin.llm.usage import Account, Usage
from dialin.prompts.prompt import Prompt

REQUEST = Request(Prompt("s", (), "我的包裹到哪了"))
OLD_SCHEMA = """
CREATE TABLE replies (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, step TEXT NOT NULL, prompt TEXT NOT NULL,
    options TEXT NOT NULL, max_tokens INTEGER NOT NULL, grammar TEXT NOT NULL, reply TEXT NOT NULL,
    probabilities TEXT NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, paid INTEGER NOT NULL
)"""
"""The table of dialin 0.1.0 and 0.2.0."""
OLD_INSERT = f"INSERT OR IGNORE INTO replies VALUES ({', '.join('?' * 12)})"
OLD_ROW = ("old", "m", "judge", "[]", "[]", 1, "", "Yes", "[1.0]", 30, 1, 1)
OLD_SELECT = "SELECT reply, probabilities, tokens_in, tokens_out FROM replies WHERE key = ?"


def old_store(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.execute(OLD_SCHEMA)
        db.execute(OLD_INSERT, OLD_ROW)
        db.commit()
    return path


def test_tokens_of_the_providers_cache_and_batches_are_kept(tmp_path: Path) -> None:
    with closing(ReplyStore(tmp_path / "a.sqlite")) as store:
        store.put("a", REQUEST, Reply("x", (), 10, 1, tokens_cached=8), Origin("m", "judge"))
        store.put("b", REQUEST, Reply("y", (), 20, 2), Origin("m", "judge", batch=True))
        store.put("c", REQUEST, Reply("z", (), 40, 4), Origin("m", "judge"))
        store.put("a", REQUEST, Reply("later", (), 7, 7, tokens_cached=7), Origin("m", "judge", batch=True))
    with closing(ReplyStore(tmp_path / "a.sqlite")) as store:
        assert store.get("a") == Reply("x", (), 10, 1, tokens_cached=8)
        assert store.get("c") == Reply("z", (), 40, 4)
        assert store.bill() == {
            Account("judge", "m"): Usage(2, 0, 50, 5, 8),
            Account("judge", "m", batch=True): Usage(1, 0, 20, 2),
        }


def test_a_bill_has_a_line_for_each_step_and_model() -> None:
    with closing(ReplyStore(":memory:")) as store:
        for i, (model, step) in enumerate([("m", "name"), ("m", "judge"), ("n", "judge"), ("m", "judge")]):
            store.put(str(i), REQUEST, Reply("x", (), 10, 1), Origin(model, step, paid=bool(i)))
        assert list(store.bill().items()) == [
            (Account("judge", "m"), Usage(2, 0, 20, 2)),
            (Account("judge", "n"), Usage(1, 0, 10, 1)),
            (Account("name", "m"), Usage(1, 0, 10, 1)),
        ]


def test_nothing_of_a_removed_reply_is_left(tmp_path: Path) -> None:
    with closing(ReplyStore(tmp_path / "a.sqlite")) as store:
        store.put("a", REQUEST, Reply("x", (), 10, 1, tokens_cached=8), Origin("m", "judge"))
        assert store.remove(["a", "no such key"]) == 1
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        assert [db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("replies", "discounts")] == [
            0,
            0,
        ]


def test_a_store_of_an_older_version_is_read_and_written(tmp_path: Path) -> None:
    path = old_store(tmp_path / "a.sqlite")
    with closing(ReplyStore(path)) as store:
        assert store.get("old") == Reply("Yes", (1.0,), 30, 1)
        store.put("new", REQUEST, Reply("x", (), 10, 1, tokens_cached=8), Origin("m", "judge"))
        assert store.bill() == {Account("judge", "m"): Usage(2, 0, 40, 2, 8)}


def test_an_older_version_reads_and_writes_a_store_of_this_one(tmp_path: Path) -> None:
    with closing(ReplyStore(tmp_path / "a.sqlite")) as store:
        store.put("new", REQUEST, Reply("x", (), 10, 1, tokens_cached=8), Origin("m", "judge"))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        assert db.execute(OLD_SELECT, ("new",)).fetchone() == ("x", "[]", 10, 1)
        db.execute(OLD_INSERT, OLD_ROW)
        db.commit()
    with closing(ReplyStore(tmp_path / "a.sqlite")) as store:
        assert store.get("old") == Reply("Yes", (1.0,), 30, 1)


def test_a_reply_and_its_discount_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(ReplyStore(path)) as store, closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE discounts")
        with pytest.raises(InputError, match="discounts"):
            store.put("a", REQUEST, Reply("x", (), 10, 1, tokens_cached=8), Origin("m", "judge"))
        assert db.execute("SELECT COUNT(*) FROM replies").fetchone() == (0,)
        store.put("b", REQUEST, Reply("x", (), 10, 1), Origin("m", "judge"))  # no transaction is left open


def test_a_damaged_discount_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(ReplyStore(path)) as store, closing(sqlite3.connect(path)) as db:
        store.put("a", REQUEST, Reply("x", (), 10, 1, tokens_cached=8), Origin("m", "judge"))
        db.execute("UPDATE discounts SET tokens_cached = 'many'")
        db.commit()
        with pytest.raises(InputError, match="damaged reply a"):
            store.get("a")


@pytest.mark.parametrize("is_old", [True, False], ids=["of an older version", "of this one"])
def test_a_store_that_is_only_read_may_have_discounts_or_not(tmp_path: Path, is_old: bool) -> None:
    path = tmp_path / "known.sqlite"
    if is_old:
        old_store(path)
    else:
        with closing(ReplyStore(path)) as known:
            known.put("old", REQUEST, Reply("Yes", (1.0,), 30, 1, tokens_cached=8), Origin("m", "judge"))
    with closing(ReplyStore(":memory:", known=path)) as store:
        assert store.get("old") == Reply("Yes", (1.0,), 30, 1, tokens_cached=0 if is_old else 8)


def test_an_answer_without_a_text_is_none_for_other_runs(tmp_path: Path) -> None:
    path, request = tmp_path / "replies.sqlite", Request(Prompt("s", (), "a"), ("Yes", "No"))
    nothing, origin = Reply("", (0.0, 0.0), 10, 0), Origin("m", "judge")
    with closing(ReplyStore(path)) as of_a_run:
        of_a_run.put("a", request, nothing, origin)
        assert of_a_run.get("a") == nothing
    with closing(ReplyStore(path, keeps_empty=False)) as shared:
        assert shared.get("a") is None  # also one that an older dialin kept
        shared.put("b", request, nothing, origin)
        assert shared.keys() == ["a"]
        shared.put("a", request, Reply("Yes", (1.0, 0.0), 10, 1), origin)
        assert shared.get("a") == Reply("Yes", (1.0, 0.0), 10, 1)
