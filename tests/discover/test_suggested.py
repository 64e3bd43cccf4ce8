"""How many intents the sentences suggest: from the strata to the manifest, the headline and the estimator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli, Once

from dialin import files
from dialin.arrays import Matrix
from dialin.bench.methods import labels_by
from dialin.cluster.cut_weights import CutWeights, weights_for
from dialin.cluster.granularity import Granularity, SuggestedNumber, suggested_number
from dialin.discover import heights
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.estimator import IntentClusterer
from dialin.discover.heights import heights_of, trees_for
from dialin.discover.method import discover as find
from dialin.discover.settings import Settings
from dialin.facts.headline import Summary, summary_json, summary_of
from dialin.peers.base import Problem
from dialin.report.totals import suggestion_line
from dialin.review.edits import Accept
from dialin.review.pin import PinnedSplit, read_pinned
from dialin.runs.manifest import read_manifest
from dialin.runs.run import load
from dialin.score.reliability import expected_goodness
from fake_run import decide
from oracles import ScriptedLLM
from run_commands import discover
from scripted import HashingEmbedder, ScriptedBackend
from spheres import spheres

NAME = HashingEmbedder.name


class BallEmbedder:
    """The text "3 in ball 5" is a point in the fifth of eight balls; a name is in none of them."""

    name = "test:balls"
    X = spheres(8, 30)

    def encode(self, texts: Sequence[str]) -> Matrix:
        return np.array([self.X[30 * int(ball) + int(i)] if ball else self.X[0] * 0 for i, ball in map(at, texts)])


def at(text: str) -> tuple[str, str]:
    """Return the place in its ball, and the ball; nothing of another text."""
    i, _, ball = text.partition(" in ball ")
    return i, ball


TEXTS = [f"{i} in ball {ball}" for ball in range(8) for i in range(30)]


def balls(roles: Sequence[str] = ()) -> Data:
    """Return thirty sentences in each of eight balls."""
    return Data(TEXTS, BallEmbedder.X, np.ones(240, np.int64), list(roles) or [""] * 240, BallEmbedder.name)


def found_at(n: int, low: int, high: int) -> Granularity:
    return Granularity(n, low, high, np.ones(1), np.ones(1))


def embeds_nothing(texts: Sequence[str]) -> Matrix:
    raise AssertionError(texts)


# --- the total ----------------------------------------------------------------------------------------------------


def test_the_total_is_the_sum_over_what_was_measured() -> None:
    found = [found_at(10, 8, 15), None, found_at(4, 4, 5)]
    assert suggested_number(found) == SuggestedNumber(14, 12, 20)
    assert suggested_number([None]) is None
    assert suggested_number([]) is None
    assert SuggestedNumber(14, 12, 20).with_known(3) == SuggestedNumber(17, 15, 23)


def test_the_result_holds_the_total_over_the_strata() -> None:
    """Customers say five things, agents three."""
    data = balls(["customer"] * 150 + ["agent"] * 90)
    result = find(data, Tools(None, embeds_nothing, ranks_names=False), Settings())
    assert result.suggested == heights_of(data, Settings(), trees_for(Settings())).suggested
    assert result.suggested is not None
    assert result.suggested.low <= 8 <= result.suggested.high


def test_what_nobody_reads_is_not_measured_for_the_total() -> None:
    llm = ScriptedLLM()
    tools = Tools(llm, lambda texts: BallEmbedder.X[: len(texts)])
    assert find(balls(), tools, Settings(strategy="paper", judge="llm")).suggested is None
    assert find(balls(), tools, Settings(strategy="paper")).suggested is not None


def test_few_sentences_suggest_nothing() -> None:
    data = balls()
    few = Data(data.texts[:59], data.X[:59], data.counts[:59], data.roles[:59], data.embedder)
    assert find(few, Tools(None, embeds_nothing, ranks_names=False), Settings()).suggested is None


def test_the_estimator_has_it() -> None:
    fitted = IntentClusterer(llm=None, embedder=BallEmbedder()).fit(TEXTS)
    assert fitted.suggested_ == fitted.result_.suggested
    assert fitted.suggested_ is not None
    assert fitted.suggested_.low <= 8 <= fitted.suggested_.high


# --- the embedder -------------------------------------------------------------------------------------------------


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the embedders that weights are asked for."""
    asked = list[str]()

    def noted(embedder: str, *, is_chinese: bool) -> CutWeights:
        asked.append(embedder)
        return weights_for(embedder, is_chinese=is_chinese)

    monkeypatch.setattr(heights, "weights_for", noted)
    return asked


def test_a_run_weighs_by_its_embedder(cli: Cli, calls: Path, backend: ScriptedBackend, weighed: list[str]) -> None:
    folder = discover(cli, calls, "run")
    assert set(weighed) == {NAME}
    data = load(folder).data
    assert data is not None
    assert data.embedder == NAME
    weighed.clear()
    assert cli("estimate", calls, "--llm", "test:scripted").exit_code == 0
    assert cli("judge", calls, "--text", "text", "--cluster", "topic", "--llm", "test:scripted").exit_code == 0
    assert set(weighed) == {NAME}


