"""Coverage-guided fuzzing of everything that reads what others wrote.

::

    pip install atheris                                    # Linux and macOS; dialin itself does not need it
    python -m studies.own.fuzz --target reader --minutes 60

libFuzzer, which atheris drives, changes inputs byte by byte, `odd_json` value by value, and those that reach new code
are kept. An input is a fault
where anything but `InputError` leaves, where it takes more than `MAX_SECONDS`, where reading it twice differs, or where
what is written cannot be read again. One input of each kind of fault (the error, and the lines of dialin that it
passed) is kept in ``OUT/TARGET/faults``, and the fuzzing goes on. A crash, a hang or more than `MAX_MEGABYTES` ends it;
libFuzzer keeps that input in the same folder. What reached new code stays in ``OUT/TARGET/corpus``, where the next call
begins.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import io
import json
import logging
import math
import os
import pkgutil
import random
import shutil
import sys
import tempfile
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import dialin
from dialin import files, saved
from dialin.bounded import MAX_INPUT
from dialin.discover.connections import Connections
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.jobs.discover import Session, work_on
from dialin.llm.base import Request
from dialin.llm.dialects.base import UNREADABLE
from dialin.llm.dialects.openai import OPENAI
from dialin.llm.remote import probabilities_of
from dialin.name.descriptions import MAX_CHARACTERS, Described, parse_description
from dialin.name.labels import Example, parse_reply
from dialin.name.turns import Turn
from dialin.prompts.prompt import Prompt
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus
from dialin.read.table import read
from dialin.review.edits import Accept, Edit, Merge, Noise, Redo, Rename, Split, SplitPart, Undo, Vote
from dialin.review.log import DECISIONS, append, read_log
from dialin.review.replay import refusal
from dialin.runs.integrity import RESULT_FILES
from dialin.runs.manifest import RunPlan
from dialin.runs.run import Run, decided, load
from dialin.runs.start import start
from dialin.runs.tables import read_occurrences, read_sentences, sentences_table
from dialin.search.prune import parse_pruned
from dialin.text.unseen import plain_name
from dialin.web.forms import decision, form_of, seen_in

MAX_SECONDS = 2.0
MAX_MEGABYTES = 2_048
MAX_BYTES = 16_384
"""Length of the longest input that is tried."""
INSTRUMENTED = ("read", "review", "runs", "name", "text", "llm.openai_answer", "llm.options", "files", "bounded", "web")
"""How the names of the modules begin whose branches guide the search."""
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 5, 0.5, 1 << 31, 1 << 63, 10**30, math.inf, math.nan, 1e308, 10**15),
    *("", " ", "x", "\ud800", "\x00", "\u202e", "=1+1", "2024-13-41", "9999999999999999999", "a" * 3_000),
    *([], {}, [[]], [{}], ["x"], {"a": 1}, {"\ud800": "\ud800"}, [10**30], {"$date": "x"}, {"name": {"a": "\ud800"}}),
)
"""Values that stand in the place of others: each is JSON, and wrong nearly everywhere."""
DEEP = 3_000
"""Levels of lists within lists."""

Check = Callable[[bytes], None]

# --- the reader -----------------------------------------------------------------------------------

ENDINGS = (".csv", ".tsv", ".jsonl", ".json", ".txt", ".vtt", ".srt", ".parquet", ".csv.gz", ".xlsx", "")
TABLE = 'text,role,date,turn\n"where, is it",customer,2024-05-01 10:00,1\n我的卡在哪里,agent,1.5.2024,2\n'
RECORDS = '{"text": "hello", "role": {"name": "agent"}, "date": 1714550400}\n{"text": null}\n["a", {"text": "b"}]\n'
DIALOGUE = '[{"id": 1, "turns": [{"role": "user", "text": "hi", "date": "May 1, 2024 3:20 pm"}, {"text": "\\ud83d"}]}]'
SUBTITLES = "WEBVTT\n\n1\n00:01.000 --> 00:02.500\n<v Ana>where is it &amp; why\n\n2\n00:03.000 --> 00:04.000\nhello\n"


def reader_seeds(_folder: Path) -> list[bytes]:
    """Return a small file of each format; its first byte chooses the ending of its name."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["a", None], "turns": [["x"], []]}), sink, compression="none")
    texts = [TABLE, TABLE.replace(",", "\t"), RECORDS, DIALOGUE, "hello\n你好\n", SUBTITLES, SUBTITLES[8:]]
    packed = [sink.getvalue(), gzip.compress(TABLE.encode()), b"PK\x03\x04", TABLE.replace(",", ";").encode("utf-16")]
    return [bytes([i]) + data for i, data in enumerate([*map(str.encode, texts), *packed])]


