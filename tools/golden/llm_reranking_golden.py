"""Logits of the LLM rerankers as FlagEmbedding computes them → test/golden/<model>.json"""

from collections.abc import Callable
from pathlib import Path

from FlagEmbedding import FlagLLMReranker, LayerWiseFlagLLMReranker
from transformers import PreTrainedTokenizerFast

from alone import alone, check_paddings
from centre_logits import PROMPT
from lengths import count
from pairs import llm_reranking_inputs
from paths import GOLDEN
from save import write_json
from versions import made_with

MAX_TOKENS = 512
LARGEST_DIFFERENCE = 1e-4
FEW = {"answer", "other topic", "empty document", "Chinese", "code", "query of 385, long document", "very long document"}


def write_yes_golden(folder: Path) -> None:
    versions = made_with()
    model = FlagLLMReranker(str(folder), use_fp16=False, devices="cpu")
    inputs = llm_reranking_inputs(model.tokenizer, MAX_TOKENS + after(model.tokenizer))
    write(folder, versions, checked_cases(folder.name, model, inputs, model.compute_score))


def write_layerwise_golden(folder: Path, layers: list[int]) -> None:
    """All pairs at the first layer given, a few at the others."""
    versions = made_with()
    model = LayerWiseFlagLLMReranker(str(folder), use_fp16=False, devices="cpu")
    # Its model calls a method of the cache that transformers has dropped. Keys and values are stored there for a next
    # token that never comes, so without the cache every number is the same.
    model.model.config.use_cache = False
    every = llm_reranking_inputs(model.tokenizer, MAX_TOKENS + after(model.tokenizer))
    cases = []
    for layer in layers:
        inputs = [entry for entry in every if layer == layers[0] or entry[0] in FEW]
        found = checked_cases(
            f"{folder.name}, layer {layer}", model, inputs,
            lambda pairs, **options: model.compute_score(pairs, cutoff_layers=[layer], **options),
        )
        cases += [{"cutoffLayer": layer, **case} for case in found]
    write(folder, versions, cases)


def checked_cases(name: str, model: FlagLLMReranker, inputs: list[tuple[str, str, str]], score: Callable) -> list[dict]:
    cases = []
    for case_name, query, document in inputs:
        [logit], kept = alone(model.model, lambda: score([(query, document)]))
        parts = ("A: " + query, "\n", "B: " + document, "\n", PROMPT)
        cases.append({
            "name": case_name, "query": query, "document": document,
            "tokens": 1 + sum(count(model.tokenizer, part) for part in parts), "kept": kept, "logit": logit,
        })
    pairs = [(query, document) for _, query, document in inputs]
    check_paddings(
        name, model.tokenizer, lambda size: score(pairs, batch_size=size), [case["logit"] for case in cases], LARGEST_DIFFERENCE
    )
    return cases


def after(tokenizer: PreTrainedTokenizerFast) -> int:
    """Newline and prompt."""
    return count(tokenizer, "\n") + count(tokenizer, PROMPT)


def write(folder: Path, versions: dict, cases: list[dict]) -> None:
    write_json(GOLDEN / f"{folder.name}.json", {"made_with": versions, "model": folder.name, "cases": cases})
    logits = [case["logit"] for case in cases]
    print(f"{folder.name}: {len(cases)} logits from {min(logits):.2f} to {max(logits):.2f}")
