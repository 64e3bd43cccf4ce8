"""Whether a set of sentences is one intent.

Comes in: sets of sentences, as row numbers. Goes out: a `Verdict` for each: P(good), and good, bad, unreadable or
unasked.

Begin with `verdict.py`: what a judge answers, and what anything has to answer to be one. `coherence.py` is the judge of
the method: `sample.py` picks what the LLM reads, `questions.py` asks and reads the answer, `evidence.py` is what the
embeddings say, and `calibration.py` makes one probability of both. `crowd.py` and `people.py` are other judges.
"""
