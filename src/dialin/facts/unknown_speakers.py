"""Says that nobody knows which role is the agent's, where a run has several roles and none of them is."""

from __future__ import annotations

from collections.abc import Iterable

from dialin.name.actions import AGENT, CUSTOMER

N_NAMED = 4
"""Roles that are named in the line; more are counted."""


def unknown_agent_line(roles: Iterable[str]) -> str:
    """Return the line about roles of which none is the agent's; "" if one is, or there is only one.

    What an agent says can then count as a need, and as the main reason for a call.

    Parameters
    ----------
    roles : iterable of str
        The role of each sentence or intent; "" for none.

    Examples
    --------
    >>> unknown_agent_line(["Kunde", "Berater", "Kunde"])
    'Who is the agent? The roles are Berater and Kunde, so what agents say may count as needs: name them agent and customer in your data'
    >>> unknown_agent_line(["customer", "agent"]), unknown_agent_line(["Kunde", ""])
    ('', '')
    """  # noqa: E501 -- a line of output
    known = sorted(set(roles) - {""})
    if len(known) < 2 or AGENT in known:
        return ""
    rest = f" and {len(known) - N_NAMED:,} more" if len(known) > N_NAMED else ""
    named = ", ".join(known[:N_NAMED]) + rest if rest else f"{', '.join(known[:-1])} and {known[-1]}"
    so = "so what agents say may count as needs"
    return f"Who is the agent? The roles are {named}, {so}: name them {AGENT} and {CUSTOMER} in your data"
