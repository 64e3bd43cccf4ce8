"""How specs of models are read, and what labels say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.judge.calibration import form_of
from dialin.llm.spec import (
    DEFAULT_URL,
    Spec,
    has_adapter,
    is_local,
    is_server,
    label_of,
    path_and_fingerprint,
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
}


@pytest.mark.parametrize(("text", "spec"), SPECS.values(), ids=SPECS)
def test_specs_of_llms(text: str, spec: Spec) -> None:
    assert Spec.parse(text) == spec


@pytest.mark.parametrize(
    "text", ["", "gpt-4", "local:", "openai:", "openai:m@localhost", "openai:@http://x", "foo:bar", "auto", "st:bert"]
)
def test_what_is_no_spec_of_an_llm(text: str) -> None:
    with pytest.raises(InputError, match="unknown LLM") as caught:
        Spec.parse(text)
    assert repr(text) in caught.value.message
    assert "local:NAME" in caught.value.hint


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
        assert Spec.local(f"{own}+intents-zh-v1") == Spec("local", own, "intents-zh-v1")
        assert Spec.local(f"{own}+{own}") == Spec("local", own, own)
    assert Spec.local("intents-en-v2+./zh") == Spec("local", "intents-en-v2", "./zh")


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
    "plus in a URL": ("openai:@cf/a@http://h/a+b/v1", "list", "openai:@cf/a@http://h/a+b/v1"),
    "adapter on a server": ("openai:@cf/a+b@http://h/v1", "tuned", "openai:@cf/a+b@http://h/v1"),
    "spec of an adapter": ("local:gemma-3-270m+judge", "tuned", "local:gemma-3-270m+judge"),
}


@pytest.mark.parametrize(("label", "form", "key"), FORMS.values(), ids=FORMS)
def test_labels_say_how_an_llm_is_asked(label: str, form: str, key: str) -> None:
    assert form_of(label) == form
    assert has_adapter(label) is (form == "tuned")
    assert without_fingerprint(label) == key
    assert (is_local(label), is_server(label)) == (label.startswith("local:"), label.startswith("openai:"))


def test_labels_are_made_of_their_parts() -> None:
    assert label_of("m.gguf", "0123abcd", "x/adapter.gguf#4567cdef") == "local:m.gguf#0123abcd+x/adapter.gguf#4567cdef"
