"""What commands print and write: nothing acts on a terminal or in a spreadsheet, and only the owner can read it."""

from __future__ import annotations

import ast
import errno
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from rich.text import Text

import dialin
from dialin import files
from dialin.cli.group import EXIT_UNREAD, OneLineGroup
from dialin.cli.progress import Meter
from dialin.errors import InputError
from dialin.report.terminal import console_on
from dialin.runs.run import load
from dialin.runs.save_table import save_table, table_text
from doc_pages import page
from fake_run import without_hashes
from one_line import one_line
from run_commands import discover
from scripted import ScriptedBackend

NASTY = "\x1b[31mred\u202e\u200b"
POSIX = pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")


@pytest.mark.parametrize("name", ["click.echo", "print", "Console"])
def test_only_two_modules_print(name: str) -> None:
    """All other output passes through them: so no text reaches a terminal as it is."""
    folder = Path(dialin.__file__).parent / "cli"
    calls = {
        path.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name
    }
    assert calls <= {"output.py", "group.py"}


def test_a_console_prints_text_without_what_acts() -> None:
    stream = io.StringIO()
    console_on(stream).print(Text(f"a {NASTY} b"))
    assert stream.getvalue() == "a [31mred b\n"


def test_a_step_that_goes_on_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter() as meter:
        for step in ("name", "name", "report", "name"):
            meter.step(step)
    assert capsys.readouterr().err.splitlines() == ["naming intents", "writing the report", "naming intents"]


