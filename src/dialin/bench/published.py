"""Figures that other papers report on the same data, from ``published.json``: beside ours, never among them.

Other embedders, other LLMs, other prompts: they say where the field is, not which method is better.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from dialin.bench.results import Row

SECTION = "Published elsewhere (other embedders and LLMs)"
TEXT = (
    "As their authors report them; read in transcriptions of their tables and in notes about them, not in the papers. "
    "No figure of this section is in another."
)
FILE = "published.json"


@dataclass(frozen=True)
class PublishedRow:
    """One line of a paper's table.

    Parameters
    ----------
    data, method : str
        As the paper calls them.
    told_k : bool
        Whether the method is told the true number of intents.
    nmi, ari, acc : float or None
        Scores in [0, 1]; None if the source has none.
    calls : int or None
        Questions to the LLM; None if the source does not say.
    embedder, llm : str
        "" if the source does not say.
    source : str
        Whose figures they are.
    seen : str
        Where they were read: a key of ``sources`` in the file.
    """

    data: str
    method: str
    told_k: bool
    nmi: float | None
    ari: float | None
    acc: float | None
    calls: int | None
    embedder: str
    llm: str
    source: str
    seen: str

    def cells(self) -> dict[str, str]:
        """Return the line as text."""
        scores = {"NMI": self.nmi, "ARI": self.ari, "ACC": self.acc}
        return {
            "data": self.data,
            "method": self.method,
            "told k": "yes" if self.told_k else "no",
            **{name: "–" if value is None else f"{value:.3f}" for name, value in scores.items()},
            "calls": "–" if self.calls is None else f"{self.calls:,}",
            "embedder": self.embedder or "–",
            "LLM": self.llm or "–",
            "source": self.source,
        }


def published_for(rows: Sequence[Row]) -> list[PublishedRow]:
    """Return what was published on the data sets of the rows, in the order of the file."""
    names = {data for row in rows if (data := known_as(row)) is not None}
    return [PublishedRow(**line) for line in content()["figures"] if line["data"] in names]


def known_as(row: Row) -> str | None:
    """Return the name that papers give the data set of a row; None for any other.

    Its file must be called so, and have the same number of sentences and of intents.
    """
    name = comparable(row.data)
    for known, about in content()["data"].items():
        if name in about["files"] and (row.n, row.n_true) == (about["n"], about["n_true"]):
            return str(known)
    return None


def comparable(name: str) -> str:
    """Return the name of a data set without what differs from copy to copy.

    Examples
    --------
    >>> comparable("CLINC_I_small"), comparable("bank77"), comparable("massive_i_zh_small")
    ('clinci', 'bank77', 'massiveizh')
    """
    return re.sub(r"[\W_]", "", name.casefold()).removesuffix("small").removesuffix("test")


@cache
def content() -> dict[str, Any]:
    """Return what the file says."""
    text = resources.files("dialin.bench").joinpath(FILE).read_text(encoding="utf-8")
    return dict(json.loads(text))
