"""An export: the same bytes each time, checked before anything is written, and what is said about it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.export.base import Content, ExportFormat, Files
from dialin.export.checks import check_content
from dialin.export.registry import FORMATS, format_named
from dialin.export.run_export import export_of
from dialin.export.selection import selection_of
from dialin.export.wanted import Wanted
from dialin.runs.run import Run, load
from fake_run import calls, fake_run
from shop_run import shop_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shop_run(tmp_path_factory.mktemp("shop") / "shop")


def usable(name: str) -> ExportFormat:
    if FORMATS[name].library:
        pytest.importorskip(FORMATS[name].library, reason="needs an extra")
    return FORMATS[name]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(run: Run, name: str) -> None:
    form, wanted = usable(name), Wanted(with_none=True, max_phrases=10)
    assert export_of(run, form, wanted).files == export_of(load(run.folder), form, wanted).files


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("with_none", [False, True])
def test_every_format_takes_hostile_phrases_and_two_languages(run: Run, name: str, with_none: bool) -> None:
    found = export_of(run, usable(name), Wanted(with_none=with_none, role="all", all_kinds=True))
    assert found.account["n_intents"] >= 6
    assert found.account["languages"] == (["en"] if name == "xenioo" else ["en", "zh"])
    assert (found.account["n_none"] > 0) == (with_none and bool(FORMATS[name].none_name))


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.one_language])
def test_two_languages_are_two_projects_where_a_project_has_one(run: Run, tmp_path: Path, name: str) -> None:
    own = {"export.json", "names.csv"}
    assert {path.split("/")[0] for path in export_of(run, usable(name)).files} == {"en", "zh"} | own
    alone = fake_run(tmp_path / "english", [one for one in calls() if one.text.isascii()])
    assert not any(path.startswith("en/") for path in export_of(alone, usable(name)).files)


def test_the_account_names_each_file_with_its_hash(run: Run) -> None:
    found = export_of(run, FORMATS["rasa"], Wanted(with_none=True))
    written = json.loads(found.files["export.json"])
    assert written == json.loads(json.dumps(found.account))
    assert set(written["files"]) == set(found.files) - {"export.json", "names.csv"}
    for path, digest in written["files"].items():
        assert hashlib.sha256(found.files[path]).hexdigest() == digest
    assert written["left_out"]["intents"] == {"not a need (--all takes it)": 1, "said by an agent": 1}


def test_names_lead_back_to_the_run(run: Run) -> None:
    rows = csv.DictReader(io.StringIO(export_of(run, FORMATS["lex"]).files["names.csv"].decode()))
    found = {row["exported_name"]: (int(row["intent_id"]), row["name"]) for row in rows}
    number = {name: i for i, name in run.found_names.items()}
    assert found["reset_password"] == (number["reset/password"], "reset/password")
    chinese = number["申请-退款"]
    assert found[f"intent_{chinese}"] == (chinese, "申请-退款")


def test_an_unknown_format_is_refused_with_the_list_of_all() -> None:
    with pytest.raises(InputError, match=r"no format 'alexa' \(use one of: rasa, .*xlsx, sklearn\)"):
        format_named("alexa")


# --- a writer that is wrong -----------------------------------------------------------------------


def wrong(content: Content) -> Files:
    """Write the last phrase of the first intent under the second one."""
    first, second, *rest = content.intents
    moved = replace(second, phrases=(*second.phrases, first.phrases[-1]))
    return FORMATS["jsonl"].write(replace(content, intents=(replace(first, phrases=first.phrases[:-1]), moved, *rest)))


def test_a_file_that_does_not_say_what_it_should_is_never_written(run: Run) -> None:
    with pytest.raises(InputError, match=r"not valid, and was not written: jsonl: the phrase .* is not read back"):
        export_of(run, replace(FORMATS["jsonl"], write=wrong))


def content_of(run: Run) -> Content:
    return selection_of(run, Wanted(), FORMATS["jsonl"]).content


def test_two_intents_of_a_name_a_phrase_twice_and_limits_are_found(run: Run) -> None:
    content, form = content_of(run), FORMATS["watson"]
    first, second = content.intents[:2]
    long = replace(first, phrases=(replace(first.phrases[0], text="x" * 1_025),))
    cases = {
        "two intents are called": (replace(first, name="a"), replace(second, name="A")),
        "is there twice": (first, replace(second, phrases=first.phrases[:1])),
        "does not take the name 'sys-x'": (replace(first, name="sys-x"),),
        "more than 1,024 characters": (long,),
        "not one line": (replace(first, phrases=(replace(first.phrases[0], text="a\nb"),)),),
    }
    for message, intents in cases.items():
        one = replace(content, intents=intents)
        with pytest.raises(InputError, match=message):
            check_content(one.rows, one, form)


def test_more_phrases_than_a_platform_takes_are_found(run: Run) -> None:
    content = content_of(run)
    intent = content.intents[0]
    phrases = tuple(replace(intent.phrases[0], text=f"phrase {i}", language="en") for i in range(101))
    one = replace(content, intents=(replace(intent, phrases=phrases),))
    with pytest.raises(InputError, match="has 101 phrases, more than 100"):
        check_content(one.rows, one, FORMATS["botpress"])
