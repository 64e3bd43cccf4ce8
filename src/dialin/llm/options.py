"""Turns the text of a model, or the candidates for its first token, into one probability per option."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

_COLON = re.compile("[:：]")
Candidate = tuple[bytes, float]
"""A token that the model might write next, in UTF-8 (perhaps part of a character), and its log-probability."""


def option_probabilities(candidates: Iterable[Candidate], options: Sequence[str]) -> tuple[float, ...]:
    """Return the probability of each option, given the candidates for the first token.

    A token counts for an option when it begins that option and no other, or when it begins with that option;
    case and surrounding space are ignored. A token that fits no option, or several, counts for none.

    Examples
    --------
    >>> option_probabilities([(b" Yes", math.log(0.6)), (b"N", math.log(0.3)), (b"Hm", -2.3)], ["Yes", "No"])
    (0.6, 0.3)
    """
    wanted = [_normal(option.encode("utf-8", "replace")) for option in options]
    sums = [0.0] * len(wanted)
    for token, logprob in candidates:
        index = _option_of(_normal(token), wanted)
        if index is not None and not math.isnan(logprob):
            sums[index] += math.exp(min(logprob, 0.0))
    excess = max(1.0, sum(sums))  # rounded log-probabilities may add up to a hair over 1
    return tuple(round(value / excess, 12) for value in sums)


def match_answer(text: str, options: Sequence[str]) -> tuple[float, ...]:
    """Return 1 for the option at the start of a written answer, 0 for the others; all 0 if there is none.

    Case, punctuation and space are ignored; the longest option that fits wins. Where none does, what follows the last
    colon counts: "The answer is: Yes".

    Examples
    --------
    >>> match_answer("**yes**, both do", ["Yes", "No"]), match_answer("是的。", ["是", "否"])
    ((1.0, 0.0), (1.0, 0.0))
    >>> match_answer("Not sure", ["Yes", "No"])
    (0.0, 0.0)
    """
    best = _best_fit(text, options)
    if best is None:
        best = _best_fit(_COLON.split(text)[-1], options)
    return tuple(float(i == best) for i in range(len(options)))


def _best_fit(text: str, options: Sequence[str]) -> int | None:
    answer = _words(text)
    fitting = [i for i, option in enumerate(options) if _starts_with(answer, _words(option))]
    return max(fitting, key=lambda i: len(options[i]), default=None)


def _option_of(token: bytes, wanted: Sequence[bytes]) -> int | None:
    if not token:
        return None
    fitting = [i for i, option in enumerate(wanted) if option.startswith(token) or _begins(token, option)]
    return fitting[0] if len(fitting) == 1 else None


def _begins(token: bytes, option: bytes) -> bool:
    return token.startswith(option) and not _goes_on(token[len(option) :].decode("utf-8", "replace"))


def _goes_on(rest: str) -> bool:
    """Return whether `rest` continues a word: "No" + "thing" does; in Chinese 是 + 的 does not."""
    return rest != "" and (rest[0].isdecimal() or unicodedata.category(rest[0]) in {"Lu", "Ll"})


def _normal(token: bytes) -> bytes:
    try:
        return token.decode("utf-8").strip(" \t\r\n\u3000▁Ġ").casefold().encode("utf-8")
    except UnicodeDecodeError:  # part of a character: compare its bytes as they are
        return token


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]


def _starts_with(answer: list[str], option: list[str]) -> bool:
    if not option or len(answer) < len(option):
        return False
    last, end = answer[len(option) - 1], option[-1]
    whole = last.startswith(end) and not _goes_on(last[len(end) :])
    return whole and answer[: len(option) - 1] == option[:-1]
