"""Find the intents in customer-service dialogues with an LLM in the loop."""

from dialin.discover.method import Intent, IntentClusterer, Result, Settings
from dialin.embed.choose import Embedder, embedder_of
from dialin.errors import BudgetError, DialinError, InputError, ModelError, ProviderError
from dialin.judge.coherence import Coherence, CoherenceJudge, Crowd, Judge, Verdict
from dialin.llm.base import LLM, Backend, Prompt, Reply, Request
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus
from dialin.read.table import read

__version__ = "0.1.0"

__all__ = [
    "LLM",
    "Backend",
    "BudgetError",
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
    "Prompt",
    "ProviderError",
    "Reply",
    "Request",
    "Result",
    "Settings",
    "Verdict",
    "__version__",
    "embedder_of",
    "read",
]
