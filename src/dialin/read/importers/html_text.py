"""Turns a mail or a message of a chat, in HTML or plain, into what its author wrote: no former mails, no signature."""

from __future__ import annotations

import re
from html.parser import HTMLParser


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS = _set(
    "address article aside br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p "
    "pre section table tbody tfoot thead tr ul"
)
_VOID = _set("area base br col embed hr img input link meta source track wbr")
_UNREAD = _set("blockquote head script style template title")
_QUOTES = _set(
    "freshdesk_quote gmail_attr gmail_quote gmail_signature moz-cite-prefix moz-signature protonmail_quote "
    "protonmail_signature_block yahoo_quoted zmail_extra"
)
"""Classes by which mail programs mark a former mail or a signature."""

_SPACE, _DECLARATION, _NO_TAG = re.compile(r"\s+"), re.compile(r"<[!?][^<>]*>"), re.compile(r"<(?![^<>]*>)")
_MAY_END = re.compile(
    r"^(>|--|_{10}|\*?(from|sent|date|to|subject|get)\b|发|收|日期|主题|从)|wrote|写道|message|邮件|regards|wishes|"
    "sincerely|yours|此致|祝",
    re.IGNORECASE | re.MULTILINE,
)
"""What a former mail or a signature has: without any of it, there is none."""
_BEGINS = re.compile(r"on\b|(.{0,80}\s)?(在|于)\s*\d{4}|.{0,60}<[^<>\s]+@", re.IGNORECASE)
_WROTE = re.compile(
    r"(on\b.{5,200}\bwrote|.{0,60}<[^<>\s]+@[^<>\s]+>\s*wrote|(.{0,80}\s)?(在|于)\s*\d{4}.{4,100}写道)\s*[:：]",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"-{2,}\s*(original message|forwarded message|原始邮件|转发邮件|转发的邮件)\b.*|_{10,}|"
    r"begin forwarded message\s*:",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\*?(from|sent|date|to|subject|发件人|发送时间|日期|收件人|主题)\s*[:：]", re.IGNORECASE)
_DEVICE = r"(android|blackberry|galaxy|huawei|ipad|iphone|mobile|phone|pixel|samsung|xiaomi|手机|华为|小米)"
_SENT_FROM = re.compile(
    rf"(sent (from|via) (my )?({_DEVICE}|aol|mail for windows|outlook|yahoo mail)|get outlook for)\b.{{0,40}}|"
    rf"(发自我的|从我的)\s*{_DEVICE}.{{0,20}}",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"((best|kind|kindest|warm|many|with (best|kind))\s+(regards|wishes)|regards|sincerely|"
    r"yours\s+(sincerely|faithfully|truly)|此致|祝好|顺祝商祺)\s*[,.!，。！]?",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 8
"""Lines of a signature at most; more are text that goes on behind a word of farewell."""
_WRAPPED = 3
"""Lines over which a mail program wraps the line that names the author of a former mail, at most."""


def text_of_html(html: str) -> str:
    r"""Return the text of HTML, a line for each block; without quotes of former mails, scripts and styles.

    Examples
    --------
    >>> text_of_html("<p>Hello&nbsp;there</p><p>my <b>card</b><br>is gone</p><blockquote>How can we help?</blockquote>")
    'Hello there\nmy card\nis gone'
    """
    if "<" not in html and "&" not in html:
        return _tidy(html)
    reader = _TextOfHtml()
    reader.feed(_SPACE.sub(" ", _well_formed(html)))
    reader.close()
    return _tidy("".join(reader.parts))


def own_words(text: str) -> str:
    r"""Return what the author of a message wrote: no quotes of former mails, and no signature.

    A former mail begins with a line such as ``On … wrote:`` or ``-----Original Message-----``, and ends where no line
    begins with ``>``, if one does. A signature begins with ``--``, with ``Sent from my …``, or with a farewell such
    as ``Kind regards`` behind which at most 8 lines stand.

    Examples
    --------
    >>> own_words("It still fails.\nKind regards,\nAnn\nOn Monday, Bo Li wrote:\n> Did you try again?")
    'It still fails.'
    """
    tidy = _tidy(text)
    if not _MAY_END.search(tidy):
        return tidy
    lines = tidy.split("\n")
    kept = [line for line in _before_former_mail(lines) if not line.startswith(">")]
    return "\n".join(_before_signature(kept))


def message_of(html: str, plain: str) -> str:
    """Return the own words of a message that has HTML, or else plain text."""
    return own_words(text_of_html(html) if html.strip() else plain)


class _TextOfHtml(HTMLParser):
    """Collects the text of HTML, with line breaks around blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unread = ""  # the element that is not read, if one is open
        self._depth = 0  # how many of its kind are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._unread and tag not in _VOID and (tag in _UNREAD or _is_quote(attrs)):
            self._unread = tag
        self._depth += tag == self._unread
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == self._unread
        if not self._depth:
            self._unread = ""
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data)

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002
        """Count no lines: nobody asks where the reader is."""
        return j

    def _break(self, tag: str) -> None:
        if not self._unread and (tag in _BLOCKS or tag in _UNREAD):
            self.parts.append("\n")
        elif not self._unread and tag in {"td", "th"}:
            self.parts.append(" ")


def _well_formed(html: str) -> str:
    """Return HTML without comments and declarations, and with ``&lt;`` for each ``<`` that begins no tag.

    `HTMLParser` takes minutes for many of these without an end, and fails at some declarations.
    """
    first, *rest = html.split("<!--")
    seen = first + "".join(part.partition("-->")[2] for part in rest)
    return _NO_TAG.sub("&lt;", _DECLARATION.sub("", seen))


def _is_quote(attrs: list[tuple[str, str | None]]) -> bool:
    return any(name == "class" and not _QUOTES.isdisjoint((value or "").split()) for name, value in attrs)


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _before_former_mail(lines: list[str]) -> list[str]:
    """Return the lines without a former mail; those behind it stay if its own lines begin with ``>``."""
    for i, line in enumerate(lines):
        n = _n_introducing(lines, i)
        if n and i + n < len(lines) and lines[i + n].startswith(">"):
            return lines[:i] + _before_former_mail(lines[i + n :])
        if n or _FORMER.fullmatch(line) or _is_header(lines, i):
            return lines[:i]
    return lines


def _n_introducing(lines: list[str], i: int) -> int:
    """Return over how many lines from the i-th on somebody is said to have written a former mail; 0 for none."""
    for n in range(1, _WRAPPED + 1) if _BEGINS.match(lines[i]) else ():
        if _WROTE.fullmatch(" ".join(lines[i : i + n])):
            return n
    return 0


def _is_header(lines: list[str], i: int) -> bool:
    """Return whether the head of a former mail begins at a line, as Outlook writes it."""
    return _HEADER.match(lines[i]) is not None and sum(map(bool, map(_HEADER.match, lines[i : i + 4]))) >= 3


def _before_signature(lines: list[str]) -> list[str]:
    for i, line in enumerate(lines):
        is_short = len(lines) - i - 1 <= _SIGNATURE_LINES
        if line == "--" or _SENT_FROM.fullmatch(line) or (i and is_short and _CLOSING.fullmatch(line)):
            return lines[:i]
    return lines
