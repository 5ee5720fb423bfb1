"""Vectors of a bge-en-icl as FlagEmbedding computes them, with and without examples → test/golden/<model>.json"""

from pathlib import Path

import numpy as np
from FlagEmbedding import FlagICLModel

from alone import alone, check_paddings
from lengths import count, framed_text, text_of
from paths import GOLDEN
from save import float32_base64, write_json
from texts import decoder_inputs
from versions import made_with

MAX_TOKENS = 512
QUERY_FORMAT = "<instruct>{}\n<query>{}"
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query."
EXAMPLES = [
    {
        "instruct": INSTRUCTION,
        "query": "why is bread soft inside?",
        "response": "The dough holds the gas of the yeast; the crust keeps the water in while the inside bakes.",
    },
    {
        "instruct": "Given a question, retrieve the city that it asks for.",
        "query": "法国的首都在哪里？",
        "response": "Paris, on the Seine 🗼",
    },
]
DOCUMENTS = {
    "paragraph", "empty", "only spaces", "one newline", "newlines and tabs", "emoji with ZWJ", "Arabic", "Chinese", "Python",
    "special tokens in text", "511 tokens", "512 tokens", "513 tokens",
}


def write_icl_golden(folder: Path) -> None:
    versions = made_with()
    model = FlagICLModel(
        str(folder), query_instruction_for_retrieval=INSTRUCTION, query_instruction_format=QUERY_FORMAT,
        use_fp16=False, devices="cpu",
    )
    texts = decoder_inputs(model.tokenizer)
    documents = [(name, text) for name, kind, text in texts if kind == "document" and name in DOCUMENTS]
    queries = [(name, text) for name, kind, text in texts if kind == "query"] + long_queries(model)
    cases, vectors = [], []
    for name, text in documents:
        cases.append(case(model, name, "document", text, None, vectors))
    for examples in (None, EXAMPLES):
        model.set_examples(examples)
        own = len(vectors)
        for name, text in queries:
            cases.append(case(model, name, "query", text, examples, vectors))
        check_paddings(
            f"{folder.name}, {len(examples or [])} examples", model.tokenizer,
            lambda size: model.encode_queries([text for _, text in queries], batch_size=size), np.stack(vectors[own:]),
        )
    write_json(GOLDEN / f"{folder.name}.json", {
        "made_with": versions, "model": folder.name, "dimensions": len(vectors[0]), "pooling": "last-token",
        "maxTokens": MAX_TOKENS, "queryFormat": QUERY_FORMAT, "instruction": INSTRUCTION, "cases": cases,
    })
    print(f"{folder.name}: {len(cases)} vectors of {len(vectors[0])}")


def long_queries(model: FlagICLModel) -> list[tuple[str, str]]:
    """Around the cut: the limit of 512 less the ids of <s> and of the suffix with </s>; and cuts that decoding changes."""
    tokenizer = model.tokenizer
    room = MAX_TOKENS - count(tokenizer, "<s>") - count(tokenizer, f"{model.suffix}</s>")
    frame = QUERY_FORMAT.format(INSTRUCTION, "{}")
    lengths = (room - 1, room, room + 1)
    filler = text_of(tokenizer, 400, first_line=4)
    return [
        *((f"query of {n} tokens with instruction", framed_text(tokenizer, frame, n, first_line=2)) for n in lengths),
        ("cut inside an emoji", filler + " 🚀👩‍💻" * 60),
        ("cut inside spaces", filler + "   a" * 100),
        ("cut inside newlines", filler + "\n\n" * 200 + "end"),
        ("cut among special tokens", filler + " </s> <query>x" * 60),
    ]


def case(model: FlagICLModel, name: str, input_type: str, text: str, examples: list[dict] | None, vectors: list) -> dict:
    query = input_type == "query"
    encode = model.encode_queries if query else model.encode_corpus
    [vector], kept = alone(model.model, lambda: encode([text]))
    vectors.append(vector)
    whole = model.prefix + QUERY_FORMAT.format(INSTRUCTION, text) + model.suffix if query else text
    return {
        "name": name + (f", {len(examples)} examples" if examples else ""), "text": text, "inputType": input_type,
        **({"examples": examples} if examples else {}),
        "tokens": count(model.tokenizer, whole) + model.tokenizer.num_special_tokens_to_add(), "kept": kept,
        "vector": float32_base64(vector),
    }
