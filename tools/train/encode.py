"""Encodes the texts of every set once with the int8 embedder: L2-normalised token vectors. Files that are there are kept."""

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from beir import documents, queries
from paths import CACHE, EMBEDDER, SETS

WIDTH = 384
BATCH = 8
INSTRUCTION = "Represent this sentence for searching relevant passages: "


def tokenise(texts, length):
    tokenizer = Tokenizer.from_file(str(EMBEDDER / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def start_worker():
    global session
    session = open_session(EMBEDDER / "onnx/model_quantized.onnx")


def run(rows):
    """Token vectors [texts, length, 384] of texts of one length."""
    ids = np.array(rows, dtype=np.int64)
    [hidden] = session.run(None, {"input_ids": ids, "output_length": np.array([ids.shape[1]])})
    return hidden / np.linalg.norm(hidden, axis=-1, keepdims=True)


def write_rows(path, total, rows, places):
    """Runs in a worker: encodes batches of equal length and writes each text's vectors to its place."""
    target = np.memmap(path, dtype="<f2", mode="r+", shape=(total, WIDTH))
    for batch_rows, batch_places in zip(rows, places):
        for vectors, place in zip(run(batch_rows), batch_places):
            target[place : place + len(vectors)] = vectors
    target.flush()


def first_vectors(rows):
    return np.concatenate([run(batch)[:, 0] for batch in rows])


def query_vectors(texts):
    """Dense vectors of queries, in this process."""
    start_worker()
    ids = tokenise([INSTRUCTION + text for text in texts], 64)
    out = np.zeros((len(ids), WIDTH), np.float32)
    for group in batches(ids):
        out[group] = first_vectors([[ids[i] for i in group]])
    return out


def batches(ids):
    """Indices of texts of equal length, at most BATCH together."""
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    group = []
    for i in order:
        if group and (len(group) == BATCH or len(ids[i]) != len(ids[group[0]])):
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def slices(groups, tokens=20_000):
    """Work for one call of a worker."""
    some, size = [], 0
    for group, cost in groups:
        some.append(group)
        size += cost
        if size >= tokens:
            yield some
            some, size = [], 0
    if some:
        yield some


def encode_tokens(pool, folder, kind, names, ids):
    target = folder / f"{kind}.f16"
    if target.exists():
        return
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in ids])]).astype(np.int64)
    np.save(folder / f"{kind}.offsets.npy", offsets)
    np.save(folder / f"{kind}.tokens.npy", np.concatenate(ids).astype(np.int32))
    (folder / f"{kind}.ids.json").write_text(json.dumps(names))
    unfinished = folder / f"{kind}.f16.unfinished"
    total = int(offsets[-1])
    with unfinished.open("wb") as file:
        file.truncate(total * WIDTH * 2)
    groups = ((group, len(group) * len(ids[group[0]])) for group in batches(ids))
    jobs = [
        pool.submit(write_rows, unfinished, total, [[ids[i] for i in g] for g in some], [[offsets[i] for i in g] for g in some])
        for some in slices(groups)
    ]
    for job in jobs:
        job.result()
    os.replace(unfinished, target)


def encode_dense(pool, folder, ids):
    target = folder / "queries.dense.f16"
    if target.exists():
        return
    out = np.zeros((len(ids), WIDTH), "<f2")
    groups = list(slices((group, len(group) * len(ids[group[0]])) for group in batches(ids)))
    jobs = [pool.submit(first_vectors, [[ids[i] for i in g] for g in some]) for some in groups]
    for some, job in zip(groups, jobs):
        out[[i for g in some for i in g]] = job.result()
    unfinished = folder / "queries.dense.f16.unfinished"
    out.tofile(unfinished)
    os.replace(unfinished, target)


def main():
    with ProcessPoolExecutor(2, initializer=start_worker) as pool:
        for name in SETS:
            began = time.time()
            folder = CACHE / name
            folder.mkdir(parents=True, exist_ok=True)
            corpus, asked = documents(name), queries(name)
            encode_tokens(pool, folder, "queries", list(asked), tokenise(list(asked.values()), 64))
            encode_dense(pool, folder, tokenise([INSTRUCTION + text for text in asked.values()], 64))
            encode_tokens(pool, folder, "documents", list(corpus), tokenise(list(corpus.values()), 256))
            tokens = np.load(folder / "documents.offsets.npy")[-1]
            print(f"{name}: {len(corpus)} documents, {tokens} tokens, {len(asked)} queries, {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
