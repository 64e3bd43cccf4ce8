from __future__ import annotations

import string
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tune_tiny
from dialin.errors import InputError
from dialin.judge.questions import build_list_prompt
from dialin.llm.render import Template, written_out
from dialin.name.labels import Example as Naming
from dialin.name.labels import build_prompt
from dialin.prompts.prompt import Prompt
from dialin.tune.batches import (
    IGNORE_INDEX,
    EncodedExample,
    StepOrder,
    by_length,
    collate,
    encode,
    shares_of,
    some,
    steps_of_epoch,
)
from dialin.tune.settings import Task, TuneSettings, learning_rate_at
from dialin.tune.text import TrainingExample, examples_of, judge_prompt, name_prompt, read_clusters

GOOD: tune_tiny.Row = {
    "cluster_id": 1,
    "source": "shop",
    "shown": ["where is it", "has it come"],
    "label": "a",
    "good": True,
}
ZH: tune_tiny.Row = {"cluster_id": 2, "source": "店", "shown": ["退款", "查天气"], "label": "b", "good": False}


def tokenize(text: str) -> list[int]:
    """One token for each letter, after one that begins a text."""
    return [0, *map(ord, text)]


def example(group: str = "a", source: str = "shop", good: bool = True, cluster_id: str = "1") -> TrainingExample:
    return TrainingExample(
        cluster_id, source, group, Prompt("s", (), "u"), "Good" if good else "Bad", ("Good", "Bad"), good
    )


# ---- text


@pytest.mark.parametrize("template", ["chatml", "plain"])
@pytest.mark.parametrize("row", [GOOD, ZH])
def test_a_judge_reads_what_it_will_be_asked(row: tune_tiny.Row, template: Template) -> None:
    [found] = examples_of([row], "judge")
    asked = build_list_prompt(row["shown"], "tuned")
    assert found.text(template)[0] == written_out(asked, template)
    assert asked.shots == ()


def test_the_answer_is_an_option_in_the_language_of_the_sentences() -> None:
    good, bad = examples_of([GOOD, ZH], "judge")
    assert (good.answer, good.options, good.good) == ("Good", ("Good", "Bad"), True)
    assert (bad.answer, bad.options, bad.good) == ("坏", ("好", "坏"), False)
    assert good.text("chatml")[1] == "Good"


def test_a_prompt_by_hand() -> None:
    text, answer = examples_of([GOOD], "judge")[0].text("plain")
    assert text.endswith("\n\n- where is it\n- has it come\nGood or Bad?\n")
    assert text.startswith("Sentences from customer service.")
    assert answer == "Good"


def test_a_namer_reads_the_naming_prompt_without_examples() -> None:
    prompt = name_prompt(["退款", "退钱"], "zh")
    whole = build_prompt(Naming.of(["退款", "退钱"], "zh"))
    assert whole.shots
    assert prompt == Prompt(whole.system, (), whole.user)


def test_a_name_has_an_end() -> None:
    [found] = examples_of([GOOD | {"name": "ask-status"}], "namer")
    assert found.text("chatml")[1] == "ask-status<|im_end|>"
    assert found.text("plain")[1] == "ask-status\n"
    assert found.text("chatml")[0].endswith("<|im_start|>assistant\n")


@pytest.mark.parametrize(
    "change", [{"name": None}, {"name": ""}, {"name": "Parcel!"}, {"name": "ask-status", "good": False}]
)
def test_only_good_clusters_with_a_name_teach_names(change: tune_tiny.Row) -> None:
    assert examples_of([GOOD | change], "namer") == []


def test_the_prompt_has_the_language_of_the_name() -> None:
    """A Chinese set with English labels gets English names."""
    row = ZH | {"good": True}
    english, chinese = examples_of([row | {"name": "request-refund"}, row | {"name": "申请-退款"}], "namer")
    assert english.prompt == name_prompt(row["shown"], "en")
    assert chinese.prompt == name_prompt(row["shown"], "zh")


