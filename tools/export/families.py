"""The families as data, and which of them a folder's files are."""

from dataclasses import dataclass
from types import ModuleType

from errors import ExportError
from heads import cross_encoder, decoder, encoder, layerwise, m3, yes_logit
from source import Source


@dataclass(frozen=True)
class Family:
    name: str
    kind: str  # "embedding" or "reranker"
    types: tuple[str, ...]  # model_type of config.json
    classes: tuple[str, ...]  # how a name in config.json's architectures ends
    head: ModuleType
    files: tuple[str, ...] = ()  # that only this family has


# The first that fits. m3 is an XLM-R embedder with two files more.
FAMILIES = (
    Family("m3", "embedding", ("xlm-roberta",), ("Model", "ForMaskedLM"), m3, ("colbert_linear.pt", "sparse_linear.pt")),
    Family("encoder", "embedding", ("bert", "xlm-roberta"), ("Model", "ForMaskedLM"), encoder),
    Family("cross-encoder", "reranker", ("bert", "xlm-roberta"), ("ForSequenceClassification",), cross_encoder),
    Family("decoder", "embedding", ("qwen2", "qwen3", "gemma2", "mistral"), ("Model",), decoder),
    Family("yes-logit", "reranker", ("gemma",), ("ForCausalLM",), yes_logit),
    Family("layerwise", "reranker", ("minicpm",), ("LayerWiseMiniCPMForCausalLM",), layerwise),
)

# How the rotary angles of these depend on a run's length, which a traced graph would freeze.
LENGTH_DEPENDENT = ("dynamic", "longrope")

SUPPORTED = "bert, xlm-roberta (embedders, bge-m3, cross-encoders), qwen2, qwen3, gemma2, mistral (embedders), " \
    "gemma (reranker), minicpm (layerwise reranker)"


def recognise(source: Source, published: str | None = None) -> Family:
    """The family of these files; an `ExportError` where there is none or a file of it is missing.

    A causal language model may be an embedder or a reranker, which its files do not tell: there the `published` family counts.
    """
    config = source.config
    refuse_out_of_scope(source)
    type, names = config.get("model_type"), config.get("architectures") or []
    for family in FAMILIES:
        causal = family.name == published and names and names[0].endswith("ForCausalLM")
        if type not in family.types or not (causal or fits(names, family)):
            continue
        present = [name for name in family.files if source.has(name)]
        if family.files and not present:
            continue
        missing = [name for name in family.files if name not in present]
        if missing:
            raise ExportError(f"{source.folder} has {present[0]} but not {' and '.join(missing)}: get the missing file too.")
        return check(family, config)
    raise ExportError(
        f"model_type {type!r} with architectures {names} cannot be exported. Supported: {SUPPORTED}. "
        "If it is a causal language model trained as an embedder, say which published model it is like: --like."
    )


def fits(names: list[str], family: Family) -> bool:
    """Old embedders name no class; every other family needs one."""
    if not names:
        return family.kind == "embedding"
    return names[0].endswith(family.classes)


def check(family: Family, config: dict) -> Family:
    labels = len(config["id2label"]) if "id2label" in config else config.get("num_labels", 2)
    if family.name == "cross-encoder" and labels != 1:
        raise ExportError(f"The cross-encoder has {labels} labels; only heads of one logit can be exported.")
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type", scaling.get("type")) in LENGTH_DEPENDENT:
        raise ExportError(f"rope_scaling {scaling} depends on the length of a run, which one graph cannot carry.")
    if config.get("auto_map") and family.name != "layerwise":
        raise ExportError(
            "config.json names code of its own (auto_map). This tool runs transformers' class, which may differ: "
            "compare the two, and remove auto_map from a copy of the folder if they agree."
        )
    return family


def refuse_out_of_scope(source: Source) -> None:
    """Files of models that look like a family but need what bge-js does not have."""
    config = source.config
    if config.get("model_type") == "cost_wise_gemma" or "CostWise" in "".join(config.get("architectures") or []):
        raise ExportError("bge-reranker-v2.5-gemma2-lightweight is out of scope: it drops tokens between its layers.")
    prompts = (source.json("config_sentence_transformers.json") or {}).get("prompts") or {}
    told = config.get("model_type") == "qwen3" and any(str(text).endswith("\nQuery:") for text in prompts.values())
    if told or (source.id or "").startswith("Qwen/Qwen3-Embedding"):
        raise ExportError("Qwen3-Embedding is out of scope. The BGE models with Qwen are bge-code-v1 and bge-reasoner-embed.")
