"""Labels of clusters, the role by label, and the clusters that are one intent.

Comes in: clusters with their sentences. Goes out: Action-Objective labels (`inquire-promotion`), a role for each label,
and groups of clusters that are merged.

Begin with `labels.py`: prompt, reply, and names that differ. `actions.py` has the words that labels begin with,
`roles.py` tells customer from agent by them, `distinct.py` finds the word that tells two clusters apart, and `merge.py`
joins clusters by their labels (paper §3.3), verified by the judge.
"""
