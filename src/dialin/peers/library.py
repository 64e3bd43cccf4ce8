"""Libraries that come only with an extra of dialin: loaded when a peer works, or one line says how to install them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from dialin.errors import InputError


@dataclass(frozen=True)
class Library:
    """A library that a peer works with.

    Parameters
    ----------
    module : str
        What is imported.
    name : str
        What pip calls it.
    extra : str
        The extra of dialin that installs it.
    """

    module: str
    name: str
    extra: str

    def load(self, peer: str) -> Any:
        """Return the module; raise InputError, which names the peer, if it is not installed."""
        try:
            return importlib.import_module(self.module)
        except ImportError as error:
            raise InputError(
                f"the method {peer!r} needs the library {self.name}, which is not installed",
                hint=f"run: pip install 'dialin[{self.extra}]'",
            ) from error


TORCH = Library("torch", "torch", "tune")
UMAP = Library("umap", "umap-learn", "peers")


@runtime_checkable
class WithLibrary(Protocol):
    """A peer that works with a library of an extra."""

    @property
    def library(self) -> Library:
        """The library."""
        ...
