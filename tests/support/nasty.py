"""Calls that try to break out of a page."""

from __future__ import annotations

from fake_run import Said

SCRIPT = "</script><script>alert(1)</script>"


OVERRIDE = "\u202egnp.exe\u202c \u200f\u061c"


NASTY = [
    SCRIPT,
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "{{ page.script }} {% raw %}",
    f"right to left {OVERRIDE}",
    "line\u2028and\u2029paragraph",
    "10,000 characters " + "很长 " * 3_330,
    "a family 👨‍👩‍👧‍👦, a flag 🇨🇳, and a wave 👋🏽",
    "&lt;b&gt; &amp; 'quotes' \"double\"",
]


def nasty_calls() -> list[Said]:
    said = []
    for i, text in enumerate(NASTY):
        said += [Said(text, f"ask-{SCRIPT}" if i == 0 else f"ask-{i % 3}", f"d{i}", f"<i>{OVERRIDE}", "2024-05-01")]
        said += [Said(f"{text} again", "" if i % 2 else f"ask-{i % 3}", f"d{i}", "agent", "2024-05-02")]
    return said
