"""Turn the options of a command into what its job takes: settings, models, caps and prices."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from dialin.discover.settings import Auto, Settings
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, read_calibration
from dialin.llm.ledger import Budget
from dialin.llm.prices import PRICE_HINT, Price, PriceList
from dialin.llm.spec import AUTO, NO_LLM


def settings_of(options: dict[str, Any]) -> Settings:
    """Return the settings among the options of a command."""
    names = {field.name for field in fields(Settings)}
    given = {name: value for name, value in options.items() if name in names}
    return Settings(**given | {"glossary": glossary_of(options)})


def glossary_of(options: dict[str, Any]) -> tuple[str, ...]:
    """Return the glossary in the file among the options of a command; () if there is none."""
    from dialin.read.glossary import read_glossary  # noqa: PLC0415  (a command without one reads no table)

    path = options.get("glossary")
    return read_glossary(path) if path else ()


def specs_of(options: dict[str, Any]) -> Specs:
    """Return the LLMs and the embedder among the options of a command."""
    path = options["calibration"]
    calibration: Calibration | Auto = read_calibration(path) if path else "auto"
    is_untuned = options.get("form", AUTO) not in {AUTO, "tuned"}  # the tuned judge supports no other form
    judge = options["llm"] if options["judge_llm"] == AUTO and is_untuned else options["judge_llm"]
    more = options.get("cascade", NO_LLM), options.get("fallback", ())
    return Specs(options["llm"], judge, options["embedder"], calibration, *more)


def budget_of(options: dict[str, Any]) -> Budget:
    """Return the caps among the options of a command."""
    return Budget(options["max_calls"], options["max_tokens"], options["max_cost"], prices_of(options))


def prices_of(options: dict[str, Any]) -> PriceList:
    """Return the prices: the one among the options of a command, or what is known; raise InputError for half a one."""
    given = [options["price_in"], options["price_out"]]
    if given == [None, None]:
        return PriceList()
    if None in given:
        raise InputError(f"a price needs two numbers, got {given[0]} for input, {given[1]} for output", hint=PRICE_HINT)
    return PriceList(Price(*given))
