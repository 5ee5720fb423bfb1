"""The cross-encoder's scores, kept for each mean of checkpoints by what its weights are."""

import hashlib
import os
import time
from collections import defaultdict

import numpy as np
import torch
from tokenizers import Tokenizer

import beir
from model import score
from paths import CACHE, START

TOGETHER = 256  # pairs between two looks at the clock
SAVE_SECONDS = 60


class Wanted:
    """In place of `Scores`: notes which pairs ways ask for. What they ask for does not depend on the scores."""

    def __init__(self):
        self.pairs = defaultdict(set)

    def __call__(self, query, places):
        self.pairs[query.set].update((query.row, int(document)) for document in query.documents[places])
        return np.zeros(len(places))


class Scores:
    """Logits of a query's documents at some places; `compute` must have had the pairs."""

    def __init__(self, model, length):
        self.model, self.length = model.eval().bfloat16(), length
        digest = hashlib.sha256(b"".join(value.view(torch.int16).numpy().tobytes() for value in self.model.state_dict().values()))
        self.folder = CACHE / "choose/cross" / f"{digest.hexdigest()[:12]}-{length}"
        self.known = defaultdict(dict)
        for path in self.folder.glob("*.npz"):
            kept = np.load(path)
            self.known[path.stem] = dict(zip(map(tuple, kept["pairs"].tolist()), kept["scores"].tolist()))

    def __call__(self, query, places):
        known = self.known[query.set]
        return np.array([known[query.row, int(document)] for document in query.documents[places]])

    def compute(self, wanted):
        left = {name: sorted(pairs - self.known[name].keys()) for name, pairs in wanted.pairs.items()}
        print(f"cross-encoder: {sum(map(len, left.values()))} of {sum(map(len, wanted.pairs.values()))} pairs to score", flush=True)
        for name, pairs in left.items():
            if pairs:
                self.compute_set(name, pairs)

    def compute_set(self, name, pairs):
        began = saved = time.time()
        rows = Rows(name, self.length)
        for start in range(0, len(pairs), TOGETHER):
            some = pairs[start : start + TOGETHER]
            with torch.inference_mode():
                found = score(self.model, [rows.pair(*pair) for pair in some])
            self.known[name].update(zip(some, found.tolist()))
            if time.time() - saved > SAVE_SECONDS:
                self.save(name)
                saved = time.time()
        self.save(name)
        print(f"{name}: {len(pairs)} pairs, {time.time() - began:.0f} s", flush=True)

    def save(self, name):
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f"{name}.unfinished"
        with unfinished.open("wb") as file:
            np.savez(file, pairs=np.array(list(self.known[name])), scores=np.array(list(self.known[name].values()), np.float32))
        os.replace(unfinished, self.folder / f"{name}.npz")


class Rows:
    """Token ids and types of `[CLS] query [SEP] passage [SEP]`, cut as the product cuts: the query to 3/4, then the passage."""

    def __init__(self, name, length):
        self.length = length
        self.queries, self.documents = list(beir.queries(name).values()), list(beir.documents(name).values())
        self.tokenizer = Tokenizer.from_file(str(START / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.cls, self.sep = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        self.encoded = {}

    def ids(self, text):
        if text not in self.encoded:
            self.encoded[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.encoded[text]

    def pair(self, query, document):
        asked = self.ids(self.queries[query])[: self.length * 3 // 4]
        passage = self.ids(self.documents[document])[: self.length - len(asked) - 3]
        return [self.cls, *asked, self.sep, *passage, self.sep], [0] * (len(asked) + 2) + [1] * (len(passage) + 1)
