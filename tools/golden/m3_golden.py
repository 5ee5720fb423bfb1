"""Dense, sparse, multi-vector and scores of a bge-m3 as FlagEmbedding computes them → test/golden/<model>.json.gz"""

from pathlib import Path

import numpy as np
from FlagEmbedding import BGEM3FlagModel

from alone import alone, check_paddings
from lengths import count, text_of
from pairs import FIXED, PANDA, QUESTION
from paths import GOLDEN
from save import float32_base64, write_json_gz
from texts import CORE
from versions import made_with

MAX_TOKENS = 512
WEIGHTS = ([1.0, 1.0, 1.0], [0.4, 0.2, 0.4])
OUTPUTS = {"return_dense": True, "return_sparse": True, "return_colbert_vecs": True}
SCORED = {
    "answer", "other topic", "greeting", "same text twice", "empty document", "empty query", "emoji", "Chinese", "Arabic", "code",
    "special tokens in text",
}


def write_m3_golden(folder: Path) -> None:
    versions = made_with()
    model = BGEM3FlagModel(str(folder), use_fp16=False, devices="cpu")
    cases, dense = [], []
    for name, input_type, text, limit in inputs(model.tokenizer):
        encode = model.encode_queries if input_type == "query" else model.encode_corpus
        result, kept = alone(model.model.model, lambda: encode([text], max_length=limit, **OUTPUTS))
        [rows] = result["colbert_vecs"]
        cases.append({
            "name": name, "text": text, "inputType": input_type, **({"maxTokens": limit} if limit != MAX_TOKENS else {}),
            "tokens": count(model.tokenizer, text) + model.tokenizer.num_special_tokens_to_add(), "kept": kept,
            "vector": float32_base64(result["dense_vecs"][0]),
            "sparse": {token: float(weight) for token, weight in result["lexical_weights"][0].items()},
            "rows": len(rows), "multiVector": float32_base64(rows),
        })
        if limit == MAX_TOKENS:
            dense.append(result["dense_vecs"][0])
    check_paddings(
        folder.name, model.tokenizer,
        lambda size: model.encode([case["text"] for case in cases if "maxTokens" not in case], batch_size=size)["dense_vecs"],
        np.stack(dense), sides=("right",),  # token 0 is <s> only then
    )
    write_json_gz(GOLDEN / f"{folder.name}.json.gz", {
        "made_with": versions, "model": folder.name, "dimensions": len(dense[0]), "pooling": "cls", "instruction": None,
        "maxTokens": MAX_TOKENS,
        "cases": cases, "scores": scores(model),
    })
    print(f"{folder.name}: {len(cases)} texts, {sum(case['rows'] for case in cases)} rows")


def inputs(tokenizer) -> list[tuple[str, str, str, int]]:
    texts = [(*entry, MAX_TOKENS) for entry in CORE]
    return texts + [
        ("512 tokens", "document", text_of(tokenizer, 510), MAX_TOKENS),
        ("cut query", "query", text_of(tokenizer, 700, first_line=3), MAX_TOKENS),
        ("700 of 750 tokens", "document", text_of(tokenizer, 748, first_line=6), 700),
        ("thirty of many tokens", "query", text_of(tokenizer, 200, first_line=12), 30),
    ]


def scores(model: BGEM3FlagModel) -> list[dict]:
    """One pair at a time, so that no padded row takes part in a maximum."""
    long = text_of(model.tokenizer, 600, first_line=5)
    pairs = [(query, document, None) for name, query, document in FIXED if name in SCORED]
    pairs += [(QUESTION, long, None), (long, PANDA, None), (QUESTION, long, 64)]
    rows = []
    for query, document, limit in pairs:
        for weights in WEIGHTS:
            result = model.compute_score(
                [(query, document)], batch_size=1, max_passage_length=limit, weights_for_different_modes=weights
            )
            rows.append({
                "query": query, "document": document, "weights": weights,
                **({"maxDocumentTokens": limit} if limit else {}),
                **{kind: result[kind][0] for kind in ("dense", "sparse", "colbert", "sparse+dense", "colbert+sparse+dense")},
            })
    return rows
