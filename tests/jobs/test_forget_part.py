"""What `dialin forget --dialogue` and `--text` take out of a run and the cache, and what works afterwards."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli, Once, Served
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.jobs.forget_log import LogWithout
from dialin.jobs.forget_part import forget_part
from dialin.jobs.traces import Traces, search_folder
from dialin.llm.cache import ReplyStore
from dialin.review.edits import Accept, Edit, Merge, Move, Noise, Rename, Split, SplitPart, Undo
from dialin.review.log import DECISIONS, read_log
from dialin.runs.manifest import INTERRUPTED, read_manifest, write_manifest
from dialin.runs.run import Run, load
from fake_run import calls, decide, fake_run, reviewed_run
from run_commands import discover
from scripted import ScriptedBackend, sentences

BERTHA = "our boiler, whom we call Bertha, wants her money back"
ZH = "我家的锅炉叫贝莎，她想退款"


@pytest.fixture
def secret(cli: Cli, home: Path, backend: ScriptedBackend, once: Once) -> Path:
    """Make a run of dialogues, of which "d1" and "d2" hold words of their own, in English and in Chinese."""
    rows = [{"text": text, "call": f"c{i}", "role": "customer"} for i, (text, _) in enumerate(sentences())]
    rows += [{"text": BERTHA, "call": "d1", "role": "customer"}, {"text": ZH, "call": "d2", "role": "customer"}]
    rows += [{"text": rows[0]["text"], "call": "d1", "role": "customer"}]
    (home / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    once(lambda: discover(cli, Path("said.jsonl"), "run", "--dialogue", "call", "--role", "role"))
    return Path("run")


def bytes_with(folder: Path, words: str) -> list[str]:
    """Return the files whose bytes, or strings once they are read, hold these words."""
    forms = (words.encode(), words.encode("unicode_escape"))
    raw = [p.name for p in folder.rglob("*") if p.is_file() and any(form in p.read_bytes() for form in forms)]
    return sorted({*raw, *(one.path.name for one in search_folder(folder, Traces((words,))) if one.holds)})


def test_the_words_of_a_dialogue_are_in_no_file(cli: Cli, secret: Path, tmp_path: Path) -> None:
    cache = tmp_path / "home"
    for words in (BERTHA, ZH):
        assert {"sentences.parquet", "llm.sqlite", "report.html"} <= set(bytes_with(secret, words))
        assert "replies.sqlite" in bytes_with(cache, words)
    done = cli("forget", secret, "--dialogue", "d1", "--dialogue", "d2", "--yes")
    assert done.exit_code == 0, done.output
    assert "3 utterances, 2 sentences" in done.stdout
    assert "no forgotten text is left" in done.stdout
    for words in (BERTHA, ZH):
        assert bytes_with(secret, words) == bytes_with(cache, words) == []
    assert not {"d1", "d2"} & set(pq.read_table(secret / "occurrences.parquet")["dialogue_id"].to_pylist())


def test_the_run_can_be_used_afterwards(cli: Cli, secret: Path) -> None:
    before = load(secret)
    assert cli("forget", secret, "--dialogue", "d1", "--yes").exit_code == 0
    after = load(secret)
    assert after.corpus.texts == [text for text in before.corpus.texts if text != BERTHA]
    for words in (["show", secret], ["report", secret], ["resume", secret], ["predict", secret, "said.jsonl"]):
        done = cli(*words, *(["--dialogue", "call"] if words[0] == "predict" else []))
        assert done.exit_code == 0, done.output
    assert (secret / "report.html").is_file()


def test_the_run_can_be_reviewed_afterwards(cli: Cli, secret: Path, served: Served) -> None:
    forget_part(secret, ["d1"])
    assert cli("review", secret).exit_code == 0
    assert BERTHA not in served[0][0].corpus.texts


def test_a_run_without_a_result_forgets_too(cli: Cli, secret: Path) -> None:
    for name in ("intents.parquet", "pieces.npz", "rounds.jsonl", "report.html"):
        (secret / name).unlink()
    write_manifest(secret, replace(read_manifest(secret), status=INTERRUPTED, files={}, result=""))
    sentences_of = pq.read_table(secret / "sentences.parquet")
    none = pa.array([-1] * sentences_of.num_rows)
    pq.write_table(sentences_of.set_column(4, "intent_id", none), secret / "sentences.parquet")
    assert cli("forget", secret, "--text", ZH, "--yes").exit_code == 0
    assert bytes_with(secret, ZH) == []
    assert ZH not in load(secret).corpus.texts
    assert cli("resume", secret).exit_code == 0


def test_a_link_to_a_run_stays_a_link(cli: Cli, secret: Path) -> None:
    Path("link").symlink_to(secret)
    assert cli("forget", "link", "--dialogue", "d1", "--yes").exit_code == 0
    assert Path("link").is_symlink()
    assert bytes_with(secret, BERTHA) == []


def test_an_earlier_result_forgets_too(secret: Path) -> None:
    """What `resume` keeps of a reviewed result holds its sentences and decisions."""
    kept = secret / "reviewed-1"
    kept.mkdir()
    for name in ("sentences.parquet", "intents.parquet"):
        shutil.copy(secret / name, kept / name)
    n = load(secret).corpus.texts.index(BERTHA)
    (kept / DECISIONS).write_text(f'{{"format": 2}}\n{{"decision": "noise", "sentences": [{n}, 0]}}\n')
    forget_part(secret, ["d1"])
    assert bytes_with(secret, BERTHA) == []
    assert [entry.edit for entry in read_log(kept / DECISIONS)] == [Noise((0,))]


def test_what_others_say_stays_and_is_counted_less(secret: Path) -> None:
    before, text = load(secret), sentences()[0][0]
    forget_part(secret, ["d1"])
    counts = [dict(zip(run.corpus.texts, run.corpus.counts.tolist(), strict=True)) for run in (before, load(secret))]
    assert counts[1][text] == counts[0][text] - 1


def test_a_text_goes_whoever_says_it(secret: Path) -> None:
    text = sentences()[0][0]
    done = forget_part(secret, texts=[f"  {text} "])
    assert (done.n_utterances, done.n_sentences) == (2, 1)
    assert bytes_with(secret, text) == []


def test_vectors_and_pieces_keep_their_sentences(secret: Path) -> None:
    texts, vectors = load(secret).corpus.texts, np.load(secret / "embeddings.npy")
    forget_part(secret, ["d1"])
    after = load(secret)
    assert (np.load(secret / "embeddings.npy") == vectors[[text != BERTHA for text in texts]]).all()
    assert set(after.pieces.intents.tolist()) == set(after.intents["intent_id"].to_pylist())
    assert sum(after.intents["size"].to_pylist()) == sum(i >= 0 for i in after.sentences["intent_id"].to_pylist())


def with_decisions(folder: Path) -> Run:
    """Return a reviewed run of `calls`, with more decisions about single sentences."""
    run = reviewed_run(folder)
    texts = run.corpus.texts
    return decide(
        folder, Move((texts.index("hm p0"), texts.index("hm p1")), 77, "say-hm"), Noise((texts.index("hm p2"),))
    )


def test_decisions_stay_with_their_sentences(tmp_path: Path, home: Path) -> None:
    """Dialogue p0 goes: "hm p0" leaves the new intent 77, in which "hm p1" stays; the names that people gave stay."""
    before = with_decisions(tmp_path / "run")
    n_decisions = len(before.review.active)
    forget_part(tmp_path / "run", ["p0"])
    after = load(tmp_path / "run")
    labels = [dict(zip(r.corpus.texts, r.review.labels.tolist(), strict=True)) for r in (before, after)]
    assert {text: labels[0][text] for text in labels[1]} == labels[1]
    assert "hm p0" not in labels[1]
    assert labels[1]["hm p1"] == 77
    assert len(read_log(tmp_path / "run" / DECISIONS)) == n_decisions


def test_a_decision_about_nothing_else_undoes_itself(tmp_path: Path, home: Path) -> None:
    with_decisions(tmp_path / "run")
    forget_part(tmp_path / "run", ["p2"])
    assert isinstance(read_log(tmp_path / "run" / DECISIONS)[-1].edit, Undo)
    assert load(tmp_path / "run").review.void == ()


def test_an_intent_goes_with_its_last_sentence_and_the_log_can_be_read(tmp_path: Path, home: Path) -> None:
    """The split, whose parts are gone, undoes itself, and so does a name of nothing; the merge is a name alone."""
    run = fake_run(tmp_path / "run", calls(2))
    members = {i: run.review.members(i).tolist() for i in run.review.intents}
    lost, other = (i for i, rows in members.items() if len(rows) == 2)
    single = next(rows[0] for rows in members.values() if len(rows) == 1)
    rows = members[lost]
    edits: list[Edit] = [Rename(lost, "ours"), Merge(other, (lost,), "both"), Move((single,), other)]
    decide(tmp_path / "run", *edits, Accept(lost), Split(lost, (SplitPart(lost, "a", (rows[0],)),)))
    forget_part(tmp_path / "run", texts=[run.corpus.texts[row] for row in rows])
    after = load(tmp_path / "run")
    assert lost not in after.intents["intent_id"].to_pylist()
    assert [type(entry.edit) for entry in read_log(tmp_path / "run" / DECISIONS)] == [Undo, Rename, Move, Undo, Undo]
    assert after.corpus.texts == [text for i, text in enumerate(run.corpus.texts) if i not in rows]


def test_a_name_made_of_forgotten_words_loses_them(tmp_path: Path, home: Path) -> None:
    run = reviewed_run(tmp_path / "run")
    said = "hm p0 please never tell anyone of this"
    decide(tmp_path / "run", Rename(run.intents["intent_id"][0].as_py(), f"say {said}"))
    traces = Traces((said,))
    entries = LogWithout(run.corpus.counts, {}, traces.without).entries(read_log(tmp_path / "run" / DECISIONS))
    assert entries[-1].edit == Rename(run.intents["intent_id"][0].as_py(), "say …")


def test_exports_in_the_run_go_and_other_files_are_named(cli: Cli, secret: Path) -> None:
    (secret / "exports").mkdir()
    (secret / "exports" / "mine.csv").write_text(f"text\n{BERTHA}\n")
    (secret / "exports" / "other.csv").write_text("text\nhello\n")
    (secret / "notes.txt").write_text(f"she said: {BERTHA}!")
    done = cli("forget", secret, "--dialogue", "d1", "--yes")
    assert done.exit_code == 1
    assert "notes.txt still holds" in done.stderr
    assert sorted(path.name for path in (secret / "exports").iterdir()) == ["other.csv"]


def test_the_look_sees_what_is_left(secret: Path) -> None:
    """In a store, a table and a page: the proof could not fail otherwise."""
    found = {one.path.name for one in search_folder(secret, Traces((BERTHA,))) if one.holds}
    assert {"llm.sqlite", "sentences.parquet", "report.html"} <= found
    assert not any(one.holds for one in search_folder(secret, Traces(("nobody ever said this to us",))))


def test_wrong_words_change_nothing(cli: Cli, secret: Path) -> None:
    before = {path.name: path.read_bytes() for path in secret.iterdir()}
    for words, told in (
        (["--dialogue", "nope"], "no dialogue 'nope'"),
        (["--text", "Bertha"], "1 sentences contain it"),
        (["--all", "--dialogue", "d1"], "no --all"),
    ):
        done = cli("forget", secret, *words, "--yes")
        assert done.exit_code == 2
        assert told in done.stderr.replace("\n", " ")
        assert done.stderr.count("\n") == 1
    everything = [word for i in range(70) for word in ("--dialogue", f"c{i}")]
    done = cli("forget", secret, *everything, "--dialogue", "d1", "--dialogue", "d2", "--yes")
    assert "all utterances" in done.stderr
    assert {path.name: path.read_bytes() for path in secret.iterdir()} == before
    assert cli("forget", secret, "--dialogue", "d1", stdin="n\n").exit_code == 130


def test_a_stop_leaves_the_run_as_it_was(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in secret.iterdir()}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dialin.jobs.forget_rewrite.write_manifest", stop)
    with pytest.raises(KeyboardInterrupt):
        forget_part(secret, ["d1"])
    assert {path.name: path.read_bytes() for path in secret.iterdir()} == before
    assert [path.name for path in secret.absolute().parent.iterdir() if path.name.startswith(".")] == []


def test_a_kill_between_the_renames_is_mended(secret: Path) -> None:
    place = secret.resolve()
    place.rename(place.with_name(".run.before"))
    assert forget_part(place, ["d1"]).n_utterances == 2
    assert not place.with_name(".run.before").exists()


def test_replies_about_others_stay(secret: Path) -> None:
    with closing(ReplyStore(secret / "llm.sqlite")) as store:
        before = len(store.keys())
    forget_part(secret, ["d1"])
    with closing(ReplyStore(secret / "llm.sqlite")) as store:
        assert 0 < len(store.keys()) < before


@given(st.text(min_size=12, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_long_text_is_found_as_a_line_of_anything(text: str, before: str, after: str) -> None:
    assert Traces((text,)).are_in(f"{before}\n{text}\n{after}")


def test_short_texts_count_as_whole_cells_alone() -> None:
    traces = Traces(("ok", "好的"))
    assert not traces.are_in("book the room, 好的谢谢")
    assert traces.are_in("- ok")
    assert traces.are_in("好的")


def test_nothing_to_forget_is_an_error(secret: Path) -> None:
    with pytest.raises(InputError, match="no dialogue"):
        forget_part(secret, [""])


def test_the_words_as_they_were_said_are_found_in_a_redacted_run(
    cli: Cli, home: Path, backend: ScriptedBackend
) -> None:
    """Their dialogue has given the number another place than the text alone would: <CARD_2>."""
    rows = [{"text": text, "call": f"c{i}"} for i, (text, _) in enumerate(sentences())]
    rows += [{"text": f"my card is {number}", "call": "d1"} for number in ("4111 1111 1111 1111", "5500005555555559")]
    (home / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = discover(cli, home / "said.jsonl", "run", "--dialogue", "call", "--redact", "rules")
    assert {"my card is <CARD_1>", "my card is <CARD_2>"} <= set(load(run).corpus.texts)
    done = cli("forget", run, "--text", "my card is 5500005555555559", "--yes")
    assert done.exit_code == 0, done.output
    assert not any("card is" in text for text in load(run).corpus.texts)
