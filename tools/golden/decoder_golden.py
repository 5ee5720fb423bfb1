"""Vectors of the decoder embedders as FlagEmbedding computes them → test/golden/<model>.json"""

from pathlib import Path

import numpy as np
from FlagEmbedding import FlagLLMModel

from alone import alone, check_paddings
from lengths import count
from paths import GOLDEN
from save import float32_base64, write_json
from texts import decoder_inputs
from versions import made_with

MAX_TOKENS = 512  # of the reference, whatever the model could take


def write_decoder_golden(folder: Path, instructions: list[str], query_format: str) -> None:
    """With one instruction it stands at the top of the file, with several at each query, in turn."""
    versions = made_with()
    models = [
        FlagLLMModel(
            str(folder), query_instruction_for_retrieval=instruction, query_instruction_format=query_format,
            use_fp16=False, devices="cpu",
        )
        for instruction in instructions
    ]
    for model in models:
        as_configured(model)
    cases, vectors, queries = [], [], 0
    for name, input_type, text in decoder_inputs(models[0].tokenizer):
        index = queries % len(models) if input_type == "query" else 0
        queries += input_type == "query"
        model, instruction = models[index], instructions[index]
        whole = query_format.format(instruction, text) if input_type == "query" else text
        tokens = count(model.tokenizer, whole) + model.tokenizer.num_special_tokens_to_add()
        if tokens == 0:
            continue  # no last token to take: the reference fails
        encode = model.encode_queries if input_type == "query" else model.encode_corpus
        [vector], kept = alone(model.model, lambda: encode([text]))
        own = {"instruction": instruction} if input_type == "query" and len(models) > 1 else {}
        cases.append({
            "name": name, "text": text, "inputType": input_type, **own,
            "tokens": tokens, "kept": kept, "vector": float32_base64(vector),
        })
        vectors.append((whole, vector))
    [model, *_] = models
    wholes = [whole for whole, _ in vectors]
    check_paddings(
        folder.name, model.tokenizer, lambda size: model.encode(wholes, batch_size=size), np.stack([v for _, v in vectors])
    )
    top = {"instruction": instructions[0]} if len(models) == 1 else {}
    write_json(GOLDEN / f"{folder.name}.json", {
        "made_with": versions, "model": folder.name, "dimensions": len(vectors[0][1]), "pooling": "last-token",
        "maxTokens": MAX_TOKENS,
        "queryFormat": query_format, **top, "cases": cases,
    })
    print(f"{folder.name}: {len(cases)} vectors of {len(vectors[0][1])}")


def as_configured(model: FlagLLMModel) -> None:
    """Gemma 2 caps its attention scores, but transformers' default attention ("sdpa") leaves the cap out without a word.

    The plain one does what the configuration says, and what transformers chose for Gemma 2 when the model was released.
    """
    if getattr(model.model.config, "attn_logit_softcapping", None):
        model.model.set_attn_implementation("eager")