def reader(folder: Path) -> Check:
    """Return the check of `read`: what is read twice is equal, and what a run writes of it can be read again."""

    def check(data: bytes) -> None:
        path = folder / f"input{ENDINGS[data[0] % len(ENDINGS)] if data else ''}"
        path.write_bytes(data[1:])
        corpus, again = read(path), read(path)
        assert same(corpus, again), "reading twice differs"
        files.write_table(folder / files.SENTENCES, sentences_table(corpus, None))
        files.write_table(folder / files.OCCURRENCES, corpus.occurrences)
        assert read_sentences(folder)["text"].to_pylist() == corpus.texts, "the written sentences differ"
        read_occurrences(folder, len(corpus.texts)).to_pylist()

    return check


def same(one: Corpus, two: Corpus) -> bool:
    """Tell whether two corpora hold the same."""
    alike = one.texts == two.texts and one.roles == two.roles and one.n_blank == two.n_blank
    return alike and one.counts.tolist() == two.counts.tolist() and one.occurrences.equals(two.occurrences)


# --- the replies of LLMs --------------------------------------------------------------------------

REPLIES = (
    "Label: Inquire Refund Status.",
    "标签：查询—退款进度。",
    "**Description:** Customers ask when their parcel arrives. They are angry.",
    "描述：客户询问包裹何时送达。",
    "24, 16 and 8",
)
ANSWERS = (
    {"choices": [{"message": {"content": "Yes"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 1}},
    {
        "choices": [
            {
                "text": "No",
                "logprobs": {"content": [{"top_logprobs": [{"token": "No", "logprob": -0.1, "bytes": [78, 111]}]}]},
            }
        ]
    },
    {"choices": [{"text": "Yes", "logprobs": {"top_logprobs": [{"Yes": -0.2, "No": -2}]}}]},
)
ASKED = Request(Prompt("", (), "same?"), ("Yes", "No"))


def reply_seeds(_folder: Path) -> list[bytes]:
    """Return replies, and the answers of servers that hold them."""
    return [text.encode() for text in (*REPLIES, *map(json.dumps, ANSWERS))]


def replies(_folder: Path) -> Check:
    """Return the check of the parsers of replies: what they find is what they would find in it, and bounded."""
    intents = [Described("track-parcel", Turn(), Example((text,), language)) for language, text in TEXTS.items()]

    def check(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for language in TEXTS:
            label = parse_reply(text, language)
            if label is not None:
                assert label == plain_name(label) == parse_reply(label, language), f"{label!r} is no label"
        for intent in intents:
            found = parse_description(text, intent)
            assert len(found) <= MAX_CHARACTERS, f"{found!r} is too long"
            assert found == plain_name(found), f"{found!r} is no description"
        assert set(parse_pruned(text, [8, 16, 24])) <= {8, 16, 24}
        judged(text)

    return check


TEXTS = {"en": "where is my parcel", "zh": "我的包裹在哪里"}


def judged(text: str) -> None:
    """Read an answer of a server, as `dialin.llm.remote` does, and check its probabilities."""
    try:
        p = np.array(probabilities_of(OPENAI.read(json.loads(text)), ASKED))
    except (*UNREADABLE, RecursionError):
        return
    assert ((p >= 0) & (p <= 1)).all(), f"{p} are no probabilities"
    assert p.sum() <= 1 + 1e-9, f"{p} are no probabilities"


# --- runs and reviews -----------------------------------------------------------------------------

SAID = {
    "where is my {} parcel": "red blue big small heavy",
    "pay the {} invoice": "first last paid lost old",
    "好": "的啊",
}


def small_run(folder: Path) -> Run:
    """Return a complete run of a few sentences, made without an LLM and without a model."""
    source = folder / "calls.txt"
    words = [line.format(word) if "{}" in line else line + word for line, of in SAID.items() for word in of.split()]
    source.write_text("\n".join(words * 2), encoding="utf-8")
    opened = Connections(None, vectors, "test:letters", "a study")
    plan = RunPlan(str(source), Columns(), Settings(judge="geometry"), Specs("none", "none"))
    return work_on(start(folder / "run", plan, read(source), opened), opened, Session(estimate=False))


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return a unit vector of eight numbers for each text, from its letters."""
    X = np.array([np.bincount([ord(letter) % 8 for letter in text], minlength=8) for text in texts], np.float32)
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


def opened(run: Run) -> None:
    """Read all that the commands read of a run."""
    _ = (run.data, run.pieces, run.specs, decided(run), run.assignment_roles)
    saved.read_json_lines(run.folder / files.ROUNDS)
    pa.Table.from_pylist(run.intents.to_pylist(), run.intents.schema)


EDITS = (
    Accept(0),
    Rename(0, "取消-订单"),
    Merge(0, (1,), "both"),
    Split(0, (SplitPart(0, "a", (0,)), SplitPart(2, "b", (1, 2)))),
    Noise((1, 2)),
    Vote(1, good=True),
)


def _always(edit: Edit, _: object) -> Edit:
    return edit


def log_seeds(_folder: Path) -> list[bytes]:
    """Return a log of each kind of decision."""
    with tempfile.TemporaryDirectory() as folder:
        for edit in EDITS:
            append(Path(folder) / DECISIONS, "Ana", partial(_always, edit))
        data = (Path(folder) / DECISIONS).read_bytes()
    head, *lines = data.splitlines(keepends=True)
    return [data, *(head + line for line in lines)]


def decisions(folder: Path) -> Check:
    """Return the check of the log: it is read twice alike, a decision can be added, and the run opens with it."""
    run = small_run(folder)
    path = run.folder / DECISIONS

    def check(data: bytes) -> None:
        path.write_bytes(data)
        entries = read_log(path)
        assert entries == read_log(path), "reading twice differs"
        added = append(path, "Ana", lambda _: Accept(0))
        assert added[:-1] == entries, "a written decision is lost"
        assert read_log(path) == added, "the written decision cannot be read"
        opened(replace(run))

    return check


def form_seeds(_folder: Path) -> list[bytes]:
    """Return a form of each kind, as the pages send them."""
    about = {"intent": "0", "name": "新 name", "s": "1,2", "to": "new", "new": "x", "others": "1", "seen": "1"}
    more = {"group": "1", "look": "0", "name0": "a", "name1": "b", "sentences0": "0", "sentences1": "1,2"}
    kinds = ("accept", "rename", "merge", "split", "move", "noise", "name", "give", "want-split", "good", "bad")
    return [urlencode({"do": kind} | about | more).encode() for kind in kinds]


def forms(folder: Path) -> Check:
    """Return the check of the forms: the decision that a form makes can be read back, and the run opens with it."""
    run = small_run(folder)

    def check(data: bytes) -> None:
        form = form_of(data)
        seen_in(form)
        edit = decision(form)(run.review)
        if isinstance(edit, (Undo, Redo)) or refusal(run.review, edit, "Ana"):
            return
        path = run.folder / DECISIONS
        path.unlink(missing_ok=True)
        append(path, "Ana", lambda _: edit)
        opened(replace(run))

    return check


def run_seeds(folder: Path) -> list[bytes]:
    """Return each file of a run; the first byte is its place in `RUN_FILES`."""
    run = small_run(folder)
    held = [(i, run.folder / name) for i, name in enumerate(RUN_FILES)]
    return [bytes([i]) + path.read_bytes() for i, path in held if path.exists()]


RUN_FILES = (files.MANIFEST, *RESULT_FILES)


def run_folder(folder: Path) -> Check:
    """Return the check of `load`: a run opens or is refused with any contents of one file, its hashes left out."""
    run = small_run(folder)
    manifest = run.folder / files.MANIFEST
    files.write_json(manifest, saved.read_json(manifest) | {"files": {}, "result": ""})
    whole = folder / "whole"
    run.folder.rename(whole)

    def check(data: bytes) -> None:
        shutil.copytree(whole, run.folder, dirs_exist_ok=True)
        (run.folder / RUN_FILES[data[0] % len(RUN_FILES) if data else 0]).write_bytes(data[1:])
        opened(load(run.folder))
        opened(load(run.folder))

    return check


TARGETS: dict[str, tuple[Callable[[Path], list[bytes]], Callable[[Path], Check]]] = {
    "reader": (reader_seeds, reader),
    "replies": (reply_seeds, replies),
    "decisions": (log_seeds, decisions),
    "forms": (form_seeds, forms),
    "run": (run_seeds, run_folder),
}

# --- fuzzing --------------------------------------------------------------------------------------


@dataclass
class Watch:
    """Runs a check on one input after the other, and keeps one input of each kind of fault.

    Parameters
    ----------
    check : callable
        Raises `InputError`, or an error that is a fault.
    folder : Path
        Where the inputs of faults go.
    known : set of str
        Kinds of fault that were met.
    """

    check: Check
    folder: Path
    known: set[str] = field(default_factory=set)

    def __call__(self, data: bytes) -> None:
        """Try one input."""
        begun = time.perf_counter()
        try:
            self.check(data)
        except InputError:
            pass
        except Exception as error:
            self._keep(kind_of(error), data, traceback.format_exc())
        if (seconds := time.perf_counter() - begun) > MAX_SECONDS:
            self._keep("slow", data, f"{seconds:.1f} s")

    def _keep(self, kind: str, data: bytes, told: str) -> None:
        if kind not in self.known:
            self.known.add(kind)
            path = self.folder / f"fault-{len(self.known)}"
            path.write_bytes(data)
            path.with_suffix(".txt").write_text(f"{kind}\n{told}", encoding="utf-8", errors="backslashreplace")
            sys.stderr.write(f"\nFAULT {kind}: {path}\n")


def kind_of(error: BaseException) -> str:
    """Return the type of an error and the last two lines of this project that it passed: one text per kind of fault."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if {"dialin", "studies"} & set(Path(f.filename).parts)]
    return " ".join([type(error).__name__, *(f"{Path(f.filename).name}:{f.lineno}" for f in own[-2:])])


def with_odd(value: Any, chance: random.Random) -> Any:
    """Return a JSON value with an odd one in the place of one of its parts."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(ODD)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = chance.choice(keys)
    changed = value.copy()
    changed[key] = with_odd(value[key], chance)
    return changed


def odd_json(data: bytes, chance: random.Random) -> bytes | None:
    """Return an input with an odd value somewhere in one of its lines of JSON, or in all of it; None without any."""
    start = data[:1] if data[:1] < b" " else b""  # which file it is
    body = data[len(start) :]
    lines = body.split(b"\n")
    place = chance.randrange(len(lines))
    for before, part, after in (([], body, []), (lines[:place], lines[place], lines[place + 1 :])):
        try:
            value = json.loads(part)
        except (ValueError, RecursionError):
            continue
        odd = b"[" * DEEP if chance.random() < 1 / 100 else json.dumps(with_odd(value, chance)).encode()
        return start + b"\n".join([*before, odd, *after])
    return None


def functions_in(names: Sequence[str]) -> Iterator[types.FunctionType]:
    """Yield the functions and methods of dialin's modules whose names begin so."""
    for info in pkgutil.walk_packages(dialin.__path__, "dialin."):
        if info.name.removeprefix("dialin.").startswith(tuple(names)):
            module = importlib.import_module(info.name)
            for owner in [module, *(held for held in vars(module).values() if isinstance(held, type))]:
                held = [getattr(value, "__func__", value) for value in vars(owner).values()]
                yield from (f for f in held if isinstance(f, types.FunctionType) and f.__module__ == info.name)


def work_folder() -> Path:
    """Return a new folder, in memory where the system has one: a check writes some files for each input."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="dialin-fuzz-", dir=memory if memory.is_dir() else None))


def main() -> None:
    """Fuzz one target for some minutes."""
    parser = argparse.ArgumentParser(description="Fuzz what reads the files, replies and forms of others.")
    parser.add_argument("--target", choices=sorted(TARGETS), required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "dialin-fuzz")
    args = parser.parse_args()
    try:
        import atheris  # noqa: PLC0415  (only this study needs it)
    except ImportError:
        sys.exit("fuzzing needs atheris: pip install atheris")
    corpus, faults = (args.out / args.target / name for name in ("corpus", "faults"))
    seeds, check_in = TARGETS[args.target]
    for folder in (corpus, faults):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {MAX_INPUT: "64M", "DIALIN_HOME": str(args.out / "home")}
    warnings.simplefilter("ignore")
    logging.disable()
    work = work_folder()
    try:
        for i, data in enumerate(seeds(work_folder())):
            (corpus / f"seed-{i}").write_bytes(data)
        watch = Watch(check_in(work), faults)
        for function in functions_in(INSTRUMENTED):
            atheris.instrument_func(function)
        limits = [f"-max_total_time={60 * args.minutes:.0f}", f"-max_len={MAX_BYTES}", "-timeout=60", "-len_control=0"]
        places = [f"-artifact_prefix={faults}/", f"-rss_limit_mb={MAX_MEGABYTES}", f"-seed={args.seed}"]

        def mutated(data: bytes, max_size: int, seed: int) -> bytes:
            chance = random.Random(seed)
            odd = odd_json(data, chance) if chance.random() < 1 / 2 else None
            return (odd or bytes(atheris.Mutate(data, max_size)))[:max_size]

        atheris.Setup([sys.argv[0], *limits, *places, str(corpus)], watch, custom_mutator=mutated)
        atheris.Fuzz()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
