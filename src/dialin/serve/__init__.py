"""Answers over HTTP which intents new utterances have, as `dialin predict` does.

Comes in: the folder of a run, and requests.
Goes out: JSON, with the intent of each utterance or the main reason of each dialogue.
Begin with `app.py`, which has the routes. `questions.py` reads requests, `batches.py` asks the decision function about
many at once, `served.py` holds it and takes up new ones, and `server.py` listens.
"""
