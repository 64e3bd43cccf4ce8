"""The files of each format: their shape, and that a reader of another hand finds intents and phrases in them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from dialin.errors import InputError
from dialin.export.base import PlatformLimits
from dialin.export.formats import lex
from dialin.export.packing import zip_bytes
from dialin.export.registry import FORMATS
from dialin.export.run_export import Export, export_of
from dialin.export.selection import selection_of
from dialin.export.wanted import Wanted
from dialin.read.columns import Columns
from dialin.read.table import read_table
from dialin.runs.run import Run
from export_readers import READERS, inside, read_back, rows_of_csv
from shop_run import shop_run

WANTED = Wanted(with_none=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shop_run(tmp_path_factory.mktemp("shop") / "my shop")


def made(run: Run, name: str) -> Export:
    return export_of(run, FORMATS[name], WANTED)


@pytest.mark.parametrize("name", READERS)
def test_intents_and_phrases_come_back(run: Run, name: str) -> None:
    """The same names and phrases that the selection has, whose texts are those of the run but for marks."""
    content = selection_of(run, WANTED, FORMATS[name]).content
    assert read_back(made(run, name)) == sorted(content.rows)
    assert any("cancel that purchase" in text for intent, text in content.rows if intent == "cancel-order")


@pytest.mark.parametrize(("name", "file"), [("csv", "intents.csv"), ("jsonl", "intents.jsonl")])
def test_dialin_reads_its_own_export(run: Run, tmp_path: Path, name: str, file: str) -> None:
    found = made(run, name)
    (tmp_path / file).write_bytes(found.files[file])
    texts = read_table(tmp_path / file, Columns(text="utterance"))["text"].to_pylist()
    assert sorted(texts) == sorted(text for _, text in read_back(found))


def test_dialin_reads_the_data_set(run: Run, tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(made(run, "hf").files["data/train-00000-of-00001.parquet"])
    texts = read_table(tmp_path / "train.parquet")["text"].to_pylist()
    assert sorted(texts) == sorted(text for _, text in read_back(made(run, "jsonl")))


# --- shapes ---------------------------------------------------------------------------------------


def test_rasa_has_a_domain_with_the_intents_and_no_marks_of_entities(run: Run) -> None:
    files = made(run, "rasa").files
    nlu = yaml.safe_load(files["en/nlu.yml"])
    assert nlu["version"] == "3.1"
    assert yaml.safe_load(files["en/domain.yml"])["intents"] == [one["intent"] for one in nlu["nlu"]]
    assert b"what does (this)(that) cost" in files["en/nlu.yml"]
    assert b"version: '3.1'\nnlu:\n- intent: cancel-order\n  examples: |\n    - " in files["en/nlu.yml"]
    assert {one["intent"] for one in yaml.safe_load(files["zh/nlu.yml"])["nlu"]} >= {"out_of_scope"}


def test_dialogflow_cx_has_a_folder_for_each_intent_and_a_file_for_each_language(run: Run) -> None:
    files = made(run, "dialogflow-cx").files
    assert json.loads(files["intents/cancel-order/cancel-order.json"]) == {
        "displayName": "cancel-order",
        "priority": 500_000,
        "description": "Customers cancel.",
    }
    phrase = json.loads(files["intents/申请-退款/trainingPhrases/zh-cn.json"])["trainingPhrases"][0]
    assert phrase["languageCode"] == "zh-cn"
    negatives = json.loads(files["intents/Default Negative Intent/Default Negative Intent.json"])
    assert negatives["isFallback"] is True


def test_dialogflow_cx_csv_names_intent_and_language_in_each_row(run: Run) -> None:
    header, *rows = rows_of_csv(made(run, "dialogflow-cx-csv").files)
    assert header == ["Intent Display Name", "Language", "Phrase"]
    assert {row[1] for row in rows} == {"en", "zh-cn"}
    assert all(map(all, rows))


def test_dialogflow_es_is_an_agent_with_both_languages(run: Run) -> None:
    inner = inside(made(run, "dialogflow-es").files, "dialogflow-es.zip")
    assert json.loads(inner["package.json"]) == {"version": "1.0.0"}
    agent = json.loads(inner["agent.json"])
    assert (agent["language"], agent["supportedLanguages"]) == ("en", ["zh-cn"])
    assert json.loads(inner["intents/Default Fallback Intent.json"])["fallbackIntent"] is True
    assert json.loads(inner["intents/cancel-order.json"])["fallbackIntent"] is False
    assert "intents/申请-退款_usersays_zh-cn.json" in inner


def test_lex_has_a_locale_for_each_language_with_a_fallback_and_no_slots(run: Run) -> None:
    inner = inside(made(run, "lex").files, "lex.zip")
    assert json.loads(inner["Manifest.json"])["metaData"]["fileFormat"] == "LexJson"
    assert json.loads(inner["my_shop/Bot.json"])["name"] == "my_shop"
    for locale in ("en_US", "zh_CN"):
        assert json.loads(inner[f"my_shop/BotLocales/{locale}/BotLocale.json"])["identifier"] == locale
        fallback = json.loads(inner[f"my_shop/BotLocales/{locale}/Intents/FallbackIntent/Intent.json"])
        assert fallback["parentIntentSignature"] == "AMAZON.FallbackIntent"
    assert ("ask-odd-things", "is name a slot, __label__x or not") in read_back(made(run, "lex"))


def test_lex_takes_fewer_intents_in_other_languages() -> None:
    assert lex.limits_of("en-GB").intents == 999
    assert lex.limits_of("zh") == PlatformLimits(50, 1_500, 500, intents=249, total_length=200_000, utf16=True)


def test_clu_lists_none_first_and_tells_the_language_of_each_phrase(run: Run) -> None:
    project = json.loads(made(run, "clu").files["clu.json"])
    assert project["assets"]["intents"][0] == {"category": "None"}
    assert project["metadata"]["multilingual"] is True
    assert project["metadata"]["projectName"] == "my_shop"
    assert {one["language"] for one in project["assets"]["utterances"]} == {"en", "zh-hans"}
    alone = json.loads(export_of(run, FORMATS["clu"], Wanted()).files["clu.json"])
    assert alone["assets"]["intents"][0] == {"category": "None"}
    assert "None" not in {one["intent"] for one in alone["assets"]["utterances"]}


def test_copilot_has_at_most_ten_phrases_a_topic(run: Run) -> None:
    topic = yaml.safe_load(made(run, "copilot").files["en/topics/cancel-order.topic.mcs.yml"])
    assert (topic["kind"], topic["beginDialog"]["kind"]) == ("AdaptiveDialog", "OnRecognizedIntent")
    assert len(topic["beginDialog"]["intent"]["triggerQueries"]) == 10


def test_platforms_that_read_csv_get_their_columns(run: Run) -> None:
    assert next(rows_of_csv(made(run, "cognigy").files))[:2] == ["cancel-order", "exampleSentence"]
    assert next(rows_of_csv(made(run, "watson").files))[1] == "cancel-order"
    xenioo = list(rows_of_csv(made(run, "xenioo").files))
    assert (xenioo[0], xenioo[1][:2]) == (["name", "locale", "expression"], ["cancel-order", "en"])


@pytest.mark.parametrize("name", ["cognigy", "watson", "xenioo", "dialogflow-cx-csv", "csv"])
def test_no_cell_of_a_csv_file_begins_a_formula(run: Run, name: str) -> None:
    rows = list(rows_of_csv(made(run, name).files))
    assert any("HYPERLINK(1) for my bill" in row for row in rows)
    assert not [cell for row in rows for cell in row if re.match(r"\s*[=+\-@]", cell) and cell != "-1"]


def test_label_studio_predicts_choices_that_its_configuration_has(run: Run) -> None:
    files = made(run, "label-studio").files
    assert b'<Text name="text" value="$text" />' in files["label_config.xml"]
    task = json.loads(files["tasks.json"])[0]
    assert task["predictions"][0]["score"] == 1.0
    assert task["data"]["language"] == "en"


def test_the_data_set_has_labels_with_names(run: Run) -> None:
    files = made(run, "hf").files
    card = yaml.safe_load(files["README.md"].decode().split("---\n")[1])
    names = card["dataset_info"]["features"][1]["dtype"]["class_label"]["names"]
    table = pq.read_table(io.BytesIO(files["data/train-00000-of-00001.parquet"])).to_pylist()
    assert {row["intent"] for row in table} == set(names.values())
    assert all(names[str(row["label"])] == row["intent"] for row in table)
    assert card["language"] == ["en", "zh"]


def test_a_workbook_has_no_formula_and_no_time(run: Run) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="needs the extra `excel`")
    data = made(run, "xlsx").files["intents.xlsx"]
    header, *rows = openpyxl.load_workbook(io.BytesIO(data))["intents"].iter_rows(values_only=True)
    assert header[:2] == ("intent", "utterance")
    assert sorted((row[0], row[1]) for row in rows) == read_back(made(run, "jsonl"))
    assert "=HYPERLINK(1) for my bill" in [row[1] for row in rows]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"1980-01-01T00:00:00Z</dcterms:modified>" in archive.read("docProps/core.xml")


# --- files that are not as they should be ---------------------------------------------------------


def without_extras(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of the one project of an export."""
    own = {path: data for path, data in files.items() if path not in {"export.json", "names.csv"}}
    return {path.removeprefix("en/"): data for path, data in own.items() if not path.startswith("zh/")}


