"""Reads specs of models, such as ``local:NAME+ADAPTER`` and ``openai:MODEL@URL``; no other module does.

The names of models may hold ``:``, ``/`` and ``@``: the base URL begins behind the first ``@http://`` or ``@https://``.

A user writes a *spec*. Stores of replies, reports and calibrations name a model by its *label*: the spec, with a
fingerprint ``#1a2b3c4d`` of each file whose name alone does not identify its weights.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

from dialin.errors import InputError
from dialin.llm.providers import PROVIDERS, Provider, ServerKind

NO_LLM = "none"
AUTO = "auto"
LLM_FORMS = (
    "use local:NAME or local:/path/to/file.gguf, either with +ADAPTER; openai:MODEL, anthropic:MODEL or gemini:MODEL, "
    "each with @BASE_URL for another server, such as @http://localhost:8000/v1; azure:DEPLOYMENT@BASE_URL; or none"
)

Kind = Literal["local", ServerKind, "st", "none", "auto"]
_LLM_KINDS: tuple[Kind, ...] = ("local", *get_args(ServerKind), "none")
_FINGERPRINT = re.compile(r"#[0-9a-f]{8}")
_URL = re.compile("@https?://")
_ADDRESS = re.compile(r".+@(?:localhost|[^@]*[.:/][^@]*)", re.DOTALL)
"""A model with what looks like a base URL that lacks its beginning."""
_FILE_LABEL = re.compile(rf"local:[^/]*\.gguf{_FINGERPRINT.pattern}")


@dataclass(frozen=True)
class Spec:
    """A model, as its spec names it.

    Parameters
    ----------
    kind : {"local", "openai", "anthropic", "gemini", "azure", "st", "none", "auto"}
        A model in this process, one on a server (by its protocol), one of sentence-transformers, no LLM, or whichever
        suits the texts.
    model : str
        Name of the model; for "local" a name of `dialin.models.catalogue`, the path of a .gguf file, or that of the
        folder of an embedder, with or without its fingerprint.
    adapter : str
        What follows the "+" of a local model: for an LLM its adapter, for an embedder the second model.
    url : str
        Base URL of the server, whole.
    """

    kind: Kind
    model: str = ""
    adapter: str = ""
    url: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the spec of an LLM: ``local:NAME[+ADAPTER]``, ``openai:MODEL[@URL]``, ``none``: see `LLM_FORMS`.

        Raises
        ------
        InputError
            The text has none of these forms; or see `maybe`.

        Examples
        --------
        >>> Spec.parse("local:gemma-3-270m+judge")
        Spec(kind='local', model='gemma-3-270m', adapter='judge', url='')
        >>> Spec.parse("openai:@cf/qwen@http://localhost:8000/v1").url
        'http://localhost:8000/v1'
        """
        spec = cls.maybe(text)
        if spec is None or spec.kind not in _LLM_KINDS:
            raise InputError(f"unknown LLM {text!r}", hint=form_hint(text) or LLM_FORMS)
        return spec

    @classmethod
    def maybe(cls, text: str, environ: Mapping[str, str] = os.environ) -> Self | None:
        """Return the spec of any model, LLM or embedder; None if the text has no such form.

        Parameters
        ----------
        text : str
            The spec.
        environ : mapping of str to str
            Names the servers of models on servers whose spec names none (`dialin.llm.providers`).

        Raises
        ------
        InputError
            The spec names no server, and the environment names none that can be asked.
        """
        kind, _, rest = text.partition(":")
        if text in {NO_LLM, AUTO}:
            return cls("none" if text == NO_LLM else "auto")
        if not rest or kind not in {"local", "st", *PROVIDERS}:
            return None
        if kind == "local":
            return cls("local", *_model_and_adapter(rest))
        if kind == "st":
            return cls("st", rest)
        return cls._of_server(PROVIDERS[kind], rest, environ)

    @classmethod
    def local(cls, name: str) -> Self:
        """Return the spec of a local model, whose name may lack the "local:"."""
        return cls("local", *_model_and_adapter(name.removeprefix("local:")))

    @classmethod
    def _of_server(cls, provider: Provider, rest: str, environ: Mapping[str, str]) -> Self | None:
        model = _URL.split(rest, maxsplit=1)[0]
        if not model or (model == rest and _ADDRESS.fullmatch(rest)):
            return None
        given = rest[len(model) + 1 :]
        return cls(provider.kind, model, url=provider.whole(given) if given else provider.base_url(environ))

    @property
    def is_remote(self) -> bool:
        """Whether the model is on a server."""
        return self.kind in PROVIDERS

    @property
    def model_spec(self) -> str:
        """The spec of a local model without its adapter."""
        return f"local:{self.model}"

    @property
    def name(self) -> str:
        """What follows "local:": the model, and its adapter after a "+"."""
        return f"{self.model}+{self.adapter}" if self.adapter else self.model


def form_hint(text: str) -> str:
    """Return what is wrong with a spec that is almost one; "" if nothing is known.

    Examples
    --------
    >>> form_hint("openai:m@localhost:8000/v1"), form_hint("OpenAI:gpt-4o"), form_hint("gpt-4o")
    ('a base URL begins with http:// or https://: openai:m@http://localhost:8000/v1', 'did you mean openai:gpt-4o?', '')
    """
    kind, _, rest = text.partition(":")
    if kind in PROVIDERS and "@" in rest and "://" not in rest:
        model, _, host = rest.rpartition("@")
        return f"a base URL begins with http:// or https://: {kind}:{model}@http://{host}"
    known = kind.casefold() in {*PROVIDERS, "local", "st"}
    return f"did you mean {kind.casefold()}:{rest}?" if known and kind != kind.casefold() else ""


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
    >>> [is_path(name) for name in ("./folder", "/models/folder", "intents-en-v5")]
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
    return label.partition(":")[0] in PROVIDERS


def at_server(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a spec with the base URL of its server, so that it names the same server in every environment.

    Parameters
    ----------
    text : str
        The spec of any model; one that is not on a server stays as it is.
    environ : mapping of str to str
        See `Spec.maybe`.

    Examples
    --------
    >>> at_server("openai:gpt-4o", {}), at_server("local:gemma-3-270m", {})
    ('openai:gpt-4o@https://api.openai.com/v1', 'local:gemma-3-270m')
    """
    spec = Spec.maybe(text, environ)
    return f"{spec.kind}:{spec.model}@{spec.url}" if spec and spec.is_remote else text


def redirected(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the line about a model whose server is the one that the environment names; "" for any other."""
    spec = Spec.maybe(text, environ)
    if spec is None or not spec.is_remote or _URL.search(text):
        return ""
    variable = PROVIDERS[spec.kind].named_by(environ)
    return f"{text} is asked at {spec.url}, as {variable} says" if variable else ""


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
