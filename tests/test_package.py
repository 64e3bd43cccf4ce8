"""What the package is from outside: what importing it costs, what it names, and which way its imports go."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dialin

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src" / "dialin"
HEAVY = ("torch", "ray", "sentence_transformers", "xllamacpp", "onnxruntime")
STAGES = [
    *("raw", "decode", "delimited", "records", "formats", "columns", "values", "dates", "corpus", "read"),
    *("embed", "embed_api", "embed_cache", "cluster", "tree", "sample", "calibrate", "judge"),
    *("search", "iterate", "name", "merge", "roles", "assign", "settings", "metrics", "reliability", "usage"),
]
UPPER = {
    *("discover", "pipeline", "work", "run", "execute", "connect", "tables", "timing"),
    *(
        "summary",
        "facts",
        "contents",
        "gather",
        "confusion",
        "families",
        "dialogues",
        "routine",
        "trends",
        "layout",
        "points",
    ),
    *("colours", "pictures", "page", "report", "terminal", "show", "show_intent"),
    *("predict", "evaluate", "audit", "estimate", "tune", "peers", "bench", "cli", "review", "web", "annotate"),
}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["dialin", "dialin.cli"])
def test_importing_loads_no_model_runtime(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert "dialin" in loaded
    assert not loaded & set(HEAVY)


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


def test_version_is_that_of_pyproject() -> None:
    assert dialin.__version__ == project()["version"]


def test_the_licence_is_there() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0" in text
    assert project()["license"] == "Apache-2.0"
    assert project()["license-files"] == ["LICENSE"]


def imports_of(path: Path) -> set[str]:
    """Return the modules of dialin that a file imports anywhere: "judge" for `from dialin.judge import Judge`."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dialin":
            below = (node.module or "").split(".")[1:2]
            found |= set(below or [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("dialin.")}
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_stages_import_nothing_from_below_them(stage: str) -> None:
    assert not imports_of(SOURCES / f"{stage}.py") & UPPER


@pytest.mark.parametrize("path", sorted((SOURCES / "llm").glob("*.py")), ids=lambda path: path.name)
def test_llms_know_nothing_of_stages(path: Path) -> None:
    assert imports_of(path) <= {"llm", "errors", "usage", "models"}


@pytest.mark.parametrize("path", sorted((SOURCES / "review").glob("*.py")), ids=lambda path: path.name)
def test_what_a_review_decides_knows_nothing_of_pages_or_runs(path: Path) -> None:
    assert not imports_of(path) & {"run", "web", "cli", "report", "predict", "evaluate", "tune"}


def test_the_look_at_imports_sees_them() -> None:
    assert {"judge", "merge"} <= imports_of(SOURCES / "pipeline.py")
    assert {"folder", "discover"} <= imports_of(SOURCES / "run.py")
    assert "models" in imports_of(SOURCES / "llm" / "__init__.py")


def test_the_facts_of_a_run_know_nothing_of_how_they_are_shown() -> None:
    """A review page is to be built on them."""
    shown = {"page", "report", "terminal", "show", "show_intent", "points", "pictures", "colours", "cli"}
    for module in ("facts", "contents", "gather", "confusion", "families", "dialogues", "routine", "trends", "summary"):
        assert not imports_of(SOURCES / f"{module}.py") & shown
