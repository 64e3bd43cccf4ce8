"""Every prompt file: its two languages, its few-shot pairs, its options, and the fields that are filled."""

from __future__ import annotations

import re
import string
from importlib import resources

import pytest

from dialin.judge.questions import build_list_prompt, build_pair_prompt
from dialin.name import descriptions, roles
from dialin.name import labels as name
from dialin.name.branch_topics import BranchShown, topic_prompt
from dialin.name.labels import Example
from dialin.name.turns import Turn
from dialin.peers import clusterllm, edgerefine, idas, keyphrase
from dialin.prompts.prompt import Prompt
from dialin.prompts.quoted import bullets
from dialin.prompts.templates import LANGUAGES, VERSIONS, Template, load, parse_template, shipped
from dialin.search.prune import build_prune_prompt, parse_pruned
from dialin.search.trial import Trial
from dialin.text.script import language_of

LANGUAGE_FREE = {"prune"}
"""Their input is numbers, so one language serves both."""
SHOTLESS = {"tuned", "describe"}
"""A model that was tuned on a question needs no worked examples of it; IDAS takes its own from the data."""
IN_BOTH = sorted(set(VERSIONS) - LANGUAGE_FREE)
TEXTS = {"en": ["where is my parcel", "has it been shipped"], "zh": ["我的包裹到哪了", "订单发货了没有"]}


def files() -> list[str]:
    folder = resources.files("dialin.prompts")
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".txt"))


def current() -> list[tuple[str, str]]:
    return [
        (task, language)
        for task in sorted(VERSIONS)
        for language in LANGUAGES
        if f"{task}.{language}.v{VERSIONS[task]}.txt" in files()
    ]


def fields_of(template: Template) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template.template) if field}


def built(task: str, language: str) -> Prompt:
    """Return the prompt of a task as the library builds it for the texts of a language."""
    texts = TEXTS[language]
    label = {"en": "inquire-order", "zh": "查询-订单"}[language]
    example = Example(tuple(texts), language)
    return {
        "pairs": lambda: build_pair_prompt(*texts),
        "list": lambda: build_list_prompt(texts),
        "tuned": lambda: build_list_prompt(texts, "tuned"),
        "name": lambda: name.build_prompt(example),
        "contrast": lambda: name.build_contrast_prompt(example, example),
        "explain": lambda: descriptions.description_prompt(descriptions.Described(label, Turn(), example)),
        "role": lambda: roles.build_question(label).prompt,
        "branch": lambda: topic_prompt(BranchShown(tuple((label, text) for text in texts), language)),
        "prune": lambda: build_prune_prompt([Trial(8, 40, 60)], [4, 8], 100),
        "keyphrase": lambda: keyphrase.build_prompt(texts[0], language),
        "describe": lambda: idas.build_prompt(texts[0], language),
        "closer": lambda: clusterllm.build_question(texts[0], *texts).prompt,
        "belongs": lambda: edgerefine.build_question(texts[0], texts).prompt,
    }[task]()


def test_what_the_manifest_lists_are_the_files_that_there_are() -> None:
    assert sorted(f"{name}.txt" for name in shipped()) == files()


@pytest.mark.parametrize("task", IN_BOTH)
@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_exist(task: str, language: str) -> None:
    template = load(task, language)
    assert template.version == f"{task}.{language}.v{VERSIONS[task]}"
    assert language_of([template.system]) == language


@pytest.mark.parametrize("file", files())
def test_no_file_is_an_orphan(file: str) -> None:
    match = re.fullmatch(r"(\w+)\.(\w+)\.v(\d+)\.txt", file)
    assert match, file
    assert match[1] in VERSIONS
    assert match[2] in LANGUAGES
    assert int(match[3]) <= VERSIONS[match[1]]


@pytest.mark.parametrize(("task", "language"), current())
def test_at_least_two_shots_none_twice(task: str, language: str) -> None:
    shots = load(task, language).shots
    assert len(shots) >= 2 or (task in SHOTLESS and not shots)
    assert len({question for question, _ in shots}) == len(shots)


