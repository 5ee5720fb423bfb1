"""Logits as FlagEmbedding computes them → test/golden/<model>.json"""

from pathlib import Path

from FlagEmbedding import FlagReranker

from lengths import count
from pairs import reranking_inputs
from paths import GOLDEN
from save import write_json
from versions import made_with

MAX_TOKENS = 512
MAX_QUERY_TOKENS = MAX_TOKENS * 3 // 4


def write_reranking_golden(folder: Path, model_id: str) -> None:
    versions = made_with()
    model = FlagReranker(str(folder), use_fp16=False, devices="cpu")
    special = model.tokenizer.num_special_tokens_to_add(pair=True)
    cases = []
    for name, query, document in reranking_inputs(model.tokenizer):
        [logit] = model.compute_score([(query, document)])  # alone, so that no neighbour can touch it
        query_tokens, document_tokens = count(model.tokenizer, query), count(model.tokenizer, document)
        kept = min(min(query_tokens, MAX_QUERY_TOKENS) + document_tokens + special, MAX_TOKENS)
        cases.append({
            "name": name, "query": query, "document": document,
            "tokens": query_tokens + document_tokens + special, "kept": kept, "logit": logit,
        })
    write_json(GOLDEN / f"{folder.name}.json", {"made_with": versions, "model": model_id, "cases": cases})
    logits = [case["logit"] for case in cases]
    print(f"{folder.name}: {len(cases)} logits from {min(logits):.2f} to {max(logits):.2f}")
