"""Every reply of an LLM in one SQLite file, found again by the content of its request."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from dialin.errors import InputError
from dialin.llm.base import Reply, Request
from dialin.llm.usage import Account, Usage
from dialin.room import Reserve, disk_full, is_full
from dialin.text.unseen import without_surrogates

IN_MEMORY = ":memory:"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, step TEXT NOT NULL, prompt TEXT NOT NULL,
    options TEXT NOT NULL, max_tokens INTEGER NOT NULL, grammar TEXT NOT NULL, reply TEXT NOT NULL,
    probabilities TEXT NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, paid INTEGER NOT NULL
)"""
_DISCOUNTS = """
CREATE TABLE IF NOT EXISTS discounts (
    key TEXT PRIMARY KEY, tokens_cached INTEGER NOT NULL, batch INTEGER NOT NULL
)"""
"""What made a reply cheaper. A table of its own, since older versions of dialin write rows of the first by position."""
_BILL = """
SELECT step, model, COALESCE(batch, 0) <> 0 AS in_batch,
    COUNT(*), SUM(tokens_in), SUM(tokens_out), SUM(COALESCE(tokens_cached, 0))
FROM replies LEFT JOIN discounts USING (key) GROUP BY step, model, in_batch ORDER BY step, model, in_batch"""


def request_key(model: str, request: Request) -> str:
    """Return the key of a request: 64 hex digits, equal for equal content."""
    content = [model, request.prompt.messages(), request.options, request.max_tokens, request.grammar]
    content += [request.draw] if request.draw else []
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


@dataclass(frozen=True)
class Origin:
    """The origin of a reply.

    Parameters
    ----------
    model, step : str
        The model's name; the step that asked.
    paid : bool
        False if the reply was copied from another store.
    batch : bool
        Whether it came through the provider's batch interface.
    """

    model: str
    step: str
    paid: bool = True
    batch: bool = False


@dataclass(frozen=True)
class StoredAnswer:
    """An answer: the step that asked, the text, and the probabilities of the options, if there were any."""

    step: str
    text: str
    probabilities: tuple[float, ...]


