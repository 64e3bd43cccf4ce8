"""Shows the difference between two runs on the terminal, as a page and as JSON.

Comes in: a `Difference`.
Goes out: text, HTML, plain values.
Begin with `words.py` (what each change says in words); `flow.py` computes the picture of the page, `page.py` writes it,
and `terminal.py` prints.
"""
