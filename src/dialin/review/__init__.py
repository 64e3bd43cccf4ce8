"""What a person decided about a run: edits, the log that keeps them, and the tables that come of them.

Nothing here knows of pages or servers (`dialin.web`), and nothing changes what the run itself wrote.
"""
