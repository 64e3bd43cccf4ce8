"""Defines ``models``, which lists, fetches and verifies the local models."""

from __future__ import annotations

import click

from dialin.cli.output import say
from dialin.discover.connect import DEFAULT_LLM
from dialin.llm.spec import Spec
from dialin.models import store as library

DEFAULT_NAMES = (Spec.parse(DEFAULT_LLM).model,)
"""What discover uses by default and does not ship."""


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List, fetch and verify the local models."""
    if context.invoked_subcommand is None:
        list_models()


@models.command("list")
def list_command() -> None:
    """List the local models: name, kind, languages, size, whether it is shipped or on this machine, and licence."""
    list_models()


@models.command()
@click.argument("names", nargs=-1)
def fetch(names: tuple[str, ...]) -> None:
    """Fetch NAMES; without names, the models that discover uses by default and that do not come with dialin."""
    for name, folder in library.fetch(names or DEFAULT_NAMES).items():
        say(f"{name}  {folder}")


@models.command()
@click.argument("names", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Check the hashes of NAMES; without names, of all models on this machine."""
    for name in names or [name for name in library.catalogue() if library.is_present(name)]:
        say(f"{name}  {library.verify(name)}  ok")


def list_models() -> None:
    """Print the catalogue of local models."""
    for name, model in library.catalogue().items():
        state = ("shipped" if model.shipped else "here") if library.is_present(name) else "-"
        languages = "+".join(model.languages)
        say(f"{name:<22}{model.kind:<10}{languages:<7}{model.size / 1e6:>7,.0f} MB  {state:<9}{model.licence}")
