"""What the letters of a text say about it: its script, its width on a screen, its form as Markdown.

Comes in: a text, or several.
Goes out: whether it is Chinese, the language of a prompt about it, the text cut to a width, a Markdown table.
Begin with `script.py`, the one rule of what is Chinese.
"""
