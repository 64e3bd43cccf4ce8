"""Customer or agent: who says the sentences of a cluster, told by the action word of its label (paper §3.4).

The action words are a table in both languages that a user can replace; the LLM decides on words that are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dialin.llm.base import LLM, Prompt
from dialin.prompts import language_of, load

CUSTOMER, AGENT = "customer", "agent"
_CUSTOMER_WORDS = (
    "inquire request complain cancel report dispute return change redeem check find search want buy order book "
    "reserve need reset track exchange refund get reject decline accept select update "
    "咨询 查询 申请 投诉 取消 要求 反映 "
    "质疑 退货 退款 修改 兑换 抱怨 预约 催促 求助 购买 想要 报修 更换 追踪 催单"
)
_AGENT_WORDS = (
    "answer confirm provide explain ask offer apologise apologize greet verify schedule notify suggest recommend "
    "inform thank transfer guide propose summarise summarize present clarify "
    "回答 确认 提供 解释 询问 致歉 道歉 问候 核实 安排 "
    "通知 建议 告知 感谢 转接 引导 说明 推荐 介绍 安抚 补偿 答复"
)
ACTION_WORDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(_CUSTOMER_WORDS.split(), CUSTOMER) | dict.fromkeys(_AGENT_WORDS.split(), AGENT)
)


def action_of(label: str) -> str:
    """Return the action word of an Action-Objective label.

    Examples
    --------
    >>> action_of("inquire-refund-status"), action_of("查询-物流进度")
    ('inquire', '查询')
    """
    return label.split("-", 1)[0]


def build_prompt(label: str) -> Prompt:
    """Return the question who says sentences with this label."""
    return load("role", language_of([label])).prompt(label=label)


def roles_of(labels: Sequence[str], llm: LLM | None, words: Mapping[str, str] = ACTION_WORDS) -> list[str]:
    """Return "customer" or "agent" for each label.

    Parameters
    ----------
    labels : sequence of str
        Action-Objective labels.
    llm : LLM or None
        Asked about labels whose action word is not in the table; without it those go to the customer.
    words : mapping of str to str
        Action word -> role.
    """
    unknown = [label for label in dict.fromkeys(labels) if action_of(label) not in words]
    asked = dict(zip(unknown, _ask(unknown, llm), strict=True))
    return [words.get(action_of(label)) or asked[label] for label in labels]


def _ask(labels: list[str], llm: LLM | None) -> list[str]:
    if llm is None:
        return [CUSTOMER] * len(labels)
    roles = dict[str, str]()
    for language in ("en", "zh"):
        group = [label for label in labels if language_of([label]) == language]
        if group:
            chosen = llm.choose([build_prompt(label) for label in group], load("role", language).options)
            roles.update(zip(group, (AGENT if a > c else CUSTOMER for c, a in chosen), strict=True))
    return [roles[label] for label in labels]


def agreement(found: Sequence[str], true: Sequence[str], weights: NDArray[np.int64]) -> float:
    """Return the share of utterances whose unsupervised role equals the true one, in [0, 1].

    Parameters
    ----------
    found, true : sequence of str
        Role per sentence; sentences whose true role is neither customer nor agent do not count.
    weights : ndarray of shape (n,)
        How often each sentence occurs.
    """
    known = np.isin(np.asarray(true, dtype=object), [CUSTOMER, AGENT])
    same = np.asarray(found, dtype=object) == np.asarray(true, dtype=object)
    return float((weights * (same & known)).sum() / max(int(weights[known].sum()), 1))
