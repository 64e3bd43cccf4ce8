"""Azure's addresses; all else is OpenAI's protocol."""

from __future__ import annotations

from dataclasses import replace

from dialin.llm.accepts import Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.azure import AzureDialect, azure_version
from dialin.llm.dialects.openai import OPENAI
from dialin.prompts.prompt import Prompt

JUDGE = Request(Prompt("Same?", (), "a / b"), ("Yes", "No"))


def test_the_deployment_is_in_the_path_and_the_version_in_the_query() -> None:
    azure = AzureDialect("2024-10-21")
    deployments = "/openai/deployments/my%20gpt%2F4"
    assert azure.path("my gpt/4", azure.start) == f"{deployments}/chat/completions?api-version=2024-10-21"
    assert azure.path("my gpt/4", Accepts(chat=False)) == f"{deployments}/completions?api-version=2024-10-21"
    assert azure.models_path() == "/openai/models?api-version=2024-10-21"
    assert (azure.key_header.variable, azure.key_header.header) == ("AZURE_OPENAI_API_KEY", "api-key")


def test_what_is_sent_is_what_openai_gets_without_grammars() -> None:
    azure, grammatical = AzureDialect("v"), replace(JUDGE, options=(), grammar="root ::= [a-z]+")
    assert azure.body("d", JUDGE, azure.start) == OPENAI.body("d", JUDGE, OPENAI.start)
    assert "grammar" not in azure.body("d", grammatical, azure.start)


def test_the_environment_may_name_the_version() -> None:
    assert azure_version({"OPENAI_API_VERSION": " 2024-10-21 "}) == "2024-10-21"
    assert azure_version({}) == azure_version({"OPENAI_API_VERSION": ""}) == "2025-04-01-preview"
