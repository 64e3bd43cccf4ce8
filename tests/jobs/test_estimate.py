"""What the estimate guesses in the place of an LLM."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.discover.data import Data
from dialin.jobs.counting_llm import CosineGuess, CountingLLM
from dialin.jobs.estimate import draws_of, total
from dialin.judge.questions import build_list_prompt, build_pair_prompt
from dialin.llm.remote import RemoteBackend, ServerOptions
from dialin.prompts.prompt import Prompt
from oracles import on_circle
from scripted import ScriptedBackend


def test_close_sentences_are_guessed_to_share_an_intent() -> None:
    """Two pairs of near vectors, far from each other: strangers 0, neighbours 0.995, the middle about 0.5."""
    X = np.array([[1, 0], [0.995, 0.0999], [0, 1], [0.0999, 0.995]], np.float32)
    guess = CosineGuess.of(Data(["a a", "b b", "c c", "d d"], X, np.ones(4, np.int64), [""] * 4))
    assert guess("1: a a\n2: b b\nSame intent?") > 0.9
    assert guess("1: a a\n2: c c\nSame intent?") < 0.1
    assert guess("- a a\n- b b\n- c c") < 0.5
    assert guess("which role says it?") == 0.5


@pytest.mark.parametrize("length", [20, 160, 200, 300, 400])
@pytest.mark.parametrize("form", ["list", "pairs"])
def test_the_guess_knows_a_sentence_by_what_each_form_shows_of_it(length: int, form: str) -> None:
    texts = [f"{name} {'word ' * 100}"[:length] for name in "abcd"]
    guess = CosineGuess.of(Data(texts, on_circle(0, 5, 90, 95), np.ones(4, np.int64), [""] * 4))
    same, other = (guess(prompt_of(form, pair).user) for pair in (texts[:2], texts[1:3]))
    assert same > 0.9
    assert other < 0.1


def prompt_of(form: str, texts: list[str]) -> Prompt:
    return build_pair_prompt(*texts) if form == "pairs" else build_list_prompt(texts)


def test_a_model_that_answers_in_words_is_asked_each_question_again() -> None:
    plain, in_words = (
        RemoteBackend("m", "http://127.0.0.1:1/v1", options=ServerOptions(logprobs=p)) for p in (True, False)
    )
    assert [draws_of(backend) for backend in (plain, in_words, ScriptedBackend(), None)] == [1, 3, 1, 1]
    llm = CountingLLM("m", n_draws=3)
    assert llm.choose([Prompt("s", (), "a"), Prompt("s", (), "b")], ["Yes", "No"]).shape == (2, 2)
    llm.complete([Prompt("s", (), "a")], 16)
    assert total(llm, {}, 0.0).total.calls == 2 * 3 + 1
