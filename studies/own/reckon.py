"""Reckon what 10⁷ to 10⁹ utterances take, from rates that were measured: the tables of `docs/scale.md`.

``python -m studies.own.reckon`` prints the tables. Of ``studies/own/results``, it reads ``on_ray.json`` (rates of the
steps), ``growth.json`` (seconds of the clustering) and ``dialogues-qwen2.5-coder-0.5b.json`` (questions to an LLM); a
test holds the page to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from studies.own.machine import RESULTS

UTTERANCES = (10**7, 10**8, 10**9)
SAMPLE = 10**6
"""Distinct sentences that discover gets; predict assigns all utterances."""
N_INTENTS = 5_000
N_CORES = (16, 64, 256)
DIMENSIONS, FLOAT_BYTES = 384, 4
ROW_BYTES = 160
"""Of a text of 60 bytes on its way to a core, and with a name and numbers on its way back."""
CORE_HOUR, TOKENS_IN, TOKENS_OUT = 0.05, 0.15, 0.60
"""US dollars: an hour of a rented core, and a million tokens each way."""


@dataclass(frozen=True)
class Rates:
    """What was measured: rows per second of a core, seconds of the clustering, and questions an intent."""

    embed: float
    assign: float
    read: float
    write: float
    cluster_seconds: float
    questions: float
    tokens_in: float
    tokens_out: float

    @classmethod
    def measured(cls) -> Rates:
        """Return the rates of the results files."""
        rates, growth, asked = (
            json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
            for name in ("on_ray", "growth", "dialogues-qwen2.5-coder-0.5b")
        )
        steps, largest = rates["rates_per_cpu_second"], max(growth["rows"], key=lambda row: row["n"])
        told, goodness = asked["scores"], asked["scores"]["goodness"]
        n_intents = goodness["n_good"] + goodness["n_bad"] + goodness["n_unreadable"]
        return cls(
            embed=steps["embed"],
            assign=steps["assign"],
            read=steps["read"],
            write=steps["write"],
            cluster_seconds=largest["seconds"] * SAMPLE / max(largest["n"], SAMPLE),
            questions=told["questions"] / n_intents,
            tokens_in=told["tokens_in"] / told["questions"],
            tokens_out=told["tokens_out"] / told["questions"],
        )


@dataclass(frozen=True)
class Reckoned:
    """What n utterances take."""

    n: int
    rates: Rates

    @property
    def core_hours(self) -> float:
        """Embedding and assigning, on the cores of the cluster."""
        return self.n * (1 / self.rates.embed + 1 / self.rates.assign) / 3600

    @property
    def driver_hours(self) -> float:
        """Reading and writing, which one process does for all cores."""
        return self.n * (1 / self.rates.read + 1 / self.rates.write) / 3600

    @property
    def cluster_hours(self) -> float:
        """Trees, search and assigning of what discover gets, on one machine."""
        return self.rates.cluster_seconds / 3600

    def hours(self, n_cores: int) -> float:
        """Return the hours of predict on so many cores: the slower side holds the other up."""
        return max(self.core_hours / n_cores, self.driver_hours)

    @property
    def questions(self) -> float:
        """Questions to an LLM, which follow the number of intents."""
        return N_INTENTS * self.rates.questions

    @property
    def dollars(self) -> float:
        """Cores and tokens."""
        token = (self.rates.tokens_in * TOKENS_IN + self.rates.tokens_out * TOKENS_OUT) / 1e6
        return self.core_hours * CORE_HOUR + self.questions * token

    @property
    def gigabytes_of_all(self) -> float:
        """Vectors, if discover got all utterances and they were distinct."""
        return self.n * DIMENSIONS * FLOAT_BYTES / 1e9


def hours_on(n_cores: int) -> Callable[[Reckoned], float]:
    """Return the function that gives the hours of predict on so many cores."""
    return lambda of: of.hours(n_cores)


LINES: dict[str, Callable[[Reckoned], float]] = {
    "embed and assign, core-hours": lambda of: of.core_hours,
    "read and write, hours of the driver": lambda of: of.driver_hours,
    **{f"predict on {n} cores, hours": hours_on(n) for n in N_CORES},
    "clustering of 10⁶ sentences, hours of one machine": lambda of: of.cluster_hours,
    "vectors of 10⁶ sentences at the driver, GB": lambda _: SAMPLE * DIMENSIONS * FLOAT_BYTES / 1e9,
    "vectors of all at the driver, if all were clustered, GB": lambda of: of.gigabytes_of_all,
    "between driver and cores, GB": lambda of: of.n * ROW_BYTES / 1e9,
    "questions to an LLM": lambda of: of.questions,
    "US dollars": lambda of: of.dollars,
}


def reckoned_table(rates: Rates) -> str:
    """Return the table in Markdown."""
    columns = [Reckoned(n, rates) for n in UTTERANCES]
    heads = ["10⁷", "10⁸", "10⁹"]
    rows = [[name, *(shown(line(column)) for column in columns)] for name, line in LINES.items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in [["utterances", *heads], ["---", *["---:"] * 3], *rows])


def measured_table() -> str:
    """Return what a cluster on one machine costs, in Markdown: the side by side of ``on_ray.json``."""
    found = json.loads((RESULTS / "on_ray.json").read_text("utf-8"))["embedding"]
    lines = {
        "seconds to join": [row["seconds_to_join"] for row in found],
        "seconds to open the embedder": [row["seconds_to_open"] for row in found],
        "seconds to embed, by the seconds without Ray": [row["ratio"] for row in found],
        "memory of the workers, MB": [row["mb"]["workers"] for row in found],
        "memory of Ray beside them, MB": [row["mb"]["rest of Ray"] for row in found],
    }
    heads = [["processes", *(str(row["n_processes"]) for row in found)], ["---", *["---:"] * len(found)]]
    rows = [*heads, *([name, *map(str, values)] for name, values in lines.items())]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def shown(value: float) -> str:
    """Return a number with two significant digits.

    Examples
    --------
    >>> shown(0.0347), shown(2.96), shown(1234)
    ('0.035', '3.0', '1,200')
    """
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:#.2g}"


if __name__ == "__main__":
    print(reckoned_table(Rates.measured()), measured_table(), sep="\n\n")
