"""How specs of models are read, and what labels say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.judge.calibration import form_of
from dialin.llm.providers import DEFAULT_URL
from dialin.llm.spec import (
    Spec,
    at_server,
    has_adapter,
    is_local,
    is_server,
    label_of,
    path_and_fingerprint,
    redirected,
    without_fingerprint,
)

SPECS = {
    "catalogue": ("local:qwen2.5-coder-0.5b", Spec("local", "qwen2.5-coder-0.5b")),
    "adapter": ("local:gemma-3-270m+judge", Spec("local", "gemma-3-270m", "judge")),
    "file": ("local:/models/a.gguf", Spec("local", "/models/a.gguf")),
    "file with adapter": ("local:/models/a.gguf+runs/judge", Spec("local", "/models/a.gguf", "runs/judge")),
    "plus in a folder": ("local:/my+models/a.gguf+judge", Spec("local", "/my+models/a.gguf", "judge")),
    "server": ("openai:gpt-4o", Spec("openai", "gpt-4o", url=DEFAULT_URL)),
    "server with URL": ("openai:org/m@http://h:1/v1", Spec("openai", "org/m", url="http://h:1/v1")),
    "at sign first": ("openai:@cf/m@https://h/v1", Spec("openai", "@cf/m", url="https://h/v1")),
    "user in the URL": ("openai:m@http://me:word@h/v1", Spec("openai", "m", url="http://me:word@h/v1")),
    "nobody": ("none", Spec("none")),
    "colon, slash and at sign": ("openai:a/b:7b@x@http://h/v1", Spec("openai", "a/b:7b@x", url="http://h/v1")),
    "at sign first, no URL": ("openai:@cf/m", Spec("openai", "@cf/m", url=DEFAULT_URL)),
    "dated": ("anthropic:claude@20250514", Spec("anthropic", "claude@20250514", url="https://api.anthropic.com/v1")),
    "Anthropic's protocol elsewhere": ("anthropic:m@http://h:4000/", Spec("anthropic", "m", url="http://h:4000/v1")),
    "Gemini": ("gemini:g", Spec("gemini", "g", url="https://generativelanguage.googleapis.com/v1beta")),
    "Gemini's protocol elsewhere": ("gemini:g@https://h", Spec("gemini", "g", url="https://h/v1beta")),
    "Azure": ("azure:d@https://r.openai.azure.com/", Spec("azure", "d", url="https://r.openai.azure.com")),
    "Azure by its newer address": (
        "azure:d@https://r.openai.azure.com/openai/v1/",
        Spec("azure", "d", url="https://r.openai.azure.com"),
    ),
}


@pytest.mark.parametrize(("text", "spec"), SPECS.values(), ids=SPECS)
def test_specs_of_llms(home: Path, text: str, spec: Spec) -> None:
    assert Spec.parse(text) == spec


@pytest.mark.parametrize(
    "text",
    [
        *("", "gpt-4", "local:", "openai:", "openai:@http://x", "foo:bar", "auto", "st:bert"),
        *("anthropic:"),
    ],
)
def test_what_is_no_spec_of_an_llm(text: str) -> None:
    with pytest.raises(InputError, match="unknown LLM") as caught:
        Spec.parse(text)
    assert repr(text) in caught.value.message
    for form in ("local:NAME", "openai:MODEL", "anthropic:MODEL", "gemini:MODEL", "azure:DEPLOYMENT@BASE_URL", "none"):
        assert form in caught.value.hint


ENVIRONMENTS = {
    "OpenAI": ("openai:m", "OPENAI_BASE_URL", "http://h/v1/", "openai:m@http://h/v1"),
    "OpenAI's older variable": ("openai:m", "OPENAI_API_BASE", "http://h/v1", "openai:m@http://h/v1"),
    "Anthropic": ("anthropic:m", "ANTHROPIC_BASE_URL", "http://h:4000", "anthropic:m@http://h:4000/v1"),
    "Gemini": ("gemini:m", "GOOGLE_GEMINI_BASE_URL", "http://h/", "gemini:m@http://h/v1beta"),
    "Azure": ("azure:d", "AZURE_OPENAI_ENDPOINT", "https://r/", "azure:d@https://r"),
}


@pytest.mark.parametrize(("text", "variable", "value", "whole"), ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_environment_names_the_server_where_the_spec_does_not(
    text: str, variable: str, value: str, whole: str
) -> None:
    environ = {variable: value}
    assert at_server(text, environ) == whole
    assert redirected(text, environ) == f"{text} is asked at {whole.partition('@')[2]}, as {variable} says"
    assert at_server(whole, {variable: "http://another"}) == whole
    assert redirected(whole, environ) == ""


def test_without_an_environment_nothing_is_said() -> None:
    assert (
        redirected("openai:m", {"OPENAI_BASE_URL": " "}) == redirected("local:m", {}) == redirected("magic", {}) == ""
    )


def test_an_environment_that_names_no_server_is_refused() -> None:
    with pytest.raises(InputError, match="OPENAI_BASE_URL holds no base URL"):
        Spec.maybe("openai:m", {"OPENAI_BASE_URL": "127.0.0.1:80/v1"})
    with pytest.raises(InputError, match="azure:DEPLOYMENT needs the address") as caught:
        Spec.maybe("azure:d", {})
    assert "AZURE_OPENAI_ENDPOINT" in caught.value.hint


def test_a_file_with_a_plus_in_its_name_has_no_adapter(tmp_path: Path) -> None:
    path = tmp_path / "my+model.gguf"
    assert Spec.local(str(path)).adapter == "model.gguf"
    path.touch()
    assert Spec.local(str(path)) == Spec("local", str(path))
    assert Spec.local(f"local:{path}+judge") == Spec("local", str(path), "judge")


def test_a_folder_with_a_plus_in_its_name_is_not_split(tmp_path: Path) -> None:
    folder = tmp_path / "my+models" / "en+1"
    name = str(folder)
    folder.mkdir(parents=True)
    for own in (name, f"{name}#0123abcd"):
        assert Spec.local(own) == Spec("local", own)
        assert Spec.local(f"{own}+intents-zh-v4") == Spec("local", own, "intents-zh-v4")
        assert Spec.local(f"{own}+{own}") == Spec("local", own, own)
    assert Spec.local("intents-en-v5+./zh") == Spec("local", "intents-en-v5", "./zh")


def test_a_folder_whose_name_looks_like_a_fingerprint_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "en#0123abcd"
    assert path_and_fingerprint(str(folder)) == (tmp_path / "en", "0123abcd")
    folder.mkdir()
    assert path_and_fingerprint(str(folder)) == (folder, "")
    assert path_and_fingerprint(f"{folder}#89abcdef") == (folder, "89abcdef")
    assert path_and_fingerprint("~/en#0123abcd") == (Path("~/en").expanduser(), "0123abcd")


def test_embedders_have_two_forms_of_their_own() -> None:
    assert Spec.maybe("auto") == Spec("auto")
    assert Spec.maybe("st:BAAI/bge-m3") == Spec("st", "BAAI/bge-m3")
    assert Spec.maybe("test:hashing") is None


FORMS = {
    "shipped adapter": ("local:gemma-3-270m+judge#0123abcd", "tuned", "local:gemma-3-270m+judge"),
    "own adapter": ("local:gemma-3-270m+runs/adapter.gguf#0123abcd", "tuned", "local:gemma-3-270m+runs/adapter.gguf"),
    "own file and adapter": ("local:a.gguf#0123abcd+x/adapter.gguf#4567cdef", "tuned", "local:a.gguf"),
    "plus in the name of a file": ("local:a+b.gguf#0123abcd", "pairs", "local:a+b.gguf"),
    "catalogue": ("local:gemma-3-270m", "pairs", "local:gemma-3-270m"),
    "server": ("openai:a@http://h/v1", "list", "openai:a@http://h/v1"),
    "another provider": ("anthropic:a@http://h/v1", "list", "anthropic:a@http://h/v1"),
    "plus in a URL": ("openai:@cf/a@http://h/a+b/v1", "list", "openai:@cf/a@http://h/a+b/v1"),
    "adapter on a server": ("openai:@cf/a+b@http://h/v1", "tuned", "openai:@cf/a+b@http://h/v1"),
    "spec of an adapter": ("local:gemma-3-270m+judge", "tuned", "local:gemma-3-270m+judge"),
}


@pytest.mark.parametrize(("label", "form", "key"), FORMS.values(), ids=FORMS)
def test_labels_say_how_an_llm_is_asked(label: str, form: str, key: str) -> None:
    assert form_of(label) == form
    assert has_adapter(label) is (form == "tuned")
    assert without_fingerprint(label) == key
    assert (is_local(label), is_server(label)) == (label.startswith("local:"), not label.startswith("local:"))


def test_labels_are_made_of_their_parts() -> None:
    assert label_of("m.gguf", "0123abcd", "x/adapter.gguf#4567cdef") == "local:m.gguf#0123abcd+x/adapter.gguf#4567cdef"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("openai:m@localhost", "begins with http:// or https://: openai:m@http://localhost"),
        ("gemini:g@h:80", "begins with http:// or https://: gemini:g@http://h:80"),
        ("Anthropic:m", "did you mean anthropic:m?"),
        ("LOCAL:qwen", "did you mean local:qwen?"),
    ],
    ids=["no scheme", "port", "capitals", "local"],
)
def test_what_is_almost_a_spec_says_what_is_wrong(text: str, hint: str) -> None:
    with pytest.raises(InputError, match=re.escape(hint)):
        Spec.parse(text)
