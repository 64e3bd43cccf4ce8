"""Adapters after a "+": which are shipped, and what is said of others."""

from __future__ import annotations

import pytest

from dialin.discover.settings import Settings
from dialin.discover.specs import Specs, model_hashes, who_judges
from dialin.errors import InputError
from dialin.judge.calibration import calibration_of
from dialin.llm.backends import backend_of, shipped_adapters
from dialin.llm.spec import NO_LLM
from dialin.models.store import catalogue


def test_every_shipped_adapter_is_small_and_of_a_known_model() -> None:
    shipped = shipped_adapters()
    assert "gemma-3-270m+judge" in shipped
    for name, path in shipped.items():
        assert name.split("+")[0] in catalogue()
        assert path.read_bytes()[:4] == b"GGUF"
        assert path.stat().st_size < 25_000_000


def test_an_unknown_adapter_is_refused_before_anything_is_fetched() -> None:
    with pytest.raises(InputError, match="no adapter 'nothing' of gemma-3-270m") as error:
        backend_of("local:gemma-3-270m+nothing")
    assert "local:gemma-3-270m+judge" in str(error.value.hint)


def test_the_manifest_has_the_hash_of_model_and_adapter() -> None:
    found = model_hashes(["local:gemma-3-270m+judge"])
    assert list(found) == ["gemma-3-270m", "gemma-3-270m+judge"]


def test_a_tuned_judge_is_asked_as_it_was_tuned() -> None:
    assert calibration_of("local:gemma-3-270m+judge#0123abcd").form == "tuned"
    assert calibration_of("local:gemma-3-270m").form == "pairs"
    assert calibration_of("local:gemma-3-270m+judge", "list").form == "list"


def test_who_judges() -> None:
    assert Specs("local:a").judge == "local:a"
    assert Specs("openai:a").judge == "openai:a"
    assert Specs().judge == Specs("local:qwen2.5-coder-1.5b").judge == "local:gemma-3-270m+judge"
    assert Specs("local:gemma-3-270m+judge").judge == "local:gemma-3-270m+judge"
    assert Specs("local:a", "local:b").judge == "local:b"
    assert Specs(NO_LLM).judge == NO_LLM
    with pytest.raises(InputError, match="does not go with an LLM that names intents"):
        Specs("local:a", NO_LLM)


def test_beside_a_model_of_the_catalogue_the_embeddings_judge() -> None:
    """An LLM that the user has chosen to judge is asked; so is one on a server, or a file of the user's own."""
    auto, small = Settings(), Specs("local:qwen2.5-coder-0.5b")
    settings, specs = who_judges(auto, small)
    assert (settings.judge, specs.judge) == ("geometry", small.llm)  # no second LLM is opened
    assert who_judges(auto, Specs(NO_LLM))[0].judge == "geometry"
    chosen = Specs(small.llm, "local:gemma-3-270m+judge")
    for asked in (chosen, Specs("openai:a"), Specs("local:./own.gguf")):
        assert who_judges(auto, asked) == (Settings(judge="both"), asked)
    assert who_judges(Settings(judge="both"), small)[1].judge == "local:gemma-3-270m+judge"
