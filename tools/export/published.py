"""What the files of published models do not tell, by hub id. `family` is checked against the files.

Source: FlagEmbedding's model mapping and model list. Lines marked "unverified": the repository could not be opened.
"""

EN = "Represent this sentence for searching relevant passages: "
ZH = "为这个句子生成表示以用于检索相关文章："
INSTRUCT = "<instruct>{instruction}\n<query>{text}"

BERT = {"family": "encoder", "pooling": "cls", "licence": "MIT"}
RERANKER = {"family": "cross-encoder"}
DECODER = {"family": "decoder"}

# The strings of the models' own code (`prepare_text_input`); FlagEmbedding's demo and documents run it as it is.
LLAVA = {
    "family": "llava_next",
    "licence": "MIT",
    "vision": {
        "imageToken": "<image>",
        "stretch": 512,
        "query": "[INST] \n <instruct> {instruction} <query>  {content} [/INST]",
        "bareQuery": "[INST] \n <instruct>  <query> {content} [/INST]",
        "bareDocument": "[INST]  {content} [/INST]",
        "text": "{text} \n",
        "image": "<image>",
        "both": "{text} \n <image>",
    },
}



def chat(system: str) -> str:
    """Qwen's chat template, with what is read as the user's message."""
    turns = [("system", system), ("user", "{content}")]
    return "".join(f"<|im_start|>{role}\n{words}<|im_end|>\n" for role, words in turns) + "<|im_start|>assistant\n"


SEEN = "<|vision_start|><|image_pad|><|vision_end|>"
# Unverified: the model's own code could not be read. A public port writes these.
QWEN_VL = {
    "family": "qwen2_5_vl",
    "vision": {
        "imageToken": "<|image_pad|>",
        "query": chat("{instruction}"),
        "bareQuery": chat("You are a helpful assistant."),
        "document": chat("{instruction}"),
        "bareDocument": chat("You are a helpful assistant."),
        "text": "{text}",
        "image": SEEN,
        "both": "{text}" + SEEN,
    },
}

PUBLISHED = {
    **{f"BAAI/bge-{size}-en{version}": {**BERT, "queryInstruction": EN}
       for size in ("small", "base", "large") for version in ("", "-v1.5")},
    **{f"BAAI/bge-{size}-zh{version}": {**BERT, "queryInstruction": ZH}
       for size in ("small", "base", "large") for version in ("", "-v1.5")},
    "BAAI/llm-embedder": {**BERT},  # licence unverified; its instructions go by task, which is the reader's table
    "BAAI/bge-m3": {"family": "m3", "licence": "MIT"},
    "BAAI/bge-reranker-base": {**RERANKER, "licence": "MIT"},
    "BAAI/bge-reranker-large": {**RERANKER, "licence": "MIT"},
    "BAAI/bge-reranker-v2-m3": {**RERANKER, "licence": "Apache-2.0"},
    "BAAI/bge-reranker-v2-gemma": {"family": "yes-logit"},
    "BAAI/bge-reranker-v2-minicpm-layerwise": {"family": "layerwise"},
    # 4096 is its card's limit.
    "BAAI/bge-code-v1": {**DECODER, "queryFormat": INSTRUCT, "defaultMaxTokens": 4096, "licence": "Apache-2.0"},
    "BAAI/bge-multilingual-gemma2": {**DECODER, "queryFormat": INSTRUCT},
    "BAAI/bge-en-icl": {
        **DECODER,
        "queryFormat": INSTRUCT,
        "fewShot": {
            "exampleFormat": "<instruct>{instruction}\n<query>{query}\n<response>{response}",
            "suffix": "\n<response>",
        },
    },
    "BAAI/BGE-VL-base": {"family": "clip", "licence": "MIT"},
    "BAAI/BGE-VL-large": {"family": "clip", "licence": "MIT"},
    **{f"BAAI/BGE-VL-{name}": LLAVA for name in ("MLLM-S1", "MLLM-S2", "v1.5-zs", "v1.5-mmeb")},
    "BAAI/BGE-VL-Screenshot": QWEN_VL,
    "BAAI/bge-reasoner-embed-qwen3-8b-0923": {**DECODER, "queryFormat": "Instruct: {instruction}\nQuery: {text}"},
}

# Defaults of FlagEmbedding's LLM rerankers, base.py and layerwise.py.
RERANKER_PROMPT = {
    "query": "A: ",
    "document": "B: ",
    "separator": "\n",
    "text": "Given a query A and a passage B, determine whether the passage contains an answer to the query by "
    "providing a prediction of either 'Yes' or 'No'.",
}

DEFAULT_MAX_TOKENS = 512  # of every FlagEmbedding class