BROKEN = {
    "rasa": ("nlu.yml", b"    - please", b"    please", "does not begin with '- '"),
    "dialogflow-cx": ("intents/cancel-order/cancel-order.json", b"priority", b"prior", "lacks the key 'priority'"),
    "dialogflow-cx-csv": ("intents.csv", b",en,", b",,", "empty cell"),
    "clu": ("clu.json", b'"Train"', b'"Test"', r"utterances\[0\].dataset: is 'Test'"),
    "copilot": ("topics/cancel-order.topic.mcs.yml", b"triggerQueries", b"queries", "lacks the key 'triggerQueries'"),
    "botpress": ("intents/cancel-order.json", b'"slots": []', b'"slots": 3', "slots: is no list but 3"),
    "cognigy": ("intents.csv", b"exampleSentence", b"example", "exampleSentence and a phrase"),
    "watson": ("intents.csv", b",cancel-order", b"", "not two cells"),
    "xenioo": ("intents.csv", b",en,", b",tlh,", "one of de, en"),
    "label-studio": ("tasks.json", b'"cancel-order"', b'"cancel"', "choices are not those"),
    "hf": ("README.md", b"---", b"", "no front matter"),
    "fasttext": ("train.txt", b"__label__cancel-order ", b"cancel-order ", "line 1 is not a label"),
    "csv": ("intents.csv", b"utterance", b"text", "the columns are"),
    "jsonl": ("intents.jsonl", b'"count": 4', b'"count": "4"', "line 1: count: is '4'"),
}
"""What is replaced in which file of an export, and what is said about it."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_of_another_shape_is_found(run: Run, name: str) -> None:
    path, old, new, message = BROKEN[name]
    files = without_extras(dict(made(run, name).files))
    assert old in files[path]
    with pytest.raises(InputError, match=message):
        FORMATS[name].validate({**files, path: files[path].replace(old, new)})


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in {"hf", "fasttext", "jsonl", "label-studio"}])
def test_a_file_that_is_missing_or_cut_short_is_found(run: Run, name: str) -> None:
    path = BROKEN[name][0]
    files = without_extras(dict(made(run, name).files))
    if len(files) <= 2:
        with pytest.raises(InputError, match=f"{path}: is missing"):
            FORMATS[name].validate({other: data for other, data in files.items() if other != path})
    if path.endswith(".json"):
        with pytest.raises(InputError, match=f"{path}: is no JSON"):
            FORMATS[name].validate({**files, path: files[path][:40]})


@pytest.mark.parametrize(
    ("name", "path", "change", "message"),
    [
        ("lex", "my_shop/BotLocales/en_US/Intents/cancel-order/Intent.json", {"slotPriorities": None}, "is no list"),
        ("lex", "my_shop/BotLocales/en_US/BotLocale.json", {"identifier": "fr_FR"}, "those with a fallback"),
        ("lex", "Manifest.json", {"metaData": {}}, "lacks the key 'schemaVersion'"),
        ("dialogflow-es", "intents/cancel-order.json", {"name": "other"}, "name: is 'other'"),
        ("dialogflow-es", "package.json", {"version": "2"}, "version: is '2'"),
    ],
)
def test_an_archive_of_another_shape_is_found(
    run: Run, name: str, path: str, change: dict[str, Any], message: str
) -> None:
    archive = f"{name}.zip"
    inner = inside(made(run, name).files, archive)
    inner[path] = json.dumps(json.loads(inner[path]) | change).encode()
    with pytest.raises(InputError, match=message):
        FORMATS[name].validate({archive: zip_bytes(inner)})
