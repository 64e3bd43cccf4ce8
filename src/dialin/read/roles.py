"""Tells who speaks: the customer, the agent, another role, or a column that only looks like one of roles."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputWarning
from dialin.read.cells import clean

MAX_ROLES = 12
"""Roles that a column may hold that nobody has named as one of roles; more are people."""

_CUSTOMER = (
    "customer user usr client caller human visitor 客户 用户 顾客 买家 来电人 客戶 用戶 顧客 買家 "
    "kunde kundin anrufer anruferin nutzer cliente usuario usuaria utente utilizador klant appelant usager "
    "お客様 고객"
)
_AGENT = (
    "agent assistant operator bot representative advisor "
    "客服 坐席 座席 机器人 卖家 客服人员 客服人員 人工客服 機器人 賣家 "
    "berater beraterin mitarbeiter mitarbeiterin agente asesor asesora operador operadora operatore conseiller "
    "conseillère medewerker オペレーター 상담사 상담원"
)
"""Words of column values; beside English and Chinese those of German, Spanish, French, Italian, Portuguese, Dutch,
Japanese and Korean: an export may speak another language than its calls."""
_MACHINE = "system sys developer tool function"
_ROLES = dict.fromkeys(_CUSTOMER.split(), "customer") | dict.fromkeys(_AGENT.split(), "agent")
_IS_MACHINE = frozenset(_MACHINE.split())
_ADDRESS = re.compile(r"\S@\S|\d{5}")  # of e-mail, or a telephone number


@dataclass(frozen=True)
class Speakers:
    """Who says each row.

    Parameters
    ----------
    roles : pyarrow.Array of string
        "customer", "agent", or another role as in the input; null for none.
    speaks : pyarrow.Array of bool
        False for the prompt or the tool of a machine, which nobody says.
    """

    roles: pa.Array
    speaks: pa.Array


@dataclass(frozen=True)
class RoleNames:
    """What the values of a column of roles mean, as all of them together tell.

    Parameters
    ----------
    names : dict of str to str
        The role that each value stands for.
    silent : frozenset of str
        Values of the prompt or the tool of a machine, which nobody says.
    """

    names: dict[str, str]
    silent: frozenset[str]

    def speakers(self, column: pa.Array) -> Speakers:
        """Return who says each row, by a column of these values, as it is (large_string)."""
        encoded = clean(column).dictionary_encode()
        values = encoded.dictionary.to_pylist()
        names = pa.array([self.names[value] for value in values], pa.string())
        speaks = pa.array([value not in self.silent for value in values], pa.bool_())
        return Speakers(names.take(encoded.indices), pc.fill_null(speaks.take(encoded.indices), True))


def usual_role(label: str) -> str:
    """Return the role that a label of a speaker means; "" if it is a name or a number.

    Examples
    --------
    >>> usual_role("Agent"), usual_role("客户"), usual_role("SPEAKER_00")
    ('agent', 'customer', '')
    """
    return _ROLES.get(label.strip().casefold(), "")


def speakers_of(column: pa.Array, name: str, where: str, *, is_given: bool) -> Speakers | None:
    """Return who says each row; None if the column holds people rather than roles, and nobody has named it.

    Parameters
    ----------
    column : pyarrow.Array of large_string
        The column as it is.
    name, where, is_given
        As for `role_names`.
    """
    known = role_names(distinct_values(column), name, where, is_given=is_given)
    return None if known is None else known.speakers(column)


def distinct_values(column: pa.Array) -> list[str]:
    """Return the values of a column of roles, cleaned, each once."""
    return [value for value in pc.unique(clean(column)).to_pylist() if value is not None]


def role_names(values: Sequence[str], name: str, where: str, *, is_given: bool) -> RoleNames | None:
    """Return what the values of a column mean; None if they are people rather than roles, and nobody has named it.

    Where an agent speaks too, rows of "system", "developer", "tool" or "function" are those of a language model's
    log: nobody says them. Where none does, "system" is the agent.

    Parameters
    ----------
    values : sequence of str
        All values of the column, cleaned, each once.
    name, where : str
        Column and source, for messages.
    is_given : bool
        Whether the user named the column.
    """
    known = {value: _ROLES.get(value.casefold(), value) for value in values}
    people = sorted(set(known.values()) - {"customer", "agent"})
    if len(set(known.values())) > MAX_ROLES or any(map(_ADDRESS.search, people)):
        warnings.warn(_of_people(people, name, where, is_given=is_given), InputWarning, stacklevel=2)
        if not is_given:
            return None
    is_log = "agent" in known.values()
    machine = frozenset(value for value in values if value.casefold() in _IS_MACHINE)
    if is_log and machine:
        said = ", ".join(sorted({value.casefold() for value in machine}))
        warnings.warn(
            f"rows of {where} whose {name} is {said} are prompts or tools of a machine, which nobody says: left out",
            InputWarning,
            stacklevel=2,
        )
    agents = {value: "agent" for value in values if value.casefold() in {"system", "sys"}}
    return RoleNames(known | agents, machine if is_log else frozenset())


def _of_people(people: list[str], name: str, where: str, *, is_given: bool) -> str:
    found = f"column {name!r} of {where} holds {len(people):,} names or addresses, such as {people[0][:40]!r}"
    if is_given:
        return f"{found}: each is clustered alone as a role (to cluster all together: --roles ignore)"
    return f"{found}: not taken for roles (if it does hold roles: --role {name})"
