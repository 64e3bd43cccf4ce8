"""Tells who speaks: the customer, the agent, another role, or a column that only looks like one of roles."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputWarning
from dialin.read.cells import clean

MAX_ROLES = 12
"""Roles that a column may hold that nobody has named as one of roles; more are people."""

_CUSTOMER = "customer user usr client caller human visitor 客户 用户 顾客 买家 来电人"
_AGENT = "agent assistant operator bot representative advisor 客服 坐席 座席 机器人 卖家"
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


def speakers_of(column: pa.Array, name: str, where: str, *, is_given: bool) -> Speakers | None:
    """Return who says each row; None if the column holds people rather than roles, and nobody has named it.

    Where an agent speaks too, rows of "system", "developer", "tool" or "function" are those of a language model's
    log: nobody says them. Where none does, "system" is the agent.

    Parameters
    ----------
    column : pyarrow.Array of large_string
        The column as it is.
    name, where : str
        Column and source, for messages.
    is_given : bool
        Whether the user named the column.
    """
    encoded = clean(column).dictionary_encode()
    raw = [role.casefold() for role in encoded.dictionary.to_pylist()]
    names = [_ROLES.get(key, role) for key, role in zip(raw, encoded.dictionary.to_pylist(), strict=True)]
    people = sorted(set(names) - {"customer", "agent"})
    if len(set(names)) > MAX_ROLES or any(map(_ADDRESS.search, people)):
        warnings.warn(_of_people(people, name, where, is_given=is_given), InputWarning, stacklevel=2)
        if not is_given:
            return None
    is_log = "agent" in names
    machine = [key in _IS_MACHINE for key in raw]
    names = ["agent" if key in {"system", "sys"} else role for key, role in zip(raw, names, strict=True)]
    if is_log and any(machine):
        said = ", ".join(sorted({key for key, is_one in zip(raw, machine, strict=True) if is_one}))
        warnings.warn(
            f"rows of {where} whose {name} is {said} are prompts or tools of a machine, which nobody says: left out",
            InputWarning,
            stacklevel=2,
        )
    speaks = pa.array([not (is_log and is_one) for is_one in machine], pa.bool_()).take(encoded.indices)
    return Speakers(pa.array(names, pa.string()).take(encoded.indices), pc.fill_null(speaks, True))


def _of_people(people: list[str], name: str, where: str, *, is_given: bool) -> str:
    found = f"column {name!r} of {where} holds {len(people):,} names or addresses, such as {people[0][:40]!r}"
    if is_given:
        return f"{found}: each is clustered alone as a role (to cluster all together: --roles ignore)"
    return f"{found}: not taken for roles (if it does hold roles: --role {name})"
