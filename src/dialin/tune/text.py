"""Turn clusters with a known answer into prompts and answers, exactly as at inference.

The prompts have no worked examples, because a tuned model needs none; this makes them three times shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from dialin.bounded_parquet import BROKEN_PARQUET
from dialin.errors import InputError
from dialin.judge.questions import build_list_prompt
from dialin.llm.render import Template, written_out
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
"""Text that a model writes after a name, by template."""
_MADE_BY = "make it with: dialin tune data"


@dataclass(frozen=True)
class TrainingExample:
    """A prompt and the right answer to it.

    Parameters
    ----------
    cluster_id, source : str
        Id and source of the cluster.
    group : str
        Label of the cluster; the clusters of a label are either all learnt from or all watched.
    prompt : Prompt
        The question, without worked examples.
    answer : str
        The right answer.
    options : tuple of str
        Answers to choose from, best first; empty for a name.
    good : bool
        Whether the cluster is coherent.
    sentences, intents : tuple of str
        Sentences shown and the label of each ("" for none); both empty if the labels are unknown.
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
        """Return the prompt and the answer as text; the prompt lacks the start token that some models add."""
        end = "" if self.options else END[template]
        return written_out(self.prompt, template), self.answer + end


def judge_prompt(texts: Sequence[str]) -> Prompt:
    """Return the question to a tuned judge about representatives of a cluster, in their language."""
    return build_list_prompt(list(texts), "tuned")


def name_prompt(texts: Sequence[str], language: str) -> Prompt:
    """Return the naming prompt for a tuned namer: that of `dialin.name.labels`, without worked examples."""
    return replace(build_name_prompt(Naming.of(texts, language)), shots=())


def read_clusters(path: str | Path, task: Use) -> list[dict[str, Any]]:
    """Return the rows of a table that ``dialin tune data`` wrote.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column that the task needs, or has no rows; or a row has no sentences or is
        neither good nor bad.
    """
    try:
        table = pq.read_table(path)
    except BROKEN_PARQUET as error:
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
    """Return one example per row; for the namer, only for good clusters whose name is an Action-Objective label."""
    if task == "judge":
        return [judge_example(row) for row in rows]
    return [example for row in rows if (example := name_example(row))]


def judge_example(row: dict[str, Any]) -> TrainingExample:
    """Return the question about one cluster and the right option."""
    options = load("tuned", language_of(row["shown"])).options
    good = bool(row["good"])
    answer = options[0] if good else options[1]
    known = row.get("shown_labels") or ()
    sentences = tuple(row["shown"]) if known else ()
    return TrainingExample(*_origin(row), judge_prompt(row["shown"]), answer, options, good, sentences, tuple(known))


def name_example(row: dict[str, Any]) -> TrainingExample | None:
    """Return the naming prompt of a cluster and its name; None if the cluster is bad or has no valid name.

    The prompt is in the language of the name, as at inference, because Chinese sentences may have English names.
    """
    name = row["name"] or ""
    language = language_of([name])
    if not row.get("good", True) or parse_reply(name, language) != name:
        return None
    return TrainingExample(*_origin(row), name_prompt(row["shown"], language), name)


def _origin(row: dict[str, Any]) -> tuple[str, str, str]:
    group = row.get("label") or row.get("name") or row["cluster_id"]
    return str(row["cluster_id"]), str(row["source"]), str(group)
