"""Clusters with a known answer, as the text that a model reads and what it should write: exactly as at inference.

A tuned model needs no worked examples: prompts have none, which makes them three times shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.errors import InputError
from dialin.judge.questions import build_list_prompt
from dialin.llm.render import Template, render
from dialin.name.labels import Example as Naming
from dialin.name.labels import build_prompt as build_name_prompt
from dialin.name.labels import parse_reply
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from dialin.text.script import language_of
from dialin.tune.settings import Task

Use = Task | Literal["calibration"]
COLUMNS: dict[Use, tuple[str, ...]] = {
    "judge": ("cluster_id", "source", "shown", "label", "good"),
    "namer": ("cluster_id", "source", "shown", "name"),
    "calibration": ("cluster_id", "source", "language", "shown", "good", "tightness", "cosine", "size", "n"),
}
END = {"chatml": "<|im_end|>", "plain": "\n"}
"""What a model writes after a name, by template."""
_MADE_BY = "make it with: dialin tune data"


@dataclass(frozen=True)
class TrainingExample:
    """What a model should answer to a prompt.

    Parameters
    ----------
    cluster_id, source : str
        Where it comes from.
    group : str
        Label of the cluster: the clusters of one label are all learnt from, or all watched.
    prompt : Prompt
        The question, without worked examples.
    answer : str
        What the model should write.
    options : tuple of str
        The answers to choose from, best first; empty for a name.
    good : bool
        Whether the cluster is coherent.
    sentences, intents : tuple of str
        What is shown, and the label of each, "" if it has none; both empty where the labels are unknown.
    """

    cluster_id: str
    source: str
    group: str
    prompt: Prompt
    answer: str
    options: tuple[str, ...] = ()
    good: bool = True
    sentences: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()

    def text(self, template: Template) -> tuple[str, str]:
        """Return what the model reads, without the token that some models put first, and what it should write."""
        end = "" if self.options else END[template]
        return "".join(render(self.prompt, template)), self.answer + end


def judge_prompt(texts: Sequence[str]) -> Prompt:
    """Return the question that a tuned judge is asked about representatives of a cluster, in their language."""
    return build_list_prompt(list(texts), "tuned")


def name_prompt(texts: Sequence[str], language: str) -> Prompt:
    """Return the naming prompt for a tuned namer: the one of `dialin.name.labels`, without worked examples."""
    return replace(build_name_prompt(Naming.of(texts, language)), shots=())


def read_clusters(path: str | Path, task: Use) -> list[dict[str, Any]]:
    """Return the rows of a table that ``dialin tune data`` wrote.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column that the task needs, has no rows, or a row without sentences.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"cannot read {path}: {str(error).splitlines()[0]}", hint="make it with: dialin tune data"
        ) from error
    missing = [name for name in COLUMNS[task] if name not in table.column_names]
    if missing:
        raise InputError(
            f"{path} has no column {missing[0]!r}; it has {', '.join(table.column_names)}",
            hint="make it with: dialin tune data",
        )
    rows: list[dict[str, Any]] = table.to_pylist()
    _check(rows, path)
    return rows


def _check(rows: list[dict[str, Any]], path: str | Path) -> None:
    if not rows:
        raise InputError(f"{path} has no rows")
    for row in rows:
        if not row["shown"]:
            raise InputError(f"{path}: cluster {row['cluster_id']!r} shows no sentences")
        if row.get("good", True) is None:
            raise InputError(f"{path}: cluster {row['cluster_id']!r} is neither good nor bad")


def examples_of(rows: Sequence[dict[str, Any]], task: Task) -> list[TrainingExample]:
    """Return one example per row; for the namer, only of good clusters whose name is an Action-Objective label."""
    if task == "judge":
        return [judge_example(row) for row in rows]
    return [example for row in rows if (example := name_example(row))]


def judge_example(row: dict[str, Any]) -> TrainingExample:
    """Return the question about one cluster and the option that is right."""
    options = load("tuned", language_of(row["shown"])).options
    good = bool(row["good"])
    answer = options[0] if good else options[1]
    known = row.get("shown_labels") or ()
    sentences = tuple(row["shown"]) if known else ()
    return TrainingExample(*_origin(row), judge_prompt(row["shown"]), answer, options, good, sentences, tuple(known))


def name_example(row: dict[str, Any]) -> TrainingExample | None:
    """Return the question for a name, and the name; None if there is none to learn from.

    The prompt is in the language of the name, as at inference: Chinese sentences may get English names.
    """
    name = row["name"] or ""
    language = language_of([name])
    if not row.get("good", True) or parse_reply(name, language) != name:
        return None
    return TrainingExample(*_origin(row), name_prompt(row["shown"], language), name)


def _origin(row: dict[str, Any]) -> tuple[str, str, str]:
    group = row.get("label") or row.get("name") or row["cluster_id"]
    return str(row["cluster_id"]), str(row["source"]), str(group)
