"""Takes the sentences out of a report: names, descriptions and figures stay."""

from __future__ import annotations

from dataclasses import replace

from dialin.report.page import Page


def without_sentences(page: Page) -> Page:
    """Return a page with no sentence of the input: no examples, and a map whose points have no text.

    An intent without a name keeps its placeholder. Names and descriptions stay: they are not what somebody said, though
    an LLM wrote them from it.
    """
    facts = page.facts
    intents = tuple(replace(one, examples=()) for one in facts.intents)
    left = tuple(replace(group, examples=()) for group in facts.left)
    groups = tuple(replace(group, examples=()) for group in facts.groups)
    summary = replace(facts.summary, intents=[intent | {"examples": []} for intent in facts.summary.intents])
    points = page.points and replace(page.points, texts=[""] * len(page.points.texts))
    told = replace(facts, intents=intents, left=left, groups=groups, summary=summary)
    return replace(page, facts=told, points=points)
