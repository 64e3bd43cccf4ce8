"""The conversation that an LLM is asked to continue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """A conversation up to the answer.

    Everything that stays the same from call to call (`system`, `shots`) comes first, so that a runtime evaluates it
    once and reuses its key-value state.

    Parameters
    ----------
    system : str
        The instruction.
    shots : tuple of (str, str)
        Worked examples: input, answer.
    user : str
        The input at hand.
    """

    system: str
    shots: tuple[tuple[str, str], ...]
    user: str

    def messages(self) -> list[dict[str, str]]:
        """Return the chat messages of this prompt, in order."""
        messages = [{"role": "system", "content": self.system}]
        for question, answer in self.shots:
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return [*messages, {"role": "user", "content": self.user}]
