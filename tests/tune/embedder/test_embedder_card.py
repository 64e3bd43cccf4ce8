"""The card says where an embedder comes from and how good it is."""

from __future__ import annotations

from dataclasses import replace

from dialin.score.metrics import Agreement
from dialin.tune.embedder.card import EmbedderCardFacts, EmbedderCardSource, embedder_card
from dialin.tune.embedder.measure import SourceFigures
from dialin.tune.embedder.settings import EmbedderSettings
from dialin.tune.sources import Reading

NAN = float("nan")
FACTS = EmbedderCardFacts(
    settings=EmbedderSettings("all-minilm-l6-v2", held_out=("bank",), seed=7),
    pooling="mean",
    n_dimensions=384,
    base_sha256="53aa5117",
    sources=(
        EmbedderCardSource("shop", 64, 11033, False, {"shop.parquet": "a8dcc572"}),
        EmbedderCardSource("bank", 22, 906, True, {"bank.csv": "36f0fd76"}),
    ),
    reading=Reading("intent", noise=("oos", "none")),
    unlabelled={"more.txt": "0011aabb"},
    figures=(
        SourceFigures(
            "bank",
            906,
            22,
            Agreement(906, NAN, 0.8361, 0.594, 0.687, NAN),
            Agreement(906, NAN, 0.8461, NAN, 0.721, NAN),
        ),
    ),
    before=0.836,
    best=0.846,
    steps=300,
    best_step=250,
    seconds=1200.0,
    machine="CPU: 2 cores, x86_64, Linux",
    date="2026-11-28",
    versions="torch 2.13.0",
)


def test_a_card_has_all_facts() -> None:
    text = embedder_card(FACTS)
    for fact in ("all-minilm-l6-v2, sha256 `53aa5117`", "384 numbers", "2026-11-28", "20.0 minutes on CPU: 2 cores"):
        assert fact in text
    assert "The mean AMI chose step 250 of 300 (0.846; before tuning 0.836)" in text
    assert "Unlabelled: more.txt sha256 `0011aabb`" in text
    assert "The licences of base and data hold." in text
    assert "Unlabelled" not in embedder_card(replace(FACTS, unlabelled={}))


def test_figures_and_sources_stand_in_tables() -> None:
    lines = embedder_card(FACTS).splitlines()
    assert "| bank | 906 | 22 | 0.836 | 0.846 | 0.594 | – | 0.687 | 0.721 |" in lines
    assert "| shop | 64 | 11033 | learnt | shop.parquet | a8dcc572 |" in lines
    assert "| bank | 22 | 906 | held out | bank.csv | 36f0fd76 |" in lines


def test_every_setting_is_on_the_card() -> None:
    text = embedder_card(FACTS)
    for name in EmbedderSettings.__dataclass_fields__:
        assert f"| {name} | " in text
    assert "| label | intent |" in text
    assert "| noise | oos, none |" in text
    assert "| seed | 7 |" in text
