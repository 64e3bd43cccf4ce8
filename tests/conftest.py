"""Fixtures that several tests share."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts

import scripted
from case_ids import case_id
from dialin.cli import main
from dialin.cluster.granularity import granularity_of
from dialin.llm.providers import PROVIDERS
from dialin.runs.run import Run
from dialin.web.serve import Door
from ray_cluster import ray_cluster
from studies.own.once import measured_once
from thorough import IS_THOROUGH, N_EXAMPLES

Cli = Callable[..., Result]
Once = Callable[[Callable[[], object]], None]
Served = list[tuple[Run, Door]]

# A slow machine is no fault of the program: speed is measured in studies/own/, never by a test.
settings.register_profile(
    "untimed",
    deadline=None,
    derandomize=not IS_THOROUGH,  # whether a change passes is not a matter of luck
    max_examples=N_EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


SLOW_FILES = (
    "scale/test_on_ray.py",
    "cli/test_demo.py",
    "web/test_review_browser.py",
    "jobs/test_resume.py",
    "docs/test_every_month.py",
    "docs/test_notebook.py",
    "test_wheel.py",
    "conformance/test_llm_servers.py",
    "llm/test_llm_llama.py",
    "llm/test_remote.py",
    "llm/batches/test_batch_asking.py",
    "cluster/test_granularity.py",
    "cluster/test_regions.py",
    "cluster/test_strata.py",
    "bench/test_bench.py",
)
"""Those that take longest, which begin first: a core that got one of them last would work alone."""
MEMORY, MIN_FREE = Path("/dev/shm"), 6 << 30


def pytest_configure() -> None:
    """Keep the folders of the tests in memory where there is room (Linux): run folders are synced often."""
    if not MEMORY.is_dir():
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize > MIN_FREE and not about.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first, and leave the others in their order."""
    rank = {Path(__file__).parent / name: i for i, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name the cases of parametrized tests in words, so that a red line says what differs."""
    return case_id(argname, val)


@pytest.fixture(scope="session", autouse=True)
def granularity_measured_once() -> Iterator[None]:
    """Measure how fine the intents of the same sentences are once for all tests: it takes most of a small run."""
    with measured_once():
        yield


@pytest.fixture
def measured_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure it each time in this test, which is about whether that gives the same."""
    monkeypatch.setattr("dialin.discover.heights.granularity_of", granularity_of)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the shared caches of a test in a folder of its own, and its output in another."""
    monkeypatch.setenv("DIALIN_HOME", str(tmp_path / "home"))
    for name in [name for each in PROVIDERS.values() for name in (*each.url_variables, *each.key_variables)]:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def backend(home: Path, monkeypatch: pytest.MonkeyPatch) -> scripted.ScriptedBackend:
    """Put scripted stand-ins in the place of LLM and embedder: ``--llm test:scripted``."""
    scripted_backend = scripted.ScriptedBackend()
    scripted.install(scripted_backend, monkeypatch.setattr)
    return scripted_backend


@pytest.fixture
def cli(home: Path) -> Cli:
    """Run the command line in this process."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def calls(home: Path) -> Path:
    """Write a CSV of 70 sentences about five topics, some of them twice, with gold labels."""
    rows = scripted.sentences()
    path = home / "calls.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "topic"])
        writer.writerows([*rows, *rows[:10]])
    return path


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `once` leaves the files of the first test of a module."""
    return tmp_path_factory.mktemp("first") / "all"


@pytest.fixture
def once(home: Path, first: Path) -> Once:
    """Make files for the first test of a module, and copy them, shared caches included, for the others."""

    def run(make: Callable[[], object]) -> None:
        if first.exists():
            shutil.copytree(first, home.parent, dirs_exist_ok=True)
        else:
            make()
            shutil.copytree(home.parent, first)

    return run


@pytest.fixture(scope="session")
def one_ray_cluster() -> Iterator[str]:
    """Start a Ray cluster, one for all tests."""
    with ray_cluster() as address:
        yield address


@pytest.fixture
def ray_address(one_ray_cluster: str) -> str:
    """Return the address of a Ray cluster, to which the test may connect: Ray does not stay on loopback."""
    host = one_ray_cluster.rpartition(":")[0]
    socket_allow_hosts(["127.0.0.1", "::1", "localhost", host], allow_unix_socket=True)
    return one_ray_cluster


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """Note what would be served, in the place of serving it."""
    found: Served = []
    monkeypatch.setattr("dialin.web.serve.serve", lambda run, door, _: found.append((run, door)))
    return found


@pytest.fixture(scope="module")
def annotation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test of a module leaves the folder of its annotation for the others."""
    return tmp_path_factory.mktemp("annotation") / "folder"


@pytest.fixture
def folder(annotation: Path, cli: Cli, calls: Path, backend: scripted.ScriptedBackend, served: Served) -> Path:
    """Begin an annotation of 75 sentences, some hostile, and a blank row, in 9 clusters; two verdicts decide."""
    if not annotation.exists():
        with calls.open("a") as file:
            file.writelines('"' + text.replace('"', '""') + '",refund\n' for text in scripted.NASTY)
            file.write('"",\n')
        result = cli("annotate", calls, "--out", annotation, "--k", 9, "--annotators", 2)
        assert result.exit_code == 0, result.stderr
        assert "75 distinct sentences in 9 clusters" in result.stderr
    shutil.copytree(annotation, "folder")
    return Path("folder")
