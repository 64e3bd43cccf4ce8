"""Says which intent each line of standard input has: intent, P(intent) and line, with tabs between.

Needs: pip install "dialin[classifier]"
"""

import json
import sys
from pathlib import Path

import skops.io

import dialin

folder = Path(__file__).parent
about = json.loads((folder / "classifier.json").read_text("utf-8"))
model = skops.io.load(folder / "classifier.skops", trusted=[])
embedder = dialin.embedder_of(about["embedder"])

sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
texts = [" ".join(line.split()) for line in sys.stdin if line.strip()]
if texts:
    P = model.predict_proba(embedder.encode(texts))
    for text, best, p in zip(texts, model.classes_[P.argmax(axis=1)], P.max(axis=1), strict=True):
        print(about["names"][str(best)], f"{p:.3f}", text, sep="\t")
