#!/usr/bin/env bash
# From the demo run to training data for Rasa and to a model of spaCy.
#
#   examples/export_demo.sh [RUN] [FOLDER]
#
# RUN is a run in English and Chinese, as `dialin demo` makes it (demo-run); FOLDER (demo-exports) gets what is made.
# It needs: pip install "dialin[spacy]"
set -euo pipefail

run=${1:-demo-run}
folder=${2:-demo-exports}
python=${PYTHON:-python}

[ -d "$run" ] || "$python" -m dialin demo --out "$run"
mkdir -p "$folder"

# Rasa: a project for each language; with Rasa installed, `rasa train nlu --nlu FOLDER/rasa/en/nlu.yml` takes it.
"$python" -m dialin export "$run" --to rasa --out "$folder/rasa" --with-none --force
head -n 8 "$folder/rasa/en/nlu.yml"

# spaCy: a bag of words learns the English intents in a minute or two. The demo has about nine phrases of an intent, which
# is few: the score on dev.spacy stays low. With your own calls there are more.
"$python" -m dialin export "$run" --to spacy --out "$folder/spacy" --force
"$python" -m spacy init config "$folder/config.cfg" --lang en --pipeline textcat --force
"$python" -m spacy train "$folder/config.cfg" --output "$folder/model" --training.max_steps "${STEPS:-300}" \
  --training.eval_frequency 100 --training.optimizer.learn_rate 0.01 \
  --paths.train "$folder/spacy/en/train.spacy" --paths.dev "$folder/spacy/en/dev.spacy"
"$python" - "$folder/model/model-best" <<'PYTHON'
import sys

import spacy

model = spacy.load(sys.argv[1])
for text in ("where is my parcel", "I want to send this back", "please cancel my order"):
    intent, p = max(model(text).cats.items(), key=lambda item: item[1])
    print(f"{text:28} {intent:28} {p:.2f}")
PYTHON
