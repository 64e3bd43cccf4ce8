"""Azure OpenAI: OpenAI's protocol at other addresses, with the deployment in the path and a version in the query.

The addresses are those of https://learn.microsoft.com/en-us/azure/ai-services/openai/reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from dialin.llm.accepts import Accepts
from dialin.llm.dialects.base import KeyHeader
from dialin.llm.dialects.openai import OpenAIDialect
from dialin.llm.providers import AZURE

AZURE_KEY = KeyHeader(AZURE.key_variables[0], "api-key", "")
"""How Azure is shown who asks."""
_VERSION_VARIABLE = "OPENAI_API_VERSION"
_VERSION = "2025-04-01-preview"
"""The newest with a date: older ones refuse reasoning models."""


def azure_version(environ: Mapping[str, str]) -> str:
    """Return the version of the protocol: that of ``OPENAI_API_VERSION``, or one that knows all models."""
    return environ.get(_VERSION_VARIABLE, "").strip() or _VERSION


def deployment_path(deployment: str, endpoint: str, version: str) -> str:
    """Return what follows the base URL to an endpoint of a deployment.

    Examples
    --------
    >>> deployment_path("mine", "embeddings", "2024-10-21")
    '/openai/deployments/mine/embeddings?api-version=2024-10-21'
    """
    return f"/openai/deployments/{quote(deployment, safe='')}/{endpoint}?api-version={quote(version, safe='')}"


@dataclass(frozen=True)
class AzureDialect(OpenAIDialect):
    """``/openai/deployments/DEPLOYMENT/chat/completions``, and ``completions`` for base models.

    Parameters
    ----------
    version : str
        Version of the protocol, a date.
    """

    version: str = _VERSION

    kind = AZURE.kind
    key_header = AZURE_KEY
    start = Accepts(grammar=False)

    def path(self, model: str, accepts: Accepts) -> str:
        """Return the endpoint of a deployment."""
        return deployment_path(model, super().path(model, accepts).removeprefix("/"), self.version)

    def models_path(self) -> str:
        """Return the list of models."""
        return f"/openai/models?api-version={quote(self.version, safe='')}"
