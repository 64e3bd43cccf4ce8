"""Which embedder a spec names, and which one suits the texts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.embed.base import Embedder
from dialin.embed.bilingual import BilingualEmbedder
from dialin.embed.dialects import GEMINI_EMBEDDINGS, OPENAI_EMBEDDINGS, AzureEmbeddings, EmbeddingDialect
from dialin.embed.onnx import OnnxEmbedder, files_of, local_names, local_specs
from dialin.embed.remote import RemoteEmbedder
from dialin.embed.sentence_transformers import SentenceTransformersEmbedder
from dialin.errors import InputError
from dialin.llm.dialects.azure import azure_version
from dialin.llm.http import Server
from dialin.llm.learnt import accepts_path
from dialin.llm.providers import PROVIDERS
from dialin.llm.spec import Spec, at_server, form_hint, is_path
from dialin.text.script import is_chinese, is_japanese_or_korean, tells_language

ENGLISH = "intents-en-v5"
CHINESE = "intents-zh-v4"
_SUCCESSORS = {
    **dict.fromkeys((f"intents-en-v{number}" for number in range(1, 5)), ENGLISH),
    **dict.fromkeys((f"intents-zh-v{number}" for number in range(1, 4)), CHINESE),
}
"""What came with an earlier dialin, and what comes with this one; their vectors cannot be compared."""
_FORMS = (
    "auto, local:/path/to/folder, local:ENGLISH+CHINESE, st:NAME, openai:MODEL@URL, gemini:MODEL@URL, "
    "azure:DEPLOYMENT@URL; a URL begins with http:// or https://"
)


@dataclass(frozen=True)
class ChosenEmbedder:
    """An embedder, and the reason for the choice in one sentence, for the report and the log."""

    embedder: Embedder
    reason: str

    @property
    def name(self) -> str:
        """The spec that gives this embedder again, never ``auto``."""
        return self.embedder.name

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d)."""
        return self.embedder.encode(texts)


def embedder_of(spec: str, texts: Sequence[str] = (), n_threads: int | None = None) -> ChosenEmbedder:
    """Return the embedder that a spec names; its own `name` is a spec again.

    Parameters
    ----------
    spec : str
        ``auto``, ``local:NAME``, ``local:/path/to/folder`` (two of these joined by ``+``: English and Chinese side by
        side), ``st:NAME``, or a model on a server: ``openai:MODEL[@URL]``, ``gemini:MODEL[@URL]`` or
        ``azure:DEPLOYMENT[@URL]`` (keys are read from the environment; local servers need none). A folder is one of
        ``dialin tune embedder``; its path may end with a fingerprint, as in `name`.
    texts : sequence of str
        The texts at hand. ``auto`` takes the English model if fewer than 2 % of those with words are Chinese, the
        Chinese one if more than 98 % are, and both side by side otherwise.
    n_threads : int, optional
        Threads of a model in this process; all cores by default.

    Raises
    ------
    InputError
        The spec has none of these forms, a folder holds no embedder, or it no longer has the fingerprint of the spec.
    ModelError
        The model cannot be fetched or loaded.
    """
    parsed = Spec.maybe(spec)
    if parsed is not None and parsed.kind == "auto":
        chosen, reason = suited(texts)
        return ChosenEmbedder(_local_embedder(chosen, n_threads), reason)
    return ChosenEmbedder(_build(parsed, spec, n_threads), f"{spec} was asked for")


def _build(spec: Spec | None, text: str, n_threads: int | None) -> Embedder:
    if spec is not None and spec.kind == "local" and all(map(_is_local_embedder, _blocks(spec))):
        return _local_embedder(spec, n_threads)
    if spec is not None and spec.kind == "st":
        return SentenceTransformersEmbedder(spec.model)
    dialect = _dialect(spec) if spec is not None else None
    if spec is not None and dialect is not None:
        server = Server(spec.url, PROVIDERS[spec.kind].key(os.environ), key_header=dialect.key_header)
        return RemoteEmbedder(spec.model, server, dialect, remembered=accepts_path())
    raise InputError(f"unknown embedder {text!r}", hint=_remedy(spec, text))


