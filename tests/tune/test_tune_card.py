from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tune_tiny
from dialin.tune.batches import Shares, shares_of
from dialin.tune.card import CardFacts, CardSource, Figures, judge_figures, machine_here, model_card
from dialin.tune.results import figures_by_source, scores_table, sources_of
from dialin.tune.settings import TuneSettings
from dialin.tune.text import examples_of

NAN = float("nan")
FACTS = CardFacts(
    settings=TuneSettings("smollm2-135m", held_out=("bank77", "massive_zh"), seed=7),
    prompt_version=1,
    base_sha256="b179c952",
    data="clusters.parquet",
    data_sha256="112013d7",
    sources=(CardSource("bank77", 200, 100, 0, 0, 200), CardSource("店|a", 300, 140, 270, 30, 0)),
    figures=(
        Figures("held_out", "bank77", 200, 0.9312, 0.88, 0.041, 0.3),
        Figures("watched", "店|a", 30, NAN, 1.0, 0.01, 0.1),
    ),
    before=0.54,
    best=0.97,
    steps=120,
    best_step=100,
    seconds=5400.0,
    machine="CPU: 2 cores, x86_64, Linux",
    date="2026-11-22",
    versions="torch 2.13.0",
)


def test_a_card_says_where_the_adapter_comes_from() -> None:
    text = model_card(FACTS)
    for fact in ("smollm2-135m", "b179c952", "clusters.parquet", "112013d7", "2026-11-22", "90.0 minutes", "2 cores"):
        assert fact in text
    assert "| seed | 7 |" in text
    assert "| held_out | bank77, massive_zh |" in text
    assert "step 100 of 120" in text
    assert "AUC 0.970 on at most 200 clusters; before tuning 0.540" in text


def test_figures_stand_in_tables() -> None:
    lines = model_card(FACTS).splitlines()
    assert "| held_out | bank77 | 200 | 0.931 | 0.880 | 0.041 | 0.300 |" in lines
    assert "| watched | 店\\|a | 30 | – | 1.000 | 0.010 | 0.100 |" in lines
    assert "| bank77 | 200 | 100 | 0 | 0 | 200 |" in lines
    tables = [line for line in lines if line.startswith("|")]
    assert all(line.endswith(" |") for line in tables)


def test_every_setting_is_on_the_card() -> None:
    text = model_card(FACTS)
    assert all(f"| {name} | " in text for name in vars(FACTS.settings))


def test_it_begins_with_what_hubs_read() -> None:
    assert model_card(FACTS).startswith(
        "---\nlibrary_name: peft\nbase_model: smollm2-135m\ntags: [lora, dialin, judge]\n---\n"
    )


def test_a_namer_has_a_loss_and_no_auc() -> None:
    facts = replace(
        FACTS,
        settings=TuneSettings("m", "namer"),
        figures=(Figures("held_out", "bank77", 20, NAN, NAN, NAN, 1.25),),
        before=-4.0,
        best=-1.5,
    )
    text = model_card(facts)
    assert "| held_out | bank77 | 20 | 1.250 |" in text
    assert "minus loss -1.500" in text
    assert "ECE" not in text


def test_nothing_in_a_name_can_break_a_table() -> None:
    facts = replace(FACTS, sources=(CardSource("a\n| b |", 1, 1, 1, 0, 0),))
    assert "| a \\| b \\| | 1 | 1 | 1 | 0 | 0 |" in model_card(facts).splitlines()


def test_figures_by_hand() -> None:
    """Log-odds ±ln 9 are P = .9 and .1; of three good and one bad, one good is missed.

    AUC: the bad one (.1) is below two good ones and equal to the third: (2 + ½) / 3. Accuracy 3/4. ECE: at .9, two of
    two are good, at .1, one of two: (2·.1 + 2·.4) / 4 = .25.
    """
    odds = math.log(9)
    found = judge_figures("watched", "a", [odds, odds, -odds, -odds], [True, True, True, False])
    assert (found.n, found.accuracy) == (4, 0.75)
    assert found.auc == pytest.approx(2.5 / 3)
    assert found.ece == pytest.approx(0.25)
    assert found.loss == pytest.approx((3 * math.log(10 / 9) + math.log(10)) / 4)


def test_figures_of_nothing_are_undefined() -> None:
    found = judge_figures("watched", "a", [], [])
    assert found.n == 0
    assert all(map(math.isnan, (found.auc, found.accuracy, found.ece, found.loss)))


def test_extreme_log_odds_are_no_trouble() -> None:
    found = judge_figures("watched", "a", [1e4, -1e4], [True, False])
    assert (found.auc, found.accuracy, found.ece, found.loss) == (1.0, 1.0, 0.0, 0.0)


def test_sources_are_counted_where_they_went() -> None:
    examples = examples_of(tune_tiny.rows(80), "judge")
    parts = shares_of(examples, TuneSettings("m", held_out=("shop",), watch_share=0.2))
    bank, shop = sources_of(parts)
    assert (bank.name, bank.n, bank.n_held_out) == ("bank", 53, 0)
    assert bank.n_learnt + bank.n_watched == 53
    assert (shop.n, shop.n_held_out) == (27, 27)
    assert bank.n_good + shop.n_good == 40


def test_each_source_of_a_part_and_all_of_them() -> None:
    """Two sources watched, one held out: four figures."""
    examples = examples_of(tune_tiny.rows(12), "judge")
    named = [("held_out", e) for e in examples[:4] if e.source == "shop"] + [("watched", e) for e in examples[4:]]
    found = figures_by_source(scores_table(named, np.linspace(-1, 1, len(named)), "log_odds"))
    assert [(f.part, f.source) for f in found] == [
        ("held_out", "shop"), ("watched", "bank"), ("watched", "shop"), ("watched", "all"),
    ]  # fmt: skip
    assert found[-1].n == found[1].n + found[2].n == 8


def test_no_parts_no_figures() -> None:
    assert sources_of(Shares([], [], [])) == []
    assert figures_by_source(scores_table([], np.zeros(0), "log_odds")) == []


def test_the_machine_is_named(tmp_path: Path) -> None:
    assert machine_here("cpu").startswith("CPU: ")