@pytest.mark.parametrize("task", ["list", "name"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_papers_prompts_have_five_shots(task: str, language: str) -> None:
    """Paper §3.1: five input/output pairs for coherence and for naming."""
    assert len(load(task, language).shots) >= 5


@pytest.mark.parametrize("task", IN_BOTH)
def test_the_languages_say_the_same(task: str) -> None:
    """As many shots, options and fields in both, and the n-th answers are the same option."""
    en, zh = (load(task, language) for language in LANGUAGES)
    assert len(en.shots) == len(zh.shots)
    assert len(en.options) == len(zh.options)
    assert fields_of(en) == fields_of(zh)
    if en.options:
        assert [en.options.index(a) for _, a in en.shots] == [zh.options.index(a) for _, a in zh.shots]


@pytest.mark.parametrize(("task", "language"), current())
def test_answers_are_options_and_each_option_is_shown(task: str, language: str) -> None:
    template = load(task, language)
    if template.options and task not in SHOTLESS:
        assert {answer for _, answer in template.shots} == set(template.options)


@pytest.mark.parametrize(("task", "language"), [(t, lang) for t, lang in current() if load(t, lang).options])
def test_options_differ_from_their_first_letter_on(task: str, language: str) -> None:
    """One token is read, so no option may begin like another."""
    options = load(task, language).options
    assert len(options) == 2
    assert len({option[0].casefold() for option in options}) == 2


def test_options_by_name() -> None:
    """The first of the two is the one that `judge.parse_reply` takes for good; for a role, the customer's."""
    assert load("pairs", "en").options == ("Yes", "No")
    assert load("pairs", "zh").options == ("是", "否")
    assert load("list", "en").options == ("Good", "Bad")
    assert load("list", "zh").options == ("好", "坏")
    assert load("tuned", "en").options == ("Good", "Bad")
    assert load("tuned", "zh").options == ("好", "坏")
    assert load("role", "en").options == ("Customer", "Agent")
    assert load("role", "zh").options == ("客户", "坐席")
    assert load("closer", "en").options == load("closer", "zh").options == ("A", "B")
    assert load("belongs", "en").options == ("Yes", "No")
    assert load("belongs", "zh").options == ("是", "否")


@pytest.mark.parametrize("task", ["name", "contrast"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_named_shots_follow_the_convention(task: str, language: str) -> None:
    answers = [answer for _, answer in load(task, language).shots]
    assert [name.parse_reply(answer, language) for answer in answers] == answers
    assert len(set(answers)) == len(answers)


def test_pruning_shots_pick_five_of_what_is_allowed() -> None:
    for question, answer in load("prune", "en").shots:
        allowed = [int(k) for k in question.rsplit(":", 1)[-1].split(",")]
        assert len(parse_pruned(answer, allowed)) == 5


@pytest.mark.parametrize(("task", "language"), current())
def test_shots_look_like_the_template(task: str, language: str) -> None:
    """A shot is the template with other fields: what the model saw is what it is asked."""
    template = load(task, language)
    literal = re.split(r"\{\w+\}", template.template)
    pattern = "(.+)".join(map(re.escape, literal))
    for question, _ in template.shots:
        assert re.fullmatch(pattern, question, re.S), question


@pytest.mark.parametrize(("task", "language"), current())
def test_what_is_built_fills_every_field(task: str, language: str) -> None:
    template = load(task, language)
    prompt = built(task, language)
    assert (prompt.system, prompt.shots) == (template.system, template.shots)
    literal = re.split(r"\{\w+\}", template.template)
    assert re.fullmatch("(.+)".join(map(re.escape, literal)), prompt.user, re.S)
    assert "{" not in prompt.user


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", ["pairs", "list", "name", "explain"])
def test_the_sentences_are_in_the_prompt(task: str, language: str) -> None:
    assert all(text in built(task, language).user for text in TEXTS[language])


@pytest.mark.parametrize(("task", "language"), current())
def test_the_static_part_comes_first(task: str, language: str) -> None:
    """System and shots lead the messages, in pairs; only the last one varies, so that providers can cache the rest."""
    prompt, template = built(task, language), load(task, language)
    first, *shots, last = prompt.messages()
    assert first == {"role": "system", "content": template.system}
    assert last == {"role": "user", "content": prompt.user}
    assert [(message["role"], message["content"]) for message in shots] == [
        turn for shot in template.shots for turn in zip(("user", "assistant"), shot, strict=True)
    ]


def test_braces_in_a_sentence_are_left_alone() -> None:
    prompt = build_pair_prompt("my code is {first}", "use {0} and {")
    assert "my code is {first}" in prompt.user
    assert "use {0} and {" in prompt.user


FILE = """### system
Be brief.
### input
one
two
### answer
A
### template
{x}
### options
A
B
"""


def test_a_file_by_hand() -> None:
    template = parse_template(FILE, "toy.en.v1")
    assert template == Template("toy.en.v1", "Be brief.", (("one\ntwo", "A"),), "{x}", ("A", "B"))
    assert template.prompt(x="hi") == Prompt("Be brief.", (("one\ntwo", "A"),), "hi")


def test_without_options_the_answer_is_free() -> None:
    assert parse_template(FILE.split("### options", maxsplit=1)[0], "toy.en.v1").options == ()


def test_an_option_is_a_line() -> None:
    """The module says: "one answer a line"; so an option of two words stays one option."""
    text = FILE.replace("A\nB\n", "same intent\nother intent\n")
    assert parse_template(text, "toy.en.v1").options == ("same intent", "other intent")


@pytest.mark.parametrize("gone", ["### system\nBe brief.\n", "### template\n{x}\n"])
def test_a_missing_section_is_an_error(gone: str) -> None:
    with pytest.raises(ValueError, match=r"toy\.en\.v1"):
        parse_template(FILE.replace(gone, ""), "toy.en.v1")


def test_an_input_without_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_template(FILE.replace("### answer\nA\n", ""), "toy.en.v1")


def test_bullets_are_short_lines() -> None:
    assert bullets(["a", "退款"]) == "- a\n- 退款"
    assert bullets([]) == ""
    assert len(bullets(["x" * 10_000])) <= 400