def test_what_a_pin_leaves_has_the_embedder_of_all() -> None:
    data = balls()
    split = PinnedSplit(pinned=None, data=data, labels=np.full(240, -2), p=np.zeros(240))  # type: ignore[arg-type]
    assert split.rest.embedder == BallEmbedder.name


def test_the_estimator_weighs_by_its_embedder(weighed: list[str]) -> None:
    IntentClusterer(llm=None, embedder=BallEmbedder()).fit(TEXTS)
    assert set(weighed) == {BallEmbedder.name}


def test_a_spec_gives_the_estimator_its_embedder(backend: ScriptedBackend, weighed: list[str]) -> None:
    IntentClusterer(llm=None, embedder="auto").fit([f"my parcel number {i}" for i in range(20)])
    assert set(weighed) == {NAME}


def test_a_benchmark_weighs_by_its_embedder(weighed: list[str]) -> None:
    tools = Tools(None, embeds_nothing)
    labels_by("dialin", Problem(TEXTS, BallEmbedder.X, 8, 0), tools, BallEmbedder.name)
    assert set(weighed) == {BallEmbedder.name}


# --- the run folder and its headline ------------------------------------------------------------------------------


@pytest.fixture
def run(cli: Cli, home: Path, backend: ScriptedBackend, once: Once) -> Path:
    """Make a run of 120 sentences about five topics."""
    topics = ("refund money", "parcel delivery", "password login", "appointment technician", "invoice bill")
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu")
    texts = [f"{topic} {word} {more}" for topic in topics for word in words for more in ("today", "again")]
    (home / "many.txt").write_text("\n".join(texts), "utf-8")
    once(lambda: discover(cli, home / "many.txt", "many"))
    return Path("many")


def test_the_manifest_keeps_it_and_the_headline_says_it(cli: Cli, run: Path) -> None:
    suggested = read_manifest(run).suggested
    assert suggested is not None
    assert suggested.low <= suggested.n <= suggested.high
    said = f"The sentences suggest about {suggested.n} intents, between {suggested.low} and {suggested.high}"
    summary = summary_of(load(run))
    assert summary.suggestion == f"{said}; the estimate is not fitted to this embedder."
    values = summary_json(load(run))
    assert values["suggested"] == {"n": suggested.n, "low": suggested.low, "high": suggested.high}
    assert values["is_fitted"] is False
    assert json.loads(cli("show", run, "--json").stdout)["suggested"] == values["suggested"]
    assert summary.suggestion in (run / "report.html").read_text("utf-8")
    assert suggestion_line(summary) in " ".join(cli("show", run).stdout.split())


def test_a_folder_without_it_still_opens(cli: Cli, run: Path) -> None:
    """dialin 0.2.0 wrote no such entry."""
    path = run / files.MANIFEST
    values = json.loads(path.read_text("utf-8"))
    del values["suggested"]
    files.write_json(path, values)
    assert read_manifest(run).suggested is None
    assert "suggest" not in cli("show", run).stdout
    assert json.loads(cli("show", run, "--json").stdout)["suggested"] is None


def test_a_kept_intent_counts_as_one(cli: Cli, run: Path, home: Path) -> None:
    """The 96 sentences of the others and seven new ones suggest what they do alone; the kept intent is one more."""
    (home / "more.txt").write_text(
        (home / "many.txt").read_text("utf-8") + "".join(f"\ngarden gnome {i}" for i in range(30)), "utf-8"
    )
    decide(run, Accept(0))
    new = load(discover(cli, home / "more.txt", "more", "--since", run))
    pinned, data = read_pinned(new.folder / files.PINNED_INTENTS), new.data
    assert pinned is not None
    assert data is not None
    rest = PinnedSplit.of(pinned, data, new.assignment_roles).rest
    settings = new.manifest.settings
    alone = heights_of(rest, settings, trees_for(settings)).suggested
    assert alone is not None
    assert new.manifest.suggested == alone.with_known(1)


def headline(suggested: SuggestedNumber | None, *, is_fitted: bool) -> Summary:
    good = expected_goodness([0.9])
    return Summary("complete", [], 9, 9, 9, {}, good, 0, 0, 0, suggested=suggested, is_fitted=is_fitted)


def test_the_sentence_by_hand() -> None:
    said = "The sentences suggest about 1,030 intents, between 922 and 1,141"
    found = SuggestedNumber(1_030, 922, 1_141)
    assert headline(found, is_fitted=True).suggestion == f"{said}."
    assert headline(found, is_fitted=False).suggestion == f"{said}; the estimate is not fitted to this embedder."
    assert headline(None, is_fitted=False).suggestion == ""
