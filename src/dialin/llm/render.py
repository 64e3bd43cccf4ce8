"""Writes a prompt as the text that a model reads.

The contents are quotes already (`dialin.prompts.quoted`); what is written around them is marked as such, so that a
tokenizer reads a control token in the frame alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialin.prompts.prompt import Prompt

Template = Literal["chatml", "plain"]


@dataclass(frozen=True)
class PromptPart:
    """A part of a prompt as text.

    Parameters
    ----------
    text : str
        What the model reads.
    is_control : bool
        Whether it is one control token of the template; anything else holds none, whatever it looks like.
    """

    text: str
    is_control: bool = False


def render(prompt: Prompt, template: Template) -> tuple[list[PromptPart], list[PromptPart]]:
    """Return the prompt in two halves: the one shared from call to call, and the rest."""
    if template == "plain":
        worked = "".join(f"{question}\n{answer}\n\n" for question, answer in prompt.shots)
        return [PromptPart(f"{prompt.system}\n\n{worked}")], [PromptPart(f"{prompt.user}\n")]
    worked_turns = [part for shot in prompt.shots for part in _turn("user", shot[0]) + _turn("assistant", shot[1])]
    rest = [*_turn("user", prompt.user), _BEGIN, PromptPart("assistant\n")]
    return _turn("system", prompt.system) + worked_turns, rest


def written_out(prompt: Prompt, template: Template) -> str:
    """Return the whole prompt as one text, for servers and tokenizers that take no parts."""
    return "".join(part.text for half in render(prompt, template) for part in half)


_BEGIN, _END = PromptPart("<|im_start|>", is_control=True), PromptPart("<|im_end|>", is_control=True)


def _turn(role: str, content: str) -> list[PromptPart]:
    return [_BEGIN, PromptPart(f"{role}\n{content}"), _END, PromptPart("\n")]
