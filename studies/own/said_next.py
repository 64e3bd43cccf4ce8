"""Measure what the next turn adds to the vector of a sentence, in dialogues with gold labels.

``python -m studies.own.said_next --models FOLDER`` runs dialin without an LLM on the demo's calls and on 500 of SGD's
test dialogues (with the embedder of `studies.own.embedders` that has not learnt SGD, in ``FOLDER``), with several
weights of the next turn. The demo's calls were written by the authors, and nothing was chosen on them. Writes
``results/said_next.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.cluster.said_next import NEXT, with_next
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.embed.choose import embedder_of
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.table import read_table
from dialin.runs.run import data_of
from dialin.score.metrics import agreement_with_gold
from studies.own import machine
from studies.own.embedders import SHIPPED

WEIGHTS = (0.0, 0.15, NEXT, 0.45, 0.6)
N_DIALOGUES = 500
DEMO = Path(__file__).parents[2] / "src" / "dialin" / "cli" / "examples"
