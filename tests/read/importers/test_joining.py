"""Words become turns, and neighbours of one speaker within a pause become one turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialin.read.importers.base import SourceTurn
from dialin.read.importers.joining import Word, glued, in_order, joined_turns, turns_of_words

A, B = "spk_0", "spk_1"


def test_a_turn_ends_where_another_one_speaks() -> None:
    words = [Word("my", A, 0, 0.2), Word("lamp", A, 0.2, 0.6), Word("yes", B, 0.7, 1)]
    assert [(turn.speaker, turn.text, turn.start, turn.end) for turn in turns_of_words(words)] == [
        (A, "my lamp", 0, 0.6),
        (B, "yes", 0.7, 1),
    ]


def test_a_turn_ends_where_nobody_speaks_for_half_a_second() -> None:
    """0.6 + 0.5 = 1.1 belongs to the turn, 1.11 does not."""
    for start, n in ((1.1, 1), (1.11, 2)):
        assert len(list(turns_of_words([Word("my", A, 0, 0.6), Word("lamp", A, start, 2)]))) == n


def test_a_mark_has_neither_speaker_nor_time() -> None:
    words = [Word("yes", A, 0, 1), Word(".", "", is_mark=True), Word("no", A, 1.2, 2), Word("!", B, 9, 9, is_mark=True)]
    assert [(turn.text, turn.end) for turn in turns_of_words(words)] == [("yes. no!", 2)]


def test_a_mark_may_come_first() -> None:
    assert [turn.text for turn in turns_of_words([Word("…", is_mark=True), Word("well", A, 0, 1)])] == ["… well"]


def test_no_words_are_no_turns() -> None:
    assert list(turns_of_words([])) == []


def test_blanks_stand_where_the_script_has_them() -> None:
    assert glued(["退款", "什么时候", "到？"]) == "退款什么时候到？"
    assert glued(["환불", "언제", "돼요"]) == "환불 언제 돼요"
    assert glued(["is", "it", "the", "ABC", "?"]) == "is it the ABC?"
    assert glued(["about", ".5"]) == "about .5"
    assert glued([]) == ""


def test_the_pause_is_the_longest_silence_in_a_turn() -> None:
    """From 2.0 to 3.0 it is one second."""
    turns = [SourceTurn("a", "customer", start=1, end=2), SourceTurn("b", "customer", start=3, end=4)]
    assert [(turn.text, turn.start, turn.end) for turn in joined_turns(turns, 1.0)] == [("a b", 1, 4)]
    assert joined_turns(turns, 0.99) == turns


def test_turns_that_overlap_are_joined() -> None:
    turns = [SourceTurn("a", speaker=A, start=1, end=5), SourceTurn("b", speaker=A, start=3, end=4)]
    assert len(joined_turns(turns, 1.0)) == 1


def test_without_a_pause_nothing_is_joined() -> None:
    turns = [SourceTurn("a", "agent", start=1, end=2), SourceTurn("b", "agent", start=2, end=3)]
    assert joined_turns(turns, 0) == turns


def test_messages_and_strangers_stay_apart() -> None:
    """A chat tells no ends, and two pieces without role and label may be said by two people."""
    chat = [SourceTurn("a", "customer", date="2026-03-04"), SourceTurn("b", "customer", date="2026-03-04")]
    strangers = [SourceTurn("a", start=0, end=1), SourceTurn("b", start=1, end=2)]
    others = [SourceTurn("a", "agent", "x", 0, 1), SourceTurn("b", "agent", "y", 1, 2)]
    for turns in (chat, strangers, others):
        assert joined_turns(turns, 1.0) == turns


def test_channels_are_put_in_order_if_all_times_are_known() -> None:
    turns = [SourceTurn("b", start=2), SourceTurn("a", start=1), SourceTurn("c", start=2)]
    assert [turn.text for turn in in_order(turns)] == ["a", "b", "c"]
    assert [turn.text for turn in in_order([*turns, SourceTurn("d")])] == ["b", "a", "c", "d"]


TURNS = st.lists(
    st.builds(
        SourceTurn,
        text=st.sampled_from(["a", "b", "退"]),
        role=st.sampled_from(["", "agent"]),
        speaker=st.sampled_from(["", A, B]),
        start=st.none() | st.floats(0, 9),
        end=st.none() | st.floats(0, 9),
    ),
    max_size=8,
)


@given(turns=TURNS, pause=st.floats(0, 3))
def test_joining_loses_no_letter_and_keeps_the_order(turns: list[SourceTurn], pause: float) -> None:
    said = "".join(turn.text for turn in joined_turns(turns, pause)).replace(" ", "")
    assert said == "".join(turn.text for turn in turns)
    assert len(joined_turns(turns, pause)) <= len(turns)
