"""What the package is from outside: what importing it costs, what it names, and which way its imports go."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dialin
from fake_run import reviewed_run

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src" / "dialin"
HEAVY = ("torch", "ray", "sentence_transformers", "xllamacpp", "onnxruntime")
SLOW = ("sklearn", "scipy.stats", "genai_prices", "starlette")
"""What takes a good part of a second to import."""
COMMANDS = ("discover", "estimate", "predict", "evaluate", "judge", "models", "demo")
LAYERS = [
    *(
        "errors",
        "bounded",
        "bounded_parquet",
        "room",
        "files",
        "saved",
        "arrays",
        "text",
        "models",
        "prompts",
        "llm",
        "score",
    ),
    *("read", "redact", "embed", "cluster", "judge", "search", "name", "discover", "review", "runs"),
    *("taxonomy", "facts", "export", "report", "scale", "jobs"),
    *("web", "serve", "annotate", "tune", "peers", "bench", "cli", "__main__"),
]
"""Every folder and module of the package. Each imports only itself and what stands before it."""


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_loads_next_to_nothing() -> None:
    """So `dialin --help` answers at once: neither a model runtime nor numpy is imported before a command runs."""
    loaded = loaded_by("import dialin, dialin.cli")
    assert {"dialin", "dialin.cli"} <= loaded
    assert not loaded & {*HEAVY, "numpy", "pyarrow", "sklearn"}


def test_using_the_library_loads_no_model_runtime() -> None:
    loaded = loaded_by("import dialin; dialin.read; dialin.IntentClusterer")
    assert "sklearn" in loaded
    assert not loaded & set(HEAVY)


def test_a_command_loads_no_slow_library_before_it_works() -> None:
    """So `dialin discover --help` does not wait for scikit-learn, which takes longer than all the rest together.

    Where all commands together load none, each of them loads none.
    """
    commands = {f"dialin.cli.{name}" for name in COMMANDS}
    loaded = loaded_by(f"import {', '.join(sorted(commands))}")
    assert commands <= loaded
    assert not loaded & {*HEAVY, *SLOW}


def test_showing_a_run_loads_no_slow_library(tmp_path: Path) -> None:
    reviewed_run(tmp_path / "run")
    shown = "from dialin.cli import main\nfrom contextlib import redirect_stdout\nfrom io import StringIO\n"
    shown += f"with redirect_stdout(StringIO()): main(['show', {str(tmp_path / 'run')!r}], standalone_mode=False)"
    loaded = loaded_by(shown)
    assert "pyarrow" in loaded
    assert not loaded & {*HEAVY, *SLOW}


def test_a_folder_does_not_take_the_place_of_a_function_of_its_name() -> None:
    code = "import dialin.read.table, dialin.discover.method; from dialin.read import columns; import dialin; "
    code += "print(dialin.read(['a', 'a']).texts, dialin.discover.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['a'] dialin.discover\n"


def test_the_look_at_loaded_modules_sees_them() -> None:
    """The test above could not fail if `loaded_by` saw nothing."""
    assert "xllamacpp" in loaded_by("import xllamacpp")


def test_all_names_exist() -> None:
    assert len(dialin.__all__) == len(set(dialin.__all__))
    for name in dialin.__all__:
        assert getattr(dialin, name) is not None
    assert {"IntentClusterer", "embedder_of", "read", "Settings"} <= set(dialin.__all__)


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def test_the_version_stands_in_one_place() -> None:
    assert project()["dynamic"] == ["version"]
    assert f"## {dialin.__version__} - " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_licence_is_there() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0" in text
    assert project()["license"] == "Apache-2.0"
    assert project()["license-files"] == ["LICENSE"]


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file; several tests look at each."""
    return ast.parse(path.read_text("utf-8"))


def imports_of(path: Path) -> set[str]:
    """Return the modules of dialin that a file imports anywhere: "judge" for `import dialin.judge`."""
    found = set[str]()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dialin":
            below = (node.module or "").split(".")[1:2]
            found |= set(below or [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("dialin.")}
    return found


def test_layers_are_all_of_the_package() -> None:
    found = {path.stem for path in SOURCES.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert found - {"__init__"} == set(LAYERS)
    assert len(LAYERS) == len(set(LAYERS))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_stands_before_it(layer: str) -> None:
    folder = SOURCES / layer
    paths = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    allowed = set(LAYERS[: LAYERS.index(layer) + 1]) | {"__version__"}
    upwards = {path.relative_to(SOURCES).as_posix(): imports_of(path) - allowed for path in paths}
    assert {name: found for name, found in upwards.items() if found} == {}


def test_the_look_at_imports_sees_them() -> None:
    assert {"judge", "name"} <= imports_of(SOURCES / "discover" / "steps.py")
    assert {"files", "discover"} <= imports_of(SOURCES / "runs" / "run.py")


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if (SOURCES / layer).is_dir()])
def test_a_folder_says_what_it_is_for(layer: str) -> None:
    docstring = ast.get_docstring(parsed(SOURCES / layer / "__init__.py")) or ""
    assert "Comes in:" in docstring
    assert "Goes out:" in docstring
    assert "Begin with" in docstring


