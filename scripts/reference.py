"""Fill the generated parts of the pages in docs/ from the code; `scripts/reference` runs it.

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. All else on the pages is written by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cache, partial
from inspect import getdoc
from pathlib import Path

import click

import dialin
from dialin.cli import main as dialin_command
from dialin.discover.settings import Settings
from dialin.models.catalogue import Model, catalogue
from dialin.prompts.templates import VERSIONS, load, shipped
from studies.own import worked_example

DOCS = Path(__file__).parent.parent / "docs"
PART = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.S)
NO_DEFAULT = ((), "", None, False)
GEMMA_TERMS = "https://ai.google.dev/gemma/terms"


def table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table of cells that are Markdown already."""
    lines = [names, ("---",) * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(value: object) -> str:
    """Return a value in code type, nothing for nothing."""
    return f"`{value}`" if str(value) else ""


# --- the command line -----------------------------------------------------------------------------


def commands(group: click.Group = dialin_command, path: str = "dialin") -> Iterator[tuple[str, click.Command]]:
    """Yield every command and group below `dialin`, with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def options_table(command: click.Command) -> str:
    """Return the options of a command: how they are written, default, meaning."""
    options = [option for option in command.params if isinstance(option, click.Option)]
    return table(("option", "default", "meaning"), [(spelling(o), default_of(o), meaning(o)) for o in options])


def spelling(option: click.Option) -> str:
    """Return an option as it is typed, with what stands for its value."""
    if option.is_flag or isinstance(option.type, click.Choice):
        return " / ".join(map(code, (*option.opts, *option.secondary_opts)))
    number = {"integer": "N", "float": "X"}.get(option.type.name.removesuffix(" range"), "VALUE")
    return code(f"{option.opts[-1]} {option.metavar or number}")


def default_of(option: click.Option) -> str:
    """Return the default of an option, nothing where it has none."""
    if option.required:
        return "required"
    default = option.default
    if option.secondary_opts:
        return code((option.opts if default else option.secondary_opts)[-1])
    if isinstance(default, tuple) and default:
        return ", ".join(map(code, default))
    plain = isinstance(default, str | int | float | Path) and default not in NO_DEFAULT
    is_zero = isinstance(default, int | float) and not isinstance(default, bool)
    return code(default) if plain or is_zero else ""


def meaning(option: click.Option) -> str:
    """Return the help of an option and the values that it takes."""
    text = re.sub(r"(?<![\w`-])--[a-z][a-z-]+", r"`\g<0>`", one_line(option.help or ""))
    if isinstance(option.type, click.Choice):
        text += f" One of {', '.join(map(code, option.type.choices))}."
    return text + (" Can be repeated." if option.multiple and not re.search("several|repeat", text) else "")


def one_line(text: str) -> str:
    """Return text as one cell of a table."""
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")


# --- settings, names, prompts, models -------------------------------------------------------------


def settings_table() -> str:
    """Return every field of `Settings` with the option that sets it, its default, meaning and values."""
    options = {o.name: o for o in dict(commands())["dialin discover"].params if isinstance(o, click.Option)}
    described = parameters_of(getdoc(Settings) or "")
    rows = []
    for field in fields(Settings):
        values, text = described[field.name]
        option = options.get(field.name)
        names = [field.name, *option.opts, *option.secondary_opts] if option else [field.name]
        default = "" if field.default in NO_DEFAULT[:2] else field.default
        takes = f"One of {values[1:-1]}." if values.startswith("{") else f"({values})"
        rows.append(("<br>".join(map(code, names)), code(default), one_line(f"{text} {takes}")))
    return table(("setting, option", "default", "meaning"), rows)


def parameters_of(doc: str) -> dict[str, tuple[str, str]]:
    """Return type and description of each parameter of a numpydoc docstring."""
    section = re.search(r"Parameters\n-+\n(.*?)(?=\n\n\w+\n-+\n|\Z)", doc, re.S)
    found = re.findall(r"^(\w[\w, ]*) : (.+)\n((?:    .+\n?|\n)+)", (section[1] if section else "") + "\n", re.M)
    return {name: (kind, text) for names, kind, text in found for name in names.split(", ")}


def python_names() -> str:
    """Return the public names for mkdocstrings, under the folder that each comes from."""
    by_folder: dict[str, list[str]] = {}
    for name in dialin.__all__:
        if path := path_of(name):
            by_folder.setdefault(path.split(".")[1], []).append(path)
    layers = [folder for folder in FOLDERS if folder in by_folder]
    layers += sorted(by_folder.keys() - set(FOLDERS))
    parts = []
    for folder in layers:
        parts.append(f"## {FOLDERS.get(folder, folder)}")
        parts += [f"::: {path}" for path in sorted(by_folder[folder], key=by_name)]
    return "\n\n".join(parts)


def path_of(name: str) -> str | None:
    """Return where a public name is defined; None for what is no class or function.

    A function of `dialin` itself only calls another, and its docstring says which: "see `dialin.read.table.read`".
    """
    thing = getattr(dialin, name)
    module = getattr(thing, "__module__", None)
    if module != "dialin":
        return module and f"{module}.{name}"
    meant = re.search(r"see `(dialin\.[\w.]+)`", getdoc(thing) or "")
    return meant[1] if meant else f"dialin.{name}"


FOLDERS = {
    "discover": "The method",
    "jobs": "Run folders",
    "read": "Reading data",
    "embed": "Embedding",
    "judge": "Judging",
    "llm": "Language models",
    "errors": "Errors",
}
"""Headings of the Python reference, in this order, by the folder that a name comes from."""


def by_name(path: str) -> str:
    """Return the last part of a path, in lower case."""
    return path.rsplit(".", 1)[1].lower()


PURPOSES = {
    "pairs": "the judge: do two sentences share an intent?",
    "list": "the judge: does a list of sentences share an intent? (the paper's question)",
    "tuned": "the judge: the same for a tuned model, without examples",
    "name": "the name of a cluster",
    "contrast": "a second name for clusters that got the same one",
    "explain": "the description of an intent, with `--describe`",
    "branch": "the name of a branch of [the tree](../guide/tree.md)",
    "prune": "the next candidates of `--prune`",
    "role": "the role of an action word that is not in the table",
    "keyphrase": "the peer `keyphrase`",
    "describe": "the peer `idas`",
    "closer": "the peer `clusterllm`",
    "belongs": "the peer `edgerefine`",
}


def prompts_table() -> str:
    """Return every prompt: task, files, examples, answers."""
    rows = []
    for task in VERSIONS:
        files = [name for name in shipped() if name.split(".")[0] == task]
        prompts = [load(task, name.split(".")[1]) for name in files]
        answers = "; ".join("/".join(prompt.options) for prompt in prompts if prompt.options) or "free text"
        shots = ", ".join(dict.fromkeys(str(len(prompt.shots)) for prompt in prompts))
        rows.append((code(task), PURPOSES[task], ", ".join(map(code, files)), shots, answers))
    return table(("task", "asks for", "versions", "examples", "answers"), rows)


def models_table() -> str:
    """Return the local models with their licences and sizes."""
    rows = []
    for model in catalogue().values():
        languages = " and ".join({"en": "English", "zh": "Chinese"}[language] for language in model.languages)
        kind = {"llm": "LLM", "embedder": "embedder", "encoder": "encoder"}[model.kind]
        rows.append((code(model.name), kind, languages, f"{model.size / 1e6:,.0f} MB", licence_of(model)))
    return table(("model", "kind", "languages", "size", "licence"), rows)


def licence_of(model: Model) -> str:
    """Return the licence of a model, linked where it is not a well-known one."""
    return f"[{model.licence}]({GEMMA_TERMS})" if "Gemma" in model.licence else model.licence


# --- pages ----------------------------------------------------------------------------------------


@cache
def parts() -> dict[str, Callable[[], str]]:
    """Return what makes each generated part, by its name."""
    makers: dict[str, Callable[[], str]] = {
        "settings": settings_table,
        "names": python_names,
        "prompts": prompts_table,
        "models": models_table,
    }
    makers |= {f"options of {path}": partial(options_table, command) for path, command in commands()}
    return makers | {name: partial(example_part, name) for name in example_parts()}


@cache
def example_parts() -> dict[str, str]:
    """Return the tables of the worked example."""
    return worked_example.blocks()


def example_part(name: str) -> str:
    """Return one table of the worked example."""
    return example_parts()[name]


def filled(page: str) -> str:
    """Return the text of a page with its generated parts as the code has them now; KeyError for an unknown part."""
    return PART.sub(lambda found: f"{found[1]}{parts()[found[2]]()}\n{found[3]}", page)


def stale(root: Path = DOCS) -> dict[Path, str]:
    """Return the pages whose generated parts are behind, with the text that they should have."""
    pages = {path: path.read_text("utf-8") for path in sorted(root.rglob("*.md"))}
    return {path: new for path, text in pages.items() if (new := filled(text)) != text}


def main() -> None:
    """Write the pages, or with --check only name those that are behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is behind")
    behind = stale()
    if parser.parse_args().check:
        for path in behind:
            print(f"{path.relative_to(DOCS.parent)} is behind the code; run: scripts/reference")
        sys.exit(1 if behind else 0)
    for path, text in behind.items():
        path.write_text(text, "utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
