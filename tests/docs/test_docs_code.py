"""The examples in the docstrings say what the code does."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import dialin

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(dialin.__path__, "dialin.") if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("module", ["dialin", *MODULES, "case_ids"])
def test_docstring_examples(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


def test_modules_are_found() -> None:
    """An empty list would make the test above pass without a look at anything."""
    assert {"dialin.judge.coherence", "dialin.name.labels", "dialin.prompts", "dialin.llm.base"} <= set(MODULES)
    runner = doctest.DocTestFinder()
    assert sum(len(t.examples) for t in runner.find(importlib.import_module("dialin.name.labels"))) >= 3
