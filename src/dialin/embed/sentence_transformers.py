"""Models of the library sentence-transformers."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.errors import ModelError


class SentenceTransformersEmbedder:
    """A model of the sentence-transformers library, by its name on the hub or a path.

    Raises
    ------
    ModelError
        The library is not installed, or it cannot load the model.
    """

    def __init__(self, model: str) -> None:
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
