"""What `dialin forget` deletes, so that no byte of it is left, and what it leaves alone."""

from __future__ import annotations

import csv
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Cli, Once

from dialin.llm.cache import ReplyStore
from dialin.review.edits import Accept
from fake_run import note
from run_commands import contents, discover
from scripted import ScriptedBackend, sentences

SECRET = "娜娜 Zanzibar"


@pytest.fixture
def cache(home: Path) -> Path:
    """Where the shared replies and vectors of this test lie."""
    return home.parent / "home"


@pytest.fixture
def runs(cli: Cli, home: Path, calls: Path, backend: ScriptedBackend, once: Once) -> tuple[Path, Path]:
    """Make two runs with other sentences: `run` has those of `calls`, `secret` says each with a secret word."""
    with (home / "secret.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([f"{text} {SECRET} {topic}"] for text, topic in sentences())])
    once(lambda: (discover(cli, calls, "run"), discover(cli, home / "secret.csv", "secret")))
    return Path("run"), Path("secret")


def files_with(folder: Path, words: str) -> list[str]:
    """Return the files in a folder that hold these words, as UTF-8 or escaped as in JSON."""
    forms = (words.encode(), words.encode("unicode_escape"))
    return [p.name for p in sorted(folder.rglob("*")) if p.is_file() and any(form in p.read_bytes() for form in forms)]


def keys_in(path: Path) -> list[str]:
    with closing(ReplyStore(path)) as store:
        return store.keys()


def test_no_byte_of_a_forgotten_run_is_left_and_the_other_is_whole(
    cli: Cli, runs: tuple[Path, Path], cache: Path
) -> None:
    run, secret = runs
    assert files_with(cache, SECRET) == ["replies.sqlite"]
    before = contents(run)
    result = cli("forget", secret, "--yes")
    assert result.exit_code == 0, result.stderr
    assert "70 shared vectors" in result.stdout
    assert not secret.exists()
    assert files_with(cache, SECRET) == files_with(run, SECRET) == []
    assert contents(run) == before
    assert keys_in(cache / "replies.sqlite") == keys_in(run / "llm.sqlite")


def test_all_empties_the_cache_and_leaves_the_models(cli: Cli, runs: tuple[Path, Path], cache: Path) -> None:
    (cache / "models").mkdir(exist_ok=True)
    (cache / "models" / "a.gguf").write_bytes(b"a model")
    shutil.rmtree(runs[1])
    assert cli("forget", "--all", "--yes").exit_code == 0
    assert [path.name for path in cache.iterdir()] == ["models"]
    assert (cache / "models" / "a.gguf").exists()
    assert runs[0].exists()
    assert cli("forget", "--all", "--yes").exit_code == 0


def test_it_says_what_it_would_delete_and_asks(cli: Cli, runs: tuple[Path, Path], cache: Path) -> None:
    note(runs[0] / "decisions.jsonl", "Ana", Accept(0))
    for stdin, code in (("n\n", 130), ("", 130), ("y\n", 0)):
        assert (runs[0] / "manifest.json").exists()
        result = cli("forget", runs[0], stdin=stdin)
        assert result.exit_code == code
        assert "with 1 decision of people" in result.stdout
        assert ("nothing was deleted" in result.stderr) is (code == 130)
    assert not runs[0].exists()


def test_what_dialin_did_not_write_stays(cli: Cli, runs: tuple[Path, Path], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.html"
    elsewhere.write_text("mine")
    (runs[0] / "report.html").unlink()
    (runs[0] / "report.html").symlink_to(elsewhere)
    (runs[0] / "notes").mkdir()
    (runs[0] / "my-notes.txt").write_text("mine")
    result = cli("forget", runs[0], "--yes")
    assert result.exit_code == 0
    assert "my-notes.txt" in result.stdout
    assert sorted(path.name for path in runs[0].iterdir()) == ["my-notes.txt", "notes"]
    assert elsewhere.read_text() == "mine"


def test_a_link_to_a_run_goes_with_the_run(cli: Cli, runs: tuple[Path, Path]) -> None:
    Path("link").symlink_to(runs[0])
    assert cli("forget", "link", "--yes").exit_code == 0
    assert not runs[0].exists()
    assert not Path("link").is_symlink()


def test_what_cannot_be_forgotten_is_left_whole(cli: Cli, runs: tuple[Path, Path]) -> None:
    run, secret = runs
    (secret / "sentences.parquet").write_bytes(b"not a table")
    before = sorted(secret.iterdir())
    result = cli("forget", run, secret, "--yes")
    assert (result.exit_code, "dialin forget --all" in result.stderr) == (2, True)
    assert sorted(secret.iterdir()) == before
    assert run.exists()
    for words in (["nothing-here"], []):
        result = cli("forget", *words, "--yes")
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("n_deleted", [0, 1, 4, 8])
def test_a_deletion_that_was_cut_short_can_be_begun_again(
    cli: Cli, runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, n_deleted: int
) -> None:
    """A kill after any file leaves a folder that the same command deletes, without asking for `--all`."""
    run, _ = runs
    real, deleted = Path.unlink, list[Path]()

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.parent == run.resolve():
            if len(deleted) == n_deleted:
                raise KeyboardInterrupt
            deleted.append(path)
        real(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        assert cli("forget", run, "--yes").exit_code == 130
    assert run.is_dir()
    result = cli("forget", run, "--yes")
    assert result.exit_code == 0, result.stderr
    assert not run.exists()
