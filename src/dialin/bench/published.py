"""Read the figures that other papers report on the same data from ``published.json``, for a table of their own.

They come from other embedders, LLMs and prompts. They show where the field stands, not which method is better.
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
    "Figures as their authors report them, taken from transcriptions of their tables and from notes about them, not "
    "from the papers. No other section uses these figures."
)
FILE = "published.json"


@dataclass(frozen=True)
class PublishedRow:
    """One line of a paper's table.

    Parameters
    ----------
    data, method : str
        Names that the paper uses.
    told_k : bool
        Whether the method is told the true number of intents.
    nmi, ari, acc : float or None
        Scores in [0, 1]; None if the source does not report the score.
    calls : int or None
        Questions to the LLM; None if the source does not report it.
    embedder, llm : str
        Names of the models; "" if the source does not name them.
    source : str
        Authors, year and table of the paper.
    seen : str
        Place where the figures were read: a key of ``sources`` in the file.
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
    """Return the published figures for the data sets of the rows, in the order of the file."""
    names = {data for row in rows if (data := known_as(row)) is not None}
    return [PublishedRow(**line) for line in content()["figures"] if line["data"] in names]


def known_as(row: Row) -> str | None:
    """Return the name that papers give to the data set of a row; None if they do not know it.

    The file must have a known name and the same numbers of sentences and intents.
    """
    name = comparable(row.data)
    for known, about in content()["data"].items():
        if name in about["files"] and (row.n, row.n_true) == (about["n"], about["n_true"]):
            return str(known)
    return None


def comparable(name: str) -> str:
    """Return the name of a data set without the parts that differ between copies.

    Examples
    --------
    >>> comparable("CLINC_I_small"), comparable("bank77"), comparable("massive_i_zh_small")
    ('clinci', 'bank77', 'massiveizh')
    """
    return re.sub(r"[\W_]", "", name.casefold()).removesuffix("small").removesuffix("test")


@cache
def content() -> dict[str, Any]:
    """Return the content of ``published.json``."""
    text = resources.files("dialin.bench").joinpath(FILE).read_text(encoding="utf-8")
    return dict(json.loads(text))
