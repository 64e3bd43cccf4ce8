"""What Amazon's analyses of conversations share: roles, turns with times, and outcomes."""

from __future__ import annotations

from dialin.read.importers.base import SourceTurn
from dialin.read.importers.places import JsonPlace, known_outcomes

MACHINES = {"CUSTOM_BOT": "bot turns", "BOT": "bot turns", "SYSTEM": "system messages"}
"""What is said by no person, by the role of the participant. Amazon Connect administrator guide."""
_ROLES = {"AGENT": "agent", "CUSTOMER": "customer", "SUPERVISOR": "supervisor"}
_MILLI = 0.001


def amazon_role(role: str) -> str:
    """Return the role of a participant; "" for one that is not known."""
    return _ROLES.get(role, "")


def amazon_turn(place: JsonPlace, who: str, role: str) -> SourceTurn:
    """Return what a participant says, with its offsets if there are any."""
    start, end = place.seconds("BeginOffsetMillis", _MILLI), place.seconds("EndOffsetMillis", _MILLI)
    return SourceTurn(place.needed_text("Content"), amazon_role(role), who, start, end)


def amazon_outcomes(root: JsonPlace) -> dict[str, str | float]:
    """Return what an analysis says of the whole conversation; the tags are the categories that matched."""
    about = root.at("ConversationCharacteristics") if root.has("ConversationCharacteristics") else None
    matched = root.at("Categories").each("MatchedCategories") if root.has("Categories") else []
    return known_outcomes(
        duration=about.seconds("TotalConversationDurationMillis", _MILLI) if about else None,
        channel=root.text("Channel").lower(),
        language=root.text("LanguageCode"),
        tags=", ".join(str(tag.value) for tag in matched),
    )


def why_nothing(root: JsonPlace, key: str = "JobStatus") -> str:
    """Return why an analysis has no transcript, by the status of its job."""
    status = root.text(key).upper()
    return "no transcript" if status in {"", "COMPLETED"} else f"the job is {status.lower().replace('_', ' ')}"
