"""Whether a set of sentences is one intent.

Comes in: sets of sentences, as row numbers. Goes out: a `Verdict` for each: P(good), and good, bad, unreadable or
unasked.

Begin with `verdict.py`: the answer of a judge, and the protocol that every judge follows. `coherence.py` is the judge
of the method: `sample.py` picks the sentences that the LLM reads, `questions.py` asks in the words of `dialin.prompts`
(`tuned`, `list`, `pairs`) and reads the answer, `evidence.py` is the view of the embeddings, and `calibration.py` makes
one probability of both. `cascade.py` lets a cheap judge decide where checks prove
that a dear one would agree (`guarantee.py`: how the checks prove it). `crowd.py` and `people.py` are other judges.
"""