def _remedy(spec: Spec | None, text: str) -> str:
    """Return what helps against a spec of no embedder."""
    old = [name for name in _blocks(spec) if name in _SUCCESSORS] if spec is not None and spec.kind == "local" else []
    if old:
        new = " and ".join(f"local:{_SUCCESSORS[name]}" for name in old)
        return f"it came with an earlier dialin: go on with that one, or begin anew with {new}"
    return form_hint(text) or f"there are: {local_specs()}, {_FORMS}"


def _dialect(spec: Spec) -> EmbeddingDialect | None:
    """Return the protocol of a model on a server; None where there is no such protocol for embeddings."""
    if spec.kind == "azure":
        return AzureEmbeddings(azure_version(os.environ))
    others: dict[str, EmbeddingDialect] = {"openai": OPENAI_EMBEDDINGS, "gemini": GEMINI_EMBEDDINGS}
    return others.get(spec.kind)


def is_embedder(spec: Spec) -> bool:
    """Return whether a spec can name nothing but an embedder; a model on a server may be either.

    Examples
    --------
    >>> [is_embedder(Spec("local", name)) for name in ("intents-en-v5", "gemma-3-270m", "./mine.gguf")]
    [True, False, False]
    """
    is_file = spec.model.endswith(".gguf")
    is_here = spec.kind == "local" and not is_file and all(map(_is_local_embedder, _blocks(spec)))
    return spec.kind in {"st", "auto"} or is_here


def _blocks(spec: Spec) -> list[str]:
    """Return the name or path of each embedder that a local spec joins."""
    return [spec.model, spec.adapter] if spec.adapter else [spec.model]


def _is_local_embedder(name: str) -> bool:
    return is_path(name) or name in local_names()


def _local_embedder(spec: Spec, n_threads: int | None) -> Embedder:
    first, *others = (OnnxEmbedder(block, n_threads=n_threads) for block in _blocks(spec))
    return BilingualEmbedder(first, others[0]) if others else first


def pinned(spec: str) -> str:
    """Return a spec that opens the same embedder every day: each folder has its fingerprint, each server its URL.

    Raises
    ------
    InputError
        A folder holds no embedder, or it no longer has the fingerprint of the spec.
    """
    parsed = Spec.maybe(spec)
    if parsed is None or parsed.kind != "local":
        return at_server(spec)
    blocks = [files_of(name).label if is_path(name) else name for name in _blocks(parsed)]
    return f"local:{'+'.join(block.removeprefix('local:') for block in blocks)}"


def suited(texts: Sequence[str]) -> tuple[Spec, str]:
    """Return the spec of the embedded model that suits the texts, and the reason for it.

    Texts without words, such as telephone numbers, go with the others.

    Examples
    --------
    >>> spec, reason = suited(["where is my card", "카드 어디 있어요"])
    >>> spec.name
    'intents-en-v5'
    >>> reason
    '0 of 2 texts are Chinese: English model; 1 is Japanese or Korean, which no embedded model knows (st:NAME may)'
    """
    n_chinese, n_words = sum(map(is_chinese, texts)), sum(map(tells_language, texts))
    share = n_chinese / n_words if n_words else 0.0
    without = f" ({len(texts) - n_words:,} more have no words)" if n_words < len(texts) else ""
    found = f"{n_chinese:,} of {n_words:,} texts are Chinese{without}"
    unknown = _unknown(sum(map(is_japanese_or_korean, texts)))
    if share < 0.02:
        return Spec("local", ENGLISH), f"{found}: English model{unknown}"
    if share > 0.98:
        return Spec("local", CHINESE), f"{found}: Chinese model{unknown}"
    return Spec("local", ENGLISH, CHINESE), f"{found}: English and Chinese model side by side{unknown}"


def _unknown(n_texts: int) -> str:
    verb = "is" if n_texts == 1 else "are"
    return f"; {n_texts:,} {verb} Japanese or Korean, which no embedded model knows (st:NAME may)" if n_texts else ""
