"""Reads the mined candidates with a trained int8 cross-encoder (BGE_JS_TRAIN_SCREEN), for a further run to learn what it does not know.

Appends to screened.jsonl, a row per query in random order: `own`, the positive's logit, and `negatives` with their `logits`, the
highest first. lists.py chooses among them. May be ended at any time: what is written counts, and another run goes on.
"""

import json
import os
import random
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from encode import batches, open_session
from lists import Pairs
from paths import CACHE

SCREEN = os.environ.get("BGE_JS_TRAIN_SCREEN")
TARGET = CACHE / "screened.jsonl"
NEAR, NEGATIVES = 5, 3
LENGTH = 192
CHUNK = 250


def start_worker():
    global session, made
    session = open_session(SCREEN)
    made = Pairs()


def logits(pairs):
    out = np.zeros(len(pairs), np.float32)
    for group in batches([ids for ids, _ in pairs]):
        ids, types = (np.array([pairs[i][part] for i in group], np.int64) for part in (0, 1))
        out[group] = session.run(None, {"input_ids": ids, "token_type_ids": types})[0][:, 0]
    return out


def screen(rows):
    """Runs in a worker. Rows with logits."""
    candidates = [row["near"][:NEAR] + row["negatives"][:NEGATIVES] for row in rows]
    found = iter(logits([pair for row, some in zip(rows, candidates) for pair in made.of(row, row["positives"][0], some, LENGTH)]).tolist())
    out = []
    for row, some in zip(rows, candidates):
        own = next(found)
        ranked = sorted(zip((next(found) for _ in some), some), reverse=True)
        kept = {key: row[key] for key in ("set", "query", "sentence") if key in row}
        out.append({**kept, "positives": row["positives"][:1], "own": round(own, 2), "negatives": [d for _, d in ranked], "logits": [round(s, 2) for s, _ in ranked]})
    return out


def main():
    if not SCREEN:
        raise SystemExit("Set BGE_JS_TRAIN_SCREEN to the int8 file of a trained cross-encoder.")
    rows = [json.loads(line) for line in (CACHE / "mined.jsonl").read_text().splitlines()]
    random.Random(0).shuffle(rows)
    done = len(TARGET.read_text().splitlines()) if TARGET.exists() else 0
    chunks = (rows[i : i + CHUNK] for i in range(done, len(rows), CHUNK))
    with ProcessPoolExecutor(2, initializer=start_worker) as pool, TARGET.open("a") as file:
        for screened in pool.map(screen, chunks):
            file.write("".join(json.dumps(row) + "\n" for row in screened))
            file.flush()
            done += len(screened)
            print(f"{done} of {len(rows)}", flush=True)


if __name__ == "__main__":
    main()
