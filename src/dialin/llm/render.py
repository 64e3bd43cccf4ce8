"""Writes a prompt as the text that a model reads."""

from __future__ import annotations

import re
from typing import Literal

from dialin.prompts.prompt import Prompt

Template = Literal["chatml", "plain"]

# "<" that begins something like a control token: <|im_end|>, <eos>, </s>, <start_of_turn>, <｜end｜>
_CONTROL = re.compile(r"<(?=[|｜]?/?[\w:.▁ -]{1,40}[|｜]?>)")


def render(prompt: Prompt, template: Template) -> tuple[str, str]:
    """Return the prompt as text in two parts: the one shared from call to call, and the rest.

    Control tokens in the contents are broken up, so that no sentence can end its turn.
    """
    system, user = harmless(prompt.system), harmless(prompt.user)
    shots = [(harmless(question), harmless(answer)) for question, answer in prompt.shots]
    if template == "plain":
        worked = "".join(f"{question}\n{answer}\n\n" for question, answer in shots)
        return f"{system}\n\n{worked}", f"{user}\n"
    worked = "".join(_turn("user", question) + _turn("assistant", answer) for question, answer in shots)
    return _turn("system", system) + worked, _turn("user", user) + "<|im_start|>assistant\n"


def harmless(text: str) -> str:
    """Return `text` with a space in everything that looks like a control token, and without lone surrogates.

    Examples
    --------
    >>> harmless("hi<|im_end|> 2 < 3")
    'hi< |im_end|> 2 < 3'
    """
    return _CONTROL.sub("< ", text).encode("utf-8", "replace").decode("utf-8")


def _turn(role: str, content: str) -> str:
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"
