"""Labels of clusters, who speaks, and the clusters that are one intent.

Comes in: clusters with their sentences. Goes out: Action-Objective labels (`inquire-promotion`), descriptions of one
sentence, a role for each sentence or label, and groups of pieces that are one intent.

Begin with `by_nearness.py`: it ranks the candidates of an LLM (`labels.py`: prompt, reply, collisions) and of the
sentences themselves (`candidates.py`, and `combine.py` for the actions that they meet). `english_phrases.py` and
`chinese_phrases.py` find objectives; `english.py`, `english_actions.py` and `chinese.py` hold the words, `general.py`
what people contact a service about, `synonyms.py` how they say it, and `people.py` what nobody does to people;
`once.py` embeds once what every role needs; `chinese_words.py` cuts Chinese into words with a dictionary; `nearness.py`
ranks vectors, `problems.py` tells complaints from questions, `questions.py` what agents ask from what they tell,
`honest.py` drops names that nothing bears out and prefers those that many sentences agree with, `offer.py` puts all
names in order, and `catch_all.py` says what is in a cluster that has no other. `needs.py` knows the needs that people
have and where they lie, `need_votes.py` lets sentences vote for them. `kinds.py` tells what a sentence does,
`openings.py` where it is said, too, by the head of `place_head.py`, and `need_direction.py` where needs lie among all
vectors. `actions.py` has the words that labels begin with, and `distinct.py` finds the word that tells two clusters
apart. `descriptions.py` asks an LLM for a sentence about each intent. `roles.py` tells customer from agent: by what
they say (`role_words.py`) and how they take turns (`role_chain.py`), or by label.
`label_graph.py` draws an edge between labels that probably name one intent; `merge.py` joins pieces along the edges
(paper §3.3), verified by the judge.
"""
