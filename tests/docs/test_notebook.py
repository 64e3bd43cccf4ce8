"""The example notebook runs from top to bottom, on a twentieth of the calls, and shows a run as a picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from dialin.runs.run import load
from doc_pages import ROOT
from few_calls import package_with_few_calls

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def outputs(notebook: Any) -> list[str]:
    return [str(output) for cell in notebook.cells for output in cell.get("outputs", ())]


def test_the_notebook_is_kept_with_its_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)
    assert any("<circle" in output for output in outputs(notebook))
    assert not any(name in NOTEBOOK.read_text("utf-8") for name in ("/work/", "/tmp/", "/root/", "/home/"))


@pytest.mark.models
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")  # of the kernel's libraries
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    package_with_few_calls(tmp_path / "few", step=20)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "few"), os.environ.get("PYTHONPATH", "")]))
    notebook = nbformat.read(NOTEBOOK, 4)
    NotebookClient(notebook, timeout=800, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any("<circle" in output for output in outputs(notebook))
    assert (tmp_path / "notebook-run" / "report.html").is_file()
    assert len(load(tmp_path / "notebook-run").corpus.texts) < 70