def test_without_a_label_a_cluster_is_a_group_of_its_own() -> None:
    assert examples_of([GOOD | {"label": ""}], "judge")[0].group == "1"
    assert examples_of([GOOD | {"label": None, "name": "ask-b"}], "judge")[0].group == "ask-b"


def test_clusters_come_back_from_a_file(tmp_path: Path) -> None:
    table = tune_tiny.rows(4)
    assert read_clusters(tune_tiny.write(tmp_path / "a.parquet", table), "judge") == table


@pytest.mark.parametrize(
    ("table", "task", "match"),
    [
        ([{k: v for k, v in GOOD.items() if k != "good"}], "judge", "no column 'good'"),
        ([GOOD], "namer", "no column 'name'"),
        ([GOOD | {"shown": []}, GOOD], "judge", "cluster 1 shows no sentences"),
        ([GOOD | {"good": None}, GOOD], "judge", "neither good nor bad"),
    ],
)
def test_what_cannot_be_learnt_from_is_named(
    tmp_path: Path, table: list[tune_tiny.Row], task: Task, match: str
) -> None:
    path = tune_tiny.write(tmp_path / "a.parquet", table)
    with pytest.raises(InputError, match=match):
        read_clusters(path, task)


def test_no_rows_and_no_file(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(pa.Table.from_pylist([GOOD]).slice(1), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_text("hello")
    with pytest.raises(InputError, match="no rows"):
        read_clusters(tmp_path / "a.parquet", "judge")
    for name in ("b.parquet", "c.parquet"):
        with pytest.raises(InputError, match=rf"cannot read .*{name}") as caught:
            read_clusters(tmp_path / name, "judge")
        assert "\n" not in str(caught.value)


# ---- tokens


def test_an_option_is_its_first_token() -> None:
    found = encode(examples_of([GOOD], "judge")[0], "plain", tokenize)
    assert found.answer == (ord("G"),)
    assert found.options == (ord("G"), ord("B"))
    assert found.prompt[0] == 0
    assert "".join(map(chr, found.prompt[1:])).endswith("Good or Bad?\n")


def test_a_name_is_all_its_tokens() -> None:
    found = encode(examples_of([GOOD | {"name": "ask-it"}], "namer")[0], "plain", tokenize)
    assert "".join(map(chr, found.answer)) == "ask-it\n"
    assert found.options == ()


def test_options_that_begin_alike_are_refused() -> None:
    with pytest.raises(InputError, match="Good and Gut with the same token"):
        encode(TrainingExample("1", "s", "g", Prompt("s", (), "u"), "Good", ("Good", "Gut")), "plain", tokenize)


def test_a_model_that_joins_prompt_and_answer_is_refused() -> None:
    with pytest.raises(InputError, match="as one token"):
        encode(example(), "plain", lambda text: [len(text)])


def encoded(n_prompt: int, answer: tuple[int, ...], options: tuple[int, ...] = ()) -> EncodedExample:
    return EncodedExample(example(), tuple(range(1, n_prompt + 1)), answer, options)


def test_padding_by_hand() -> None:
    """Prompts 1 2 3 and 1, answers 7 8 and 9.

    Read are all tokens but the last: 1 2 3 7, and 1 behind three of padding. What should follow the last two positions:
    7 8 after 3 and 7; for the other nothing that counts, then 9 after 1.
    """
    batch = collate([encoded(3, (7, 8)), encoded(1, (9,))], pad=5)
    assert batch.ids.tolist() == [[1, 2, 3, 7], [5, 5, 5, 1]]
    assert batch.mask.tolist() == [[1, 1, 1, 1], [0, 0, 0, 1]]
    assert batch.labels.tolist() == [[7, 8], [IGNORE_INDEX, 9]]


def test_of_a_judge_only_the_last_position_counts() -> None:
    batch = collate([encoded(3, (7,), (7, 8)), encoded(2, (8,), (7, 8))], pad=0)
    assert batch.ids.tolist() == [[1, 2, 3], [0, 1, 2]]
    assert batch.labels.tolist() == [[7], [8]]
    assert batch.options.tolist() == [[7, 8], [7, 8]]


# ---- which sentences share an intent


def test_the_end_of_a_sentence_is_its_newline() -> None:
    row = GOOD | {"shown": ["where is it", "has it come?", "b\nc"], "shown_labels": ["a", "a", ""]}
    [found] = examples_of([row], "judge")
    encoded_ = encode(found, "plain", tokenize)
    read = "".join(map(chr, encoded_.prompt))
    assert found.intents == ("a", "a", "")
    assert [read[: end + 1].rsplit("- ", 1)[1] for end in encoded_.ends] == [
        "where is it\n",
        "has it come?\n",
        "b c\n",
    ]


@pytest.mark.parametrize("unknown", [{}, {"shown_labels": None}])
def test_without_labels_nothing_is_said_of_pairs(unknown: tune_tiny.Row) -> None:
    [found] = examples_of([GOOD | unknown], "judge")
    assert encode(found, "plain", tokenize).ends == ()


def test_ends_move_with_the_padding() -> None:
    """Prompts of three and two tokens: the second is moved by one. Of its three intents, "" equals no other."""
    known = TrainingExample("1", "shop", "a", Prompt("s", (), "u"), "Bad", intents=("x", "", "x"))
    long, short = EncodedExample(known, (1, 2, 3), (7,), ends=(0, 1, 2)), encoded(2, (8,))
    assert collate([long, short], pad=0).ends.tolist() == [[0, 0, 0], [0, 1, 1], [0, 2, 0]]
    known = TrainingExample("1", "shop", "a", Prompt("s", (), "u"), "Bad", intents=("x", "y"))
    short = EncodedExample(known, (1, 2), (7,), ends=(0, 1))
    assert collate([encoded(3, (8,)), short], pad=0).ends.tolist() == [[1, 1, 0], [1, 2, 1]]
    assert collate([encoded(3, (8,))], pad=0).ends.shape == (0, 3)


# ---- order


LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=120)


@given(LENGTHS, st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_an_epoch_sees_each_row_once(lengths: list[int], batch: int, accumulation: int, epoch: int) -> None:
    settings = TuneSettings("a", batch=batch, accumulation=accumulation)
    steps = steps_of_epoch(lengths, settings, epoch)
    assert Counter(row for step in steps for rows in step for row in rows) == Counter(range(len(lengths)))
    assert max(len(rows) for step in steps for rows in step) <= batch
    assert max(map(len, steps)) <= accumulation
    assert steps == steps_of_epoch(lengths, settings, epoch)


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    lengths = list(range(50))
    orders = [steps_of_epoch(lengths, TuneSettings("a", seed=seed), epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert all(a != b for i, a in enumerate(orders) for b in orders[:i])


def test_batches_hold_one_length() -> None:
    """Lengths 0 to 99 in pools of 8 steps of 2 batches of 4, so 64: a batch spans far less than the 100."""
    settings = TuneSettings("a", batch=4, accumulation=2)
    spans = [max(rows) - min(rows) for step in steps_of_epoch(range(100), settings, 0) for rows in step]
    assert sum(spans) / len(spans) < 15


@pytest.mark.parametrize("first", [0, 1, 4, 5, 11])
def test_going_on_at_a_step_gives_the_same_steps(first: int) -> None:
    """18 rows in batches of 2, two to a step: five steps an epoch."""
    settings, lengths = TuneSettings("a", batch=2, accumulation=2), list(range(18))
    whole, later = StepOrder(lengths, settings), StepOrder(lengths, settings)
    expected = [whole[step] for step in range(14)]
    assert [later[step] for step in range(first, 14)] == expected[first:]
    assert expected == [step for epoch in range(3) for step in steps_of_epoch(lengths, settings, epoch)][:14]


def test_by_length_covers_all_in_ascending_order() -> None:
    examples = [encoded(n, (7,)) for n in (5, 1, 9, 3)]
    assert list(by_length(examples, 3)) == [[1, 3, 0], [2]]


# ---- parts


def many(n: int = 200) -> list[TrainingExample]:
    return [example(f"label {i % 40}", "ab"[i % 2], i % 4 < 2, str(i)) for i in range(n)]


def test_whole_labels_are_watched_and_sources_held_out() -> None:
    parts = shares_of(many(), TuneSettings("m", held_out=("b",), watch_share=0.3))
    assert {e.source for e in parts.held_out} == {"b"}
    assert {e.source for e in parts.learnt + parts.watched} == {"a"}
    assert not {e.group for e in parts.learnt} & {e.group for e in parts.watched}
    assert len(parts.learnt + parts.watched + parts.held_out) == 200
    assert 0 < len(parts.watched) < len(parts.learnt)


def test_what_is_watched_does_not_depend_on_the_other_rows() -> None:
    settings = TuneSettings("m", watch_share=0.3)
    few = {e.cluster_id for e in shares_of(many(100), settings).watched}
    more = {e.cluster_id for e in shares_of(many(200), settings).watched}
    assert few == {i for i in more if int(i) < 100}


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(InputError, match=r"held-out source 'c' .*there are: a, b"):
        shares_of(many(), TuneSettings("m", held_out=("c",)))


@pytest.mark.parametrize("examples", [[], [example(str(i)) for i in range(50)]])
def test_a_judge_needs_both_kinds(examples: list[TrainingExample]) -> None:
    with pytest.raises(InputError, match="too little data to learn from"):
        shares_of(examples, TuneSettings("m"))


def test_a_namer_needs_one() -> None:
    assert shares_of([example(str(i)) for i in range(50)], TuneSettings("m", "namer")).watched


def test_some_are_balanced_and_always_the_same() -> None:
    """Of 30 good and 10 bad, 24 are all 10 bad and 14 good; 12 are six of each."""
    examples = [example(good=i % 4 > 0, cluster_id=str(i)) for i in range(40)]
    assert Counter(e.good for e in some(examples, 24, 0)) == {True: 14, False: 10}
    assert Counter(e.good for e in some(examples, 12, 0)) == {True: 6, False: 6}
    assert Counter(e.good for e in some([e for e in examples if not e.good], 4, 0)) == {False: 4}
    assert len(some(examples, 100, 0)) == 40
    assert some(examples, 12, 0) == some(examples[::-1], 12, 0)


# ---- settings


@pytest.mark.parametrize(
    "change",
    [
        {"rank": 0}, {"batch": 0}, {"epochs": 0}, {"learning_rate": 0.0}, {"alpha": -1.0}, {"dropout": 1.0},
        {"warmup": -0.1}, {"watch_share": 0.0}, {"watch_share": 1.0}, {"max_seconds": -1.0}, {"patience": -1},
        {"learning_rate": float("nan")},
    ],
)  # fmt: skip
def test_impossible_settings_are_named(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        TuneSettings("m", **change)


@given(st.integers(1, 300), st.floats(0, 0.9))
def test_the_learning_rate_rises_then_falls(n_steps: int, warmup: float) -> None:
    settings = TuneSettings("m", warmup=warmup, learning_rate=1.0)
    rates = [learning_rate_at(step, n_steps, settings) for step in range(n_steps)]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < min(rates) <= max(rates) <= 1
    assert learning_rate_at(n_steps, n_steps, settings) == 0


def test_prompts_have_no_stray_fields() -> None:
    from dialin.prompts.templates import load  # noqa: PLC0415

    for language in ("en", "zh"):
        fields = [field for _, field, _, _ in string.Formatter().parse(load("tuned", language).template) if field]
        assert fields == ["sentences"]
        assert judge_prompt(["a", "b"]).shots == ()
