"""`bge.json`: what the loader must know and the other files do not tell."""

import re

from errors import ExportError
from families import Family
from heads import layerwise
from published import DEFAULT_MAX_TOKENS, PUBLISHED, RERANKER_PROMPT
from source import Source

ORDER = [
    "id", "kind", "architecture", "dtype", "pooling", "dimensions", "maxTokens", "defaultMaxTokens", "queryInstruction",
    "documentInstruction", "queryFormat", "fewShot", "output", "sparseOutput", "multiVectorOutput", "imageOutput", "vision", "prompt", "layers", "licence",
]
OUTPUT_KEYS = {"sparse": "sparseOutput", "multi_vector": "multiVectorOutput"}
LICENCES = {"mit": "MIT", "apache-2.0": "Apache-2.0"}


def facts_of(source: Source, family: Family, options) -> dict:
    """All facts but the precision. What the caller gives in `options.facts` goes first, then the files, then the table."""
    config = source.config
    table = published(options.id or source.id, options.like, family)
    facts = {
        "kind": family.kind,
        "architecture": config["model_type"],
        **limits(source),
        **{OUTPUT_KEYS.get(name, "output"): name for name in family.head.outputs(options)},
        **licence(source),
    }
    if options.id or source.id:
        facts["id"] = options.id or source.id
    if family.kind == "embedding":
        facts["dimensions"] = config["hidden_size"]
        facts |= pooling(source, family, options, table)
        if (source.json("config_sentence_transformers.json") or {}).get("prompts"):
            table = {key: value for key, value in table.items() if key != "queryInstruction"}
    if family.name in ("yes-logit", "layerwise"):
        facts["prompt"] = RERANKER_PROMPT
    if family.name == "layerwise":
        first, last = layerwise.layers(config)
        facts["layers"] = {"first": first, "last": last}
    facts |= {key: value for key, value in table.items() if key not in ("family", "pooling")}
    if "defaultMaxTokens" in facts:
        facts["defaultMaxTokens"] = min(facts["defaultMaxTokens"], facts["maxTokens"])
    return ordered({**facts, **(options.facts or {})})


def ordered(facts: dict) -> dict:
    unknown = sorted(set(facts) - set(ORDER))
    if unknown:
        raise ExportError(f"bge.json has no key {', '.join(unknown)}; its keys are {', '.join(ORDER)}.")
    return {key: facts[key] for key in ORDER if key in facts}


def published(id: str | None, like: str | None, family: Family) -> dict:
    if like is not None and like not in PUBLISHED:
        raise ExportError(f"--like {like} is not in the table. Known: {', '.join(PUBLISHED)}.")
    row = PUBLISHED.get(like or id or "", {})
    if row and row["family"] != family.name:
        raise ExportError(
            f"{like or id} is of the family {row['family']}, but the files are of {family.name}. "
            "A file may be missing (bge-m3: colbert_linear.pt and sparse_linear.pt), or the id is another's."
        )
    return row


def limits(source: Source) -> dict:
    """XLM-R's position table begins behind the padding id: 514 rows carry 512 tokens."""
    config = source.config
    rows = config["max_position_embeddings"]
    most = rows - config.get("pad_token_id", 1) - 1 if config["model_type"] == "xlm-roberta" else rows
    asked = (source.json("sentence_bert_config.json") or {}).get("max_seq_length")
    told = asked is not None and asked < most and not source.has("sparse_linear.pt")
    return {"maxTokens": most} | ({"defaultMaxTokens": DEFAULT_MAX_TOKENS} if most > DEFAULT_MAX_TOKENS and not told else {})


def pooling(source: Source, family: Family, options, table: dict) -> dict:
    """Written only where sentence-transformers' files do not tell it."""
    if family.name in ("m3", "decoder"):
        if options.pooling not in (None, {"m3": "cls", "decoder": "last-token"}[family.name]):
            raise ExportError(f"--pooling {options.pooling}: this family has its own.")
        return {"pooling": "cls" if family.name == "m3" else "last-token"}
    declared = source.json("1_Pooling/config.json")
    if options.pooling:
        return {"pooling": options.pooling}
    if declared:
        return {}
    if "pooling" not in table:
        raise ExportError("The files do not say how token vectors become one (no 1_Pooling/config.json): give --pooling cls or mean.")
    return {"pooling": table["pooling"]}


def licence(source: Source) -> dict:
    """Of the model card's header, in SPDX spelling where it is known."""
    if not source.has("README.md"):
        return {}
    header = re.match(r"---\n(.*?)\n---", (source.folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    found = header and re.search(r"^license:\s*[\"']?([\w.-]+)", header[1], re.MULTILINE)
    return {"licence": LICENCES.get(found[1], found[1])} if found else {}
