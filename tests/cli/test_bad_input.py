"""Bad input of every kind: exit code 2, one line on stderr, and no folder left."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import Cli

from one_line import nothing_left, one_line
from run_commands import discover
from scripted import ScriptedBackend

GOOD = (
    "text\n"
    + "\n".join(f"refund money back {word}" for word in ["now", "soon", "yes", "okay", "again", "today"])
    + "\n"
)


CONTENTS: dict[str, tuple[str, bytes, str]] = {
    "empty file": ("a.csv", b"", "a.csv"),
    "header only": ("a.csv", b"text\n", "no rows"),
    "no text column": ("a.csv", b"price,city\n1,Rome\n2,Oslo\n", "price"),
    "two likely columns": ("a.csv", b"utterance,sentence\na b,c d\ne f,g h\n", "utterance"),
    "all blank": ("a.csv", b'text\n""\n"  "\n', "blank"),
    "one sentence": ("a.csv", b"text\nwhere is my card\n", "1 in 1 rows"),
    "all identical": ("a.csv", b"text\n" + b"where is my card\n" * 9, "1 in 9 rows"),
    "one character": ("a.txt", b"a\nb\nc\nd\ne\n", "one character"),
    "only numbers": ("a.csv", b"text\n1\n2\n3\n", "only numbers"),
    "NaN only": ("a.csv", b"text\nNaN\nnan\nNaN\n", "blank"),
    "binary": ("a.csv", bytes(range(256)) * 40, "a.csv"),
    "a picture": ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a.txt"),
    "broken JSON line": (
        "a.jsonl",
        b'{"text": "hello there"}\n' * 6 + b'{"text": "he\n' + b'{"text": "x"}\n',
        "line 7",
    ),
    "broken JSON": ("a.json", b'[{"text": "hello there"}, ', "a.json"),
    "JSON of numbers": ("a.json", b"[1, 2, 3]", "a.json"),
    "no parquet": ("a.parquet", b"text\nhello there\n", "a.parquet"),
    "cut parquet": ("a.parquet", b"PAR1" + b"\0" * 60, "a.parquet"),
    "cut gzip": ("a.csv.gz", b"\x1f\x8b\x08\x00", "a.csv.gz"),
    "ragged CSV": ("a.csv", b"text,who\nhello there,me\nhello again,me,you,them\n", "a.csv"),
    "open quote": ("a.csv", b'text\n"hello there\nhello again\nbye\n', "a.csv"),
    "mixed encodings": (
        "a.csv",
        b"text\n" + "où est ma carte é à ü\n".encode() * 9 + "grüße aus köln é à ü\n".encode("latin-1") * 9,
        "a.csv",
    ),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_bad_files(cli: Cli, backend: ScriptedBackend, kind: str) -> None:
    name, data, word = CONTENTS[kind]
    Path(name).write_bytes(data)
    one_line(cli("discover", name, "--out", "run", "--llm", "test:scripted"), word)
    nothing_left({name})


OPTIONS: dict[str, tuple[list[str], str]] = {
    "wrong column": (["--text", "txet"], "'txet'"),
    "wrong role column": (["--role", "who"], "'who'"),
    "unknown provider": (["--llm", "magic:beans"], "magic:beans"),
    "unknown local model": (["--llm", "local:no-such-model"], "no-such-model"),
    "missing model file": (["--llm", "local:/no/such/file.gguf"], "/no/such/file.gguf"),
    "no URL": (["--llm", "openai:x@localhost"], "localhost"),
    "no key": (["--llm", "openai:gpt-4o-mini"], "OPENAI_API_KEY"),
    "k above n": (["--strategy", "paper", "--n-clusters", "5000"], "5000"),
    "k of 1": (["--strategy", "paper", "--n-clusters", "1"], "n_clusters"),
    "minimum above n": (["--min-cluster-size", "99"], "99"),
    "epsilon NaN": (["--epsilon", "nan"], "nan"),
    "coverage above 1": (["--coverage", "1.5"], "1.5"),
    "tree without tree": (["--partitioner", "kmeans"], "kmeans"),
    "negative cap": (["--max-calls", "-1"], "-1"),
    "seed in words": (["--seed", "abc"], "abc"),
    "unknown option": (["--sead", "1"], "--sead"),
    "unknown choice": (["--strategy", "magic"], "magic"),
    "negative seed": (["--seed", "-1"], "-1"),
    "theta below 0": (["--theta", "-1"], "-1"),
    "action of two words": (["--actions", "ask,call-back"], "'call-back'"),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_bad_options(cli: Cli, backend: ScriptedBackend, kind: str) -> None:
    Path("a.csv").write_text(GOOD)
    options, word = OPTIONS[kind]
    llm = [] if "--llm" in options else ["--llm", "test:scripted"]
    one_line(cli("discover", "a.csv", "--out", "run", *llm, *options), word)
    nothing_left({"a.csv"})


@pytest.mark.parametrize("source", ["missing.csv", ".", "missing/folder/a.csv"])
def test_no_such_file(cli: Cli, backend: ScriptedBackend, source: str) -> None:
    one_line(cli("discover", source, "--out", "run", "--llm", "test:scripted"), source)
    nothing_left(set())


def test_nothing_on_standard_input(cli: Cli, backend: ScriptedBackend) -> None:
    one_line(cli("discover", "-", "--out", "run", "--llm", "test:scripted", stdin=""), "standard input")
    nothing_left(set())


@pytest.mark.parametrize("missing", [["discover"], ["discover", "a.csv"], ["resume"], ["nonsense"]])
def test_missing_arguments(cli: Cli, missing: list[str]) -> None:
    one_line(cli(*missing), "--help")


def test_unknown_embedder(cli: Cli, home: Path) -> None:
    Path("a.csv").write_text(GOOD)
    one_line(cli("discover", "a.csv", "--out", "run", "--llm", "none", "--embedder", "magic"), "'magic'")
    nothing_left({"a.csv"})


def test_an_output_folder_that_is_taken(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    arguments = ("discover", calls, "--llm", "test:scripted", "--out")
    Path("taken").mkdir()
    Path("taken/thesis.txt").write_text("mine")
    one_line(cli(*arguments, "taken"), "taken", "not empty")
    one_line(cli(*arguments, "taken/thesis.txt"), "is a file")
    one_line(cli(*arguments, "taken/thesis.txt/run"), "thesis.txt")
    assert Path("taken/thesis.txt").read_text() == "mine"
    discover(cli, calls, "run")
    one_line(cli(*arguments, "run"), "run already holds a complete run", "choose another --out")


def test_an_output_folder_that_cannot_be_made(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    one_line(cli("discover", calls, "--llm", "test:scripted", "--out", "/proc/run"), "/proc")
    nothing_left({"calls.csv"})


def test_a_cache_folder_that_cannot_be_made_is_done_without(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALIN_HOME", "/proc/home")
    result = cli("discover", calls, "--llm", "test:scripted", "--out", "run")
    assert result.exit_code == 0, result.stderr
    assert "/proc/home cannot be written" in result.stderr


def test_an_unreachable_server(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    with socket.socket() as probe:  # a port that is free, so that nobody listens there
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    result = cli("discover", calls, "--llm", f"openai:x@http://127.0.0.1:{port}/v1", "--out", "run")
    one_line(result, "cannot reach", str(port))
    nothing_left({"calls.csv"})


@contextmanager
def server(status: int) -> Iterator[str]:
    """Serve one status to every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def test_a_wrong_key(cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    with server(401) as url:
        result = cli("discover", calls, "--llm", f"openai:x@{url}", "--out", "run")
    one_line(result, "OPENAI_API_KEY", "401")
    assert "sk-wrong" not in result.stderr
    nothing_left({"calls.csv"})


AFTERWARDS: dict[str, tuple[list[str], str]] = {
    "resume of no run": (["resume", "nowhere"], "nowhere"),
    "report of no run": (["report", "nowhere"], "nowhere"),
    "predict without a run": (["predict", "nowhere", "calls.csv"], "nowhere"),
    "predict on no file": (["predict", "run", "missing.csv"], "no file missing.csv (check the path)"),
    "predict into an unknown format": (["predict", "run", "calls.csv", "--out", "x.docx"], "docx"),
    "predict into no folder": (["predict", "run", "calls.csv", "--out", "no/such/x.csv"], "mkdir -p no/such)"),
    "evaluate without gold": (["evaluate", "run", "--gold", "golden"], "golden"),
    "evaluate on a missing file": (["evaluate", "run", "--gold", "topic", "--gold-file", "gone.csv"], "gone.csv"),
    "evaluate on a file that does not fit": (["evaluate", "run", "--gold", "topic", "--gold-file", "calls.csv"], "row"),
    "judge without the column": (["judge", "calls.csv", "--text", "text", "--cluster", "c"], "'c'"),
    "half a price": (["estimate", "calls.csv", "--price-in", "3"], "--price-out"),
    "verify of an unknown model": (["models", "verify", "gpt"], "gpt"),
    "fetch of an unknown model": (["models", "fetch", "gpt"], "gpt"),
}


@pytest.mark.parametrize("kind", AFTERWARDS)
def test_bad_calls_of_the_other_commands(cli: Cli, calls: Path, backend: ScriptedBackend, kind: str) -> None:
    discover(cli, calls, "run")
    arguments, word = AFTERWARDS[kind]
    one_line(cli(*arguments), word)
    nothing_left({"calls.csv", "run"})


def test_evaluate_of_an_input_that_has_changed(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    calls.write_text(calls.read_text() + "one more refund,refund\n")
    one_line(cli("evaluate", "run", "--gold", "topic"), "has changed")


def test_a_damaged_reply_store(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-calls", 10)
    Path("run/llm.sqlite").write_bytes(b"no database at all" * 100)
    result = cli("resume", "run")
    assert (result.exit_code, len(result.stderr.splitlines()) > 0) == (2, True)
    assert "llm.sqlite" in result.stderr.splitlines()[-1]


def test_odd_texts_that_are_not_bad_are_read(cli: Cli, backend: ScriptedBackend) -> None:
    """10,000 characters, emoji, control characters, one character among longer ones."""
    texts = ["refund money " * 800, "😀 refund money back", "money\x1bback\x07 payment", "a", "我要退款"]
    Path("a.txt").write_text(GOOD + "\n".join(texts), encoding="utf-8")
    result = cli("discover", "a.txt", "--out", "run", "--llm", "test:scripted")
    assert result.exit_code == 0, result.stderr
