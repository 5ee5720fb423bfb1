"""Where the data, the models and the intermediate files are."""

import os
import zlib
from pathlib import Path

HOME = Path.home() / ".cache/bge-js"
CACHE = Path(os.environ.get("BGE_JS_TRAIN_CACHE", HOME / "train"))
START = Path(os.environ.get("BGE_JS_MODELS", HOME / "reference-models")) / "bge-small-en-v1.5"
EMBEDDER = Path(__file__).resolve().parents[2] / "packages/model-bge-small-en-v1.5/model"

# Sets with positives in the training pairs, and sets whose own judgements are read (name: split); mbpp's test split is only measured on, and so is all of MEASURED.
PAIRED = ["clapnq-dev", "qed-dev", "selqa", "squadshifts-wiki", "squadshifts-reddit", "squadshifts-amazon", "medquad"]
JUDGED = {"pubmedqa": "test", "mbpp": "train"}
# Made by claims.py.
CLAIMS = "pubmedqa-claims"
MEASURED = ["xquad-en", CLAIMS]
# What is encoded; medquad, much the longest, last.
SETS = PAIRED[:6] + list(JUDGED) + MEASURED + PAIRED[6:]


def held_out(query):
    """Whether an abstract of pubmedqa is one of the fifth that claims.py measures by, and nothing is trained on."""
    return zlib.crc32(query.encode()) % 5 == 0


def folder(name):
    """A set's folder."""
    # What is encoded of the claims lies in the folder of their name.
    return CACHE / f"{CLAIMS}-set" if name == CLAIMS else data() / name


def data():
    """The folder with a folder per set in BEIR layout, and `training-pairs`."""
    if "BGE_JS_DATA" not in os.environ:
        raise SystemExit("Set BGE_JS_DATA to the folder with the retrieval sets and training-pairs (see README.md).")
    return Path(os.environ["BGE_JS_DATA"])
