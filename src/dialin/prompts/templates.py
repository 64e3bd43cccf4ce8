"""Reads prompts, which are versioned text files, one per task and language.

A file ``TASK.LANGUAGE.vN.txt`` has sections that start with a line ``### NAME``: one ``system``, any number of
``input`` / ``answer`` pairs (the few-shot examples), one ``template`` with ``{fields}``, and optionally
``options`` with one answer a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from dialin.prompts.prompt import Prompt
from dialin.prompts.quoted import as_quote, bullets

Form = Literal["pairs", "list", "tuned"]
"""Question forms of a judge."""
LANGUAGES = ("en", "zh")
VERSIONS = {
    "pairs": 1,
    "list": 1,
    "name": 1,
    "contrast": 1,
    "explain": 1,
    "prune": 1,
    "role": 1,
    "tuned": 1,
    "branch": 1,
}
VERSIONS |= {"keyphrase": 1, "describe": 1, "closer": 1, "belongs": 1}  # of `dialin.peers`


@dataclass(frozen=True)
class Template:
    """A prompt file, parsed.

    Parameters
    ----------
    version : str
        ``TASK.LANGUAGE.vN``, recorded in the manifest of a run.
    system : str
        The instruction.
    shots : tuple of (str, str)
        Few-shot examples: input, answer.
    template : str
        The user's turn with ``{fields}``.
    options : tuple of str
        Allowed answers, best first; empty for free text.
    """

    version: str
    system: str
    shots: tuple[tuple[str, str], ...]
    template: str
    options: tuple[str, ...]

    def prompt(self, **fields: str | Sequence[str]) -> Prompt:
        """Fill the fields of the template and return the prompt; each text is quoted, several become a list."""
        return Prompt(self.system, self.shots, self.template.format(**{k: _shown(v) for k, v in fields.items()}))


def parse_template(text: str, version: str) -> Template:
    """Return the `Template` that `text` describes; raise ValueError if a section is missing."""
    sections = [
        (name.strip(), body.strip("\n"))
        for name, body in re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", text, re.M | re.S)
    ]
    by_name = dict(sections)
    if not {"system", "template"} <= set(by_name):
        raise ValueError(f"prompt {version} needs the sections system and template, has {sorted(by_name)}")
    inputs = [body for name, body in sections if name == "input"]
    answers = [body for name, body in sections if name == "answer"]
    return Template(
        version=version,
        system=by_name["system"],
        shots=tuple(zip(inputs, answers, strict=True)),
        template=by_name["template"],
        options=tuple(by_name.get("options", "").splitlines()),
    )


def version_of(task: str, language: str) -> str:
    """Return the name of the current prompt of `task` in `language`, such as "pairs.en.v1"."""
    return f"{task}.{language}.v{VERSIONS[task]}"


def shipped() -> list[str]:
    """Return the name of every current prompt; "prune" has no Chinese one, as its input is numbers."""
    folder = resources.files("dialin.prompts")
    names = [version_of(task, language) for task in VERSIONS for language in LANGUAGES]
    return [name for name in names if folder.joinpath(f"{name}.txt").is_file()]


@cache
def load(task: str, language: str) -> Template:
    """Return the current version of the prompt of `task` ("pairs", "list", "name" …) in `language`."""
    version = version_of(task, language)
    text = resources.files("dialin.prompts").joinpath(f"{version}.txt").read_text(encoding="utf-8")
    return parse_template(text, version)


def _shown(field: str | Sequence[str]) -> str:
    return as_quote(field) if isinstance(field, str) else bullets(list(field))