def test_errors_and_names_cannot_act(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    found = cli("discover", f"no{NASTY}.csv", "--out", "run")
    assert "\x1b" not in found.stderr
    assert "\u202e" not in found.stderr
    discover(cli, calls, "run")
    path = Path("run") / files.INTENTS
    table = pq.read_table(path)
    names = [f"a{NASTY}{i}" for i in range(table.num_rows)]
    files.write_table(path, table.set_column(table.column_names.index("name"), "name", pa.array(names)))
    without_hashes(Path("run"))  # as whoever sends such a run would write it
    assert load(Path("run")).found_names[0] == "a[31mred0"
    for command in (["show", "run"], ["show", "run", "--json"], ["predict", "run", calls]):
        shown = cli(*command).stdout
        assert "red0" in shown
        assert not {"\x1b", "\u202e", "\u200b"} & set(shown)


TABLE = pa.table({"=text": ["=1+1", "two"], "n": [-1, 2], "+list": [["=a"], []]})


def test_csv_runs_nothing_and_numbers_stay_numbers(tmp_path: Path) -> None:
    save_table(tmp_path / "a.csv", TABLE)
    assert (tmp_path / "a.csv").read_bytes() == b'\'=text,n,\'+list\n\'=1+1,-1,"[""=a""]"\ntwo,2,[]\n'
    assert json.loads(table_text(TABLE, "jsonl").splitlines()[0]) == {"=text": "=1+1", "n": -1, "+list": ["=a"]}


def test_a_byte_order_mark_where_asked(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    assert cli("predict", "run", calls, "--out", "a.csv", "--bom").exit_code == 0
    assert Path("a.csv").read_bytes().startswith(b"\xef\xbb\xbfrow,")
    assert cli("predict", "run", calls, "--out", "b.csv").exit_code == 0
    assert Path("b.csv").read_bytes().startswith(b"row,")
    assert cli("predict", "run", calls, "--bom", "--json").exit_code == 2


def test_a_byte_order_mark_belongs_to_csv(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.parquet"):
        with pytest.raises(InputError, match="belongs to CSV"):
            save_table(tmp_path / name, TABLE, bom=True)


@POSIX
def test_only_the_owner_can_read_what_is_written(cli: Cli, calls: Path, backend: ScriptedBackend, home: Path) -> None:
    before = os.umask(0o022)
    try:
        discover(cli, calls, "run")
    finally:
        assert os.umask(before) == 0o022
    paths = [Path("run"), *Path("run").rglob("*"), *home.glob("*.sqlite")]
    assert not [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


@POSIX
@pytest.mark.parametrize("name", [".a.txt.tmp", "a.txt"])
def test_a_planted_link_overwrites_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "thesis").write_text("mine")
    (tmp_path / name).symlink_to(tmp_path / "thesis")
    files.write_text(tmp_path / "a.txt", "ours")
    assert (tmp_path / "thesis").read_text() == "mine"
    assert (tmp_path / "a.txt").read_text() == "ours"
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


def test_a_second_writer_is_told(tmp_path: Path) -> None:
    def fill(temporary: Path) -> None:
        files.write_text(tmp_path / "a.txt", "theirs")
        temporary.write_text("ours")

    with pytest.raises(InputError, match="another process writes"):
        files.write_whole(tmp_path / "a.txt", fill)
    assert (tmp_path / "a.txt").read_text() == "theirs"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_terminal_of_another_encoding_gets_what_it_has(encoding: str) -> None:
    code = "from dialin.cli import main; main(['models', 'no-\\u6211\\u2192'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_an_empty_file_of_a_run_is_no_ctrl_c(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    (Path("run") / files.PIECES).write_bytes(b"")
    found = cli("predict", "run", calls)
    assert found.exit_code == 2
    assert f"{files.PIECES} is damaged: it is empty" in found.stderr


@POSIX
@pytest.mark.parametrize("exists", [True, False], ids=["of a folder", "of nothing"])
def test_out_may_be_a_link(cli: Cli, calls: Path, backend: ScriptedBackend, exists: bool) -> None:
    if exists:
        Path("real").mkdir()
    Path("run").symlink_to("real")
    discover(cli, calls, "run")
    assert Path("run").is_symlink()
    assert (Path("real") / files.MANIFEST).exists()


def test_a_report_without_sentences(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    texts = load(Path("run")).corpus.texts
    found = cli("report", "run", "--without-sentences", "--json")
    page = (Path("run") / files.REPORT).read_text("utf-8")
    assert not [text for text in texts if text in page or text in found.stdout]
    assert [name for name in load(Path("run")).found_names.values() if name in page]


def test_blank_rows_are_told(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    n_rows = len(calls.read_text("utf-8").splitlines()) - 1
    with calls.open("a", encoding="utf-8") as file:
        file.write('"","none"\n')
    found = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert f"1 of {n_rows + 1} rows are blank or said by nobody: left out" in found.stderr


def test_whoever_reads_progress_may_go_and_the_run_ends_well(home: Path) -> None:
    """As in ``dialin discover calls.csv --out run 2>&1 | head -1``: the pipe is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    code = "from dialin.cli.output import say; say('x' * 9000, err=True); say('y' * 9000, err=True); print('done')"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=write, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_whoever_reads_the_output_may_go_and_the_command_says_so_by_its_code_alone() -> None:
    """As in ``dialin models | head -0``: the code is what a shell reports for any program with such a reader."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "dialin", "models"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (EXIT_UNREAD, "")
    assert f"| {EXIT_UNREAD} |" in page("docs/guide/cost-and-resume.md")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["discoverr", "calls.csv"], "No such command 'discoverr'. Did you mean 'discover'?"),
        (["tune", "datta"], "No such command 'datta'. Did you mean 'data'?"),
        (["qqqq"], "No such command 'qqqq'. (see"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest_one(cli: Cli, words: list[str], advice: str) -> None:
    one_line(cli(*words), advice)


@pytest.mark.parametrize("size", ["0", "0MB", "-1", "much"])
def test_a_size_that_takes_nothing_is_refused(cli: Cli, size: str) -> None:
    failed = cli("serve", "run", "--max-body", size)
    assert failed.exit_code == 2
    assert f"'{size}' is not a size above 0" in failed.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux that is always full")
def test_output_to_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "dialin", "models"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "dialin: error: cannot write the output: No space left on device\n")


def test_a_quota_that_is_used_up_is_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def write() -> None:
        raise OSError(getattr(errno, "EDQUOT", errno.ENOSPC), "Disk quota exceeded", "a.csv")

    monkeypatch.setattr(OneLineGroup, "get_command", lambda *_: write)
    with pytest.raises(SystemExit) as done:
        OneLineGroup(entries={}).main(["write"])
    assert done.value.code == 2
    assert capsys.readouterr().err == "dialin: error: cannot write a.csv: Disk quota exceeded\n"
