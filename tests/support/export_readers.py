"""Readers of exports that share no code with the writers: each returns the phrases with their intents."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping

import yaml

from dialin.export.run_export import Export

Rows = Iterator[tuple[str, str]]


def texts_of(files: Mapping[str, bytes], ending: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of the files whose path ends so, but for the two that every export has."""
    for path, data in files.items():
        if path.endswith(ending) and path not in {"export.json", "names.csv"}:
            yield path, data.decode("utf-8")


def jsons(files: Mapping[str, bytes], ending: str) -> Iterator[tuple[str, object]]:
    return ((path, json.loads(text)) for path, text in texts_of(files, ending))


def rows_of_csv(files: Mapping[str, bytes]) -> Iterator[list[str]]:
    for _, text in texts_of(files, ".csv"):
        yield from csv.reader(io.StringIO(text, newline=""))


def inside(files: Mapping[str, bytes], path: str) -> dict[str, bytes]:
    """Return the files of an archive in an export."""
    with zipfile.ZipFile(io.BytesIO(files[path])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def of_rasa(files: Mapping[str, bytes]) -> Rows:
    for _, text in texts_of(files, "nlu.yml"):
        for intent in yaml.safe_load(text)["nlu"]:
            yield from ((intent["intent"], line[2:]) for line in intent["examples"].strip("\n").split("\n"))


def of_dialogflow_cx(files: Mapping[str, bytes]) -> Rows:
    for path, value in jsons(files, ".json"):
        assert isinstance(value, dict)
        name = path.split("/")[1]
        yield from ((name, p["parts"][0]["text"]) for p in value.get("trainingPhrases", ()))


def of_dialogflow_cx_csv(files: Mapping[str, bytes]) -> Rows:
    _, *rows = rows_of_csv(files)
    return ((name, text) for name, _, text in rows)


def of_dialogflow_es(files: Mapping[str, bytes]) -> Rows:
    for path, value in jsons(inside(files, "dialogflow-es.zip"), ".json"):
        if "_usersays_" in path:
            assert isinstance(value, list)
            yield from ((path.split("/")[1].split("_usersays_")[0], one["data"][0]["text"]) for one in value)


def of_lex(files: Mapping[str, bytes]) -> Rows:
    for path, value in jsons(inside(files, "lex.zip"), "/Intent.json"):
        assert isinstance(value, dict)
        yield from ((path.split("/")[-2], one["utterance"]) for one in value["sampleUtterances"] or ())


def of_clu(files: Mapping[str, bytes]) -> Rows:
    return ((one["intent"], one["text"]) for one in json.loads(files["clu.json"])["assets"]["utterances"])


def of_copilot(files: Mapping[str, bytes]) -> Rows:
    for _, text in texts_of(files, ".topic.mcs.yml"):
        known = yaml.safe_load(text)["beginDialog"]["intent"]
        yield from ((known["displayName"], query) for query in known["triggerQueries"])


def of_botpress(files: Mapping[str, bytes]) -> Rows:
    for _, value in jsons(files, ".json"):
        assert isinstance(value, dict)
        yield from ((value["name"], text) for texts in value["utterances"].values() for text in texts)


def of_cognigy(files: Mapping[str, bytes]) -> Rows:
    return ((name, text) for name, _, text in rows_of_csv(files))


def of_watson(files: Mapping[str, bytes]) -> Rows:
    return ((name, text) for text, name in rows_of_csv(files))


def of_label_studio(files: Mapping[str, bytes]) -> Rows:
    for task in json.loads(files["tasks.json"]):
        yield task["predictions"][0]["result"][0]["value"]["choices"][0], task["data"]["text"]


def of_fasttext(files: Mapping[str, bytes]) -> Rows:
    for line in files["train.txt"].decode().split("\n")[:-1]:
        label, _, text = line.partition(" ")
        yield label.removeprefix("__label__"), text


def of_csv(files: Mapping[str, bytes]) -> Rows:
    return ((row["intent"], row["utterance"]) for row in csv.DictReader(io.StringIO(files["intents.csv"].decode())))


def of_jsonl(files: Mapping[str, bytes]) -> Rows:
    rows = map(json.loads, files["intents.jsonl"].decode().split("\n")[:-1])
    return ((row["intent"], row["utterance"]) for row in rows)


READERS: dict[str, Callable[[Mapping[str, bytes]], Rows]] = {
    "rasa": of_rasa,
    "dialogflow-cx": of_dialogflow_cx,
    "dialogflow-cx-csv": of_dialogflow_cx_csv,
    "dialogflow-es": of_dialogflow_es,
    "lex": of_lex,
    "clu": of_clu,
    "copilot": of_copilot,
    "botpress": of_botpress,
    "cognigy": of_cognigy,
    "watson": of_watson,
    "xenioo": of_dialogflow_cx_csv,
    "label-studio": of_label_studio,
    "fasttext": of_fasttext,
    "csv": of_csv,
    "jsonl": of_jsonl,
}
"""The others are read by their libraries: hf by pyarrow, xlsx by openpyxl, spacy by spaCy."""


def read_back(found: Export) -> list[tuple[str, str]]:
    """Return the phrases of an export with their intents, sorted."""
    return sorted(READERS[found.account["to"]](found.files))
