"""The demo with the real embedders and the LLM that comes with dialin, on two of its calls."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Cli

from dialin.cli import demo as demo_module
from dialin.runs.run import load
from few_calls import write_few_calls


@pytest.mark.models
@pytest.mark.timeout(600)
def test_the_demo_finds_names_and_scores_intents_in_both_languages(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = write_few_calls(home / "few", step=40)
    monkeypatch.setattr(demo_module, "examples", lambda: home / "few")
    done = cli("demo")
    assert done.exit_code == 0, done.output
    assert f"of {n} utterances" in done.stdout
    assert int(re.findall(r"(\d+) LLM calls", done.stdout)[0]) > 0
    assert float(re.findall(r"NMI +(\S+)", done.stdout)[0]) > 0.5
    names = load(Path("demo-run")).intents["name"].to_pylist()
    assert any(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)
    assert any(re.fullmatch(r"[\u4e00-\u9fff]+-[\u4e00-\u9fff]+", name) for name in names)
    manifest = json.loads(Path("demo-run/manifest.json").read_text())
    assert manifest["status"] == "complete"
    assert Path("demo-run/report.html").stat().st_size > 100_000
