"""What people do in turns that state no need, by the names that we give it, and where that lies.

A need tells why somebody calls; an act, what a turn does about it: `confirm-refund`, `ask-order-number`,
`decline-offer`. Agents answer in words of the case ("your money's back on the card"), which has no word in common with
the name. So the vector of an act is the mean of what people of twelve businesses, in our own words, say when they do
it. ``python -m studies.own.acts`` makes the vectors, which belong to those of exactly one embedder file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from dialin.arrays import Matrix
from dialin.name.actions import AGENT, CUSTOMER
from dialin.name.kinds import ACKNOWLEDGEMENT, DATA, SOCIAL
from dialin.name.need_votes import Ballot
from dialin.name.needs import EMBEDDERS, Needs, in_space, needs_by_embedder, write_needs
from dialin.name.turns import Turn

WEIGHTS = Path(__file__).parent / "acts.npz"
ROLES = (AGENT, CUSTOMER)
DONE = 0.35
"""Least share of the votes of a cluster's sentences that names it by an act: of names below it, blind readers called
fewer right than of those that they would have replaced (``studies.own.acts``)."""
_SAYING_NOTHING = frozenset({"make-small-talk", "address-others", "闲聊-日常", "旁人-说话"})
"""Acts that take votes, but name no cluster: who talks of snow may inform about it."""

_DATA = (
    *("order-number", "name", "address", "date", "time", "phone-number", "email-address"),
    *("quantity", "product", "payment-method", "personal-details"),
)
_CHINESE_DATA = (
    *("订单号", "姓名", "地址", "日期", "时间", "手机号", "邮箱"),
    *("数量", "产品型号", "支付方式", "验证码"),
)
GIVEN: Mapping[str, str] = MappingProxyType(
    {
        **{f"ask-{data}": f"provide-{data}" for data in _DATA},
        **{f"询问-{data}": f"提供-{data}" for data in _CHINESE_DATA},
        **{"ask-picture": "send-picture", "询问-图片": "发送-图片", "核实-身份": "提供-身份信息"},
    }
)
"""What a customer gives whom an agent asks for it."""


def known_acts(embedder: str, language: str) -> dict[str, Ballot]:
    """Return the acts of a language by role, with their vectors in the space of an embedder.

    Parameters
    ----------
    embedder : str
        Name of an embedder; empty where it does not know the acts of the language.
    language : str
        "en" or "zh".

    Examples
    --------
    >>> acts = known_acts("local:intents-en-v5", "en")
    >>> sorted(acts), "confirm-refund" in acts["agent"].names, acts["customer"].vectors.shape[1]
    (['agent', 'customer'], True, 384)
    >>> known_acts("local:intents-en-v5", "zh")
    {}
    """
    found, own = dict[str, Ballot](), EMBEDDERS[language]
    for role, known in acts_by_role().items():
        vectors = in_space(embedder, language, known)
        if vectors is not None:
            found[role] = Ballot(known[own].names, vectors)
    return found


def acts_by_role(path: Path = WEIGHTS) -> dict[str, dict[str, Needs]]:
    """Return the acts in a file by role and embedder; those that are shipped, by default."""
    stored, found = needs_by_embedder(path), dict[str, dict[str, Needs]]()
    for owner, acts in stored.items():
        embedder, _, role = owner.partition(" ")
        found.setdefault(role, {})[embedder] = acts
    return found


def write_acts(found: Mapping[str, Mapping[str, Needs]], path: Path = WEIGHTS) -> None:
    """Write the acts of roles by embedder into a file, each number of a vector as a signed byte."""
    write_needs({f"{name} {role}": acts for role, known in found.items() for name, acts in known.items()}, path)


def acts_of_speaker(turn: Turn, acts: Mapping[str, Ballot]) -> Ballot | None:
    """Return the acts of who speaks, an unknown speaker's being a customer's; None where none is known."""
    return acts.get(AGENT if turn.role == AGENT else CUSTOMER)


def act_done(X: Matrix, turn: Turn, acts: Mapping[str, Ballot]) -> dict[str, float]:
    """Return the act that enough of the sentences of a cluster do, with its share of the votes; empty where none is.

    Needs of customers have names of their own, and so has what is unknown. Courtesies and data of customers are few
    words, which lie nearest to phrases (`dialin.name.said_turns`).

    Parameters
    ----------
    X : ndarray of shape (m, d)
        Unit-norm vectors of the sentences.
    turn : Turn
        What is known of them.
    acts : mapping of str to Ballot
        The acts of each role.
    """
    ballot = acts_of_speaker(turn, acts)
    if ballot is None or not names_acts(turn):
        return {}
    shares = ballot.shares(X)
    best = int(shares.argmax())
    is_name = shares[best] >= DONE and ballot.names[best] not in _SAYING_NOTHING
    return {ballot.names[best]: float(shares[best])} if is_name else {}


def names_acts(turn: Turn) -> bool:
    """Return whether the sentences of a turn may be named by what they do.

    Examples
    --------
    >>> [names_acts(Turn(kind, "customer")) for kind in ("need", "", "answer", "acknowledgement", "data", "social")]
    [False, False, True, True, False, False]
    >>> [names_acts(Turn(kind, "agent")) for kind in ("need", "", "answer", "acknowledgement", "data", "social")]
    [True, True, True, True, True, False]
    """
    if turn.role == AGENT:
        return turn.kind != SOCIAL
    return turn.kind == ACKNOWLEDGEMENT or (turn.is_stating and not turn.is_open)


def data_given(asked: Matrix, turn: Turn, acts: Mapping[str, Ballot]) -> dict[str, float]:
    """Return what the customers of a cluster give, by what agents asked them, with its share; empty where it is open.

    "LK 083 551" may be a number of anything. What the agent said right before tells of what.

    Parameters
    ----------
    asked : ndarray of shape (m, d)
        Unit-norm vectors of what agents said right before the sentences.
    turn : Turn
        What is known of the sentences: only those of customers that give data are named so.
    acts : mapping of str to Ballot
        The acts of each role.
    """
    if turn.role == AGENT or turn.kind != DATA or AGENT not in acts or not len(asked):
        return {}
    ballot = acts[AGENT]
    shares = dict(zip(ballot.names, ballot.shares(asked).tolist(), strict=True))
    best = max(GIVEN.keys() & shares.keys(), key=lambda name: (shares[name], name), default="")
    return {GIVEN[best]: shares[best]} if best and shares[best] >= DONE else {}
