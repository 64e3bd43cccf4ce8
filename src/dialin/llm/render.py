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
class Part:
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


def render(prompt: Prompt, template: Template) -> tuple[list[Part], list[Part]]:
    """Return the prompt in two halves: the one shared from call to call, and the rest."""
    if template == "plain":
        worked = "".join(f"{question}\n{answer}\n\n" for question, answer in prompt.shots)
        return [Part(f"{prompt.system}\n\n{worked}")], [Part(f"{prompt.user}\n")]
    worked_turns = [part for shot in prompt.shots for part in _turn("user", shot[0]) + _turn("assistant", shot[1])]
    rest = [*_turn("user", prompt.user), _BEGIN, Part("assistant\n")]
    return _turn("system", prompt.system) + worked_turns, rest


def written_out(prompt: Prompt, template: Template) -> str:
    """Return the whole prompt as one text, for servers and tokenizers that take no parts."""
    return "".join(part.text for half in render(prompt, template) for part in half)


_BEGIN, _END = Part("<|im_start|>", is_control=True), Part("<|im_end|>", is_control=True)


def _turn(role: str, content: str) -> list[Part]:
    return [_BEGIN, Part(f"{role}\n{content}"), _END, Part("\n")]
