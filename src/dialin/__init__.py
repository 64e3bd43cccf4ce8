"""Find the intents in customer-service dialogues with an LLM in the loop.

The folders are the steps of the data, in this order:

- ``read``, ``redact``, ``embed``, ``cluster`` turn a file into sentences, without what must not be seen if you ask for
  that, into unit vectors, and into a tree that can be cut anywhere;
- ``judge``, ``search``, ``name`` decide whether a set is one intent, keep the good sets (Algorithm 1), and label them;
- ``discover`` is the whole method, with `IntentClusterer`, the estimator;
- ``review``, ``runs``, ``facts``, ``report``, ``jobs`` hold people's decisions about a result, the run folder, its
  contents as plain values, the page and tables that show them, and one file for each job;
- ``web``, ``serve``, ``annotate``, ``tune``, ``peers``, ``bench``, ``cli`` build on all of the above;
- ``errors``, ``files``, ``arrays``, ``text``, ``models``, ``prompts``, ``llm``, ``score`` are the ground that all
  others share.

The public names are those in `__all__`. Each is imported on first use, so that `import dialin` and the command line
start at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# `read` is both a folder and a function: importing the folder first keeps it from replacing the function later.
import dialin.read  # noqa: F401

if TYPE_CHECKING:
    from dialin.discover.estimator import IntentClusterer
    from dialin.discover.settings import Settings
    from dialin.discover.state import Intent, Result
    from dialin.embed.base import Embedder
    from dialin.embed.choose import embedder_of
    from dialin.errors import BudgetError, DialinError, InputError, ModelError, ProviderError
    from dialin.jobs.open_run import OpenRun, open_run
    from dialin.judge.coherence import CoherenceJudge
    from dialin.judge.crowd import Crowd
    from dialin.judge.verdict import Coherence, Judge, Verdict
    from dialin.llm.base import LLM, Backend, Reply, Request
    from dialin.llm.client import Client
    from dialin.prompts.prompt import Prompt
    from dialin.read.columns import Columns
    from dialin.read.corpus import Corpus

__version__ = "0.2.0"

__all__ = [
    "LLM",
    "Backend",
    "BudgetError",
    "Client",
    "Coherence",
    "CoherenceJudge",
    "Columns",
    "Corpus",
    "Crowd",
    "DialinError",
    "Embedder",
    "InputError",
    "Intent",
    "IntentClusterer",
    "Judge",
    "ModelError",
    "OpenRun",
    "Prompt",
    "ProviderError",
    "Reply",
    "Request",
    "Result",
    "Settings",
    "Verdict",
    "__version__",
    "embedder_of",
    "open_run",
    "read",
]

_MODULES = {
    "IntentClusterer": "dialin.discover.estimator",
    "Settings": "dialin.discover.settings",
    "Intent": "dialin.discover.state",
    "Result": "dialin.discover.state",
    "Embedder": "dialin.embed.base",
    "embedder_of": "dialin.embed.choose",
    "BudgetError": "dialin.errors",
    "DialinError": "dialin.errors",
    "InputError": "dialin.errors",
    "ModelError": "dialin.errors",
    "ProviderError": "dialin.errors",
    "OpenRun": "dialin.jobs.open_run",
    "open_run": "dialin.jobs.open_run",
    "CoherenceJudge": "dialin.judge.coherence",
    "Crowd": "dialin.judge.crowd",
    "Coherence": "dialin.judge.verdict",
    "Judge": "dialin.judge.verdict",
    "Verdict": "dialin.judge.verdict",
    "LLM": "dialin.llm.base",
    "Backend": "dialin.llm.base",
    "Prompt": "dialin.prompts.prompt",
    "Reply": "dialin.llm.base",
    "Request": "dialin.llm.base",
    "Client": "dialin.llm.client",
    "Columns": "dialin.read.columns",
    "Corpus": "dialin.read.corpus",
}
"""Module of each public name, except the functions below."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def read(source: object, columns: Columns | None = None, *, redact: str = "off") -> Corpus:
    """Read sentences from a file, a frame or a list, and count the unique ones; see `dialin.read.table.read`.

    With `redact` "rules", "presidio" or "gliner", what must not be seen is replaced: see `dialin.redact`.
    """
    from dialin.redact.source import read_redacted  # noqa: PLC0415  (on first use, as above)

    return read_redacted(source, columns, redact).corpus
