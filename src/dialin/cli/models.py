"""Defines ``models``, which lists, fetches and verifies the local models, and checks what any model can do."""

from __future__ import annotations

from dataclasses import asdict

import click

from dialin.cli.options import JSON
from dialin.cli.output import print_json, say
from dialin.discover.specs import DEFAULT_LLM
from dialin.embed.choose import embedder_of, is_embedder
from dialin.jobs.check_model import EmbedderCheck, LLMCheck, check_embedder, check_llm
from dialin.llm.backends import backend_of
from dialin.llm.prices import shown_money
from dialin.llm.spec import Spec, redirected
from dialin.models import store as library

DEFAULT_NAMES = (Spec.parse(DEFAULT_LLM).model,)
"""What discover uses by default and does not ship."""


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List, fetch and verify the local models, and check what any model can do."""
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


@models.command("check")
@click.argument("spec")
@click.option("--embedder", "as_embedder", is_flag=True, help="SPEC, a model on a server, is an embedder.")
@JSON
def check_command(spec: str, as_embedder: bool, as_json: bool) -> None:
    """Ask the LLM or embedder SPEC, and print what it can do, and what dialin does where it cannot.

    An LLM gets two questions, an embedder 128 short texts. What dialin had learnt about the model before is forgotten.
    """
    if note := redirected(spec):
        say(note, err=True)
    found = checked(spec, as_embedder)
    if as_json:
        print_json(asdict(found))
        return
    say(found.model)
    for line in rows_of_llm(found) if isinstance(found, LLMCheck) else rows_of_embedder(found):
        say("  ".join(f"{cell:<{width}}" for cell, width in zip(line, (20, 16, 0), strict=True)).rstrip())


def checked(spec: str, as_embedder: bool) -> LLMCheck | EmbedderCheck:
    """Return what a model can do; raise like `check_llm` and `check_embedder`, and where no model has this spec."""
    parsed = Spec.maybe(spec)
    if as_embedder or (parsed is not None and is_embedder(parsed)):
        return check_embedder(embedder_of(spec).embedder)
    backend = backend_of(spec)
    try:
        return check_llm(backend)
    finally:
        backend.close()


Rows = list[tuple[str, str, str]]
"""What, how it is with this model, and what dialin does."""


def rows_of_llm(found: LLMCheck) -> Rows:
    """Return the table about an LLM."""
    has_top, thinks = found.n_candidates > 0, found.n_thoughts > 0
    return [
        (
            "answers",
            "readable" if found.is_readable else "unreadable",
            "" if found.is_readable else "it chose none of the options: its verdicts would count for nothing",
        ),
        (
            "token probabilities",
            f"up to {found.n_candidates}" if has_top else "no",
            "a verdict is read from one token" if has_top else f"it is asked {found.n_draws} times, and answers count",
        ),
        (
            "grammar",
            found.grammar,
            "names keep their form" if found.grammar == "obeyed" else "names are checked after they are written",
        ),
        (
            "system message",
            yes_or_no(found.system),
            "" if found.system else "the instruction stands in the first question",
        ),
        (
            "temperature",
            yes_or_no(found.temperature),
            "0, or 1 where it is asked again" if found.temperature else "the model's own",
        ),
        ("thoughts", yes_or_no(thinks), f"{found.n_thoughts:,} more tokens for an answer" if thinks else ""),
        ("batch interface", yes_or_no(found.has_batches), ""),
        ("price", *price_of_llm(found)),
        ("seconds an answer", f"{found.seconds:.2f}", ""),
        ("this check", "2 questions", f"{found.tokens_in:,} tokens in and {found.tokens_out:,} out"),
    ]


def price_of_llm(found: LLMCheck) -> tuple[str, str]:
    """Return the price of an LLM, and what it is the price of."""
    if not found.is_paid:
        return "none", "it runs on this machine"
    if found.price is None:
        return "unknown", "--price-in and --price-out tell it"
    per_million = " / ".join(map(shown_money, (found.price.per_million_in, found.price.per_million_out)))
    return f"{per_million} {found.price.currency}", f"per million tokens in / out ({found.price.source})"


def rows_of_embedder(found: EmbedderCheck) -> Rows:
    """Return the table about an embedder."""
    return [
        ("dimensions", f"{found.n_dims:,}", ""),
        ("texts of a call", f"{found.n_texts:,}" if found.n_texts else "any number", ""),
        ("texts a second", f"{found.n_encoded / found.seconds:,.0f}", ""),
        ("this check", f"{found.n_encoded:,} texts", f"about {found.n_tokens:,} tokens"),
    ]


def yes_or_no(value: bool) -> str:
    """Return a truth value as a word."""
    return "yes" if value else "no"


def list_models() -> None:
    """Print the catalogue of local models."""
    for name, model in library.catalogue().items():
        state = ("shipped" if model.shipped else "here") if library.is_present(name) else "-"
        languages = "+".join(model.languages)
        say(f"{name:<22}{model.kind:<10}{languages:<7}{model.size / 1e6:>7,.0f} MB  {state:<9}{model.licence}")
