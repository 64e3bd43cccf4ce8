"""A tiny BERT is tuned from the command line and from Python, interrupted, and compared with itself."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Cli
from numpy.typing import NDArray

from dialin.cli.tune_embedder import embedder_json, embedder_text
from dialin.errors import InputError, ModelError
from dialin.tune import base as bases
from dialin.tune.checkpoint import Checkpoint
from dialin.tune.course import Progress
from dialin.tune.embedder.encoder import load_encoder
from dialin.tune.embedder.intents import IntentSource, read_intents
from dialin.tune.embedder.results import PACKAGES
from dialin.tune.embedder.settings import EmbedderJob, EmbedderSettings
from dialin.tune.embedder.student import EmbedderStudent, Lessons
from dialin.tune.embedder.train import EmbedderResult, TrainedEmbedder, train_embedder, tune_embedder
from dialin.tune.sources import Reading
from one_line import one_line
from tiny_bert import write_bert, write_sentences


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in PACKAGES:
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        return write_bert(tmp_path_factory.mktemp("base"), n_words=200, intermediate_size=256)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write a file to learn and one of the same intents to hold out."""
    folder = tmp_path_factory.mktemp("data")
    return write_sentences(folder / "shop.csv", 8, 12), write_sentences(folder / "bank.csv", 6, 9, seed=1)


def settings(base: Path, **changes: Any) -> EmbedderSettings:
    chosen: dict[str, Any] = {"intents": 6, "sentences": 3, "learning_rate": 3e-3, "steps": 8, "eval_every": 3}
    return EmbedderSettings(str(base), **chosen | {"held_out": ("bank",), "temperature": 0.2} | changes)


def job(base: Path, data: tuple[Path, ...], out: Path, **changes: Any) -> EmbedderJob:
    return EmbedderJob(data, settings(base, **changes), out, Reading("intent"))