class ReplyStore:
    """Replies on disk, one short transaction each: a killed process loses no reply that had arrived.

    Parameters
    ----------
    path : str or Path
        The SQLite file, made if it is missing; ":memory:" keeps the replies in memory.
    known : Path, optional
        Another such file, in which replies are looked up, but which is not written.
    keeps_empty : bool
        Whether an answer without a text counts as one. A run keeps what it was made of; other runs ask again, since a
        server that sent nothing, for lack of tokens perhaps, may be mended by then.

    Raises
    ------
    InputError
        The file cannot be opened, read or written, or is not such a store. All methods raise it, too.
    """

    def __init__(self, path: str | Path, known: Path | None = None, *, keeps_empty: bool = True) -> None:
        self.path, self._keeps_empty = str(path), keeps_empty
        self._lock, self._reserve = Lock(), Reserve(Path(path))
        with self._fault_named():
            options: dict[str, Any] = {"timeout": 30, "isolation_level": None, "check_same_thread": False}
            self._db: sqlite3.Connection = sqlite3.connect(self.path, uri=known is not None, **options)
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")  # survives a kill; only a power cut may lose the last
                self._db.execute(_SCHEMA)
                self._db.execute(_DISCOUNTS)
                self._refuse_code()
                self._get = self._get_from("main")
                if known is not None:
                    self._db.execute("ATTACH ? AS known", [f"{known.absolute().as_uri()}?mode=ro&immutable=1"])
                    self._get += f" UNION ALL {self._get_from('known')}"
            except BaseException:
                self._db.close()
                raise
        for close in (self._reserve.give_up, self._db.close):
            weakref.finalize(self, close)  # a store that nobody closes is closed with its last reference

    def _refuse_code(self) -> None:
        """Raise if the file holds views or triggers: dialin makes none, and reading a view can take for ever."""
        (n,) = self._db.execute("SELECT COUNT(*) FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchone()
        if n:
            raise self._fault("it holds views or triggers, so dialin has not written it")

    def _get_from(self, file: str) -> str:
        """Return the query for the reply of a key in "main" or "known"; that of an older dialin has no discounts."""
        (n,) = self._db.execute(f"SELECT COUNT(*) FROM {file}.sqlite_master WHERE name = 'discounts'").fetchone()
        cached = f"COALESCE((SELECT tokens_cached FROM {file}.discounts WHERE key = ?1), 0)" if n else "0"
        return f"SELECT reply, probabilities, tokens_in, tokens_out, {cached} FROM {file}.replies WHERE key = ?1"

    def get(self, key: str) -> Reply | None:
        """Return the reply stored under `key`, or None."""
        rows = self._execute(self._get, (key,))
        if not rows:
            return None
        text, probabilities, *tokens = rows[0]
        if not (text or self._keeps_empty):
            return None
        if not (isinstance(text, str) and all(isinstance(count, int) for count in tokens)):
            raise self._fault(f"damaged reply {key:.8}")
        tokens_in, tokens_out, tokens_cached = tokens
        return Reply(text, self._numbers(probabilities), tokens_in, tokens_out, tokens_cached=tokens_cached)

    def make_ready(self) -> None:
        """Take room for replies that are about to be paid for; raise DiskFullError if there is none."""
        if self.path != IN_MEMORY:
            with self._lock:
                self._reserve.take()

    def put(self, key: str, request: Request, reply: Reply, origin: Origin) -> None:
        """Store a reply for good; a reply that is already there stays.

        If the disk is full, the reply is stored in the room that `make_ready` has taken, and DiskFullError is raised.

        Parameters
        ----------
        key : str
            Of `request_key`.
        request, reply : Request, Reply
            The question and its answer.
        origin : Origin
            Which model and step, and whether it was paid for.
        """
        if not (reply.text or self._keeps_empty):
            return
        row = (key, origin.model, origin.step, *_request_row(request), *_reply_row(reply), int(origin.paid))
        discount = (key, reply.tokens_cached, int(origin.batch)) if reply.tokens_cached or origin.batch else None
        self._reserve.stored(partial(self.insert_row, row, discount))

    def insert_row(self, row: tuple[Any, ...], discount: tuple[str, int, int] | None) -> None:
        """Insert a row of `put` into the table of replies, and what made the reply cheaper; all or nothing."""
        marks = ", ".join("?" * len(row))
        with self._transaction() as db:
            if not self._keeps_empty:
                db.execute("DELETE FROM replies WHERE key = ? AND reply = ''", row[:1])
            n = db.execute(f"INSERT OR IGNORE INTO replies VALUES ({marks})", row).rowcount
            if n and discount:
                db.execute("REPLACE INTO discounts VALUES (?, ?, ?)", discount)

    def bill(self) -> dict[Account, Usage]:
        """Return how many distinct questions each account has, and their tokens, whether they were paid for or not."""
        return {
            Account(step, model, bool(batch)): Usage(n, 0, *tokens)
            for step, model, batch, n, *tokens in self._execute(_BILL)
        }

    def answers(self) -> list[StoredAnswer]:
        """Return all answers in the order of their arrival."""
        rows = self._execute("SELECT step, reply, probabilities FROM replies ORDER BY rowid")
        return [StoredAnswer(step, text, self._numbers(probabilities)) for step, text, probabilities in rows]

    def n_paid(self) -> int:
        """Return how many of the stored replies were paid for."""
        return int(self._execute("SELECT COALESCE(SUM(paid), 0) FROM replies")[0][0])

    def keys(self) -> list[str]:
        """Return the keys of all replies."""
        return [key for (key,) in self._execute("SELECT key FROM replies ORDER BY key")]

    def contents(self) -> list[tuple[str, str, str, str]]:
        """Return the key, the question, its options and the reply of each, as they are stored."""
        return self._execute("SELECT key, prompt, options, reply FROM replies ORDER BY key")

    def remove(self, keys: Sequence[str]) -> int:
        """Remove replies and rewrite the file, so that nothing of them is left in it; return how many there were."""
        rows = [(key,) for key in keys]
        with self._transaction() as db:
            n = db.executemany("DELETE FROM replies WHERE key = ?", rows).rowcount
            db.executemany("DELETE FROM discounts WHERE key = ?", rows)
        with self._lock, self._fault_named():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log of writes still has the old pages
        return n

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._reserve.give_up()
            self._db.close()

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock, self._fault_named():
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the database for several changes that are all made, or none."""
        with self._lock, self._fault_named():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _numbers(self, text: str) -> tuple[float, ...]:
        try:
            numbers = tuple(map(float, json.loads(text)))
        except (ValueError, TypeError) as error:
            raise self._fault(f"damaged probabilities {text!r:.40}") from error
        if not all(0 <= number <= 1 for number in numbers):  # nan is not either
            raise self._fault(f"damaged probabilities {text!r:.40}")
        return numbers

    @contextmanager
    def _fault_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:  # a bug of ours, such as use after close
            raise
        except sqlite3.DatabaseError as error:
            if self.path != IN_MEMORY and is_full(error, Path(self.path)):
                raise disk_full(Path(self.path), error) from error
            raise self._fault(str(error)) from error

    def _fault(self, what: str) -> InputError:
        return InputError(
            f"cannot use the reply store {self.path}: {what}",
            hint="check the write permission; a damaged file must be moved away",
        )


def _request_row(request: Request) -> tuple[str, str, int, str]:
    prompt, options = _json(request.prompt.messages()), _json(request.options)
    return prompt, options, request.max_tokens, without_surrogates(request.grammar)


def _reply_row(reply: Reply) -> tuple[str, str, int, int]:
    return without_surrogates(reply.text), _json(reply.probabilities), reply.tokens_in, reply.tokens_out


def _json(value: object) -> str:
    return without_surrogates(json.dumps(value, ensure_ascii=False))
