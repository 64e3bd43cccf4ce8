"""Properties of plain text: its script, its width on a screen, what must not act there, its form in Markdown.

Comes in: one or more texts.
Goes out: whether a text is Chinese, the language of a prompt about it, the text cut to a width or without marks that
act, a Markdown table.
Begin with `script.py`, the one rule for what counts as Chinese.
"""
