"""The whole method, top to bottom: guess roles -> collect pieces -> label them -> split by label -> merge -> conclude.

`discover` is a pure function of sentences, their embeddings, an LLM and settings.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dialin.arrays import Rows
from dialin.cluster.partition import partitioner_of
from dialin.cluster.workers import one_blas_thread
from dialin.discover.as_before import Before, as_before
from dialin.discover.conclude import conclude
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.known import known_part, unknown_note
from dialin.discover.large import clustered_rows, extended
from dialin.discover.naming import label_pieces
from dialin.discover.only import Part, needs_part
from dialin.discover.same_turn import join_turns
from dialin.discover.settings import Settings, check, check_describer
from dialin.discover.state import MIN_SENTENCES, Draft, Result, nothing
from dialin.discover.steps import keep_frequent, merge_pieces, settle_borders, split_roles, with_guessed_roles
from dialin.search.best_k import KSearch
from dialin.search.iterate import Loop, iterate
from dialin.search.prune import prune_with
from dialin.search.tree_search import TreeSearch
from dialin.search.trial import Search


@one_blas_thread()
def discover(data: Data, tools: Tools, settings: Settings, before: Before | None = None) -> Result:
    """Find the intents in the sentences of `data` (the paper's §3, whole).

    A cap of the budget ends the asking; what was found until then is concluded without the LLM.

    Parameters
    ----------
    data : Data
        Sentences, embeddings, counts and roles.
    tools : Tools
        LLM, embedder of labels, and the listener to progress.
    settings : Settings
        Everything else.
    before : Before, optional
        An earlier run: those of its intents that did not change are cut as they were there.

    Raises
    ------
    InputError
        If a setting is out of its range, only needs are wanted and nobody knows which sentences are, or descriptions
        and there is no LLM.
    """
    check(settings)
    check_describer(settings, has_llm=tools.llm is not None)
    tools = replace(tools, steering=settings.steering)
    data = with_guessed_roles(data, tools) if settings.roles == "split" else data
    known = known_part(data)
    if note := unknown_note(known):
        tools.on_note(note)
    if settings.only == "all":
        return known.joined(discover_part(known, tools, settings, before))
    needs = needs_part(known.data)
    return known.joined(needs.joined(discover_part(needs, tools, settings, before)))


def discover_part(part: Part, tools: Tools, settings: Settings, before: Before | None) -> Result:
    """Do what `discover_in` does in some of the sentences, if enough are left; and in all, however few."""
    is_enough = len(part.rows) >= min(MIN_SENTENCES, len(part.whole.texts))
    return discover_in(part.data, tools, settings, before) if is_enough else nothing(part.data)


def discover_in(data: Data, tools: Tools, settings: Settings, before: Before | None = None) -> Result:
    """Do what `discover` does, in all of these sentences, whose roles are known or guessed; of many, in a sample."""
    rows = clustered_rows(data, settings)
    if len(rows) == len(data.texts):
        return clustered(data, tools, settings, before)
    return extended(clustered(data.at(rows), tools, settings, before), rows, data, settings)


def clustered(data: Data, tools: Tools, settings: Settings, before: Before | None) -> Result:
    """Do what `discover` does, with all of these sentences in the loop."""
    context = Context.of(data, tools, settings)
    draft = Draft(list(data.roles) if settings.separates_roles else [""] * len(data.texts))
    splitting = [collect_by_role] if settings.roles == "label" else []
    for step in (collect, label_pieces, *splitting, merge_pieces, join_turns):
        with draft.until_capped():
            draft = step(draft, context)
        if draft.capped:
            break
    return conclude(as_before(draft, context, before) if before else draft, context)


def collect(draft: Draft, context: Context) -> Draft:
    """Collect pieces: the clusters that the search keeps, settled, and frequent sentences that belong to none."""
    context.tools.on_step("judge")
    return keep_frequent(settle_borders(keep_clusters(draft, context), context), context)


def keep_clusters(draft: Draft, context: Context) -> Draft:
    """Run Algorithm 1 in each stratum by itself; the draft gains the clusters that each round keeps."""
    settings = context.settings
    is_tree = settings.strategy == "tree"  # which has no other partitioner: `dialin.discover.settings.check`
    partitioner = context.trees if is_tree else partitioner_of(settings.partitioner, settings.seed)
    for stratum, rows in context.strata(draft.roles):
        loop = Loop(partitioner, partial(search_of, context), settings.epsilon, settings.n_rounds)
        for round_ in iterate(context.data.X, rows, context.judge, loop):
            draft.add(stratum, round_)
            if draft.capped:
                return draft
    return draft


def collect_by_role(draft: Draft, context: Context) -> Draft:
    """Return a second draft in which each role was clustered by itself (paper §3.4); a cap keeps the first one."""
    if not draft.names:
        return draft
    second = Draft(split_roles(draft, context), rounds=list(draft.rounds))
    second = label_pieces(collect(second, context), context)
    draft.capped = second.capped
    return draft if second.capped else second


def search_of(context: Context, rows: Rows) -> Search:
    """Return the search of one round among some sentences of one stratum."""
    settings, min_size = context.settings, context.min_size(rows)
    if settings.strategy == "tree":
        return TreeSearch(min_size, context.heights().limits(rows))
    llm = context.tools.llm_for("search")
    prune = prune_with(llm) if settings.prune and llm else None
    return KSearch(settings.n_clusters, settings.unit, min_size, prune)
