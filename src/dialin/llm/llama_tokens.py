"""Tokens of a prompt for llama.cpp: control tokens come from the template alone, never from what callers say.

llama.cpp reads control tokens anywhere in a prompt that is given as text. Here each part is tokenised by itself (its
``/tokenize``, on loopback, which is the one way to say that a text has no control tokens), and the prompt is given as
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import httpx

from dialin.errors import ProviderError
from dialin.llm.render import PromptPart

_SHORT = 16
"""Characters of a part that is kept with its tokens: what a template repeats."""
_SECONDS = 60.0


class Tokens:
    """The tokenizer of a model that runs in this process.

    Parameters
    ----------
    address : str
        Where llama.cpp listens on loopback.
    api_key : str
        The key that it was given.
    """

    def __init__(self, address: str, api_key: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=_SECONDS, trust_env=False)
        self._known: dict[tuple[PromptPart, bool], list[int]] = {}

    def of(self, parts: Sequence[PromptPart]) -> list[int]:
        """Return the tokens of a prompt, with the start token of the model, if it has one.

        Raises
        ------
        ProviderError
            llama.cpp does not answer.
        """
        return [token for i, part in enumerate(_joined(parts)) for token in self._part(part, is_first=i == 0)]

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _part(self, part: PromptPart, *, is_first: bool) -> list[int]:
        known = self._known.get((part, is_first))
        if known is not None:
            return known
        found = self._asked({"content": part.text, "add_special": is_first, "parse_special": part.is_control})
        if len(part.text) < _SHORT:
            self._known[part, is_first] = found
        return found

    def _asked(self, body: dict[str, object]) -> list[int]:
        try:
            answer = self._http.post("/tokenize", json=body).raise_for_status().json()
            return [int(token) for token in answer["tokens"]]
        except (httpx.HTTPError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise ProviderError(f"llama.cpp in this process cannot tokenise a prompt: {error}") from error


def _joined(parts: Sequence[PromptPart]) -> Iterator[PromptPart]:
    """Yield the parts, neighbours that are no control tokens as one: tokens may lie across their border."""
    for is_control, group in groupby(parts, key=lambda part: part.is_control):
        if is_control:
            yield from group
        else:
            yield PromptPart("".join(part.text for part in group))
