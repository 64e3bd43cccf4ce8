"""Tables of `dialin bench` by hand: means, spreads, the paired test, and what was published elsewhere."""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bench_row import row
from dialin.bench import table
from dialin.bench.compare import ALL_DATA, Comparison, comparisons_of
from dialin.bench.published import PublishedRow, content, known_as, published_for
from dialin.bench.results import Row


def figure(line: table.TableLine, name: str) -> table.Figure:
    found = line.figures[name]
    assert found
    return found


def rows_by(values: dict[str, list[float]]) -> list[Row]:
    """Return rows of seeds 0, 1 … from the ARI of each method."""
    return [row(method, ari, seed) for method, aris in values.items() for seed, ari in enumerate(aris)]


def on_ari(rows: list[Row], data: str = "a") -> list[Comparison]:
    return [c for c in comparisons_of(rows) if (c.metric, c.data) == ("ari", data)]


# --- means ----------------------------------------------------------------------------------------


def test_mean_and_spread_by_hand() -> None:
    first, last = table.lines_of(rows_by({"kmeans": [0.2, 0.4]}))
    assert (first.data, last.data, first.n_seeds) == ("a", ALL_DATA, 2)
    assert figure(first, "ari").mean == pytest.approx(0.3)
    assert figure(first, "ari").std == pytest.approx(math.sqrt(0.02))
    assert figure(first, "tokens").mean == 2010
    assert figure(first, "k_ratio").mean == pytest.approx(7 / 5)
    assert figure(first, "peak_memory_mb").mean == 300
    assert figure(table.lines_of([row("kmeans", 0.2)])[0], "ari").std is None


def test_seconds_are_those_of_runs_that_knew_no_reply() -> None:
    whole, known = row("idas", 0.2), row("idas", 0.2, 1, paid_calls=3, seconds=0.1)
    assert figure(table.lines_of([whole, known])[0], "seconds") == table.Figure(1.5, None)
    assert table.lines_of([known])[0].figures["seconds"] is None
    assert "| 2,010 | – |" in table.markdown([known])


def test_what_a_run_lacks_counts_in_no_mean() -> None:
    rows = [row("gmm", 0.2, goodness=0.5), row("gmm", 0.2, 1), row("gmm", 0.2, 2, goodness=1.0, peak_memory_mb=None)]
    line = table.lines_of(rows)[0]
    assert figure(line, "goodness").mean == pytest.approx(0.75)
    assert figure(line, "peak_memory_mb").mean == 300


def test_over_all_data_the_spread_is_that_of_seeds() -> None:
    """Seed 0: .2 and .6, so .4; seed 1: .4 and .8, so .6; seed 2 is not on both data sets."""
    aris = {("a", 0): 0.2, ("b", 0): 0.6, ("a", 1): 0.4, ("b", 1): 0.8, ("a", 2): 0.9}
    rows = [row("kmeans", ari, seed, data) for (data, seed), ari in aris.items()]
    last = table.lines_of(rows)[-1]
    assert (last.data, last.n_seeds) == (ALL_DATA, 2)
    assert figure(last, "ari").mean == pytest.approx(0.5)
    assert figure(last, "ari").std == pytest.approx(math.sqrt(0.02))
    assert [line.data for line in table.lines_of([*rows, row("gmm", 0.1)])] == ["a", "a", "b", ALL_DATA]


def test_of_one_data_set_there_is_one_table() -> None:
    rows = [row("dialin", 0.2), row("gmm", 0.1)]
    assert f"## {ALL_DATA}" not in table.markdown(rows)
    assert f"| {ALL_DATA} |" not in table.markdown(rows)
    both = [*rows, row("dialin", 0.2, data="b"), row("gmm", 0.1, data="b")]
    assert re.findall(r"^## (.*)", table.markdown(both), re.M) == ["a", "b", ALL_DATA, "Test"]


def test_columns_of_what_was_measured_later_are_there_where_it_was() -> None:
    assert "goodness" not in table.markdown([row("gmm", 0.2)])
    text = table.markdown([row("gmm", 0.2, goodness=0.5), row("kmeans", 0.2)])
    assert "| coverage | goodness | calls |" in text
    assert "| 1.000 | 0.500 | 1,000 |" in text
    assert "| 1.000 | – | 1,000 |" in text
    assert "downstream" not in text


