"""Names of clusters that hold several intents: they say what the sentences are about, and claim no action.

"change-pizza" over people who order, look for and talk about pizza says what few of them do; "various-pizza" is true.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialin.name.candidates import Material, splits_of
from dialin.name.catch_all import SAID_BY, VARIOUS, catch_all_names
from dialin.name.turns import Turn


def topics_of(
    ranked: Sequence[tuple[str, float]], material: Material, language: str, turn: Turn
) -> list[tuple[str, float]]:
    """Return the names of a mixed cluster, the best first: its objectives, in the order of the names.

    Parameters
    ----------
    ranked : sequence of (str, float)
        Its names with their scores, the best first.
    material : Material
        An objective needs a share of `SAID_BY` of the sentences.
    language : {"en", "zh"}
        Language of the names.
    turn : Turn
        What is known of the cluster.

    Examples
    --------
    >>> material = Material({"pizza": 0.6, "cheese": 0.05})
    >>> topics_of([("change-pizza", 0.4), ("order-cheese", 0.3), ("order-pizza", 0.2)], material, "en", Turn())
    [('various-pizza', 0.4), ('various-requests', 0.4)]
    """
    found = dict[str, float]()
    for name, score in ranked:
        objective = next((each for _, each in splits_of(name) if each in material.objectives), "")
        if material.objectives.get(objective, 0.0) >= SAID_BY:
            found.setdefault(f"{VARIOUS[language]}-{objective}", score)
    best = ranked[0][1] if ranked else 0.0
    return [*found.items(), *((name, best) for name in catch_all_names(material, language, turn))]
