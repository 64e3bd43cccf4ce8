"""Recognises routine intents, which are never a reason to call: greetings, thanks, yes, no, answers to the agent.

The kind of an intent says it; words do where the run knows no kinds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialin.name.actions import action_of
from dialin.name.kinds import may_be_need

_ACTIONS = (
    "greet thank confirm acknowledge answer provide apologise apologize accept clarify spell end wait say reply "
    "问候 感谢 确认 提供 回答 致歉 道歉 同意 告别 闲聊 等待 答复 回复 表达"
)
ROUTINE_ACTIONS = frozenset(_ACTIONS.split())
"""Actions with which customers keep a call going without stating why they called."""
_COURTESY = (
    "a ah all alright am amazing and anything appreciate are as at awesome be brilliant bruh bye can cheers cool "
    "correct day dear do else evening everything exactly excellent fantastic finally fine for good goodbye got "
    "great ha have hear hello help hey hi hm hmm hold how i i'll i'm if is it it's its just lol lot lovely ma'am "
    "madam me mm moment morning much my nah need nice night no nope nothing of oh ok okay one perfect please "
    "really right see sir so sorry sounds sure ta thank thanks that that'll that's the then there this thx to "
    "today ty ugh uh um understood very wait well will with wonderful works yeah yep yes you you're your yup"
)
_WORDS = frozenset(_COURTESY.split())
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_CHINESE = re.compile(
    "人工客服|等着|没有了|没问题|不客气|谢谢|多谢|感谢|您好|你好|早上好|下午好|晚上好|再见|拜拜|好的|好吧|可以|没有|知道了|明白|"
    "收到|麻烦|辛苦|对的|是的|不是|不用|客服|在吗|稍等|喂|嗯|哦|噢|啊|呀|呢|吧|了|的|哈|行|好|对|是|您|你|我|请|中|哎|诶|那|就|都|不|没"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")


def is_courtesy(text: str) -> bool:
    """Return whether a sentence consists only of words of courtesy, yes or no.

    Examples
    --------
    >>> is_courtesy("Hello, good morning, can you hear me?"), is_courtesy("hello, where is my parcel")
    (True, False)
    >>> is_courtesy("好的谢谢你啊"), is_courtesy("我想退货")
    (True, False)
    """
    words = _LETTERS.findall(text.lower().replace("’", "'"))
    latin = [word for word in words if not _HAN.search(word) and word not in _WORDS]
    han = _HAN.findall(_CHINESE.sub("", text))
    return bool(words) and not latin and not han


def is_routine(name: str, examples: Sequence[str]) -> bool:
    """Return whether an intent is routine, by the action in its name or because most of its examples are courtesy.

    Examples
    --------
    >>> is_routine("thank-agent", ["cheers"]), is_routine("cancel-order", ["cancel my order"])
    (True, False)
    >>> is_routine("unnamed-intent-3", ["ok thanks", "bye", "no that's all for today"])
    True
    """
    n_courtesy = sum(is_courtesy(text) for text in examples)
    return action_of(name) in ROUTINE_ACTIONS or 2 * n_courtesy > len(examples)


def is_no_reason(kind: str, name: str, examples: Sequence[str]) -> bool:
    """Return whether an intent is never a reason to call: by its kind, or as `is_routine` if that is unknown.

    Examples
    --------
    >>> is_no_reason("data", "give-number", ["it is 4471"]), is_no_reason("need", "thank-agent", ["refund me"])
    (True, False)
    """
    return not may_be_need(kind) if kind else is_routine(name, examples)
