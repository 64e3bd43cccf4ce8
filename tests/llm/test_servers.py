"""Which servers a run may ask, and who gets the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.llm.servers import SERVERS, allow, allowed, check_allowed, servers_of
from dialin.models.home import home_path

FOREIGN = "openai:m@http://10.0.0.5:8000/v1"
LOCAL = "openai:m@http://127.0.0.1:8000/v1"


@pytest.fixture(autouse=True)
def folder(home: Path) -> Path:
    return home


@pytest.mark.parametrize(
    "spec",
    [FOREIGN, "openai:gpt-4o", "openai:m@https://localhost.example.com/v1", "st:all-MiniLM-L6-v2"],
    ids=["by address", "the public one", "a name that begins like this machine", "code of a hub"],
)
def test_nobody_is_asked_whom_only_a_run_names(spec: str) -> None:
    with pytest.raises(InputError, match="this run asks") as caught:
        check_allowed(["local:intents-en-v5", spec])
    server = servers_of([spec])[0].removeprefix("openai:")
    assert caught.value.hint.endswith(f"--allow-server {server} (it is remembered)")
    allow(servers_of([spec]))
    check_allowed([spec])


@pytest.mark.parametrize("form", ["10.0.0.5", "10.0.0.5:8000", "http://10.0.0.5:8000"], ids=["host", "port", "origin"])
def test_a_server_is_allowed_in_three_forms(form: str) -> None:
    allow([form])
    check_allowed([FOREIGN])


@pytest.mark.parametrize(
    "form",
    ["10.0.0.50", "10.0.0.5:8001", "https://10.0.0.5:8000", "0.0.0.5"],
    ids=["another host", "another port", "another scheme", "part of the host"],
)
def test_another_server_stays_refused(form: str) -> None:
    allow([form])
    with pytest.raises(InputError, match="this run asks"):
        check_allowed([FOREIGN])


def test_this_machine_is_asked_but_gets_no_key_that_it_was_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    check_allowed([LOCAL, "openai:m@http://localhost:1/v1", "openai:m@http://[::1]:1/v1"])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-123")
    with pytest.raises(InputError, match="the key in OPENAI_API_KEY"):
        check_allowed([LOCAL])
    allow(["http://127.0.0.1:8000"])
    check_allowed([LOCAL])
    with pytest.raises(InputError, match=r"127\.0\.0\.1:8001"):
        check_allowed([LOCAL.replace("8000", "8001")])


def test_what_is_allowed_is_added_to_what_was(home: Path) -> None:
    allow(["a.example", "B.example"])
    allow(["a.example", "c.example:80"])
    assert allowed() == {"a.example", "b.example", "c.example:80"}


@pytest.mark.parametrize(
    "server", ["", "http://", "https://a/v1", "u:p@host", "ftp://host", "a b"], ids=lambda text: text or "nothing"
)
def test_what_is_no_host_is_not_allowed(server: str) -> None:
    with pytest.raises(InputError, match="--allow-server"):
        allow([server])
    assert allowed() == frozenset()


def test_a_damaged_file_is_named(home: Path) -> None:
    allow(["a.example"])
    (home_path() / SERVERS).write_text('{"a": 1}')
    with pytest.raises(InputError, match=r"servers\.json is damaged"):
        allowed()


PROVIDERS = {
    "anthropic": ("anthropic:m@http://127.0.0.1:8000", "ANTHROPIC_API_KEY"),
    "gemini": ("gemini:m@http://127.0.0.1:8000", "GOOGLE_API_KEY"),
    "azure": ("azure:m@http://127.0.0.1:8000", "AZURE_OPENAI_API_KEY"),
}


@pytest.mark.parametrize(("spec", "variable"), PROVIDERS.values(), ids=PROVIDERS)
def test_the_key_of_a_provider_goes_nowhere_that_the_user_has_not_named(
    spec: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_allowed([spec])  # this machine, without a key
    monkeypatch.setenv(variable, "secret-123")
    with pytest.raises(InputError, match=rf"the key in .*{variable}") as caught:
        check_allowed([spec])
    assert "secret-123" not in str(caught.value)
    assert caught.value.hint.endswith("--allow-server http://127.0.0.1:8000 (it is remembered)")


def test_a_server_that_was_named_for_one_provider_gets_no_key_of_another() -> None:
    allow(servers_of(["openai:m@http://10.0.0.5:8000/v1"]))
    check_allowed([FOREIGN])
    with pytest.raises(InputError, match="the key in ANTHROPIC_API_KEY"):
        check_allowed(["anthropic:m@http://10.0.0.5:8000"])
    allow(["10.0.0.5:8000"])  # the user says that any of their keys may go there
    check_allowed(["anthropic:m@http://10.0.0.5:8000"])


def test_a_host_may_have_the_name_of_a_provider() -> None:
    allow(["openai:8000"])
    check_allowed(["openai:m@http://openai:8000/v1"])
    with pytest.raises(InputError, match="this run asks"):
        check_allowed(["openai:m@http://other:8000/v1"])
