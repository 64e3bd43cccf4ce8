"""What the pages say is so: commands parse, links lead somewhere, each page is in the menu, one sentence a line."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from dialin.cli import main
from dialin.discover.specs import DEFAULT_LLM
from dialin.llm import backends
from dialin.llm.spec import Spec
from dialin.models.catalogue import catalogue
from doc_pages import DOCS, PAGES, ROOT, SITE, page, prose, shell_lines

OTHER_COMMANDS = {"git", "cd", "export", "pip"}
REPOSITORY = "https://github.com/dialin-project/dialin/blob/main/"
GLOSSARY = (
    *("utterance", "sentence", "stratum", "tree", "node", "cut", "evidence", "verdict", "piece", "intent"),
    *("kind", "round", "run", "taxonomy"),
)
"""DESIGN §3: these words, and no others for the same thing."""


# --- commands -------------------------------------------------------------------------------------


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", page("Makefile"), re.M))


def parse(line: str) -> click.Context:
    """Parse a command line of dialin as the program does, without running it."""
    command: click.Command = main
    context = click.Context(main, info_name="dialin", **main.context_settings)
    words = shlex.split(line, comments=True)[1:]
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        if found is None:
            break
        command = found
        words.pop(0)
    assert command is not main, line
    return command.make_context(command.name, words, context)


@pytest.mark.parametrize("line", shell_lines(*PAGES, "CHANGELOG.md"))
def test_shell_commands_exist(line: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-no-key-at-all")
    first, *rest = shlex.split(line, comments=True)
    if first == "dialin":
        check_specs(parse(line))
    elif first == "make":
        wanted = [word for word in rest if "=" not in word]
        assert wanted
        assert set(wanted) <= targets()
    else:
        assert first in OTHER_COMMANDS or (ROOT / first).is_file(), line
        paths = [word for word in rest if word.startswith(("tests/", "docs/"))]
        assert all((ROOT / path).exists() for path in paths)


def check_specs(context: click.Context) -> None:
    """A server's spec makes a backend without a server; a local one has to be in the catalogue, less its adapter."""
    llm = str(context.params.get("llm", DEFAULT_LLM))
    if Spec.parse(llm).url:
        backends.backend_of(llm).close()
    else:
        assert llm == "none" or llm.removeprefix("local:").partition("+")[0] in catalogue()


def test_an_unknown_command_or_option_would_be_found(home: Path) -> None:
    with pytest.raises(AssertionError):
        parse("dialin divine calls.csv")
    with pytest.raises(click.UsageError):
        parse("dialin discover calls.csv --out run --colour blue")


@pytest.mark.parametrize("name", PAGES)
def test_modules_that_are_run_exist(name: str) -> None:
    for module in re.findall(r"python -m (studies[\w.]+)", page(name)):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module


# --- links and menu -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page(name)):
        if target.startswith(REPOSITORY):
            assert (ROOT / target.removeprefix(REPOSITORY)).exists(), target
        elif not target.startswith(("http://", "https://")):
            assert ((ROOT / name).parent / target).exists(), target


def test_every_page_is_in_the_menu() -> None:
    menu = re.findall(r"^ +- .+: ([\w/-]+\.md)$", page("mkdocs.yml"), re.M)
    assert sorted(menu) == sorted(name.removeprefix("docs/") for name in SITE)


def test_every_picture_is_shown() -> None:
    shown = "\n".join(page(name) for name in PAGES)
    assert [path.name for path in (DOCS / "images").iterdir() if path.name not in shown] == []


def test_the_site_fetches_nothing_to_show_a_page() -> None:
    """No web fonts and no repository whose stars would be asked for."""
    config = page("mkdocs.yml")
    assert "font: false" in config
    assert "repo_url" not in config
    assert "cdn" not in config


# --- prose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_one_sentence_stands_on_a_line(name: str) -> None:
    """A line break after each sentence keeps a change of one sentence out of the rest of its paragraph."""
    several = re.compile(r"(?<!\bal)(?<!\bvs)[.?!][*\")]* +[A-Z]")
    assert [line for line in prose(page(name)) if several.search(line)] == []


def test_two_sentences_on_a_line_would_be_found() -> None:
    assert prose("a `b. C` d\n1. First. Second\n```\nx\n```\n| T. T |") == ["a x d", "First. Second"]


def test_glossary_has_the_words_of_the_design() -> None:
    entries = re.findall(r"^(\w+)\n:   ", page("docs/concepts.md"), re.M)
    assert tuple(entries) == GLOSSARY


def test_how_it_works_is_short() -> None:
    assert len(page("docs/how-it-works.md").splitlines()) <= 120


def test_the_privacy_page_names_each_file_of_a_run() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \|", page("docs/reference/run-folder.md").partition("\n## ")[0], re.M)
    assert len(listed) > 15
    assert [name for name in listed if f"`{name}`" not in page("docs/privacy.md")] == []
