"""A run of a shop's calls, made by hand: customers' needs in two languages, courtesy, an agent's answers, the rest."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from dialin.runs.run import Run
from fake_run import Said, fake_run
from scripted import NASTY

_BEGIN = ("please", "hi,", "I would like to", "can you")
_WISHES = {
    "cancel-order": (("cancel", "call off"), ("my order", "the order of today", "that purchase")),
    "request-refund": (("refund", "pay back"), ("my money", "the kettle I paid", "this double charge")),
    "reset/password": (("reset", "unlock"), ("my password", "the login to my account")),
}
_CHINESE = {
    "查询-物流": (("帮我查一下", "请问", "我想知道"), ("包裹到哪里了", "快递什么时候送到", "物流单号是多少")),
    "申请-退款": (("我要", "麻烦你", "请帮我"), ("申请退款", "把钱退回来", "退掉这个订单的货款")),
}
_LEFT = ("the weather is grey", "my neighbour has a dog", "three blue chairs", "昨天的球赛很好看")


def shop_calls() -> list[Said]:
    """Return the utterances: some twice, a phrase in two intents, hostile ones, and those without an intent."""
    said = [
        Said(f"{begin} {deed} {what}", intent, role="customer", kind="need", description=f"Customers {deed}.")
        for intent, (deeds, things) in _WISHES.items()
        for begin, deed, what in product(_BEGIN, deeds, things)
    ]
    said += [
        Said(begin + what, intent, role="customer", kind="need")
        for intent, (begins, things) in _CHINESE.items()
        for begin, what in product(begins, things)
    ]
    said += [Said(text, "ask-odd-things", role="customer", kind="need") for text in (*NASTY, *ODD)]
    said += [
        Said(text, "thank-agent", role="customer", kind="social") for text in ("thanks a lot", "thank you", "cheers")
    ]
    said += [
        Said(f"I have {word} it for you", "confirm-deed", role="agent", kind="answer") for word in ("done", "sent")
    ]
    said += [Said("PLEASE  cancel my order!", "request-refund", role="customer", kind="need")]
    said += [Said("please cancel my order", "cancel-order", role="customer", kind="need")] * 3
    return said + [Said(text, "", role="customer", kind="need") for text in _LEFT]


ODD = (
    "=HYPERLINK(1) for my bill",
    "- what does [this](that) cost",
    "is {name} a slot, __label__x or not",
    "what's 'quoted', \"doubly\"; and: a # comment?",
    "true",
)
"""Phrases with marks that mean something to a spreadsheet, Rasa, Lex, fastText or YAML."""


def shop_run(folder: Path) -> Run:
    """Write a run of these calls."""
    return fake_run(folder, shop_calls())
