"""The demo with the real embedders and the LLM that comes with dialin, on two of its calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import Cli

from dialin.cli import demo as demo_module
from dialin.models.store import ensure
from dialin.runs.manifest import COMPLETE
from dialin.runs.run import load
from few_calls import write_few_calls

MODEL = "qwen2.5-coder-0.5b"


@pytest.fixture(scope="module")
def model() -> Path:
    """Return the folder of the fetched model; the test itself has a home of its own, without models."""
    return ensure(MODEL)


@pytest.mark.models
@pytest.mark.timeout(900)
def test_the_demo_finds_names_and_scores_intents_in_both_languages(
    model: Path, cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = home.parent / "home" / "models"
    models.mkdir(parents=True)
    (models / MODEL).symlink_to(model)
    n = write_few_calls(home / "few", step=40)
    monkeypatch.setattr(demo_module, "examples", lambda: home / "few")
    done = cli("demo")
    assert done.exit_code == 0, done.output
    assert f"of {n} utterances" in done.stdout
    assert int(re.findall(r"(\d+) LLM calls", done.stdout)[0]) > 0
    assert 0 < float(re.findall(r"NMI +(\S+)", done.stdout)[0]) <= 1
    run = load(Path("demo-run"))
    names = run.intents["name"].to_pylist()
    assert any(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)
    assert any(re.fullmatch(r"[\u4e00-\u9fff]+-[\u4e00-\u9fff]+", name) for name in names)
    assert run.manifest.status == COMPLETE
    assert Path("demo-run/report.html").is_file()