# --- names ------------------------------------------------------------------------------------------

SAME_NAMES = {
    "read": "the package reads by `dialin.read.table.read`, which it imports when it is called",
    **dict.fromkeys(
        ("discover", "fetch", "judge", "tune", "verify"), "a command of `dialin.cli` is called as the job that it does"
    ),
    **dict.fromkeys(("build_prompt", "build_question", "parse_reply"), "the same two halves in every step with an LLM"),
    **dict.fromkeys(("write", "validate"), "the two halves of each format of an export; an LLM is asked to write, too"),
    "load": "read with its module: `prompts.load`, `run.load`, `base.load`",
    "opened": "what a command opened (a run), and what the estimator opened (an LLM)",
    "refine": "the step of a peer that improves labels, and the one that improves vectors",
    "smoothed": "the paper of IDAS smooths by its own rule, and calls it so",
    "form_of": "the form of an LLM's question, and the form that a browser sent",
    "is_chinese": "a filter of the templates is called as the question that it answers",
    "serve": "the command that answers over HTTP, and what the commands of the pages do",
    "shortened": "a text cut to a width, and a text that a peer made shorter to learn from",
    "words_of": "the choices of a setting, and the words of an option",
}
"""Functions whose name more than one module has, and why."""


def defined(kind: type[ast.AST], path: Path) -> set[str]:
    """Return the names of the classes, or of the public functions, that a file defines at its top."""
    found = [
        node
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and isinstance(node, kind)
    ]
    return {node.name for node in found if isinstance(node, ast.ClassDef) or not node.name.startswith("_")}


def defined_twice(kind: type[ast.AST]) -> dict[str, list[str]]:
    """Return the names that several modules define, with these modules."""
    where: dict[str, list[str]] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        for name in defined(kind, path):
            where.setdefault(name, []).append(path.relative_to(SOURCES).as_posix())
    return {name: found for name, found in where.items() if len(found) > 1}


def test_no_class_has_the_name_of_another() -> None:
    assert defined_twice(ast.ClassDef) == {}


def test_functions_of_one_name_are_those_that_we_know() -> None:
    twice = defined_twice(ast.FunctionDef)
    assert {name: found for name, found in twice.items() if name not in SAME_NAMES} == {}
    assert set(SAME_NAMES) <= set(twice)


def test_the_look_at_names_sees_them() -> None:
    assert {"Verdict", "Judge"} <= defined(ast.ClassDef, SOURCES / "judge" / "verdict.py")
    assert "discover" in defined(ast.FunctionDef, SOURCES / "discover" / "method.py")


# --- the tests themselves ---------------------------------------------------------------------------

TESTS = ROOT / "tests"


def folders_in(root: Path, pattern: str) -> set[str]:
    """Return the folders below `root`, as paths from there, that hold a file of this pattern."""
    return {path.parent.relative_to(root).as_posix() for path in root.rglob(pattern)} - {"."}


def test_tests_lie_in_the_folders_of_what_they_test() -> None:
    assert folders_in(TESTS, "test_*.py") == folders_in(SOURCES, "__init__.py") | {"conformance", "docs", "studies"}
    assert folders_in(TESTS, "*.py") == folders_in(TESTS, "test_*.py") | {"support", "support/servers"}


def modules_imported_by(path: Path) -> set[str]:
    """Return the last parts of the names of the modules that a file imports anywhere, and of what it takes of them."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[-1]} | {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[-1] for alias in node.names}
    return found


def test_no_test_imports_a_test() -> None:
    """What several tests share lies in tests/support."""
    imported = {path.name: modules_imported_by(path) for path in TESTS.rglob("*.py")}
    tests = {name.removesuffix(".py") for name in imported if name.startswith("test_")}
    assert {name: found & tests for name, found in imported.items() if found & tests} == {}
    assert "scripted" in imported["conftest.py"]


def test_no_test_replaces_a_private_name() -> None:
    """A private name may change without a word; tests pass what they want to be different as an argument."""
    private = re.compile(r"""setattr\([^)]*?["'](?:[\w.]*\.)?_[a-z]\w*["']""", re.I)
    found = {path.name: private.findall(path.read_text("utf-8")) for path in TESTS.rglob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert private.search("setattr" + "(download, '_join', join)")
