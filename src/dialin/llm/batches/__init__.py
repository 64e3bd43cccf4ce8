"""Many questions at half price: the batch interfaces of providers, which answer within a day.

Comes in: the questions of a step. Goes out: their replies, hours later, in this process or in one that resumes the run.
Begin with `asking.py`, which sends, waits and reads; `base.py` is what it needs of a provider, and `register.py` is the
file that remembers what was sent.
"""
