"""Which sentences ask something, and which actions of agents go with questions and which with statements.

An agent who says "your balance is 19 pounds" provides it, and asks for nothing; one who says "which card is it?" asks.
"""

from __future__ import annotations

import re

ASKING = frozenset({"ask", "询问"})
"""Actions of agents whose sentences are questions."""
TELLING = frozenset({"provide", "explain", "提供", "说明"})
"""Actions of agents whose sentences are statements."""
HALF = 0.5
"""Share of the sentences of a cluster that must be such ones."""
_ENGLISH = re.compile(
    r"^(?:\W*(?:and|so|ok|okay|alright|sure|thanks|sorry|great)\b)*\W*(?:what|which|when|where|who|why|how|can|could|may|"
    r"would|will|shall|do|does|did|is|are|have|has)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[吗么呢]\W*$|什么|多少|哪[里个一儿些]|是不是|有没有|能不能|可不可以|请问|怎么|几[点号个]")


def is_question(text: str) -> bool:
    """Tell whether a sentence asks something.

    Examples
    --------
    >>> [is_question(text) for text in ("Could I take the name", "Your balance is 19", "Anything else?")]
    [True, False, True]
    >>> [is_question(text) for text in ("请问您的手机号是多少", "您的余额是19元", "还有别的需要吗")]
    [True, False, True]
    """
    return "?" in text or "？" in text or _ENGLISH.match(text) is not None or _CHINESE.search(text) is not None


def goes_with(action: str, questions: float) -> bool:
    """Return whether an agent's action goes with sentences of which this share asks something.

    Examples
    --------
    >>> [goes_with(action, 0.1) for action in ("ask", "provide", "confirm")]
    [False, True, True]
    >>> [goes_with(action, 0.9) for action in ("询问", "提供", "确认")]
    [True, False, True]
    """
    return questions >= HALF if action in ASKING else questions <= HALF or action not in TELLING
