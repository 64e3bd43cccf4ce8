"""Exports as they lie on a disk: a folder of calls, an archive, lines."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

FIXTURES = Path(__file__).parents[1] / "read" / "importers" / "fixtures"


def fixture_names() -> list[str]:
    """Return the names of all fixtures that are JSON, such as "contact-lens"."""
    return sorted(path.stem for path in FIXTURES.glob("*.json"))


def fixture_path(name: str) -> Path:
    """Return the file of a fixture by its name without ending."""
    return next(path for path in FIXTURES.iterdir() if path.name.partition(".")[0] == name)


def fixture_value(name: str) -> Any:
    """Return the JSON value of a fixture."""
    return json.loads(fixture_path(name).read_text("utf-8"))


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive of files."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return stream.getvalue()


def contact_call(contact: str, *said: tuple[str, str]) -> dict[str, Any]:
    """Return a Contact Lens call: who ("AGENT", "CUSTOMER", …) says what, two seconds apart."""
    roles = dict.fromkeys(role for role, _ in said)
    return {
        "Channel": "VOICE",
        "LanguageCode": "en-GB",
        "JobStatus": "COMPLETED",
        "Participants": [{"ParticipantId": role.lower(), "ParticipantRole": role} for role in roles],
        "CustomerMetadata": {"ContactId": contact},
        "ConversationCharacteristics": {"TotalConversationDurationMillis": 4000 * len(said)},
        "Transcript": [
            {
                "ParticipantId": role.lower(),
                "Id": f"{contact}-{n}",
                "Content": text,
                "BeginOffsetMillis": 4000 * n,
                "EndOffsetMillis": 4000 * n + 2000,
            }
            for n, (role, text) in enumerate(said)
        ],
    }


def calls_folder(folder: Path, texts: list[str]) -> Path:
    """Write a folder of Contact Lens calls, one for each text, in which a bot and an agent speak, too."""
    folder.mkdir()
    for n, text in enumerate(texts):
        said = ("CUSTOM_BOT", "Please hold"), ("AGENT", "How can I help you"), ("CUSTOMER", text)
        call = contact_call(f"call-{n}", *said) | {"Categories": {"MatchedCategories": [f"queue {n % 2}"]}}
        (folder / f"{n}.json").write_text(json.dumps(call, ensure_ascii=False), "utf-8")
    return folder
