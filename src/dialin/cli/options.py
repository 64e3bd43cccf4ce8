"""Defines the options that several commands share, and turns them into settings, specs and budgets."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

from dialin.cli.values import MemorySize, NumberOrAuto
from dialin.discover.settings import RANGES, Settings
from dialin.discover.specs import DEFAULT_LLM
from dialin.llm.servers import allow
from dialin.llm.spec import AUTO, NO_LLM
from dialin.redact.choice import ENGINES

Command = Callable[..., Any]

_MODELS = [
    click.option(
        "--llm",
        metavar="SPEC",
        default=DEFAULT_LLM,
        show_default=True,
        help="local:NAME, local:/path/to/file.gguf, openai:, anthropic: or gemini:MODEL[@BASE_URL], "
        "azure:DEPLOYMENT[@BASE_URL], or none (the embeddings alone decide).",
    ),
    click.option(
        "--judge-llm",
        metavar="SPEC",
        default=AUTO,
        show_default=True,
        help="LLM that judges clusters. auto: as --llm; with a catalogue model, the shipped judge where one is needed.",
    ),
    click.option(
        "--calibration",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Calibration of the judge LLM, from dialin tune calibrate. Default: its adapter's, or the shipped one.",
    ),
    click.option(
        "--embedder",
        metavar="SPEC",
        default="auto",
        show_default=True,
        help="auto, local:NAME, local:FOLDER, st:NAME, openai: or gemini:MODEL[@BASE_URL], or "
        "azure:DEPLOYMENT[@BASE_URL].",
    ),
]
_CAPS = [
    click.option(
        "--max-calls", type=int, metavar="N", help="Stop asking after N paid calls and keep the best result so far."
    ),
    click.option(
        "--max-tokens", type=int, metavar="N", help="Stop asking after N paid tokens, input and output together."
    ),
    click.option(
        "--max-cost",
        type=float,
        metavar="M",
        help="Stop asking before the cost exceeds M: US dollars, or the currency of --price-in and --price-out.",
    ),
]
_PRICES = [
    click.option(
        "--price-in",
        type=float,
        metavar="P",
        help="Price per million input tokens. Default: what is known of the model.",
    ),
    click.option(
        "--price-out",
        type=float,
        metavar="P",
        help="Price per million output tokens. Default: what is known of the model.",
    ),
]
cascade_option = click.option(
    "--cascade",
    metavar="SPEC",
    default=NO_LLM,
    show_default=True,
    help="Expensive LLM that judges what the judge LLM, the cheap one, cannot be proved to judge alike.",
)
fallback_option = click.option(
    "--fallback",
    metavar="SPEC",
    multiple=True,
    help="LLM that answers when another one fails for good; give it several times for several.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
min_dialogues_option = click.option(
    "--min-dialogues",
    type=click.IntRange(min=2),
    callback=lambda _context, _option, least: least or 0,
    metavar="N",
    help="Withhold intents of fewer than N dialogues: their names, examples and numbers. N is 2 or more. "
    "Default: withhold none.",
)
BOM = click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark, so that Excel reads it as UTF-8.")
allow_server_option = click.option(
    "--allow-server",
    metavar="HOST",
    multiple=True,
    expose_value=False,
    callback=lambda _context, _option, servers: allow(servers),
    help="Server that a run may ask, and that may get your key, if only the run names it; repeatable, and remembered.",
)
ray_option = click.option(
    "--ray",
    metavar="ADDRESS",
    help="Ray cluster whose cores encode the sentences: HOST:PORT, or auto: that of this machine, or else a new one.",
)


def redact_option(default: str) -> Callable[[Command], Command]:
    """Return the option that says who finds what must not be seen; `default` tells in words what happens without."""
    return click.option(
        "--redact",
        type=click.Choice(ENGINES),
        help="Replace e-mail addresses, card numbers and the like by placeholders first: by rules, or by presidio or "
        f"gliner beside the rules, which find names, too. Default: {default}.",
    )


RUN = click.argument("run", type=click.Path(path_type=Path))


glossary_option = click.option(
    "--glossary",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Table, JSON or YAML with a term and its meaning: judge and namer are told of those that occur in a question.",
)
_DEFAULT = Settings()


_TYPES = get_type_hints(Settings)


def _choice(name: str, text: str, *, without: str = "") -> Callable[[Command], Command]:
    """Return the option of a setting whose value is one of several words: those of its type, except `without`."""
    values = [value for value in get_args(_TYPES[name]) if value != without]
    option, default = f"--{name.replace('_', '-')}", getattr(_DEFAULT, name)
    return click.option(option, type=click.Choice(values), default=default, show_default=True, help=text)


memory_option = click.option(
    "--memory",
    type=MemorySize(),
    metavar="SIZE",
    help="Memory that the run may take, such as 4GB; one that needs more is not begun. Default: what the machine has.",
)


def _number(name: str, text: str) -> Callable[[Command], Command]:
    default, hint = getattr(_DEFAULT, name), get_type_hints(Settings)[name]
    kinds = get_args(hint) or (hint,)
    low, high = RANGES[name]
    most = None if math.isinf(high) else high
    is_whole = int in kinds
    number = click.IntRange(int(low), None if most is None else int(most)) if is_whole else click.FloatRange(low, most)
    kind = NumberOrAuto(number) if default == "auto" else number
    return click.option(f"--{name.replace('_', '-')}", type=kind, default=default, show_default=True, help=text)


cascade_target_option = _number(
    "cascade_target",
    "With --cascade, share of the verdicts that are those of the expensive LLM, with 95 % probability. 1: all.",
)
_SETTINGS: list[Callable[[Command], Command]] = [
    _number("seed", "Random seed."),
    _choice("strategy", "tree: keep the good nodes of one tree. paper: keep the good clusters at one k per round."),
    _choice("partitioner", "Clustering method."),
    click.option(
        "--n-clusters",
        type=int,
        multiple=True,
        metavar="K",
        help="Candidate k for --strategy paper; repeatable.",
    ),
    _choice("unit", "What to count as good and bad with --strategy paper."),
    click.option("--prune", is_flag=True, help="Let the LLM propose the next k with --strategy paper."),
    _number("min_cluster_size", "Smaller clusters are not kept. auto: 4 (--strategy paper: √n / 8 of n sentences)."),
    _number("epsilon", "Stop when at most this share of the sentences is left."),
    _number("max_rounds", "Maximum number of rounds. auto: 1, or 4 with --strategy paper."),
    _number("granularity", "Factor on the number of clusters that the sentences suggest."),
    _choice("sampler", "How to choose the sentences shown to the LLM."),
    _number("sample_dim", "Dimensions of the convex hull, 2 to 5."),
    _choice("form", "How to ask the judge LLM."),
    _choice(
        "judge", "Who judges: LLM, embeddings (geometry), or both. auto: geometry for catalogue LLMs.", without="people"
    ),
    _number("sure", "Do not ask if the geometry is surer than this. auto: if no answer could change the verdict."),
    cascade_target_option,
    _choice("merge", "How to merge pieces of one intent: along verified edges, as in the paper, or not at all."),
    _choice("merge_distance", "Distance between names."),
    click.option(
        "--merge-probabilistic/--merge-deterministic",
        default=True,
        show_default=True,
        help="Whether an edge needs P(one intent) > tau.",
    ),
    _number("theta", "Maximum distance between two names to merge. auto: estimated from the names."),
    _number("tau", "Minimum probability that two names to merge mean one intent."),
    _number("kappa", "Concentration of the names of one intent. auto: estimated from the names."),
    _number(
        "coverage",
        "Share of sentences to give an intent, if the judge agrees. auto: the sentences within a piece's radius.",
    ),
    _choice("only", "needs: cluster what states a request, a problem or a question, and leave out the rest."),
    _choice(
        "roles",
        "auto: cluster the roles of the data separately. split: the same, and guess by words and turns who speaks if "
        "the data does not say. label: split by the names of clusters, as the paper does. ignore: no roles.",
    ),
    _choice(
        "context",
        "next: in dialogues, a sentence is also known by what is said next and by whether it states a need. "
        "none: by its words alone.",
    ),
    _choice("language", "Language of the names."),
    click.option(
        "--actions",
        default="",
        metavar="WORDS",
        callback=lambda _context, _option, words: tuple(dict.fromkeys(re.findall(r"[^\s,，、]+", words))),
        help="Words that names may begin with, such as 'cancel,ask,退款'. Default: dialin's own vocabulary.",
    ),
    click.option(
        "--about",
        default="",
        metavar="TEXT",
        help="Where the sentences come from, such as 'calls to a broadband provider': judge and namer are told.",
    ),
    click.option(
        "--name-example",
        "name_examples",
        multiple=True,
        metavar="NAME",
        help="Name in the style that the LLM should follow, such as track-parcel; repeatable.",
    ),
    click.option(
        "--name-style",
        default="",
        metavar="TEXT",
        help="Style of names and descriptions, such as 'plain words, no jargon': the namer is told.",
    ),
    glossary_option,
    click.option("--describe", is_flag=True, help="Let the LLM write a sentence about each intent."),
]


def number_option(defaults: object, name: str, text: str) -> Callable[[Command], Command]:
    """Return the option for a setting that is a number; `defaults` holds its default under its name."""
    default = getattr(defaults, name)
    return click.option(f"--{name.replace('_', '-')}", default=default, show_default=True, help=text)


def stacked(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """Return a decorator that adds all of these options to a command, in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


model_options = stacked(_MODELS)
budget_options = stacked([*_CAPS, *_PRICES])
price_options = stacked(_PRICES)
settings_options = stacked(_SETTINGS)