@pytest.fixture(scope="module")
def whole(base: Path, data: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> EmbedderResult:
    return tune_embedder(job(base, data, tmp_path_factory.mktemp("whole") / "out"))


# --- a whole tuning ---------------------------------------------------------------------------------


def test_everything_is_written(whole: EmbedderResult) -> None:
    names = {path.relative_to(whole.folder).as_posix() for path in whole.folder.rglob("*") if path.is_file()}
    assert names >= {
        *("model.onnx", "tokenizer.json", "README.md", "tune.json", "encoder/config.json"),
        *("encoder/model.safetensors", "encoder/tokenizer.json", "encoder/1_Pooling/config.json"),
    }
    assert "checkpoint.pt" not in names
    tokenizer = json.loads((whole.folder / "tokenizer.json").read_text("utf-8"))
    assert tokenizer["truncation"] is tokenizer["padding"] is None


def test_the_score_of_what_is_held_out_rises(whole: EmbedderResult) -> None:
    """The intents are the same in both files, so what is learnt from one helps with the other."""
    [figures] = whole.figures
    assert (figures.source, figures.n, figures.n_intents) == ("bank", 54, 6)
    assert figures.after.ami > figures.before.ami + 0.1
    assert figures.after.ami == pytest.approx(whole.state.best)
    assert figures.before.ami == pytest.approx(whole.state.history[0]["score"])
    assert [entry["step"] for entry in whole.state.history] == [0, 3, 6, 8]


def test_the_facts_are_json(whole: EmbedderResult) -> None:
    facts = json.loads((whole.folder / "tune.json").read_text("utf-8"))
    assert facts["history"][0]["loss"] is None
    assert facts["figures"][0]["after"]["ami"] == whole.figures[0].after.ami
    assert facts["settings"]["steps"] == 8
    assert facts["pooling"] == "mean"


def test_what_is_exported_are_the_best_weights(whole: EmbedderResult, data: tuple[Path, Path]) -> None:
    encoder = load_encoder(bases.find_encoder(str(whole.folder / "encoder")), None, "cpu")
    lessons = Lessons([], [source_of(data[1]).sample(1500, 0)], [])
    again = EmbedderStudent(encoder, lessons, settings(whole.folder))
    assert again.score() == pytest.approx(whole.state.best)


def source_of(path: Path) -> IntentSource:
    return read_intents([path], Reading("intent"))[0]


def test_without_anything_held_out_the_last_weights_are_kept(
    base: Path, data: tuple[Path, Path], tmp_path: Path
) -> None:
    found = tune_embedder(job(base, data, tmp_path / "out", held_out=(), patience=1))
    assert (found.state.step, found.state.best_step, found.figures) == (8, 8, ())
    assert "nothing is known about the quality" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert json.loads((tmp_path / "out" / "tune.json").read_text("utf-8"))["best"] is None
    assert embedder_json(found)["best"] is None
    assert embedder_text(found) == f"8 steps; in {tmp_path / 'out'}"


def test_without_improvement_it_stops(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    """With a learning rate of nearly nothing the score stays, and of equals the later wins: so it goes on."""
    lasting = train_embedder(job(base, data, tmp_path / "a", learning_rate=1e-12, eval_every=1, patience=2))
    assert lasting.state.step == 8
    falling = job(base, data, tmp_path / "b", eval_every=1, patience=2, steps=60, learning_rate=1e-2)
    assert train_embedder(falling).state.step < 60


def test_a_limit_of_time_ends_it(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    assert train_embedder(job(base, data, tmp_path / "out", max_seconds=1e-6)).state.step == 0


# --- interrupted ------------------------------------------------------------------------------------


class KilledError(Exception):
    pass


def kill_at(step: int) -> Any:
    def kill(progress: Progress) -> None:
        if progress.what == "learn" and progress.done == step:
            raise KilledError

    return kill


@pytest.mark.parametrize("changes", [{}, {"distil": 0.5, "average": 0.3, "freeze": 1}, {"lora": 2, "average": 0.5}])
def test_a_killed_tuning_comes_to_the_same_weights(
    base: Path, data: tuple[Path, Path], tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Killed at step 5, it goes on from the score at step 3."""
    wanted = job(base, data, tmp_path / "whole", **changes)
    expected = train_embedder(wanted)
    killed = replace(wanted, out=tmp_path / "killed")
    with pytest.raises(KilledError):
        train_embedder(killed, kill_at(5))
    stored = Checkpoint(killed.out / "checkpoint.pt", {}).read()
    assert stored is not None
    assert stored[0].step == 3
    found = train_embedder(replace(killed, resume=True))
    one, other = expected.encoder.model.state_dict(), found.encoder.model.state_dict()
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name].numpy(), other[name].numpy()) for name in one)
    assert found.state.history[1:] == expected.state.history[1:]


def test_a_checkpoint_of_another_tuning_is_refused(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    mine = job(base, data, tmp_path / "out")
    with pytest.raises(KilledError):
        train_embedder(mine, kill_at(1))
    with pytest.raises(InputError, match=r"is not empty .*--resume"):
        train_embedder(mine)
    with pytest.raises(InputError, match=r"checkpoint\.pt was made with settings"):
        train_embedder(replace(mine, settings=settings(base, freeze=1), resume=True))
    with pytest.raises(InputError, match=r"checkpoint\.pt was made with reading"):
        train_embedder(replace(mine, reading=Reading("intent", noise=("w0_intent",)), resume=True))
    with pytest.raises(InputError, match=r"checkpoint\.pt was made with unlabelled"):
        train_embedder(replace(mine, unlabelled=(data[0],), resume=True))


# --- against forgetting -----------------------------------------------------------------------------


def weights_of(trained: TrainedEmbedder) -> dict[str, NDArray[np.float32]]:
    return {name: weight.numpy().copy() for name, weight in trained.encoder.model.state_dict().items()}


def test_frozen_weights_stay(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    before = load_encoder(bases.find_encoder(str(base)), None, "cpu").model.state_dict()
    after = weights_of(train_embedder(job(base, data, tmp_path / "out", freeze=1, held_out=())))
    changed = {name for name, weight in after.items() if not np.array_equal(weight, before[name].numpy())}
    assert changed
    assert all("layer.1" in name for name in changed)


def test_the_average_is_between_tuned_and_base(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    before = load_encoder(bases.find_encoder(str(base)), None, "cpu").model.state_dict()
    tuned, average = (
        weights_of(train_embedder(job(base, data, tmp_path / str(share), average=share, held_out=())))
        for share in (0.0, 0.25)
    )
    for name, weight in average.items():
        assert np.allclose(weight, 0.75 * tuned[name] + 0.25 * before[name].numpy(), atol=1e-6)


def test_lora_changes_the_linear_layers_alone(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    """Those of the frozen layer stay, and so do embeddings, biases and norms; the change has the rank of the matrices.

    Half of the base's weights halve the change: of the two matrices only the one that begins as 0 is averaged.
    """
    before = load_encoder(bases.find_encoder(str(base)), None, "cpu").model.state_dict()
    whole, half = (merged(base, data, tmp_path / str(share), share) for share in (0.0, 0.5))
    changes = {name: weight - before[name].numpy() for name, weight in whole.items()}
    changed = {name for name, change in changes.items() if change.any()}
    linear = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
    assert changed == {f"encoder.layer.1.{part}.weight" for part in (*linear, "intermediate.dense", "output.dense")}
    for name in changed:
        assert np.linalg.matrix_rank(changes[name], tol=1e-4) == 2
        assert np.allclose(half[name] - before[name].numpy(), changes[name] / 2, atol=1e-6)


def merged(base: Path, data: tuple[Path, Path], out: Path, share: float) -> dict[str, NDArray[np.float32]]:
    """Return the weights that are exported after LoRA of rank 2 on all but the lowest layer."""
    tune_embedder(job(base, data, out, lora=2, freeze=1, average=share, held_out=()))
    encoder = load_encoder(bases.find_encoder(str(out / "encoder")), None, "cpu")
    return {name: weight.numpy().copy() for name, weight in encoder.model.state_dict().items()}


def test_lora_is_exported_as_it_scored(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    found = tune_embedder(job(base, data, tmp_path / "out", lora=4, average=0.5, learning_rate=3e-2))
    [figures] = found.figures
    assert figures.after.ami > figures.before.ami + 0.05
    encoder = load_encoder(bases.find_encoder(str(found.folder / "encoder")), None, "cpu")
    again = EmbedderStudent(encoder, Lessons([], [source_of(data[1]).sample(1500, 0)], []), settings(base))
    assert again.score() == pytest.approx(figures.after.ami)
    assert json.loads((found.folder / "tune.json").read_text("utf-8"))["settings"]["lora"] == 4


def test_scores_are_of_the_average(base: Path, data: tuple[Path, Path]) -> None:
    """Scoring leaves the raw weights in place, on which the next step builds."""
    encoder = load_encoder(bases.find_encoder(str(base)), None, "cpu")
    source = source_of(data[0])
    student = EmbedderStudent(encoder, Lessons([source], [source.sample(60, 0)], []), settings(base, average=0.5))
    for step in range(4):
        student.learn(step, 4)
    raw = student.present()
    score = student.score()
    assert all(bool((weight == raw[name]).all()) for name, weight in student.present().items())
    student.put(student.weights())
    plain = EmbedderStudent(encoder, Lessons([source], [source.sample(60, 0)], []), settings(base))
    assert plain.score() == score


def drift(trained: TrainedEmbedder) -> float:
    """Return how far the cosines of unlabelled sentences moved."""
    texts = [f"w{i} w{i + 1} w{i + 2}" for i in range(150, 190)]
    after = trained.encoder.vectors(texts)
    trained.student.put(trained.student.base_weights)
    before = trained.encoder.vectors(texts)
    return float(np.square(before @ before.T - after @ after.T).mean())


def test_distillation_keeps_the_cosines(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    """With the sentences of a file, or the learnt ones."""
    path = tmp_path / "more.txt"
    path.write_text("".join(f"w{i} w{i + 1} w{i + 2}\n" for i in range(140, 190)), "utf-8")
    plain = job(base, data, tmp_path / "plain", held_out=(), steps=12)
    with_learnt = replace(plain, out=tmp_path / "learnt", settings=replace(plain.settings, distil=5.0))
    with_file = replace(with_learnt, out=tmp_path / "file", unlabelled=(path,))
    moved, less, least = (drift(train_embedder(each)) for each in (plain, with_learnt, with_file))
    assert (less < moved, least < moved) == (True, True), (moved, less, least)


def test_bfloat16_learns_too(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    found = train_embedder(job(base, data, tmp_path / "out", bf16=True, steps=12))
    assert found.state.history[-1]["loss"] < found.state.history[1]["loss"]


def test_a_training_that_diverges_is_stopped(base: Path, data: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"the loss of step \d+ is not finite .*--learning-rate"):
        train_embedder(job(base, data, tmp_path / "out", learning_rate=1e30, warmup=0.0))


# --- the command line -------------------------------------------------------------------------------


def test_the_command_line_tunes_and_prints(base: Path, data: tuple[Path, Path], cli: Cli) -> None:
    options = ["--steps", 4, "--eval-every", 2, "--learning-rate", 0.003, "--intents", 6, "--no-learn-labels"]
    files = [*data, "--label", "intent", "--base", base, "--hold-out", "bank", "--pooling", "cls"]
    result = cli("tune", "embedder", *files, *options, "--unlabelled", data[0], "--distil", 1, "--out", "a", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["out"], found["steps"]) == ("a", 4)
    assert found["figures"][0]["source"] == "bank"
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 0 of 4", "step 2 of 4", "step 4 of 4"]
    assert "AMI" in lines[0]
    facts = json.loads(Path("a/tune.json").read_text("utf-8"))
    assert (facts["settings"]["learn_labels"], facts["pooling"]) == (False, "cls")
    assert list(facts["unlabelled"]) == ["shop.csv"]
    assert "Unlabelled: shop.csv sha256" in Path("a/README.md").read_text("utf-8")


def test_the_result_as_text(whole: EmbedderResult) -> None:
    figures, steps = embedder_text(whole).splitlines()
    assert figures.startswith("bank ")
    assert f"AMI {whole.figures[0].before.ami:.3f} → {whole.figures[0].after.ami:.3f}  ARI" in figures
    assert steps == f"8 steps, the best was {whole.state.best_step}; in {whole.folder}"


def test_an_interrupt_says_how_to_go_on(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dialin.cli.tune_embedder.tune_embedder", interrupted)
    result = cli("tune", "embedder", "a.csv", "--label", "intent", "--base", "m", "--out", "o")
    assert "stopped; add --resume to the same command to continue" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--label", "nothing"], "nothing"),
        (["--label", "intent", "--text", "nothing"], "nothing"),
        (["--label", "intent", "--hold-out", "nothing"], "no file of the held-out source 'nothing'"),
        (["--label", "intent", "--hold-out", "shop", "--hold-out", "bank"], "all sources are held out"),
        (["--label", "intent", "--average", "1"], "average must be in [0, 1), got 1.0"),
        (["--label", "intent", "--lora", "-1"], "lora must be 0 or more, got -1"),
        (["--label", "intent", "--distil", "-1"], "distil must be 0 or more, got -1.0"),
        (["--label", "intent", "--freeze", "2"], "freeze must be below the number of layers, 2, got 2"),
        (["--label", "intent", "--unlabelled", "nothing.csv"], "nothing.csv"),
        (["--label", "intent", "--base", "nothing"], "there is no model at 'nothing'"),
        (["--label", "intent", "--base", "smollm2-135m"], "smollm2-135m is not an encoder"),
        ([], "--label"),
    ],
)
def test_bad_input_fails_in_one_line(
    base: Path, data: tuple[Path, Path], cli: Cli, options: list[str], message: str
) -> None:
    one_line(cli("tune", "embedder", *data, "--base", base, "--out", "o", *options), message)
    assert not Path("o").exists()


def test_one_intent_fails_in_one_line(base: Path, cli: Cli, home: Path) -> None:
    path = write_sentences(home / "one.csv", 1, 5)
    one_line(cli("tune", "embedder", path, "--label", "intent", "--base", base, "--out", "o"), "too few intents")


@pytest.mark.parametrize("missing", PACKAGES)
def test_without_the_extra_one_line_says_how_to_get_it(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, None if name == missing else sys)
    with pytest.raises(InputError, match=rf"needs the package {missing} \(pip install 'dialin\[tune\]'\)"):
        tune_embedder(EmbedderJob((tmp_path / "a.csv",), EmbedderSettings("m"), tmp_path / "out"))