def test_a_name_with_a_bar_makes_no_column() -> None:
    assert "| a\\|b |" in table.markdown([row("dialin", 0.2, data="a|b"), row("gmm", 0.1, data="a|b")])


def test_the_parquet_file_has_all_columns_with_their_types(tmp_path: Path) -> None:
    table.write_tables(tmp_path, [row("gmm", 0.2)])
    found = pq.read_table(tmp_path / table.RESULTS)
    assert found.column_names == [field.name for field in fields(Row)] + ["k_ratio"]
    assert {name: str(found.schema.field(name).type) for name in ("goodness", "goodness_calls", "told_k")} == {
        "goodness": "double",
        "goodness_calls": "int64",
        "told_k": "bool",
    }
    assert found["k_ratio"].to_pylist() == [7 / 5]


# --- the test -------------------------------------------------------------------------------------


def test_the_paired_test_by_hand() -> None:
    """Differences .1, .2, .3: t = .2 / (.1 / √3) = 3.464 with 2 degrees of freedom, so p = 1 - t / √(t² + 2)."""
    tested = on_ari(rows_by({"dialin": [0.5, 0.6, 0.7], "kmeans": [0.4, 0.4, 0.4]}))
    assert [(c.method, c.n_pairs) for c in tested] == [("kmeans", 3)]
    assert tested[0].difference == pytest.approx(0.2)
    t = 0.2 / (0.1 / math.sqrt(3))
    assert tested[0].p == pytest.approx(1 - t / math.sqrt(t**2 + 2))
    assert tested[0].stars == ""


@pytest.mark.parametrize(("ours", "theirs"), [([0.5], [0.4]), ([0.5, 0.6], [0.5, 0.6]), ([0.5, 0.6], [0.4, 0.5])])
def test_without_spread_there_is_no_p(ours: list[float], theirs: list[float]) -> None:
    rows = rows_by({"dialin": ours, "kmeans": theirs})
    assert [c.p for c in comparisons_of(rows)] == [None] * 6
    assert table.markdown(rows).count("undefined |") == 3


def test_seeds_that_change_nothing_are_one_result_however_many_data_sets_there_are() -> None:
    """Differences .1 on a, .3 on b, the same for each seed: over seeds × data sets, that would be p < .02."""
    rows = [row(m, ari, s, d) for m, d, ari in FIXED for s in range(4)]
    assert [(c.n_pairs, c.p) for c in on_ari(rows, ALL_DATA)] == [(4, None)]
    assert on_ari(rows, ALL_DATA)[0].difference == pytest.approx(0.2)


FIXED = (("dialin", "a", 0.5), ("kmeans", "a", 0.4), ("dialin", "b", 0.8), ("kmeans", "b", 0.5))


def test_over_all_data_sets_means_of_a_seed_are_paired() -> None:
    """Means of dialin .5 and .7, of k-means .4 and .4; seed 2 is not on b."""
    ours, theirs = {(0, "a"): 0.4, (0, "b"): 0.6, (1, "a"): 0.6, (1, "b"): 0.8, (2, "a"): 0.9}, 0.4
    rows = [row("dialin", ari, s, d) for (s, d), ari in ours.items()]
    rows += [row("kmeans", theirs, s, d) for s, d in ours]
    found = on_ari(rows, ALL_DATA)[0]
    assert found.n_pairs == 2
    assert found.difference == pytest.approx(0.2)
    assert found.p == pytest.approx(2 / math.pi * math.atan(0.1 / 0.2))  # t = 2 with 1 degree of freedom


def test_only_what_both_have_is_paired() -> None:
    rows = [row("dialin", 0.5, 0), row("dialin", 0.5, 1), row("kmeans", 0.4, 1), row("gmm", 0.3, 2)]
    assert [(c.method, c.n_pairs) for c in on_ari(rows)] == [("kmeans", 1)]
    assert comparisons_of([row("kmeans", 0.4)]) == []


