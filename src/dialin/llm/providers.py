"""The providers of LLMs on servers: where each is, and which variables of the environment name its server and its key.

The variables are those that the providers' own clients read; of several, the first that is set counts. They are
``OPENAI_BASE_URL`` (https://github.com/openai/openai-python), ``ANTHROPIC_BASE_URL``
(https://github.com/anthropics/anthropic-sdk-python), ``GOOGLE_GEMINI_BASE_URL``
(https://github.com/googleapis/python-genai) and ``AZURE_OPENAI_ENDPOINT``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from dialin.errors import InputError

ServerKind = Literal["openai", "anthropic", "gemini", "azure"]
"""The providers, as the first word of a spec."""


@dataclass(frozen=True)
class Provider:
    """A provider.

    Parameters
    ----------
    kind : {"openai", "anthropic", "gemini", "azure"}
        First word of its specs.
    url : str
        Base URL of its own server, with the version; "" where each customer has another.
    url_variables, key_variables : tuple of str
        Variables of the environment that name another server, and the key.
    version : str
        What a base URL ends in where it names no version: the providers' own clients leave it out.
    """

    kind: ServerKind
    url: str
    url_variables: tuple[str, ...]
    key_variables: tuple[str, ...]
    version: str = ""

    def key(self, environ: Mapping[str, str]) -> str:
        """Return the key of the environment, without the blanks around it; "" for none."""
        return next(filter(None, (environ.get(name, "").strip() for name in self.key_variables)), "")

    def named_by(self, environ: Mapping[str, str]) -> str:
        """Return the variable of the environment that names another server; "" for none."""
        return next((name for name in self.url_variables if environ.get(name, "").strip()), "")

    def base_url(self, environ: Mapping[str, str]) -> str:
        """Return the base URL of a model whose spec names none: that of the environment, or the provider's own.

        Raises
        ------
        InputError
            The variable holds no URL, or there is neither a variable nor a server that all customers share.
        """
        name = self.named_by(environ)
        if not name and not self.url:
            raise InputError(
                f"{self.kind}:DEPLOYMENT needs the address of its server",
                hint=f"use {self.kind}:DEPLOYMENT@https://NAME.openai.azure.com, or set {self.url_variables[0]}",
            )
        value = environ[name].strip() if name else self.url
        if not _is_url(value):
            raise InputError(
                f"the environment variable {name} holds no base URL", hint="such as https://models.example.com/v1"
            )
        return self.whole(value)

    def whole(self, url: str) -> str:
        """Return a base URL as it is asked: with the version, without a slash at its end.

        Examples
        --------
        >>> ANTHROPIC.whole("http://localhost:4000/"), OPENAI.whole("http://localhost:8000/v1/")
        ('http://localhost:4000/v1', 'http://localhost:8000/v1')
        >>> AZURE.whole("https://mine.openai.azure.com/openai/v1/")
        'https://mine.openai.azure.com'
        """
        bare = url.rstrip("/")
        if self.kind == "azure":
            return _BELOW_AZURE.sub("", bare)
        return bare if not self.version or _VERSION.search(bare) else bare + self.version


OPENAI = Provider("openai", "https://api.openai.com/v1", ("OPENAI_BASE_URL", "OPENAI_API_BASE"), ("OPENAI_API_KEY",))
ANTHROPIC = Provider(
    "anthropic", "https://api.anthropic.com/v1", ("ANTHROPIC_BASE_URL",), ("ANTHROPIC_API_KEY",), "/v1"
)
GEMINI = Provider(
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta",
    ("GOOGLE_GEMINI_BASE_URL",),
    ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "/v1beta",
)
AZURE = Provider("azure", "", ("AZURE_OPENAI_ENDPOINT",), ("AZURE_OPENAI_API_KEY",))
PROVIDERS: Mapping[str, Provider] = {provider.kind: provider for provider in (OPENAI, ANTHROPIC, GEMINI, AZURE)}
"""All providers by the first word of their specs."""
DEFAULT_URL = OPENAI.url
"""Base URL of the server that is asked where nobody names one."""

_VERSION = re.compile(r"/v\d+[a-z0-9]*\Z")
_BELOW_AZURE = re.compile(r"(?<=[^/])/openai(?:/v1|/deployments)?\Z")


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname)
    except ValueError:
        return False
