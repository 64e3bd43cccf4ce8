"""The needs that people have: those of an inventory, each once, in the form of names, with their vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dialin.discover.connect import open_embedder
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.models.catalogue import catalogue
from dialin.name.actions import action_of
from dialin.name.needs import EMBEDDERS, Needs, known_needs, needs_by_embedder, write_needs


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_need_has_one_name_of_an_action_and_an_object(language: str) -> None:
    names = needs_by_embedder()[EMBEDDERS[language]].names
    assert len(set(names)) == len(names) > 1_000
    assert all(action_of(name) and name.partition("-")[2] for name in names)
    assert all(name.isascii() == (language == "en") for name in names)


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_the_vectors_belong_to_the_shipped_embedder(name: str) -> None:
    """A retrained embedder needs new vectors: ``python -m studies.own.needs`` makes them."""
    (model,) = (file for file in catalogue()[name].files if file.name == "model.onnx")
    assert needs_by_embedder()[name].model_sha256 == model.sha256, "run: python -m studies.own.needs"


@pytest.mark.parametrize(("language", "own"), [("en", slice(384)), ("zh", slice(384, 896))])
def test_two_embedders_side_by_side_know_the_needs_of_each_in_its_own_dimensions(language: str, own: slice) -> None:
    both = known_needs(f"local:{ENGLISH}+{CHINESE}", language)
    alone = known_needs(f"local:{EMBEDDERS[language]}", language)
    assert list(both) == list(alone)
    name = next(iter(both))
    assert both[name].vector[own].tolist() == alone[name].vector.tolist()
    assert float(np.linalg.norm(both[name].vector)) == pytest.approx(1.0)


@pytest.mark.parametrize("embedder", ["", "given", "local:bge-small-zh-v1.5", f"local:{CHINESE}+other"])
def test_other_embedders_know_none(embedder: str) -> None:
    assert known_needs(embedder, "zh") == {}


def test_a_byte_a_number_keeps_a_vector(tmp_path: Path) -> None:
    """127 of the largest number: (3, 4) / 5 is stored as (95, 127), whose direction is (.599, .801)."""
    path = tmp_path / "needs.npz"
    write_needs({"mine": Needs("abc", ["pay-bill"], np.array([[0.6, 0.8]], np.float32), np.array([7]))}, path)
    (found,) = needs_by_embedder(path).values()
    assert (found.model_sha256, found.names, found.n_businesses.tolist()) == ("abc", ["pay-bill"], [7])
    assert found.vectors[0].astype(float).round(3).tolist() == [0.599, 0.801]


@pytest.mark.parametrize(
    ("language", "texts", "need"),
    [
        (
            "en",
            ["you took the money twice", "why are there two payments of 30 on my statement"],
            "report-duplicate-charge",
        ),
        ("zh", ["钱怎么还没退给我", "退货都签收一周了,退款还没到账"], "反馈-退款未到账"),
    ],
)
def test_what_people_say_lies_near_their_need(language: str, texts: list[str], need: str) -> None:
    """End to end, by the real embedder: of all needs, theirs is among the three nearest."""
    known = known_needs(f"local:{EMBEDDERS[language]}", language)
    centroid = open_embedder(f"local:{EMBEDDERS[language]}", ()).encode(texts).mean(axis=0)
    nearest = sorted(known, key=lambda name: -float(known[name].vector @ centroid))
    assert need in nearest[:3]
