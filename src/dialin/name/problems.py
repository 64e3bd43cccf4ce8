"""Which sentences state a problem ("it still hasn't arrived"), and which actions name clusters of them.

Tables of small words decide: what failed is negated, broken, late, wrong or done twice. A question for the way ("how do
I return it") and a wish that is negated ("I don't want it") state no problem.
"""

from __future__ import annotations

import re
from itertools import pairwise

from dialin.name.english import tokens_of, word_set

COMPLAINTS = {"en": ("report",), "zh": ("反馈",)}
"""Actions that a problem implies, of whatever it is about."""
ACCUSING = frozenset({"complain", "dispute", "投诉", "抱怨", "质疑"})
"""Actions of clusters that complain."""
NEUTRAL = frozenset({"inquire", "check", "get", "find", "查询", "咨询", "查看", "询问"})
"""Actions of clusters that ask."""
MANY, STEEP = 0.4, 4.0
"""Share of the sentences from which on a cluster states a problem, and how fast that grows: beyond .65, it is sure."""
_FAILED = word_set(
    "never nobody nothing neither without cannot wrong broken missing damaged faulty defective stuck failed fails "
    "failing failure error errors lost stolen late delayed overdue rude awful terrible horrible unacceptable "
    "ridiculous disappointed complain complaint overcharged twice double duplicate declined rejected refused refuses "
    "blocked locked frozen froze crashed crashes cracked dented scratched leaks leaking torn ripped spoiled spilled "
    "smashed vanished disappeared problem problems trouble issue issues worse useless fraud unauthorised unauthorized "
    "expired keeps"
)
_WISHES = word_set("want need know think mind care wish have like understand remember recall")
_WAYS = re.compile(
    r"^(?:\W*(?:hi|hello|hey|please|so|and|also|ok|okay|um|uh|well)\b)*\W*(?:how (?:do|can|to|should|long|much)|"
    r"what|which|where|can (?:i|you|we)|could (?:i|you|we)|may i|do you|does your|is there|are there)\b"
)
_FAILED_ZH = re.compile(
    "[没未](?!有?(?:问题|事|关系|看法))|不(?:了|上|到|动|对|出|开|见|全|够|好|行|肯|给|接|灵|响|亮|能用|新鲜|承认|成功|"
    "显示|工作|一样)|[错坏破漏洒馊臭脏裂丢摔]|少[了送发给]|太[慢差贵久]|差劲|恶劣|骗|骂|投诉|举报|失败|异常|故障|"
    "多扣|乱扣|超时|莫名其妙|离谱|垃圾|赔|怎么(?:还|又|扣|少|会)|凭什么|两[次笔]|过期|被拒|难吃|无法"
)
_WAYS_ZH = re.compile("如何|怎样|怎么(?!还|又|扣|少|会|没|不)|能不能|可不可以|(?:可以|能|有|是).{0,12}[吗么]")


def asks_for_nothing(name: str, problems: float) -> float:
    """Return how far a name asks, where this share of the sentences states a problem and asks nothing, in [0, 1].

    Examples
    --------
    >>> [asks_for_nothing(name, 0.9) for name in ("report-lock", "inquire-lock", "open-lock")]
    [0.0, 1.0, 0.0]
    >>> round(asks_for_nothing("查询-退款", 0.5), 2), asks_for_nothing("查询-退款", 0.3)
    (0.4, 0.0)
    """
    return min(max(STEEP * (problems - MANY), 0.0), 1.0) if name.partition("-")[0] in NEUTRAL else 0.0


def complains_of_nothing(name: str, problems: float) -> bool:
    """Return whether a name complains where less than this share of the sentences states a problem, in [0, 1].

    Examples
    --------
    >>> complains_of_nothing("投诉-改地址", 0.2), complains_of_nothing("投诉-改地址", 0.6)
    (True, False)
    >>> complains_of_nothing("修改-地址", 0.2)
    False
    """
    return name.partition("-")[0] in ACCUSING and problems < MANY


def states_problem(text: str, language: str) -> bool:
    """Tell whether a sentence states a problem.

    Parameters
    ----------
    text : str
        One sentence.
    language : {"en", "zh"}
        Its language.

    Examples
    --------
    >>> [states_problem(text, "en") for text in ("the lock won't close", "how do I close it", "I don't want a new one")]
    [True, False, False]
    >>> [states_problem(text, "zh") for text in ("包裹还没到", "怎么退货", "盘子碎了,不能用")]
    [True, False, True]
    """
    return _fails_zh(text) if language == "zh" else _fails_en(text)


def _fails_en(text: str) -> bool:
    words = tokens_of(text)
    said = " ".join(words)
    if _WAYS.match(said):
        return False
    negated = (after not in _WISHES for word, after in pairwise([*words, ""]) if _is_negation(word))
    return any(negated) or not _FAILED.isdisjoint(words)


def _is_negation(word: str) -> bool:
    return word == "not" or word.endswith("n't")


def _fails_zh(text: str) -> bool:
    return _FAILED_ZH.search(text) is not None and _WAYS_ZH.search(text) is None
