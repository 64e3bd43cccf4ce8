"""What of a run goes into an export, and that all else is counted with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dialin.errors import InputError
from dialin.export.base import BotIntent, ExportFormat, PlatformLimits, always
from dialin.export.registry import FORMATS
from dialin.export.run_export import export_of
from dialin.export.selection import Selection, selection_of
from dialin.export.text import normalised
from dialin.export.wanted import Wanted
from dialin.files import EMBEDDINGS
from dialin.review.edits import Accept, Rename, Split
from dialin.runs.run import Run, load
from fake_run import Said, decide, fake_run, without_hashes
from shop_run import shop_run

JSONL = FORMATS["jsonl"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shop_run(tmp_path_factory.mktemp("shop") / "shop")


def small_run(folder: Path, texts: Mapping[str, list[str]], role: str | None = None) -> Run:
    return fake_run(folder, [Said(text, name, role=role) for name, own in texts.items() for text in own])


def chosen(run: Run, form: ExportFormat = JSONL, **options: Any) -> Selection:
    return selection_of(run, Wanted(**options), form)


def by_name(selection: Selection) -> dict[str, BotIntent]:
    return {intent.label: intent for intent in selection.content.intents}


def limited(**limits: Any) -> ExportFormat:
    return replace(JSONL, limits=partial(always, replace(PlatformLimits(None), **limits)))


def test_needs_of_customers_alone_are_exported(run: Run) -> None:
    found = chosen(run)
    assert set(by_name(found)) == {
        "cancel-order", "request-refund", "reset/password", "查询-物流", "申请-退款", "ask-odd-things"
    }  # fmt: skip
    assert found.tally.intents_by_reason == {"not a need (--all takes it)": 1, "said by an agent": 1}


def test_all_takes_courtesy_and_a_role_takes_the_agent(run: Run) -> None:
    assert "thank-agent" in by_name(chosen(run, all_kinds=True))
    assert set(by_name(chosen(run, all_kinds=True, role="agent"))) == {"confirm-deed"}
    assert {"confirm-deed", "thank-agent"} < set(by_name(chosen(run, all_kinds=True, role="all")))


def test_sentences_of_an_agent_stay_out_of_an_intent_without_a_role(tmp_path: Path) -> None:
    said = [Said(f"pay my bill {i}", "pay-bill", role="agent" if i == 3 else "customer") for i in range(5)]
    found = chosen(fake_run(tmp_path / "run", said))
    assert "pay my bill 3" not in [phrase.text for phrase in by_name(found)["pay-bill"].phrases]
    assert found.tally.phrases_by_reason == {"said by an agent": 1}


def test_a_phrase_of_two_intents_goes_where_it_was_said_most(run: Run) -> None:
    """ "please cancel my order" was said 4 times in cancel-order, and once, in other letters, in request-refund."""
    intents = by_name(chosen(run))
    assert "please cancel my order" in [phrase.text for phrase in intents["cancel-order"].phrases]
    keys = [normalised(phrase.text) for intent in intents.values() for phrase in intent.phrases]
    assert len(set(keys)) == len(keys)
    refund = intents["request-refund"].intent_id
    assert chosen(run).tally.phrases[refund] == {"said more in another intent": 1}


def test_of_two_forms_of_a_phrase_the_frequent_one_stays(tmp_path: Path) -> None:
    texts = ["Refund me", "refund me.", "refund me.", "give it back", "money back"]
    found = chosen(small_run(tmp_path / "run", {"refund": texts}))
    assert next((p.text, p.count) for p in by_name(found)["refund"].phrases) == ("refund me.", 2)
    assert found.tally.phrases_by_reason == {"the same phrase again": 1}


def test_the_most_different_phrases_are_chosen(tmp_path: Path) -> None:
    """Nine phrases about a parcel and one about a kettle: with two, the kettle is one of them."""
    texts = [
        f"where is my parcel {word}" for word in ("now", "today", "then", "here", "so", "well", "still", "yet", "hm")
    ]
    run = small_run(tmp_path / "run", {"ask": [*texts, "kettle broken, smoke everywhere"]})
    found = chosen(run, max_phrases=2)
    assert "kettle broken, smoke everywhere" in [p.text for p in by_name(found)["ask"].phrases]
    assert found.tally.phrases_by_reason == {"beyond 2 phrases of an intent": 8}


def test_each_language_of_an_intent_has_its_own_phrases(tmp_path: Path) -> None:
    texts = ["refund me", "money back", "pay it back", "我要退款", "把钱退给我", "退钱"]
    found = by_name(chosen(small_run(tmp_path / "run", {"refund": texts}), max_phrases=2))["refund"]
    assert (len(found.texts("en")), len(found.texts("zh"))) == (2, 2)


def test_another_language_has_its_code(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {"storno": ["Bestellung stornieren", "Auftrag löschen", "bitte absagen"]})
    assert chosen(run, language="de-DE").content.languages == ("de-DE",)


def test_only_accepted_intents_are_exported_where_the_user_says_so(tmp_path: Path) -> None:
    run = shop_run(tmp_path / "run")
    number = {name: i for i, name in run.found_names.items()}
    with pytest.raises(InputError, match=r"6 not accepted in a review"):
        chosen(run, reviewed=True)
    edits = Accept(number["cancel-order"]), Rename(number["申请-退款"], "要求-退款"), Split(number["request-refund"])
    run = decide(run.folder, *edits)
    assert set(by_name(chosen(run, reviewed=True))) == {"cancel-order", "要求-退款"}
    assert set(by_name(chosen(run, min_p_good=0.95))) == {"cancel-order", "要求-退款"}
    assert "request-refund" not in by_name(chosen(run, min_p_good=0.1))


def test_what_has_no_intent_is_taken_where_the_user_says_so(run: Run) -> None:
    assert chosen(run).tally.phrases[-1] == {"no intent (--with-none takes them)": 4}
    found = chosen(run, with_none=True)
    none = found.content.intents[-1]
    assert (none.is_none, none.name, len(none.phrases)) == (True, "none", 4)
    assert -1 not in found.tally.phrases
    assert chosen(run, FORMATS["lex"], with_none=True).tally.phrases[-1] == {
        "no intent (the format has no place for them)": 4
    }


def test_a_sentence_without_an_intent_that_an_intent_says_too_is_no_example_of_none(tmp_path: Path) -> None:
    texts = {
        "refund": ["refund me", "money back", "pay it back"],
        "": ["REFUND me!", "grey weather", "Grey weather.", "grey weather"],
    }
    found = chosen(small_run(tmp_path / "run", texts), with_none=True)
    assert [p.text for p in found.content.intents[-1].phrases] == ["grey weather"]
    assert found.tally.phrases[-1] == {"said in an intent, too": 1, "the same phrase again": 1}


def test_an_intent_that_is_called_none_keeps_apart(tmp_path: Path) -> None:
    texts = {"none": ["no, none of it", "none at all", "not any"], "": ["grey weather"]}
    found = chosen(small_run(tmp_path / "run", texts), with_none=True)
    assert [intent.name for intent in found.content.intents] == ["none_2", "none"]


def test_phrases_that_are_too_long_are_left_out_and_counted(tmp_path: Path) -> None:
    """An emoji is two units of UTF-16: five of them and "ab" are 12."""
    run = small_run(tmp_path / "run", {"ask": ["ab " + "😀" * 5, "ab", "abc", "abcd"]})
    assert chosen(run, limited(length=12)).tally.phrases_by_reason == {}
    assert chosen(run, limited(length=12, utf16=True)).tally.phrases_by_reason == {"longer than 12 characters": 1}


def test_the_most_wanted_intents_stay_where_a_platform_takes_few(tmp_path: Path) -> None:
    texts = {f"ask-{n}": [f"question {n} {i}" for i in range(9 - n)] for n in range(5)}
    found = chosen(small_run(tmp_path / "run", texts), limited(intents=3))
    assert list(by_name(found)) == ["ask-0", "ask-1", "ask-2"]
    assert found.tally.intents_by_reason == {"beyond 3 intents, which is what the platform takes": 2}


def test_an_intent_that_is_left_out_in_one_language_alone_is_not_left_out(tmp_path: Path) -> None:
    """With one intent in English and two in Chinese, "refund" stays in Chinese alone."""
    texts = {
        "ask": [f"question {i}" for i in range(9)] + ["问一下", "想问问"],
        "refund": ["refund me", "我要退款", "把钱退给我", "退钱", "退货款", "返还", "给钱"],
    }
    run = small_run(tmp_path / "run", texts)
    one_each = replace(limited(intents=1), limits=lambda language: PlatformLimits(None, intents=1))
    found = chosen(run, one_each)
    assert {intent.label: (len(intent.texts("en")), len(intent.texts("zh"))) for intent in found.content.intents} == {
        "ask": (9, 2)
    }
    assert found.tally.intents_by_reason == {"beyond 1 intents, which is what the platform takes": 1}
    chinese_first = replace(one_each, limits=lambda code: PlatformLimits(None, intents=1 if code == "en" else 2))
    found = chosen(run, chinese_first)
    assert by_name(found)["refund"].texts("en") == []
    assert found.tally.intents == {}
    assert found.tally.phrases_by_reason == {"beyond 1 intents, which is what the platform takes": 1}


def test_what_belongs_to_none_is_no_intent_that_counts(tmp_path: Path) -> None:
    texts = {"ask": ["one question", "two questions", "three"], "": ["grey weather"]}
    found = chosen(small_run(tmp_path / "run", texts), limited(intents=1), with_none=True)
    assert [intent.name for intent in found.content.intents] == ["ask", "none"]


def test_intents_get_equally_many_phrases_where_a_platform_takes_few_in_all(tmp_path: Path) -> None:
    """9, 8, 7, 6 and 5 phrases: four of each are 20, five are 25."""
    texts = {f"ask-{n}": [f"question {n} {i}" for i in range(9 - n)] for n in range(5)}
    run = small_run(tmp_path / "run", texts)
    for most, each in ((24, 4), (25, 5), (5, 1), (20, 4)):
        found = chosen(run, limited(total_phrases=most))
        assert {len(intent.phrases) for intent in found.content.intents} == {each}
    assert chosen(run, limited(total_length=12 * 10)).content.rows[1:2] != []
    assert sum(len(t) for _, t in chosen(run, limited(total_length=120)).content.rows) <= 120


def test_nothing_left_is_an_error_that_says_why(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {"ask": ["one two", "two three", "four"]})
    with pytest.raises(InputError, match=r"no intent of .* is left to export: 1 beyond 0 intents"):
        chosen(run, limited(intents=0))
    with pytest.raises(InputError, match="1 longer than 2 characters"):
        chosen(run, limited(length=2))


def test_more_phrases_than_the_platform_takes_are_refused(run: Run) -> None:
    with pytest.raises(InputError, match=r"--max-phrases must be at most 100 for botpress, got 101"):
        chosen(run, FORMATS["botpress"], max_phrases=101)


def test_a_run_without_vectors_is_refused(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {"ask": ["one two", "two three", "four"]})
    without_hashes(run.folder)
    (run.folder / EMBEDDINGS).unlink()
    with pytest.raises(InputError, match="has no vectors"):
        chosen(load(run.folder))


def test_advice_of_a_platform_is_kept_where_enough_phrases_follow_it(tmp_path: Path) -> None:
    """Copilot Studio advises 2 to 9 words: with six such phrases the single word goes, with four it stays."""
    texts = {
        "many": [f"order number {i}" for i in range(6)] + ["order"],
        "few": ["bill", *(f"bill {i}" for i in range(4))],
    }
    found = by_name(chosen(small_run(tmp_path / "run", texts), FORMATS["copilot"]))
    assert "order" not in [p.text for p in found["many"].phrases]
    assert "bill" in [p.text for p in found["few"].phrases]


def test_the_account_adds_up(run: Run) -> None:
    """Each sentence of an exported intent is exported, or counted with a reason."""
    for name in ("rasa", "copilot", "csv", "xenioo"):
        found = export_of(run, FORMATS[name], Wanted(max_phrases=7))
        sizes = {row["intent_id"]: row["size"] for row in run.intents.to_pylist()}
        for intent in found.account["intents"]:
            assert intent["n_phrases"] + sum(intent["left_out"].values()) == sizes[intent["intent_id"]]
        assert len(found.account["intents"]) + len(found.account["intents_left_out"]) == len(sizes)
