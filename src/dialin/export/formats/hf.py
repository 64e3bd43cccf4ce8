"""Hugging Face data set: a Parquet file and a card; also what SetFit and Argilla read.

The layout is that of the hub, from memory.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken
from dialin.export.formats.rasa import yaml_bytes
from dialin.export.names import Naming

DATA, CARD = "data/train-00000-of-00001.parquet", "README.md"
COLUMNS = ["text", "label", "intent", "language", "count", "p_intent"]


def write(content: Content) -> Files:
    """Return the files."""
    names = [intent.name for intent in content.intents]
    stream = io.BytesIO()
    pq.write_table(table_of(content, names), stream, compression="zstd")
    return {DATA: stream.getvalue(), CARD: card_of(content, names)}


def table_of(content: Content, names: Sequence[str]) -> pa.Table:
    """Return one row for each phrase; the schema tells the `datasets` library which label means which intent."""
    rows = [(intent, n, phrase) for n, intent in enumerate(content.intents) for phrase in intent.phrases]
    phrases = [phrase for _, _, phrase in rows]
    columns = [
        pa.array([phrase.text for phrase in phrases], pa.string()),
        pa.array([n for _, n, _ in rows], pa.int64()),
        pa.array([intent.name for intent, _, _ in rows], pa.string()),
        pa.array([phrase.language for phrase in phrases], pa.string()),
        pa.array([phrase.count for phrase in phrases], pa.int64()),
        pa.array([phrase.p_intent for phrase in phrases], pa.float64()),
    ]
    known = {"info": {"features": {name: _feature(name, names) for name in COLUMNS}}}
    return pa.Table.from_arrays(columns, names=COLUMNS).replace_schema_metadata({"huggingface": json.dumps(known)})


def _feature(column: str, names: Sequence[str]) -> dict[str, object]:
    if column == "label":
        return {"names": list(names), "_type": "ClassLabel"}
    kind = {"count": "int64", "p_intent": "float64"}.get(column, "string")
    return {"dtype": kind, "_type": "Value"}


def card_of(content: Content, names: Sequence[str]) -> bytes:
    """Return the card of the data set."""
    kinds = [
        {"name": name, "dtype": {"count": "int64", "p_intent": "float64"}.get(name, "string")}
        for name in COLUMNS
        if name != "label"
    ]
    label = {"name": "label", "dtype": {"class_label": {"names": {str(n): name for n, name in enumerate(names)}}}}
    front = {
        "language": list(content.languages),
        "license": "other",
        "task_categories": ["text-classification"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}],
        "dataset_info": {"features": [kinds[0], label, *kinds[1:]]},
    }
    text = f"# {content.project}\n\nPhrases of customers with their intents, written by `dialin export`.\n"
    return b"---\n" + yaml_bytes(front) + b"---\n\n" + text.encode()


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    table = pq.read_table(io.BytesIO(files[DATA]))
    if table.column_names != COLUMNS or any(column.null_count for column in table.columns):
        raise broken(DATA, f"the columns are {table.column_names}, or one lacks a value")
    names = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]["label"]["names"]
    labels, intents = table["label"].to_pylist(), table["intent"].to_pylist()
    if [names[label] for label in labels] != intents:
        raise broken(DATA, "label and intent differ")
    if not files[CARD].startswith(b"---\nlanguage:"):
        raise broken(CARD, "has no front matter")
    return list(zip(intents, table["text"].to_pylist(), strict=True))


FORMAT = ExportFormat(
    "hf",
    "Hugging Face data set (Parquet; also for SetFit and Argilla)",
    write,
    validate,
    naming=Naming(re.compile(r"\S+")),
)
