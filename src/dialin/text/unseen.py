r"""Takes out of a text what acts on a screen, in a name or in a spreadsheet without being seen.

Sentences, names, file names and the messages of servers come from others. An escape sequence among them would move the
cursor or the title of a terminal, a turning mark (U+202E) would show "exe.gnp" as "png.exe", and a mark without width
would make two names differ that look the same.
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = (
    "\u00ad\u034f\u061c\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0001-\U000e007f"
)
"""Characters without width, and those that turn the direction of text, as the inside of a character class.

Joiners (U+200C, U+200D) are missing: Persian and Indian words and family emoji are written with them.
"""

_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # all but tab and line feed
_INDIC = "\u0600-\u0dff"
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_LOOSE_JOINER = (
    f"(?<![{_INDIC}{_EMOJI}])[\u200c\u200d]|[\u200c\u200d](?![{_INDIC}{_EMOJI}])"  # joins nothing that needs it
)
_UNSEEN = re.compile(f"[{_CONTROLS}{INVISIBLE}]|{_LOOSE_JOINER}")


def without_unseen(text: str) -> str:
    r"""Return a text without control characters, turning marks and marks without width; tabs and line feeds stay.

    Examples
    --------
    >>> without_unseen("red \x1b[31malert\x07"), without_unseen("png.\u202eexe"), without_unseen("re\u200bfund")
    ('red [31malert', 'png.exe', 'refund')
    >>> without_unseen("a family: 👨\u200d👩") == "a family: 👨\u200d👩"
    True
    """
    return _UNSEEN.sub("", text)


def plain_name(name: str) -> str:
    r"""Return a name in NFC, on one line, with single spaces, and without what `without_unseen` takes out.

    Examples
    --------
    >>> plain_name("ask-\u200brefund "), plain_name("menu\u0301") == "men\u00fa"
    ('ask-refund', True)
    """
    return " ".join(without_unseen(unicodedata.normalize("NFC", " ".join(name.split()))).split())


def without_surrogates(text: str) -> str:
    r"""Return a text with a question mark for each lone surrogate: JSON can hold half a character, a file cannot.

    Examples
    --------
    >>> without_surrogates("a\ud83d"), without_surrogates("表情😀")
    ('a?', '表情😀')
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def as_escapes(json_text: str) -> str:
    r"""Return JSON in which the characters that `without_unseen` takes out are escaped: it says the same, and is seen.

    Examples
    --------
    >>> as_escapes('"png.\u202eexe"')
    '"png.\\u202eexe"'
    """
    return _UNSEEN.sub(lambda found: "".join(f"\\u{unit:04x}" for unit in _utf16(found[0])), json_text)


def _utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
