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

texts = [" ".join(line.split()) for line in sys.stdin.buffer.read().decode().splitlines() if line.strip()]
P = model.predict_proba(embedder.encode(texts)) if texts else []
for text, row in zip(texts, P, strict=True):
    intent, p = about["names"][str(model.classes_[row.argmax()])], row.max()
    sys.stdout.buffer.write(f"{intent}\t{p:.3f}\t{text}\n".encode())
