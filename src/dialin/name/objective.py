"""How long an objective is, and how much of it another one is."""

from __future__ import annotations


def length_of(name: str) -> float:
    """Return how long an objective is beyond two words of English or four characters of Chinese, in words.

    Examples
    --------
    >>> [length_of(name) for name in ("cancel-order", "check-late-order-status", "查询-余额", "查询-信用卡账单")]
    [0.0, 1.0, 0.0, 0.5]
    """
    objective = name.partition("-")[2]
    return max(objective.count("-") - 1.0 if objective.isascii() else len(objective) / 2 - 2, 0.0)


def part_of(whole: str, part: str) -> float:
    """Return how much of an objective another is: of its words, or in Chinese of its characters, in a row.

    Examples
    --------
    >>> part_of("late-order-fee", "fee"), part_of("骑手态度", "骑手"), part_of("card", "fee")
    (0.3333333333333333, 0.5, 0.0)
    """
    if not whole.isascii():
        return len(part) / len(whole) if part in whole else 0.0
    words, own = whole.split("-"), part.split("-")
    return len(own) / len(words) if set(own) <= set(words) else 0.0
