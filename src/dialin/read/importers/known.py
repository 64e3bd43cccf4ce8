"""The importers there are, and the one that reads a document."""

from __future__ import annotations

from dialin.errors import InputError
from dialin.read.importers.assemblyai import AssemblyAi
from dialin.read.importers.azure_speech import AzureSpeech
from dialin.read.importers.base import Importer
from dialin.read.importers.call_analytics import CallAnalytics
from dialin.read.importers.contact_lens import ContactLens, ContactLensChat, ContactLensVoice, LexDesigner
from dialin.read.importers.cx_insights import CxIngest, CxInsights
from dialin.read.importers.deepgram import Deepgram
from dialin.read.importers.freshdesk import Freshdesk
from dialin.read.importers.genesys import Genesys
from dialin.read.importers.google_stt import GoogleSpeech
from dialin.read.importers.intercom import Intercom
from dialin.read.importers.kore_ai import KoreAi
from dialin.read.importers.kustomer import Kustomer
from dialin.read.importers.subtitles import Subtitles
from dialin.read.importers.transcribe import Transcribe
from dialin.read.importers.twilio import Twilio
from dialin.read.importers.whisper import Whisper
from dialin.read.importers.zendesk import Zendesk

IMPORTERS: tuple[Importer, ...] = (
    ContactLensVoice(),
    ContactLensChat(),
    LexDesigner(),
    Subtitles(),
    Zendesk(),
    Intercom(),
    Freshdesk(),
    Kustomer(),
    KoreAi(),
    CallAnalytics(),
    Transcribe(),
    CxIngest(),
    CxInsights(),
    GoogleSpeech(),
    Genesys(),
    AzureSpeech(),
    Whisper(),
    Deepgram(),
    AssemblyAi(),
    Twilio(),
)
"""One for each source. No document is recognised by two of them."""


BOTH: tuple[ContactLens, ...] = (ContactLens(),)
"""Those that read what two of `IMPORTERS` read each alone: two kinds of dialogues of one source, in one folder."""


def importer_of_both(one: Importer, other: Importer) -> Importer | None:
    """Return the importer that reads what these two read; None if they are of two sources.

    Examples
    --------
    >>> both = importer_of_both(importer_named("contact-lens"), importer_named("contact-lens-chat"))
    >>> both and both.many, importer_of_both(importer_named("contact-lens"), importer_named("twilio"))
    ('Contact Lens contacts', None)
    """
    wanted = {one.name, other.name}
    return next((each for each in BOTH if {part.name for part in each.parts} == wanted), None)


def importer_of(document: object) -> Importer | None:
    """Return the importer that recognises a document; None if none does."""
    return next((importer for importer in IMPORTERS if importer.recognises(document)), None)


def importer_named(name: str) -> Importer:
    """Return the importer of a format; raise InputError, with the names of all, if there is none."""
    found = {importer.name: importer for importer in IMPORTERS}
    if name not in found:
        raise InputError(f"--format {name!r} is unknown", hint=f"the formats are {', '.join(sorted(found))}")
    return found[name]
