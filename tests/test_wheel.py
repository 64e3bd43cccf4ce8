"""The wheel: it has every file of the package, the sdist gives the same one, and it works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

import dialin
from few_calls import write_few_calls

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src"
NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
"""A proxy that is not there: a command that asks the network for anything fails."""


def build(outdir: Path, *options: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", str(outdir), str(ROOT)]
    subprocess.run(command, cwd=outdir, env=os.environ | NO_NETWORK, check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    build(folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return built / f"dialin-{dialin.__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def sdist(built: Path) -> Path:
    return built / f"dialin-{dialin.__version__}.tar.gz"


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_names_carry_the_version(built: Path, wheel: Path, sdist: Path) -> None:
    assert set(built.iterdir()) == {wheel, sdist}


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    packed = {name for name in files_of(wheel) if ".dist-info/" not in name}
    there = {path.relative_to(SOURCES) for path in (SOURCES / "dialin").rglob("*") if path.is_file()}
    assert packed == {path.as_posix() for path in there if "__pycache__" not in path.parts}


@pytest.mark.parametrize(
    "pattern",
    [
        "dialin/py.typed",
        "dialin/bench/published.json",
        "dialin/bench/templates/*.j2",
        "dialin/cli/examples/calls.jsonl",
        "dialin/cli/examples/calls_gold.csv",
        "dialin/cli/examples/calls_second_month.jsonl",
        "dialin/cli/examples/calls_second_month_gold.csv",
        "dialin/judge/calibration.json",
        "dialin/models/adapters/*.gguf",
        "dialin/models/adapters/*.md",
        "dialin/models/embedders/intents-en-v5/model.onnx",
        "dialin/models/embedders/intents-en-v5/tokenizer.json",
        "dialin/models/embedders/intents-en-v5/README.md",
        "dialin/models/embedders/intents-zh-v4/model.onnx",
        "dialin/models/embedders/intents-zh-v4/tokenizer.json",
        "dialin/models/embedders/intents-zh-v4/README.md",
        "dialin/name/kinds.npz",
        "dialin/name/role_words.json",
        "dialin/prompts/*.en.v?.txt",
        "dialin/prompts/*.zh.v?.txt",
        "dialin/report/map/*.j2",
        "dialin/report/map/*.js",
        "dialin/report/templates/*.css",
        "dialin/report/templates/*.j2",
        "dialin/report/templates/*.js",
        "dialin/web/templates/*.j2",
        "*.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_has_what_the_package_reads(wheel: Path, pattern: str) -> None:
    assert [name for name in files_of(wheel) if PurePosixPath(name).match(pattern)]


def test_the_sdist_has_the_tests_but_nothing_that_was_made_here(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]) for name in archive.getnames()}
    assert {PurePosixPath("tests/test_wheel.py"), PurePosixPath("CHANGELOG.md")} <= names
    assert not {name.parts[0] for name in names} & {".git", ".venv", "site", "runs", "demo-run"}
    assert not [name for name in names if "__pycache__" in name.parts]


def test_the_checkout_and_the_sdist_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    build(tmp_path, "--wheel")
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


# --- installed ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the wheel. What dialin depends on is lent by the environment that runs the tests."""

    bin: Path
    site: Path

    def run(self, command: str, *arguments: str, home: Path) -> str:
        """Return what a command of the environment prints, in an empty folder and without a network."""
        folder = home / "work"
        folder.mkdir(parents=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [str(self.bin / command), *arguments],
            cwd=folder,
            env=inherited | NO_NETWORK | {"DIALIN_HOME": str(home), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel; the link to the checkout that stands in the lending site-packages is not followed."""
    base = tmp_path_factory.mktemp("installed")
    venv.create(base)
    places = sysconfig.get_paths("venv", {"base": str(base), "platbase": str(base)})
    pip = [sys.executable, "-m", "pip", "--python", str(base), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(places["purelib"]) / "lent.pth").write_text("\n".join(sorted(lent)), "utf-8")
    return Installed(Path(places["scripts"]), Path(places["purelib"]))


def test_what_is_imported_is_the_wheel(installed: Installed, tmp_path: Path) -> None:
    printed = installed.run("python", "-c", "import dialin; print(dialin.__file__)", home=tmp_path)
    assert Path(printed.strip()) == installed.site / "dialin" / "__init__.py"


def test_installed_version(installed: Installed, tmp_path: Path) -> None:
    assert dialin.__version__ in installed.run("dialin", "--version", home=tmp_path)


def test_installed_models_list(installed: Installed, tmp_path: Path) -> None:
    printed = installed.run("dialin", "models", "list", home=tmp_path)
    assert printed.count("shipped") == 2
    assert "here" not in printed


def test_installed_models_verify(installed: Installed, tmp_path: Path) -> None:
    printed = installed.run("dialin", "models", "verify", home=tmp_path)
    assert str(installed.site / "dialin" / "models" / "embedders" / "intents-en-v5") in printed
    assert printed.count("  ok\n") == 2


def test_installed_demo(installed: Installed, tmp_path: Path) -> None:
    """Of the calls in the environment, the test leaves some."""
    n = write_few_calls(installed.site / "dialin" / "cli" / "examples", step=24)
    printed = installed.run("dialin", "demo", "--llm", "none", "--out", "demo", home=tmp_path)
    assert f"of {n} utterances" in printed
    assert str(installed.site / "dialin" / "cli" / "examples" / "calls_gold.csv") in printed
    assert (tmp_path / "work" / "demo" / "report.html").stat().st_size > 50_000
