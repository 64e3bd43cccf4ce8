"""Load the libraries of dialin's extras when a peer needs them, or say in one line how to install them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from dialin.errors import InputError


@dataclass(frozen=True)
class Library:
    """A library that a peer depends on.

    Parameters
    ----------
    module : str
        Name of the module to import.
    name : str
        Name of the package for pip.
    extra : str
        Extra of dialin that installs the package.
    """

    module: str
    name: str
    extra: str

    def load(self, peer: str) -> Any:
        """Return the module; raise an InputError that names the peer if the library is not installed."""
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
    """A peer that depends on the library of an extra."""

    @property
    def library(self) -> Library:
        """The library."""
        ...
