"""Reads specs of models, such as ``local:NAME+ADAPTER`` and ``openai:MODEL@URL``; no other module does.

A user writes a *spec*. Stores of replies, reports and calibrations name a model by its *label*: the spec, with a
fingerprint ``#1a2b3c4d`` of each file whose name alone does not identify its weights.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

from dialin.errors import InputError

DEFAULT_URL = "https://api.openai.com/v1"
"""Base URL of a server if the spec names none."""
NO_LLM = "none"
AUTO = "auto"
LLM_FORMS = "use local:NAME, local:/path/to/file.gguf, either with +ADAPTER, openai:MODEL or openai:MODEL@BASE_URL"

Kind = Literal["local", "openai", "st", "none", "auto"]
_LLM_KINDS: tuple[Kind, ...] = ("local", "openai", "none")
_FINGERPRINT = re.compile(r"#[0-9a-f]{8}")
_URL = re.compile("@https?://")
_FILE_LABEL = re.compile(rf"local:[^/]*\.gguf{_FINGERPRINT.pattern}")


@dataclass(frozen=True)
class Spec:
    """A model, as its spec names it.

    Parameters
    ----------
    kind : {"local", "openai", "st", "none", "auto"}
        A model in this process, one on an OpenAI-compatible server, one of sentence-transformers, no LLM, or whichever
        suits the texts.
    model : str
        Name of the model; for "local" a name of `dialin.models.catalogue`, the path of a .gguf file, or that of the
        folder of an embedder, with or without its fingerprint.
    adapter : str
        What follows the "+" of a local model: for an LLM its adapter, for an embedder the second model.
    url : str
        Base URL of the server.
    """

    kind: Kind
    model: str = ""
    adapter: str = ""
    url: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the spec of an LLM: ``local:NAME[+ADAPTER]``, ``openai:MODEL[@URL]`` or ``none``.

        Raises
        ------
        InputError
            The text has none of these forms.

        Examples
        --------
        >>> Spec.parse("local:gemma-3-270m+judge")
        Spec(kind='local', model='gemma-3-270m', adapter='judge', url='')
        >>> Spec.parse("openai:@cf/qwen@http://localhost:8000/v1").url
        'http://localhost:8000/v1'
        """
        spec = cls.maybe(text)
        if spec is None or spec.kind not in _LLM_KINDS:
            raise InputError(f"unknown LLM {text!r}", hint=LLM_FORMS)
        return spec

    @classmethod
    def maybe(cls, text: str) -> Self | None:
        """Return the spec of any model, LLM or embedder; None if the text has no such form."""
        kind, _, rest = text.partition(":")
        if text in {NO_LLM, AUTO}:
            return cls("none" if text == NO_LLM else "auto")
        if not rest or kind not in get_args(Kind):
            return None
        if kind == "local":
            return cls("local", *_model_and_adapter(rest))
        if kind == "st":
            return cls("st", rest)
        return cls._of_server(rest) if kind == "openai" else None

    @classmethod
    def local(cls, name: str) -> Self:
        """Return the spec of a local model, whose name may lack the "local:"."""
        return cls("local", *_model_and_adapter(name.removeprefix("local:")))

    @classmethod
    def _of_server(cls, rest: str) -> Self | None:
        found = re.fullmatch(r"(.+?)(?:@(https?://.*))?", rest, re.DOTALL)
        if found is None or (found[2] is None and "@" in rest):
            return None
        return cls("openai", found[1], url=found[2] or DEFAULT_URL)

    @property
    def model_spec(self) -> str:
        """The spec of a local model without its adapter."""
        return f"local:{self.model}"

    @property
    def name(self) -> str:
        """What follows "local:": the model, and its adapter after a "+"."""
        return f"{self.model}+{self.adapter}" if self.adapter else self.model


def _model_and_adapter(name: str) -> tuple[str, str]:
    """Split at the "+" before an adapter; the name of a file or a folder may hold a "+" as well."""
    if Path(name).expanduser().is_file():
        return name, ""
    stem, is_file, adapter = name.partition(".gguf+")
    if is_file:
        return f"{stem}.gguf", adapter
    parts = name.split("+")
    for n in range(len(parts), 1, -1):
        model = "+".join(parts[:n])
        if is_path(model) and path_and_fingerprint(model)[0].is_dir():
            return model, "+".join(parts[n:])
    return parts[0], "+".join(parts[1:])


def is_path(name: str) -> bool:
    """Return whether the name of a local model is a path: one with a separator, such as ``./folder``.

    Examples
    --------
    >>> [is_path(name) for name in ("./folder", "/models/folder", "intents-en-v2")]
    [True, True, False]
    """
    return Path(name).name != name


def path_and_fingerprint(name: str) -> tuple[Path, str]:
    """Return the path of a local model, and the fingerprint that its label gives it; "" if that gives none.

    Examples
    --------
    >>> path, fingerprint = path_and_fingerprint("models/mine#0123abcd")
    >>> path.as_posix(), fingerprint
    ('models/mine', '0123abcd')
    """
    whole = Path(name).expanduser()
    if whole.exists() or not _FINGERPRINT.fullmatch(name[-9:]):
        return whole, ""
    return Path(name[:-9]).expanduser(), name[-8:]


def is_local(label: str) -> bool:
    """Return whether the model with this label runs in this process."""
    return label.startswith("local:")


def is_server(label: str) -> bool:
    """Return whether the model with this label is on a server."""
    return label.startswith("openai:")


def has_adapter(label: str) -> bool:
    """Return whether the model with this label has an adapter; so has "openai:MODEL+ADAPTER", as servers name them.

    Examples
    --------
    >>> [has_adapter(label) for label in ("local:gemma-3-270m+judge#0123abcd", "local:a+b.gguf#0123abcd")]
    [True, False]
    """
    return "+" in _URL.split(label, maxsplit=1)[0] and not _FILE_LABEL.fullmatch(label)


def without_fingerprint(label: str) -> str:
    """Return a label up to its first fingerprint: what calibrations are filed under.

    Examples
    --------
    >>> without_fingerprint("local:gemma-3-270m+judge#0123abcd")
    'local:gemma-3-270m+judge'
    """
    return _FINGERPRINT.split(label, maxsplit=1)[0]


def label_of(model: str, fingerprint: str = "", adapter: str = "") -> str:
    """Return the label of a local model.

    Parameters
    ----------
    model : str
        A name of the catalogue, the name of a file, or the path of an embedder's folder.
    fingerprint : str
        Of the file, 8 hex digits; "" for a model of the catalogue, whose hash is known.
    adapter : str
        Name of its adapter with the fingerprint; "" without one.

    Examples
    --------
    >>> label_of("gemma-3-270m", adapter="judge#0123abcd"), label_of("mine.gguf", "89abcdef")
    ('local:gemma-3-270m+judge#0123abcd', 'local:mine.gguf#89abcdef')
    """
    own = f"local:{model}" + (f"#{fingerprint}" if fingerprint else "")
    return f"{own}+{adapter}" if adapter else own
