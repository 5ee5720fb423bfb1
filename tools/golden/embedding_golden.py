"""Vectors as FlagEmbedding computes them → test/golden/<model>.json"""

from pathlib import Path

from FlagEmbedding import FlagModel

from lengths import count
from paths import GOLDEN
from save import float32_base64, write_json
from texts import embedding_inputs
from versions import made_with

MAX_TOKENS = 512


def write_embedding_golden(
    folder: Path, model_id: str, instruction: str | None, pooling: str = "cls", all_texts: bool = False
) -> None:
    versions = made_with()
    model = FlagModel(
        str(folder), query_instruction_for_retrieval=instruction, use_fp16=False, devices="cpu", pooling_method=pooling
    )
    cases = []
    for name, input_type, text in embedding_inputs(model.tokenizer, all_texts):
        encode = model.encode_queries if input_type == "query" else model.encode_corpus
        [vector] = encode([text])  # alone, so that no neighbour can touch it
        whole = (instruction or "") + text if input_type == "query" else text
        tokens = count(model.tokenizer, whole) + model.tokenizer.num_special_tokens_to_add()
        cases.append({
            "name": name, "text": text, "inputType": input_type,
            "tokens": tokens, "kept": min(tokens, MAX_TOKENS), "vector": float32_base64(vector),
        })
    write_json(GOLDEN / f"{folder.name}.json", {
        "made_with": versions, "model": model_id, "dimensions": len(vector),
        "pooling": pooling, "instruction": instruction, "cases": cases,
    })
    print(f"{folder.name}: {len(cases)} vectors of {len(vector)}")
