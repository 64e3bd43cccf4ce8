"""The words with which LLMs are asked: versioned text files, one per task and language.

Comes in: the name of a task, a language, and the fields of its template.
Goes out: a `Prompt`, ready for an LLM.
Begin with any ``TASK.LANGUAGE.vN.txt`` in this folder, then `templates.py`, which reads them.
"""
