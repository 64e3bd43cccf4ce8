"""The tree in a run folder: written with the result, checked when it is read, missing in older runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from branched_run import NEEDS, branched_run
from dialin import files, saved
from dialin.discover.intent_tree import IntentTree
from dialin.errors import InputError
from dialin.review.edits import Place, RenameBranch
from dialin.runs.branches import read_tree
from dialin.runs.integrity import RESULT_FILES, hashes_in
from dialin.runs.run import Run, load
from fake_run import calls, decide, fake_run, without_hashes


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return branched_run(tmp_path_factory.mktemp("branched") / "run")


def paths_of(run: Run) -> dict[str, list[str]]:
    table = run.intents
    return dict(zip(table["name"].to_pylist(), table["path"].to_pylist(), strict=True))


def test_each_intent_has_the_path_of_its_branch(run: Run) -> None:
    paths = paths_of(run)
    assert [paths[name] for name in NEEDS] == [["wishes", "orders"], ["wishes", "orders"], ["wishes"]]
    assert paths["greet-agent"] == []


def test_a_run_without_a_tree_opens_with_empty_paths(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls())
    (run.folder / files.INTENT_TREE).unlink()
    without_hashes(run.folder)
    again = load(run.folder)
    assert again.tree == IntentTree()
    assert set(map(tuple, paths_of(again).values())) == {()}


def test_the_tree_is_one_of_the_files_whose_hash_is_known(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls())
    assert files.INTENT_TREE in RESULT_FILES
    assert files.INTENT_TREE in run.manifest.files
    assert hashes_in(run.folder) == run.manifest.files
    (run.folder / files.INTENT_TREE).write_text("{}")
    with pytest.raises(InputError, match=r"tree\.json is damaged"):
        load(run.folder)


def test_what_people_decide_about_branches_is_in_the_table(tmp_path: Path) -> None:
    run = branched_run(tmp_path / "run")
    number = {name: intent for intent, name in run.found_names.items()}
    after = decide(run.folder, RenameBranch(0, "why-people-call"), Place((number["greet-agent"],), 1))
    assert paths_of(after)["request-refund"] == ["why-people-call", "orders"]
    assert paths_of(after)["greet-agent"] == ["why-people-call", "orders"]


@pytest.mark.parametrize(
    "changes",
    [
        {"branches": 3},
        {"branches": [{"number": 0, "name": "", "parent": -1, "description": "", "given": False}]},
        {"branches": [{"number": 0, "name": "a", "parent": 0, "description": "", "given": False}]},
        {"branches": [{"number": 0, "name": "a", "parent": -1, "description": "", "given": 1}]},
        {"branches": [{"number": "0", "name": "a", "parent": -1, "description": "", "given": False}]},
        {"branches": [{"number": 0, "name": "a", "more": 1}]},
        {"intents": [[0, 99]]},
        {"intents": [[99, 0]]},
        {"intents": [[0]]},
        {"intents": None},
    ],
)
def test_a_damaged_tree_is_refused(run: Run, tmp_path: Path, changes: dict[str, Any]) -> None:
    values = saved.read_json(run.folder / files.INTENT_TREE) | changes
    files.write_json(tmp_path / files.INTENT_TREE, values)
    with pytest.raises(InputError, match=r"tree\.json is damaged"):
        read_tree(tmp_path, {0, 1, 2, 3})


def test_a_chain_of_branches_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    branches = [{"number": i, "name": "a", "parent": i - 1, "description": "", "given": False} for i in range(2_000)]
    files.write_json(tmp_path / files.INTENT_TREE, {"branches": branches, "intents": []})
    with pytest.raises(InputError, match="too deep"):
        read_tree(tmp_path, set())


def test_names_have_no_marks_that_act(tmp_path: Path) -> None:
    branches = [{"number": 0, "name": "card\u202e\x1b[31m", "parent": -1, "description": "a\nb", "given": False}]
    files.write_json(tmp_path / files.INTENT_TREE, {"branches": branches, "intents": [[0, 0]]})
    branch = read_tree(tmp_path, {0}).branches[0]
    assert (branch.name, branch.description) == ("card[31m", "a b")
