from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from numpy.typing import NDArray

import tune_tiny
from dialin.errors import InputError, ModelError
from dialin.prompts.prompt import Prompt
from dialin.tune import base as bases
from dialin.tune.batches import EncodedExample
from dialin.tune.checkpoint import Checkpoint, TrainState
from dialin.tune.course import TIMED_STEPS, Course, CoursePlan, Progress, Tell
from dialin.tune.learner import ClusterStudent, Learner
from dialin.tune.settings import Job, TuneSettings
from dialin.tune.text import TrainingExample
from dialin.tune.train import check_folder, tune
from tune_settings import settings

# ---- the loop, with a learner that only counts


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("torch", "transformers", "peft", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        return tune_tiny.write_base(tmp_path_factory.mktemp("base"))


class Counting:
    """A learner whose AUC after n steps is given; its matrices are the number of steps."""

    def __init__(self, scores: dict[int, float]) -> None:
        self.scores, self.n, self.seen = scores, 0, list[list[int]]()
        self.rates = list[float]()

    def learn(self, batches: list[list[EncodedExample]], learning_rate: float) -> float:
        self.n += 1
        self.seen.append([example.prompt[0] for batch in batches for example in batch])
        self.rates.append(learning_rate)
        return 1.0 / self.n

    def log_odds(self, examples: list[EncodedExample]) -> NDArray[np.float64]:
        """Put so many of ten good ones above the ten bad ones as the score asks."""
        n_right = round(10 * self.scores.get(self.n, 0.5))
        return np.array([1.0] * n_right + [-1.0] * (10 - n_right) + [0.0] * 10)

    def adapter(self) -> dict[str, Any]:
        return {"n": self.n}

    def put(self, adapter: dict[str, Any]) -> None:
        self.n = adapter["n"]

    def state(self) -> dict[str, Any]:
        return {"n": self.n}

    def restore(self, state: dict[str, Any]) -> None:
        self.n = state["n"]


class Memory:
    """A checkpoint that is no file."""

    def __init__(self) -> None:
        self.content: tuple[TrainState, dict[str, Any], dict[str, Any]] | None = None
        self.steps = list[int]()

    def write(self, state: TrainState, learner: dict[str, Any], best: dict[str, Any]) -> None:
        self.content = (replace(state, history=list(state.history)), learner, best)
        self.steps.append(state.step)

    def read(self) -> tuple[TrainState, dict[str, Any], dict[str, Any]] | None:
        return self.content


def encoded(i: int, good: bool = True) -> EncodedExample:
    return EncodedExample(
        TrainingExample(str(i), "s", "g", Prompt("", (), ""), "Good", ("Good", "Bad"), good), (i,), (1,), (1, 2)
    )


def student(learner: Counting, **settings: Any) -> ClusterStudent:
    watched = [encoded(i, good=i < 10) for i in range(20)]
    chosen = TuneSettings("m", **{"batch": 2, "accumulation": 2, "epochs": 2} | settings)
    return ClusterStudent(cast(Learner, learner), [encoded(i) for i in range(40)], watched, chosen)


def plan(memory: Memory, tell: Tell = lambda _: None, **changes: Any) -> CoursePlan:
    """Return a plan that writes a checkpoint after each step."""
    return replace(CoursePlan(20, 3, 0, 0.0, cast(Checkpoint, memory), tell, 0.0), **changes)


def course(learner: Counting, of: CoursePlan) -> TrainState:
    return Course(student(learner), of).run()


def test_a_course_goes_through_all_epochs() -> None:
    """40 examples, four a step, twice: 20 steps; looked at before, after 3, 6 … 18, and at the end."""
    learner, told = Counting({}), list[Progress]()
    assert student(learner).n_steps == 20
    state = course(learner, plan(Memory(), told.append))
    assert (state.step, state.n_steps) == (20, 20)
    assert sorted(i for step in learner.seen for i in step) == sorted([*range(40)] * 2)
    assert [entry["step"] for entry in state.history] == [0, 3, 6, 9, 12, 15, 18, 20]
    assert [p.done for p in told if p.what == "learn"] == list(range(1, 21))
    assert told[-1].score == 0.5
    assert learner.rates[-1] == min(learner.rates)


def test_the_best_matrices_are_kept_and_of_equals_the_later() -> None:
    learner = Counting({3: 0.9, 6: 0.7, 9: 0.9, 12: 0.8})
    state = course(learner, plan(Memory()))
    assert (state.best, state.best_step, learner.n) == (0.9, 9, 9)


def test_without_anything_better_it_ends() -> None:
    """Best after step 3; two looks later, after step 9, it is over."""
    learner = Counting({3: 0.9})
    state = course(learner, plan(Memory(), patience=2))
    assert (state.step, state.best_step, learner.n) == (9, 3, 3)


def ticking() -> Callable[[], float]:
    """Return a clock that goes on by a second whenever it is looked at."""
    ticks = count()
    return lambda: float(next(ticks))


def test_a_limit_of_time_ends_it() -> None:
    """A clock that ticks once a look, so 0.5 s are over before the first step; the untuned model is what is left."""
    state = course(Counting({}), plan(Memory(), max_seconds=0.5, clock=ticking()))
    assert state.step == 0


def test_a_limit_of_time_shortens_the_plan() -> None:
    state = course(Counting({}), plan(Memory(), n_steps=200, max_seconds=80.0, clock=ticking()))
    assert TIMED_STEPS < state.n_steps < 200
    assert state.step <= state.n_steps


def test_without_scores_all_steps_are_made_and_the_last_weights_kept() -> None:
    class Unwatched(ClusterStudent):
        def score(self) -> float:
            return math.nan

    learner = Counting({})
    unwatched = Unwatched(cast(Learner, learner), [encoded(i) for i in range(40)], [], TuneSettings("m"))
    state = Course(unwatched, plan(Memory(), patience=1)).run()
    assert (state.step, state.best_step, learner.n) == (20, 20, 20)
    assert math.isnan(state.best)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("at", [1, 4, 6, 13, 20])
def test_what_was_killed_goes_on_where_it_was(at: int) -> None:
    whole = Counting({9: 0.9, 12: 0.8})
    undisturbed = course(whole, plan(Memory()))
    memory, first, second = Memory(), Counting({9: 0.9, 12: 0.8}), Counting({9: 0.9, 12: 0.8})

    def kill(progress: Progress) -> None:
        if progress.what == "learn" and progress.done == at:
            raise KilledError

    with pytest.raises(KilledError):
        course(first, plan(memory, kill))
    n_kept = memory.steps[-1]
    state = course(second, plan(memory))
    assert first.seen[:n_kept] + second.seen == whole.seen
    assert first.rates[:n_kept] + second.rates == whole.rates
    assert replace(state, seconds=0, eval_seconds=0) == replace(undisturbed, seconds=0, eval_seconds=0)
    assert second.n == whole.n == 9


# ---- bad input, with and without the packages


@pytest.mark.parametrize("missing", ["torch", "transformers", "peft", "gguf"])
def test_without_the_extra_one_line_says_how_to_get_it(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("torch", "transformers", "peft", "gguf"):
        monkeypatch.setitem(sys.modules, name, None if name == missing else sys)
    with pytest.raises(InputError, match=rf"needs the package {missing} \(pip install 'dialin\[tune\]'\)"):
        tune(Job((tmp_path / "a.parquet",), TuneSettings("m"), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    check_folder(out, resume=False)
    out.mkdir()
    check_folder(out, resume=False)
    (out / "mine.txt").write_text("x")
    with pytest.raises(InputError, match=r"not empty .*--resume"):
        check_folder(out, resume=False)
    check_folder(out, resume=True)
    (out / "tune.json").write_text("{}")
    with pytest.raises(InputError, match="finished tuning"):
        check_folder(out, resume=True)
    with pytest.raises(InputError, match="not a folder"):
        check_folder(out / "mine.txt", resume=False)


@pytest.mark.parametrize("name", ["nothing", "no/such/folder", "model.gguf", "a/model.gguf"])
def test_a_base_that_is_not_there_is_named(name: str, home: Path) -> None:
    with pytest.raises(InputError, match=f"there is no model at '{name}'"):
        bases.find(name)


def test_bases_by_path(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    found = bases.find(str(tmp_path / "m.gguf"))
    assert (found.folder, found.gguf) == (tmp_path, "m.gguf")
    assert found.files() == [tmp_path / "m.gguf"]
    with pytest.raises(InputError, match=r"no config\.json"):
        bases.find(str(tmp_path))


def test_the_hash_of_a_folder_is_that_of_its_weights(tmp_path: Path) -> None:
    """sha256 of nothing begins with e3b0; a second file changes the hash, another config does not."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "a.safetensors").write_bytes(b"")
    weights = bases.find(str(tmp_path))
    one = weights.sha256()
    assert one.startswith("e3b0c44298fc1c14")
    (tmp_path / "config.json").write_text("{ }")
    assert weights.sha256() == one
    (tmp_path / "b.safetensors").write_bytes(b"x")
    assert weights.sha256() != one


def test_an_embedder_is_no_base(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialin.models.store.ensure", lambda name: home)
    with pytest.raises(InputError, match="is not an LLM"):
        bases.find("bge-small-en-v1.5")


def test_the_command_line_fails_in_one_line(cli: Cli, home: Path) -> None:
    result = cli("tune", "judge", "a.parquet", "--base", "m", "--out", "o", "--epochs", "0")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "epochs must be at least 1, got 0" in result.stderr


# ---- a model of a few thousand weights


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tune_tiny.write(tmp_path_factory.mktemp("data") / "clusters.parquet", tune_tiny.rows())


def weights_of(folder: Path) -> dict[str, NDArray[np.float32]]:
    from safetensors.numpy import load_file  # noqa: PLC0415

    return dict(load_file(folder / "adapter" / "adapter_model.safetensors"))


@pytest.fixture(scope="module")
def whole(base: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "judge"
    tune(Job((data,), settings(base), out))
    return out


def test_loss_falls_and_letters_are_told_apart(whole: Path) -> None:
    done = json.loads((whole / "tune.json").read_text())
    assert done["history"][0]["loss"] is None
    losses = [entry["loss"] for entry in done["history"][1:]]
    assert losses[-1] < losses[0] - 0.5
    assert done["best"] > 0.9
    [held_out] = [figures for figures in done["figures"] if figures["part"] == "held_out"]
    assert held_out["auc"] > 0.9
    assert (held_out["source"], held_out["n"]) == ("shop", 27)


def test_everything_is_written(whole: Path) -> None:
    names = {path.name for path in whole.iterdir()}
    assert names == {"adapter", "adapter.gguf", "README.md", "scores.parquet", "tune.json"}
    scores = pq.read_table(whole / "scores.parquet")
    assert scores.column_names == ["part", "cluster_id", "source", "good", "log_odds"]
    assert (whole / "README.md").read_text() == (whole / "adapter" / "README.md").read_text()


@pytest.mark.parametrize("at", [3, 7])
def test_a_killed_tuning_comes_to_the_same_weights(
    base: Path, data: Path, whole: Path, tmp_path: Path, at: int
) -> None:
    """With dropout, so that the state of the random generator counts; written are the looks after step 4, 8 …"""

    def kill(progress: Progress) -> None:
        if progress.what == "learn" and progress.done == at:
            raise KilledError

    job = Job((data,), settings(base), tmp_path / "out")
    with pytest.raises(KilledError):
        tune(job, kill)
    tune(replace(job, resume=True))
    found, expected = weights_of(job.out), weights_of(whole)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_a_tuning_goes_on_from_an_adapter(base: Path, data: Path, whole: Path, tmp_path: Path) -> None:
    """With a learning rate of nearly nothing it says what the adapter said, up to the float16 of its file."""
    out = tmp_path / "further"
    further = settings(Path(f"{base}+{whole}"), learning_rate=1e-12, epochs=1)
    tune(Job((data,), further, out))
    before, after = weights_of(whole), weights_of(out)
    assert before.keys() == after.keys()
    for name, matrix in before.items():
        assert np.allclose(matrix, after[name], atol=1e-3)
    assert any(np.abs(matrix).max() > 0.01 for name, matrix in after.items() if "lora_B" in name)
    done = json.loads((out / "tune.json").read_text())
    assert done["before"] == pytest.approx(json.loads((whole / "tune.json").read_text())["best"], abs=0.05)
    assert json.loads((out / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"] == str(base)


@pytest.mark.parametrize(("changes", "message"), [({"rank": 2}, "use --rank 4"), ({"alpha": 3.0}, "alpha 16")])
def test_an_adapter_of_other_shape_is_refused(
    whole: Path, data: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    base = json.loads((whole / "tune.json").read_text())["settings"]["base"]
    with pytest.raises(InputError) as caught:
        tune(Job((data,), settings(Path(f"{base}+{whole}"), **changes), tmp_path / "out"))
    assert message in str(caught.value) + (caught.value.hint or "")


def test_a_checkpoint_of_other_settings_is_refused(base: Path, data: Path, tmp_path: Path) -> None:
    def kill(progress: Progress) -> None:
        raise KilledError

    job = Job((data,), settings(base), tmp_path / "out")
    with pytest.raises(KilledError):
        tune(job, kill)
    with pytest.raises(InputError, match=r"checkpoint\.pt was made with settings"):
        tune(replace(job, settings=settings(base, rank=2), resume=True))
    (job.out / "checkpoint.pt").write_bytes(b"hello")
    with pytest.raises(InputError, match="is damaged") as caught:
        tune(replace(job, resume=True))
    assert "\n" not in str(caught.value)


def test_a_namer_learns_its_names(base: Path, data: Path, tmp_path: Path) -> None:
    tuned = tune(Job((data,), settings(base, task="namer", epochs=6, held_out=()), tmp_path / "namer"))
    first, last = tuned.state.history[0]["score"], tuned.state.best
    assert last > first + 1
    assert np.isnan(tuned.figures[0].auc)
    assert "| part | source | clusters | loss |" in (tmp_path / "namer" / "README.md").read_text()


def test_the_answer_does_not_depend_on_the_padding(base: Path) -> None:
    from dialin.tune.learner import Learner  # noqa: PLC0415

    loaded = bases.load(bases.find(str(base)), "cpu")
    learner = Learner(loaded, settings(base), "cpu")
    prompts = ["a", "a longer one", "the longest of them all by far"]
    examples = loaded.encode(
        [TrainingExample(str(i), "s", "g", Prompt("", (), p), "Good", ("Good", "Bad")) for i, p in enumerate(prompts)]
    )
    together = learner.log_odds(examples)
    alone = np.concatenate([learner.log_odds([example]) for example in examples])
    assert np.allclose(together, alone, atol=1e-5)
    assert len(set(together.round(4))) == 3


def test_the_loss_is_that_of_the_answers_only(base: Path) -> None:
    """By hand: −log of the probability that the model, reading everything so far, gives each token of the answer."""
    import torch  # noqa: PLC0415

    from dialin.tune.learner import Learner  # noqa: PLC0415

    loaded = bases.load(bases.find(str(base)), "cpu")
    [example] = loaded.encode([TrainingExample("1", "s", "g", Prompt("s", (), "u"), "ask-it")])
    learner = Learner(loaded, settings(base), "cpu")
    learner.model.eval()
    tokens = example.prompt + example.answer
    with torch.inference_mode():
        logs = learner.model(torch.tensor([tokens])).logits[0].log_softmax(-1)
    places = range(len(example.prompt), len(tokens))
    expected = -np.mean([float(logs[place - 1, tokens[place]]) for place in places])
    assert learner.losses([example])[0] == pytest.approx(expected, rel=1e-5)


def test_bfloat16_learns_too(base: Path, data: Path, tmp_path: Path) -> None:
    tuned = tune(Job((data,), settings(base, bf16=True, epochs=2), tmp_path / "out"))
    assert tuned.state.history[-1]["loss"] < tuned.state.history[1]["loss"]


def test_a_damaged_base_is_named(tmp_path: Path, data: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra `tune`")
    (tmp_path / "config.json").write_text('{"model_type": "nothing-like-it"}')
    with pytest.raises(ModelError, match=r"transformers cannot load .*") as caught:
        tune(Job((data,), TuneSettings(str(tmp_path)), tmp_path / "out"))
    assert "\n" not in str(caught.value)


def test_the_command_line_tunes_and_prints(base: Path, data: Path, cli: Cli, home: Path) -> None:
    options = ["--rank", 4, "--learning-rate", 0.01, "--eval-every", 3, "--hold-out", "shop"]
    result = cli("tune", "judge", data, "--base", base, "--out", "out", *options, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["figures"][0]["source"] == "shop"
    assert Path(found["gguf"]).is_file()
    steps = [line for line in result.stderr.splitlines() if line.startswith("step")]
    assert "AUC" in steps[0]
    shutil.rmtree("out")


def test_a_process_that_is_killed_leaves_a_checkpoint(base: Path, data: Path, whole: Path, tmp_path: Path) -> None:
    """SIGKILL, after the look at step 4; --resume goes on and comes to the weights of an undisturbed tuning."""
    out = tmp_path / "out"
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from tune_settings import settings\n"
        "from dialin.tune.train import tune\nfrom dialin.tune.settings import Job\n"
        "def kill(p):\n    if p.what == 'learn' and p.done == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        "tune(Job((Path(sys.argv[2]),), settings(Path(sys.argv[3])), Path(sys.argv[4])), kill)\n"
    )
    arguments = [str(Path(__file__).parents[1] / "support"), str(data), str(base), str(out)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr.decode()
    assert {path.name for path in out.iterdir()} == {"checkpoint.pt"}
    found = Checkpoint(out / "checkpoint.pt", {}).read()
    assert found is not None
    assert found[0].step == 4
    tune(Job((data,), settings(base), out, resume=True))
    weights, expected = weights_of(out), weights_of(whole)
    assert all(np.array_equal(weights[name], expected[name]) for name in expected)
