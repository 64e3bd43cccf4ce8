"""Servers of LLMs as they behave: the same result as from a plain one, or one clear line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from conftest import Cli

from scripted import ScriptedBackend
from served_run import Found, Stage, write_calls
from servers import anthropic, azure, google, hosted, local, openai, proxies
from servers.chat import Plain
from servers.mind import key_of
from servers.personality import Personality
from thorough import some

ALL_ALIKE: list[type[Personality]] = [
    *(openai.OpenAIChat, openai.OpenAIReasoning, openai.OpenAIGpt5, openai.OpenAIO1Mini, openai.OpenAIInstruct),
    *(azure.AzureNoLogprobs, google.GeminiCompatible),
    *(hosted.OpenRouter, hosted.OpenRouterAnyModel, hosted.Mistral, hosted.DeepSeekReasoner, hosted.Groq),
    *(hosted.Together, hosted.TogetherOne, hosted.Fireworks, hosted.Cohere, hosted.XaiReasoning),
    *(local.Ollama, local.OllamaNewer, local.VllmFive, local.VllmGemma, local.VllmStrict, local.VllmReasoning),
    *(local.SGLang, local.LMStudio, local.Tgi, proxies.LiteLLMReasoning),
    *(anthropic.AnthropicThinking, google.GeminiNoLogprobs, azure.AzureNewest),
]
"""Servers with which a run ends as with a plain one."""
ONE_REFUSED: list[type[Personality]] = [
    *(azure.AzureV1, local.Vllm, local.LlamaCpp, proxies.LiteLLM),
    *(proxies.FilterProxy, proxies.FilterProxy400, proxies.SmallNginx, proxies.SilentFilter),
    *(anthropic.Anthropic, google.GeminiNative, azure.AzureClassic),
]
"""Servers that refuse the questions with one sentence; all other intents are those of a plain one."""
LINES: list[tuple[type[Personality], int, str]] = [
    (openai.OpenAIBroke, 3, r"429: You exceeded your current quota.*no credit left"),
    (openai.OpenAIDaily, 3, r"429: Rate limit reached.*(day|24 h|86,400)"),
    (openai.OpenAIWrongKey, 2, r"refuses the key \(401\).*OPENAI_API_KEY"),
    (hosted.DeepSeekEmpty, 3, r"402: Insufficient Balance"),
    (local.OllamaNoModel, 3, r"404: model \"qwen3:4b\" not found.*does the server have the model"),
    (local.SGLangGemma, 3, r"500: Internal Server Error"),
    (local.LMStudioIdle, 3, r"400: .*No models loaded"),
    (proxies.LoginProxy, 3, r"no readable answer.*Sign in to continue"),
    (proxies.Moved, 3, r"308.*https://llm\.my-company\.example"),
    (proxies.Elsewhere, 3, r"404.*does the server have the model 'm', and does the base URL end in /v1\?"),
    (proxies.Gone, 3, r"404: The model `gpt-4-0314` has been deprecated"),
]
"""Servers that nothing can be done about: exit code, and what the one line says."""


@pytest.fixture
def stage(cli: Cli, home: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Set the stage: sentences, a tiny embedder, and no waiting between tries."""
    monkeypatch.setattr("tenacity.sleep_using_event", lambda _: lambda _seconds: None)
    return Stage(cli, monkeypatch, write_calls(home / "calls.csv"))


@pytest.fixture(scope="module")
def plain() -> dict[tuple[object, ...], Found]:
    """Keep what a plain server gives, by the options of the run."""
    return {}


@pytest.fixture
def expected(stage: Stage, plain: dict[tuple[object, ...], Found]) -> Callable[..., Found]:
    """Return what a plain server gives."""

    def found(*options: object) -> Found:
        if options not in plain:
            stage.enter(Plain())
            result = stage.discover(Plain().spec, "plain", *options)
            assert result.exit_code == 0, result.stderr
            plain[options] = Found.of(Path("plain"))
            assert len(plain[options].intents) > 3
        return plain[options]

    return found


def ended(result: Result, server: Personality, draws: int) -> Found:
    """Return what a run found that ended well, having paid for no question of its own more often than it is drawn.

    A question that means nothing may be asked again: it tells whether a server refuses all questions, or the one.
    """
    assert result.exit_code == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert max(n for key, n in server.paid.items() if key != key_of("Say yes.")) <= draws
    return Found.of(Path("run"))


@pytest.mark.parametrize("kind", some(ALL_ALIKE, 12))
def test_the_result_is_that_of_a_plain_server(
    stage: Stage, expected: Callable[..., Found], kind: type[Personality]
) -> None:
    wanted, server = expected(), kind()
    stage.enter(server)
    assert ended(stage.discover(server.spec, "run"), server, kind.draws) == wanted


AT_ONCE = ("--strategy", "paper", "--judge", "llm", *(word for k in ["6", "9", "12"] for word in ("--n-clusters", k)))
"""Options of a run that asks many questions at once, and in which the LLM alone judges."""


@pytest.mark.parametrize("kind", some(ALL_ALIKE, 5))
def test_refusals_of_many_calls_at_once_are_learnt_from(
    stage: Stage, expected: Callable[..., Found], kind: type[Personality]
) -> None:
    wanted, server = expected(*AT_ONCE), kind()
    stage.enter(server, together=8)
    assert ended(stage.discover(server.spec, "run", *AT_ONCE), server, kind.draws) == wanted


@pytest.mark.parametrize("kind", some(ONE_REFUSED, 6))
@pytest.mark.parametrize("options", [(), AT_ONCE], ids=["one by one", "many at once"])
def test_a_refused_question_costs_its_intent_and_not_the_run(
    stage: Stage, expected: Callable[..., Found], kind: type[Personality], options: tuple[str, ...]
) -> None:
    wanted, server = expected(*options), kind()
    stage.enter(server, together=8 if options else 1)
    found = ended(stage.discover(server.spec, "run", *options), server, kind.draws)
    assert wanted.elsewhere
    assert wanted.elsewhere <= found.intents


@pytest.mark.parametrize(("kind", "code", "words"), LINES)
def test_what_cannot_be_helped_is_one_clear_line(stage: Stage, kind: type[Personality], code: int, words: str) -> None:
    server = kind()
    stage.enter(server)
    result = stage.discover(server.spec, "run")
    assert result.exit_code == code, result.stderr
    said = [line for line in result.stderr.splitlines() if line.startswith("dialin: error: ")]
    assert len(said) == 1, result.stderr
    assert re.search(words, said[0]), said[0]
    assert not Path("run").exists()
    assert not server.paid


def test_a_server_that_is_not_there_is_one_clear_line(stage: Stage) -> None:
    stage.enter(Plain())
    result = stage.discover("openai:m@http://10.0.0.9:8000/v1", "run")
    assert result.exit_code == 2
    assert "cannot reach the LLM server at http://10.0.0.9:8000/v1" in result.stderr
