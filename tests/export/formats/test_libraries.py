"""What the platforms' own libraries say about the files, where they are installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dialin.export.folder import save_export
from dialin.export.registry import FORMATS
from dialin.export.run_export import export_of
from dialin.export.wanted import Wanted
from dialin.runs.run import Run
from export_readers import inside, read_back
from shop_run import shop_run

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries, which warn as they like


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shop_run(tmp_path_factory.mktemp("shop") / "shop")


def saved(run: Run, name: str, out: Path) -> Path:
    save_export(export_of(run, FORMATS[name], Wanted(with_none=True)).files, out)
    return out


def test_the_messages_of_dialogflow_cx_take_the_intents(run: Run, tmp_path: Path) -> None:
    cx = pytest.importorskip("google.cloud.dialogflowcx_v3")
    folder = saved(run, "dialogflow-cx", tmp_path / "out") / "intents"
    found = []
    for path in sorted(folder.glob("*/*.json")):
        intent = cx.Intent.from_json(path.read_text("utf-8"))
        for phrases in sorted(path.parent.glob("trainingPhrases/*.json")):
            for one in json.loads(phrases.read_text("utf-8"))["trainingPhrases"]:
                del one["languageCode"]  # of the package, not of the message
                phrase = cx.Intent.TrainingPhrase.from_json(json.dumps({**one, "parts": without_auto(one["parts"])}))
                found.append((intent.display_name, "".join(part.text for part in phrase.parts)))
    assert sorted(found) == read_back(export_of(run, FORMATS["dialogflow-cx"], Wanted(with_none=True)))


def without_auto(parts: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the parts without the mark of the package that nobody chose them, which the message lacks."""
    return [{"text": part["text"]} for part in parts]


def test_the_messages_of_dialogflow_es_take_the_intents(run: Run) -> None:
    es = pytest.importorskip("google.cloud.dialogflow_v2")
    inner = inside(export_of(run, FORMATS["dialogflow-es"], Wanted()).files, "dialogflow-es.zip")
    for path, data in inner.items():
        if "_usersays_" in path:
            for one in json.loads(data):
                text = one["data"][0]["text"]
                message = es.Intent.TrainingPhrase.from_json(json.dumps({"type": "EXAMPLE", "parts": [{"text": text}]}))
                assert message.parts[0].text == text


def test_the_model_of_lex_takes_names_phrases_and_settings(run: Run) -> None:
    loaders = pytest.importorskip("botocore.loaders")
    model, validate = pytest.importorskip("botocore.model"), pytest.importorskip("botocore.validate")
    service = model.ServiceModel(loaders.Loader().load_service_model("lexv2-models", "service-2"))
    checker = validate.ParamValidator()
    inner = inside(export_of(run, FORMATS["lex"], Wanted()).files, "lex.zip")
    request = service.shape_for("CreateIntentRequest")
    n_checked = 0
    for path, data in inner.items():
        if not path.endswith("/Intent.json"):
            continue
        intent = json.loads(data)
        given = {
            "intentName": intent["name"],
            "description": intent["description"],
            "sampleUtterances": intent["sampleUtterances"] or [],
            "botId": intent["identifier"],
            "botVersion": "DRAFT",
            "localeId": path.split("/")[2],
        }
        assert not checker.validate(given, request).has_errors()
        n_checked += 1
    assert n_checked >= 7
    bot = json.loads(inner["shop/Bot.json"])
    settings = {"botName": bot["name"], "idleSessionTTLInSeconds": bot["idleSessionTTLInSeconds"]}
    needed = {"roleArn": "arn:aws:iam::000000000000:role/nobody", "dataPrivacy": bot["dataPrivacy"]}
    assert not checker.validate(settings | needed, service.shape_for("CreateBotRequest")).has_errors()


def test_label_studio_takes_configuration_tasks_and_predictions(run: Run, tmp_path: Path) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    folder = saved(run, "label-studio", tmp_path / "out")
    label = interface.LabelInterface((folder / "label_config.xml").read_text("utf-8"))
    label.validate()
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    assert all(label.validate_prediction(task["predictions"][0]) for task in tasks)
    assert all(label.validate_task({"data": task["data"]}) for task in tasks)
    assert not label.validate_prediction({**tasks[0]["predictions"][0], "score": "high"})


def test_datasets_reads_the_data_set_with_its_labels(run: Run, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = saved(run, "hf", tmp_path / "out")
    data = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    names = data.features["label"].names
    found = sorted((names[row["label"]], row["text"]) for row in data)
    assert found == sorted((row["intent"], row["text"]) for row in data)
    assert found == read_back(export_of(run, FORMATS["jsonl"], Wanted(with_none=True)))


def test_spacy_reads_its_documents(run: Run, tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    folder, found = saved(run, "spacy", tmp_path / "out"), []
    for language in ("en", "zh"):
        for part in ("train", "dev"):
            docs = spacy.tokens.DocBin().from_disk(folder / language / f"{part}.spacy")
            for doc in docs.get_docs(spacy.blank(language).vocab):
                found.append((max(doc.cats, key=doc.cats.get), doc.text))
    assert sorted(found) == read_back(export_of(run, FORMATS["jsonl"], Wanted(with_none=True)))
