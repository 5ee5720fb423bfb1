"""Vectors of an llm-embedder as FlagEmbedding computes them, for each of its six tasks → test/golden/<model>.json"""

from pathlib import Path

import numpy as np
from FlagEmbedding import FlagModel

from alone import alone, check_paddings
from lengths import count, text_of
from paths import GOLDEN
from save import float32_base64, write_json
from texts import CORE
from versions import made_with

MAX_TOKENS = 512
# Query and key instruction, as the model card has them.
TASKS = {
    "qa": ("Represent this query for retrieving relevant documents: ", "Represent this document for retrieval: "),
    "icl": (
        "Convert this example into vector to look for useful examples: ", "Convert this example into vector for retrieval: ",
    ),
    "chat": ("Embed this dialogue to find useful historical dialogues: ", "Embed this historical dialogue for retrieval: "),
    "lrlm": (
        "Embed this text chunk for finding useful historical chunks: ", "Embed this historical text chunk for retrieval: ",
    ),
    "tool": (
        "Transform this user request for fetching helpful tool descriptions: ", "Transform this tool description for retrieval: ",
    ),
    "convsearch": (
        "Encode this query and context for searching relevant passages: ", "Encode this passage for retrieval: ",
    ),
}
COMMON = ("question", "paragraph")
IN_TURN = ("empty", "Chinese", "Arabic", "emoji with ZWJ", "Python", "special tokens in text")


def write_task_golden(folder: Path) -> None:
    versions = made_with()
    texts = {name: text for name, _, text in CORE}
    cases = []
    for (task, (query_instruction, document_instruction)), own in zip(TASKS.items(), IN_TURN):
        model = FlagModel(
            str(folder), query_instruction_for_retrieval=query_instruction,
            passage_instruction_for_retrieval=document_instruction, use_fp16=False, devices="cpu",
        )
        chosen = {name: texts[name] for name in (*COMMON, own)} | {"cut": text_of(model.tokenizer, 600, first_line=len(cases) % 30)}
        vectors, wholes = [], []
        for name, text in chosen.items():
            for input_type, instruction in (("query", query_instruction), ("document", document_instruction)):
                encode = model.encode_queries if input_type == "query" else model.encode_corpus
                [vector], kept = alone(model.model, lambda: encode([text]))
                wholes.append(instruction + text)
                vectors.append(vector)
                cases.append({
                    "name": f"{name}, {task} {input_type}", "text": text, "inputType": input_type, "task": task,
                    "tokens": count(model.tokenizer, instruction + text) + model.tokenizer.num_special_tokens_to_add(),
                    "kept": kept, "vector": float32_base64(vector),
                })
        check_paddings(
            f"{folder.name}, {task}", model.tokenizer, lambda size: model.encode(wholes, batch_size=size),
            np.stack(vectors), sides=("right",),  # token 0 is [CLS] only then
        )
    write_json(GOLDEN / f"{folder.name}.json", {
        "made_with": versions, "model": folder.name, "dimensions": len(vectors[0]), "pooling": "cls", "maxTokens": MAX_TOKENS,
        "tasks": {task: {"query": query, "document": document} for task, (query, document) in TASKS.items()}, "cases": cases,
    })
    print(f"{folder.name}: {len(cases)} vectors of {len(vectors[0])}")