def test_stars_stand_beside_the_score_that_differs() -> None:
    """On ARI k-means differs at p < .05, GMM does not; AMI and ACC are the same everywhere."""
    values = {"dialin": [0.50, 0.61, 0.70], "kmeans": [0.40, 0.50, 0.61], "gmm": [0.9, 0.3, 0.6]}
    text = table.markdown(rows_by(values))
    lines = text.splitlines()
    assert [line.split("|")[1].strip() for line in lines if "* |" in line] == ["kmeans", "a"]
    assert "| kmeans | yes | 3 | 0.500 ± 0.000 | 0.500 ± 0.000 | 0.503 ± 0.105 ** |" in text
    assert "* is p < 0.05, ** is p < 0.01, not corrected for the number of tests" in text
    assert text.count("| a | kmeans | 3 | +0.000 | undefined | +0.100 | 0.0033 ** | +0.000 | undefined |") == 1


def test_stars_are_those_of_the_level() -> None:
    stars = {p: Comparison("a", "gmm", "ari", 3, 0.1, p).stars for p in (None, 0.05, 0.049, 0.01, 0.0099)}
    assert stars == {None: "", 0.05: "", 0.049: "*", 0.01: "*", 0.0099: "**"}


# --- published figures ----------------------------------------------------------------------------


def bank(**more: Any) -> Row:
    return replace(row("dialin", 0.5, data="bank77_small", n=3080, n_true=77), **more)


def test_published_figures_stand_apart_and_only_where_the_data_is_the_same() -> None:
    text = table.markdown([bank()])
    ours, theirs = text.split("## Published elsewhere (other embedders and LLMs)")
    assert "ClusterLLM" not in ours
    assert "| Bank77 | LLM-ITL | no | 0.823 | – | – | 560 | – | – | Hong et al. 2025 (EMNLP) |" in theirs
    assert "Published" not in table.markdown([row("dialin", 0.5)])
    assert table.tables_json([bank()])["published"][0]["source"] == "Hong et al. 2025 (EMNLP)"


@pytest.mark.parametrize(
    ("name", "n", "n_true", "expected"),
    [
        ("bank77_small", 3080, 77, "Bank77"),
        ("Banking77-test", 3080, 77, "Bank77"),
        ("bank77", 3080, 76, None),
        ("bank77", 3000, 77, None),
        ("massive_i_small", 2974, 59, "Massive(I)"),
        ("massive_i_zh_small", 2974, 59, None),
    ],
)
def test_a_data_set_is_known_by_name_and_size(name: str, n: int, n_true: int, expected: str | None) -> None:
    assert known_as(bank(data=name, n=n, n_true=n_true)) == expected


def test_every_published_figure_has_its_source() -> None:
    found = [PublishedRow(**line) for line in content()["figures"]]
    assert {line.data for line in found} == set(content()["data"])
    assert all(line.source and line.seen in content()["sources"] for line in found)
    assert all(0 < v < 1 for line in found for v in (line.nmi, line.ari, line.acc) if v is not None)
    assert all((line.nmi, line.acc, line.calls) != (None, None, None) for line in found)
    assert len(published_for([bank()])) == sum(line.data == "Bank77" for line in found)


# --- machines -------------------------------------------------------------------------------------


def test_the_table_says_what_ran_where() -> None:
    here: dict[str, Any] = {"machine": "EPYC, 2 cores"}
    rows = [row("kmeans", 0.2, 0, **here), row("kmeans", 0.2, 1, **here), row("dialin", 0.4), row("idas", 0.1, **here)]
    found = next(section for section in table.sections_of(rows) if section.title == "Machines")
    assert found.rows == [
        {"machine": "EPYC, 2 cores", "runs": "3", "methods": "kmeans 2, idas 1"},
        {"machine": "not recorded", "runs": "1", "methods": "dialin 1"},
    ]


def test_without_a_recorded_machine_there_is_no_table_of_machines() -> None:
    assert "Machines" not in {section.title for section in table.sections_of([row("kmeans", 0.2)])}
