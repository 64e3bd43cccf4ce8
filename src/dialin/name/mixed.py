"""Names of clusters that hold several intents: they say what the sentences are about, and claim no action.

"change-pizza" over people who order, look for and talk about pizza says what few of them do; "various-pizza" is true.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialin.name.candidates import Material, splits_of
from dialin.name.turns import Turn

VARIOUS = {"en": "various", "zh": "各种"}
"""What stands in the place of an action."""
TOPIC = 1 / 3
"""Share of the sentences that makes an objective the topic."""
_REQUESTS, _REPLIES = {"en": "requests", "zh": "请求"}, {"en": "replies", "zh": "答复"}


def topics_of(
    ranked: Sequence[tuple[str, float]], material: Material, language: str, turn: Turn
) -> list[tuple[str, float]]:
    """Return the names of a mixed cluster, the best first: its objectives, in the order of the names.

    Parameters
    ----------
    ranked : sequence of (str, float)
        Its names with their scores, the best first.
    material : Material
        An objective needs a share of `TOPIC` of the sentences.
    language : {"en", "zh"}
        Language of the names.
    turn : Turn
        What is known of the cluster.

    Examples
    --------
    >>> material = Material({"pizza": 0.6, "cheese": 0.05})
    >>> topics_of([("change-pizza", 0.4), ("order-cheese", 0.3), ("order-pizza", 0.2)], material, "en", Turn("need"))
    [('various-pizza', 0.4), ('various-requests', 0.4)]
    """
    found = dict[str, float]()
    for name, score in ranked:
        objective = next((each for _, each in splits_of(name) if each in material.objectives), "")
        if material.objectives.get(objective, 0.0) >= TOPIC:
            found.setdefault(f"{VARIOUS[language]}-{objective}", score)
    return [*found.items(), (without_topic(language, turn), ranked[0][1] if ranked else 0.0)]


def without_topic(language: str, turn: Turn) -> str:
    """Return the name of a cluster whose sentences share no objective, either.

    Examples
    --------
    >>> without_topic("en", Turn("need", "customer")), without_topic("zh", Turn("answer", "agent"))
    ('various-requests', '各种-答复')
    """
    return f"{VARIOUS[language]}-{(_REQUESTS if turn.is_open else _REPLIES)[language]}"
