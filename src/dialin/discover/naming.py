"""Labels of pieces, names and descriptions of intents: what the LLM is asked, and which candidate is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.cut_weights import is_fitted
from dialin.cluster.labels import rows_by
from dialin.discover.context import Context
from dialin.discover.data import Data
from dialin.discover.state import Draft, Intent
from dialin.embed.choose import CHINESE
from dialin.judge.sample import sampler_of
from dialin.name.actions import AGENT
from dialin.name.acts import known_acts
from dialin.name.by_nearness import names_by_nearness
from dialin.name.catch_all import without_topic
from dialin.name.descriptions import Described, describe_clusters
from dialin.name.distinct import distinguished
from dialin.name.kinds import DATA
from dialin.name.labels import PLACEHOLDER_NAMES, Example, asked_apart, name_clusters, number
from dialin.name.nearness import step_through
from dialin.name.needs import known_needs
from dialin.name.task import NamingTask
from dialin.name.turns import Turn
from dialin.text.script import language_of, tells_language

N_NAMING = 6
"""Sentences of a cluster that the namer reads."""


def label_pieces(draft: Draft, context: Context) -> Draft:
    """Label every piece: merging and the split into roles go by these labels.

    One of known intents alone is labelled by its most central sentence: it has its name already.
    """
    llm, settings = context.tools.llm_for("name"), context.settings
    is_needed = settings.merge != "none" or settings.roles == "label"
    if llm is not None and draft.pieces and is_needed:
        context.tools.on_step("label")
        data, asked = context.data, [rows for rows in draft.pieces if context.data.has_open(rows)]
        names = iter(name_clusters(llm, [example_of(context, rows) for rows in asked], settings.actions))
        draft.names = [
            next(names) if data.has_open(rows) else data.texts[central_rows(data.X, rows, 1)[0]]
            for rows in draft.pieces
        ]
    return draft


def name_intents(draft: Draft, context: Context, rows: list[Rows], turns: Sequence[Turn]) -> list[str]:
    """Return a unique name of each intent: of all candidates, the LLM's and those of its rows, the nearest one."""
    context.tools.on_step("name")
    written = [readable([draft.names[i] for i in group]) if draft.names else [] for group in draft.intents]
    with draft.until_capped():
        written = ask_names(draft, context, rows, written)
    languages = [language_at(context.data, own) for own in rows]
    intents = [NamedRows(*each) for each in zip(rows, written, turns, strict=True)]
    ranked = rank_names(context, intents, languages) if context.tools.ranks_names else [""] * len(rows)
    names = [
        best or next(iter(own), PLACEHOLDER_NAMES[language])
        for best, own, language in zip(ranked, written, languages, strict=True)
    ]
    return largest_first(names, [[context.data.texts[i] for i in own] for own in rows], turns)


def largest_first(names: Sequence[str], texts: Sequence[Sequence[str]], turns: Sequence[Turn]) -> list[str]:
    """Return the names made unique; of several intents with one name, the largest keeps it, but no agent's.

    Examples
    --------
    >>> largest_first(["various-requests", "various-requests"], [["a"], ["b", "c"]], [Turn(), Turn()])
    ['various-requests-2', 'various-requests']
    >>> largest_first(["cancel-order", "cancel-order"], [["a"], ["b", "c"]], [Turn(), Turn("answer", "agent")])
    ['cancel-order', 'cancel-order-2']
    """
    order = sorted(range(len(names)), key=lambda g: (turns[g].role == AGENT, -len(texts[g])))
    unique = number(distinguished([names[g] for g in order], [texts[g] for g in order]))
    return [name for _, name in sorted(zip(order, unique, strict=True))]


def ask_names(draft: Draft, context: Context, rows: Sequence[Rows], of_pieces: list[list[str]]) -> list[list[str]]:
    """Return the LLM's names of each intent: of its pieces, of it where it was merged, and told from one like it.

    Without an LLM, or once a cap is hit, there is nothing more than the readable names of the pieces.
    """
    llm, actions = context.tools.llm_for("name"), context.settings.actions
    if llm is None or is_capped(draft, context):
        return of_pieces
    written = [[draft.names[i] for i in group] if draft.names else [] for group in draft.intents]
    examples = [example_of(context, own) for own in rows]
    is_new = [context.data.has_open(own) for own in rows]
    again = [g for g, group in enumerate(draft.intents) if is_new[g] and (len(group) > 1 or not draft.names)]
    for g, name in zip(again, name_clusters(llm, [examples[g] for g in again], actions), strict=True):
        written[g].insert(0, name)
    apart = asked_apart(llm, examples, [own[0] for own in written], actions)
    return [readable([name, *own]) for name, own in zip(apart, written, strict=True)]


def readable(names: Sequence[str]) -> list[str]:
    """Return the names, each once, without those that stand for an unreadable reply."""
    return [name for name in dict.fromkeys(names) if name not in PLACEHOLDER_NAMES.values()]


def describe_intents(draft: Draft, context: Context, intents: list[Intent], rows: Sequence[Rows]) -> list[Intent]:
    """Return the intents, each with a sentence about its rows if the settings ask for that; a cap ends it."""
    llm = context.tools.llm_for("describe")
    if not context.settings.describe or llm is None or is_capped(draft, context):
        return intents
    context.tools.on_step("describe")
    new = [i for i, own in enumerate(rows) if context.data.has_open(own)]
    asked = [described(context, intents[i], rows[i]) for i in new]
    intents = list(intents)
    with draft.until_capped():
        for place, description in describe_clusters(llm, asked):
            intents[new[place]] = replace(intents[new[place]], description=description)
    return intents


