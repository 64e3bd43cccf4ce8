"""The parts of the pages that come from the code are current, and the worked example says what its page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialin.discover.settings import Settings
from dialin.models.catalogue import catalogue
from doc_pages import SITE, page, prose
from scripts import reference
from studies.own.worked_example import SENTENCES, Example, blocks


def test_generated_parts_are_current() -> None:
    behind = [str(path.relative_to(reference.DOCS)) for path in reference.stale()]
    assert behind == [], "run: scripts/reference"


def test_a_page_that_is_behind_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("A\n<!-- generated: models -->\nold\n<!-- end -->\nB\n", "utf-8")
    new = reference.stale(tmp_path)[tmp_path / "page.md"]
    assert new.startswith("A\n<!-- generated: models -->\n| model |")
    assert new.endswith("|\n<!-- end -->\nB\n")
    assert reference.filled(new) == new


def test_an_unknown_part_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        reference.filled("<!-- generated: nonsense -->\n<!-- end -->")


def test_every_part_is_on_a_page() -> None:
    """A new command, or a table of the example, must not be forgotten; what has no options has no table."""
    shown = set(re.findall(r"<!-- generated: (.+?) -->", "\n".join(map(page, SITE))))
    silent = {
        f"options of {path}"
        for path, command in reference.commands()
        if not reference.options_table(command).count("\n") > 1
    }
    assert set(reference.parts()) - shown - silent == set()


def test_settings_page_has_every_setting() -> None:
    table = reference.settings_table()
    for name in Settings.__dataclass_fields__:
        assert f"| `{name}`" in table, name


def test_every_model_is_named_with_its_licence() -> None:
    rows = [line for line in page("docs/guide/servers.md").splitlines() if line.startswith("|")]
    for model in catalogue().values():
        assert any(model.name in row and model.licence in row for row in rows), model.name


# --- the worked example ---------------------------------------------------------------------------


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])[−+]?\d[\d.,]*(?<![.,])", text))


def test_numbers_of_the_example_are_computed() -> None:
    """Each number in the prose of the example stands in one of its tables, too."""
    text = page("docs/how-it-works.md").split("## An example", 1)[1]
    computed = numbers_in("\n".join(blocks().values()).replace("–", " "))
    by_hand = re.sub(r"<!-- generated.*?<!-- end -->", "", text, flags=re.S).replace("–", " ")
    assert numbers_in("\n".join(prose(by_hand))) - {number.lstrip("+−") for number in computed} == set()


def test_example_finds_the_intents_that_the_script_has_in_mind() -> None:
    example = Example()
    gold = [
        {i for i, (_, _, name) in enumerate(SENTENCES) if name == intent}
        for intent in dict.fromkeys(s[2] for s in SENTENCES)
    ]
    assert sorted(map(set, example.intents), key=min) == sorted(gold, key=min)
    labels, _ = example.decision.assign(example.X, [""] * len(example.X))
    assert [set((labels == i).nonzero()[0].tolist()) for i in range(len(example.intents))] == list(
        map(set, example.intents)
    )
