"""A run folder from somebody else: what is missing, cut short or changed is named, and nothing hangs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli, Once

from dialin.errors import InputError
from dialin.jobs.open_run import open_run
from dialin.runs.integrity import RESULT_FILES
from dialin.runs.run import load
from fake_run import calls as said
from fake_run import fake_run, without_hashes
from one_line import one_line

Damage = Callable[[Path], object]
SOME_RUNS = {"pinned.npz", "taxonomy.json", "drift.json", "listed.json", "redaction.json"}
"""Files of a result that only runs with --since, --intents or --redact have."""


@pytest.fixture
def run(once: Once) -> Path:
    once(lambda: fake_run(Path("run"), said()))
    return Path("run")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


DAMAGES: dict[str, Damage] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "flipped": flip,
}


@pytest.mark.parametrize("name", sorted(set(RESULT_FILES) - SOME_RUNS))
@pytest.mark.parametrize("how", DAMAGES)
def test_every_damaged_file_is_named_when_the_run_is_opened(run: Path, name: str, how: str) -> None:
    DAMAGES[how](run / name)
    with pytest.raises(InputError, match=rf"{name} is damaged: it"):
        load(run)


def test_the_hashes_of_a_result_are_in_its_manifest(run: Path) -> None:
    known = json.loads((run / "manifest.json").read_text())["files"]
    assert set(known) == set(RESULT_FILES) - SOME_RUNS
    assert {name: (run / name).stat().st_size for name in known} == {name: of["bytes"] for name, of in known.items()}


@pytest.mark.parametrize("command", [("show", "run"), ("report", "run"), ("predict", "run", "calls.csv")], ids=" ".join)
def test_an_empty_file_is_an_error_and_not_ctrl_c(cli: Cli, calls: Path, run: Path, command: tuple[str, ...]) -> None:
    (run / "pieces.npz").write_bytes(b"")
    result = cli(*command)
    one_line(result, "pieces.npz is damaged: it is empty")
    assert result.exit_code == 2


def change(name: str, column: str, value: object) -> Damage:
    """Return what puts a column of one value into a table."""

    def do(run: Path) -> None:
        table = pq.read_table(run / name)
        position = table.column_names.index(column)
        pq.write_table(table.set_column(position, column, pa.array([value] * table.num_rows)), run / name)

    return do


def drop(name: str, column: str) -> Damage:
    return lambda run: pq.write_table(pq.read_table(run / name).drop_columns([column]), run / name)


def put(**arrays: object) -> Damage:
    """Return what changes arrays of the decision function."""

    def do(run: Path) -> None:
        with np.load(run / "pieces.npz") as held:
            np.savez(run / "pieces.npz", **(dict(held) | arrays))

    return do


def huge(run: Path) -> None:
    """Write a header that claims 4 TB."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }".ljust(117) + "\n"
    (run / "embeddings.npy").write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header.encode())


FORGED: dict[str, tuple[Damage, str]] = {
    "names as numbers": (change("intents.parquet", "name", 7), "'name' holds int64, expected string"),
    "a column less": (drop("intents.parquet", "p_good"), "column 'p_good' is missing"),
    "nulls": (change("sentences.parquet", "reason", None), "column 'reason' holds null"),
    "a share above 1": (change("sentences.parquet", "p_intent", 1.5), r"'p_intent' holds a number that is not in"),
    "a share that is nan": (change("intents.parquet", "p_good", float("nan")), r"'p_good' holds a number"),
    "ids twice": (change("intents.parquet", "intent_id", 0), "'intent_id' holds a number twice"),
    "sizes of others": (change("intents.parquet", "size", 99), "it gives intent 0 99 sentences"),
    "sentences out of range": (change("occurrences.parquet", "sentence_id", 10**6), "'sentence_id' holds a number"),
    "other sentences": (change("sentences.parquet", "text", "hi"), "its sentences are not those"),
    "no table": (lambda run: (run / "intents.parquet").write_text("PAR1" * 9), "intents.parquet is damaged"),
    "radii that are nan": (put(radii=np.full(3, np.nan, np.float32)), "'radii' holds numbers that are not finite"),
    "pieces of several sizes": (put(intents=np.arange(2)), "its arrays do not describe"),
    "objects": (put(roles=np.array([{}], dtype=object)), "pieces.npz is damaged"),
    "vectors that are nan": (
        lambda run: np.save(run / "embeddings.npy", np.full((len(load(run).corpus.texts), 64), np.nan, np.float32)),
        "embeddings.npy is damaged: it holds numbers that are not finite",
    ),
    "vectors of others": (lambda run: np.save(run / "embeddings.npy", np.zeros((2, 64), np.float32)), "2 x 64 numbers"),
    "vectors without end": (huge, "embeddings.npy is damaged"),
    "settings of the wrong type": (
        lambda run: (run / "manifest.json").write_text(
            (run / "manifest.json").read_text().replace('"seed": 0', '"seed": "no"')
        ),
        "manifest.json is damaged",
    ),
}


OF_ARRAYS = {"radii that are nan", "pieces of several sizes", "objects"}
"""Like what is about vectors, these are in files that `dialin show` does not read."""


@pytest.mark.parametrize("how", FORGED)
def test_what_has_no_hash_is_checked_by_its_content(cli: Cli, run: Path, how: str) -> None:
    without_hashes(run)
    do, expected = FORGED[how]
    do(run)
    result = cli("report" if how in OF_ARRAYS or how.startswith("vectors") else "show", "run")
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1
    with pytest.raises(InputError, match=expected):
        _ = open_run(run, "arrow").sentences, open_run(run, "arrow").intents, load(run).pieces, load(run).data


def test_a_run_of_an_older_version_opens(cli: Cli, run: Path) -> None:
    without_hashes(run)
    assert cli("show", "run").exit_code == 0


def test_a_manifest_cannot_name_files_elsewhere(run: Path) -> None:
    path = run / "manifest.json"
    values = json.loads(path.read_text())
    values["files"]["../secret"] = values["files"]["pieces.npz"]
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match=r"'\.\./secret', which is no file of a result"):
        load(run)


ODD_VALUES: dict[str, tuple[str, object]] = {
    "usage as a list": ("usage", []),
    "usage of numbers": ("usage", {"a": 1}),
    "a suggestion without numbers": ("suggested", {}),
    "a cost without steps": ("cost", {"currency": "USD", "source": "a test"}),
    "a cost in words": ("cost", {"by_step": {"judge": "much"}, "currency": "USD", "source": "a test"}),
    "counts of a cascade that are text": ("cascaded", {"target": "x"}),
    "a cascade without a target": ("cascaded", {"n_cheap": 3}),
    "a result that is a number": ("result", 5),
    "a hash of no size": ("files", {"intents.parquet": {"sha256": "x", "bytes": None}}),
    "other counts": ("source", {"n_occurrences": 0}),
    "counts that are text": ("source", {"n_occurrences": "x"}),
}


@pytest.mark.parametrize("kind", ODD_VALUES)
def test_a_manifest_with_an_odd_value_is_named(run: Path, kind: str) -> None:
    name, value = ODD_VALUES[kind]
    path = run / "manifest.json"
    held = json.loads(path.read_text())
    if name == "source":
        assert isinstance(value, dict)
        value = held["source"] | value
    path.write_text(json.dumps(held | {name: value}))
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        load(run)
