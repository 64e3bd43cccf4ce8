"""Models of the library sentence-transformers."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.errors import ModelError


class SentenceTransformersEmbedder:
    """A model of the sentence-transformers library, by its name on the hub or a path.

    The library runs code that lies beside a model in a folder, so a folder must be meant: its path begins with "/",
    "." or "~", or a drive.

    Raises
    ------
    ModelError
        The library is not installed, it cannot load the model, or a folder of the working directory has its name.
    """

    def __init__(self, model: str) -> None:
        path = Path(model)
        if path.exists() and not path.is_absolute() and not model.startswith((".", "~")):
            raise ModelError(
                f"'st:{model}' is a name on the hub, but there is a folder of that name here",
                hint=f"if you mean the folder, whose code may be run, write: st:./{model}",
            )
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise ModelError(
                f"embedder 'st:{model}' needs the library sentence-transformers, which is not installed",
                hint="run: pip install dialin[sentence-transformers]",
            ) from error
        self.name = f"st:{model}"
        try:
            self._model = library.SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"sentence-transformers cannot load {model!r}: {str(error).splitlines()[0]}",
                hint="check the name and the network",
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d)."""
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32).reshape(len(texts), -1)