def described(context: Context, intent: Intent, rows: Rows) -> Described:
    """Return an intent as the LLM reads it: what the namer reads, in the language of the name."""
    wanted, example = context.settings.language, example_of(context, rows)
    language = language_of([intent.name]) if wanted == "auto" else wanted
    return Described(intent.name, Turn(intent.kind, intent.role), replace(example, language=language))


@dataclass(frozen=True, eq=False)
class NamedRows:
    """The rows of an intent, the names that an LLM gave it, and what it is known to be."""

    rows: Rows
    written: list[str]
    turn: Turn


def rank_names(context: Context, intents: Sequence[NamedRows], languages: Sequence[str]) -> list[str]:
    """Return the name of each intent that lies nearest, by languages; "" where neither sentences nor LLM give one.

    Where names are wanted in another language than that of the sentences, those of the LLM are not ranked.
    """
    names = [""] * len(intents)
    for language in dict.fromkeys(languages):
        is_foreign = context.settings.language not in {"auto", language}
        ids = [g for g, own in enumerate(languages) if own == language and not (is_foreign and intents[g].written)]
        task = naming_task(context, [intents[g] for g in ids], language)
        for g, name in zip(ids, names_by_nearness(task, context.tools.embed), strict=True):
            names[g] = name or (
                without_topic(language, intents[g].turn) if is_general(context, intents[g].turn) else ""
            )
    return names


def naming_task(context: Context, intents: Sequence[NamedRows], language: str) -> NamingTask:
    """Return intents of one language as the ranking reads them."""
    return NamingTask(
        texts=[[context.data.texts[i] for i in one.rows] for one in intents],
        centroids=np.array([context.data.own_vectors[one.rows].mean(axis=0) for one in intents], np.float32),
        language=language,
        vocabulary=context.settings.actions,
        written=[one.written for one in intents],
        turns=[one.turn for one in intents],
        vectors=[context.data.own_vectors[one.rows] for one in intents] if may_be_general(context) else [],
        needs=known_needs(context.data.embedder, language) if may_be_general(context) else {},
        acts=known_acts(context.data.embedder, language) if may_be_general(context) else {},
        asked=asked_before(context.data, intents) if may_be_general(context) else [],
    )


def asked_before(data: Data, intents: Sequence[NamedRows]) -> list[NDArray[np.float32]]:
    """Return the vectors of what agents said right before the sentences of each intent of data; of others, none.

    Of many, some. Empty where the sentences stand in no dialogues.
    """
    if data.order is None:
        return []
    intent = np.full(len(data.texts), -1)
    for g, one in enumerate(intents):
        if one.turn.kind == DATA:
            intent[one.rows] = g
    before, said = data.order.before, data.order.sentence
    is_agents = np.array([role == AGENT for role in data.roles], dtype=np.bool_)
    is_asked = (before >= 0) & is_agents[before]
    asked, places = before[is_asked], rows_by(intent[said[is_asked]])
    of_intent = [asked[places.get(g, [])] for g in range(len(intents))]
    return [data.own_vectors[rows[:: step_through(len(rows))]] for rows in of_intent]


def may_be_general(context: Context) -> bool:
    """Tell whether a name may claim less than an action and an objective: not where the user lists the actions.

    What is near most of the sentences is known of embedders with fitted figures alone.
    """
    return not context.settings.actions and is_fitted(context.data.embedder)


def is_general(context: Context, turn: Turn) -> bool:
    """Tell whether an intent that has none of its names is still better named in general terms than not at all."""
    return turn.is_mixed or (turn.is_open and may_be_general(context))


def example_of(context: Context, rows: Rows) -> Example:
    """Return the sentences that the namer reads: the two most central ones of a cluster, then its sample."""
    rows, settings = np.sort(rows), context.settings
    sampler = sampler_of(settings.sampler, settings.sample_dim)
    chosen = rows[sampler(context.data.X[rows], N_NAMING - 2, np.random.default_rng(settings.seed))]
    ordered = dict.fromkeys([*central_rows(context.data.X, rows, 2).tolist(), *chosen.tolist()])
    language = language_at(context.data, rows) if settings.language == "auto" else settings.language
    return Example.of([context.data.texts[i] for i in ordered], language)


def language_at(data: Data, rows: Rows) -> str:
    """Return the language of some sentences; that of all, if these have no words, as numbers and codes.

    Where the Chinese embedder reads all of them, it is Chinese: "ok" and "haode" are said there, too.
    """
    if data.embedder == f"local:{CHINESE}":
        return "zh"
    texts = [data.texts[row] for row in rows.tolist()]
    return language_of(texts) if any(map(tells_language, texts)) else data.language


def central_rows(X: NDArray[np.float32], rows: Rows, size: int) -> Rows:
    """Return the rows nearest to their common centroid, nearest first.

    The namer reads these, as each sentence counts once for the judge, too; and an audit shows them, since nobody knows
    how often a sentence was said in one of several clusters. What a run shows to people are its `typical_rows`.
    """
    if not len(rows):
        return rows
    cosine = np.round(X[rows] @ X[rows].mean(axis=0), 6)
    return rows[np.argsort(-cosine, kind="stable")[:size]]


def is_capped(draft: Draft, context: Context) -> bool:
    """Tell whether a cap of the budget has ended the asking, of the judge or of the namer."""
    return draft.capped or context.judge.is_capped
