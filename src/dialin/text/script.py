"""The script of a text: ideographs, kana and hangul, or anything else."""

from __future__ import annotations

import re

# Bodies of a character class.
_CJK = re.compile(
    "[\u1100-\u11ff\u3005\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U000323af]"
)


def is_cjk(text: str) -> bool:
    """Tell whether at least 30 % of the letters are ideographs, kana or hangul.

    Examples
    --------
    >>> [is_cjk(text) for text in ("我的 iPad 在哪里", "iPad 呢", "", "。")]
    [True, False, False, False]
    """
    if text.isascii():
        return False
    n_letters = sum(map(str.isalpha, text))
    return n_letters > 0 and len(_CJK.findall(text)) >= 0.3 * n_letters
