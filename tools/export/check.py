"""Runs a written file on texts and compares it with the torch model: alone, and in padded batches."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer

from check_texts import PAIRS, TEXTS
from errors import ExportError
from published import RERANKER_PROMPT

MOST_TOKENS = 300  # of a check text; a shorter limit of the model goes first

# By precision: the least cosine of vectors, and the largest difference of logits and of sparse weights, which in fp32 is
# absolute and otherwise a share of the largest value seen, since their scale is the model's own.
BOUNDS = {
    "fp32": {"vectors": 0.99999, "logits": 1e-3, "weights": 1e-4},
    "fp16": {"vectors": 0.999, "logits": 0.01, "weights": 0.01},
    "int8": {"vectors": 0.97, "logits": 0.15, "weights": 0.15},
}


@dataclass
class Result:
    """The worst values over all texts and paddings, by what is compared: "vectors", "logits", "weights"."""

    dtype: str
    texts: int
    runs: list[str] = field(default_factory=list)
    cosine: float | None = None
    difference: dict[str, float] = field(default_factory=dict)
    largest: dict[str, float] = field(default_factory=dict)

    def failures(self) -> list[str]:
        bound, wrong = BOUNDS[self.dtype], []
        if self.cosine is not None and not self.cosine >= bound["vectors"]:
            wrong.append(f"cosine {self.cosine:.6f} < {bound['vectors']}")
        for kind, value in self.difference.items():
            allowed = bound[kind] * (1 if self.dtype == "fp32" else self.largest[kind])
            if not value <= allowed:
                wrong.append(f"{kind} differ by {value:.6f} > {allowed:.6f}")
        return wrong

    def __str__(self) -> str:
        seen = [] if self.cosine is None else [f"least cosine {self.cosine:.7f}"]
        seen += [f"{kind} within {value:.2g} (largest {self.largest[kind]:.3g})" for kind, value in self.difference.items()]
        return f"{self.texts} texts, {', '.join(self.runs)}: {', '.join(seen)}"


def inputs_of(tokenizer: Tokenizer, family, max_tokens: int) -> list[list[int]]:
    """Token ids; texts for which the tokenizer gives none (no special tokens, empty text) are left out."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if family.name == "cross-encoder":
        ids = [tokenizer.encode(*pair).ids for pair in PAIRS]
    elif family.kind == "reranker":
        facts = RERANKER_PROMPT
        joined = [f"A: {query}{facts['separator']}B: {text}{facts['separator']}{facts['text']}" for query, text in PAIRS]
        ids = [tokenizer.encode(text).ids for text in joined]
    else:
        ids = [tokenizer.encode(text).ids for text in TEXTS]
    return [each[: min(MOST_TOKENS, max_tokens)] for each in ids if each]


@torch.no_grad()
def reference(family, model, inputs: list[str], ids: list[list[int]], options) -> list[dict[str, np.ndarray]]:
    """The torch model's outputs, each text alone."""
    return [
        {
            name: value[0].numpy()
            for name, value in family.head.reference(model, tensors(feed([each], inputs, 0)), options).items()
        }
        for each in ids
    ]


def check(path: Path, family, inputs: list[str], ids: list[list[int]], expected: list[dict], pad: int, options) -> Result:
    session = onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
    declared = family.head.outputs(options)
    names = [given.name for given in session.get_outputs()]
    if names != list(declared) or [given.name for given in session.get_inputs()] != inputs:
        raise ExportError(f"{path.name} has inputs or outputs of other names than {inputs} and {list(declared)}.")
    result = Result(options.dtype, len(ids))
    for way in ("alone", *family.head.PADDING):
        result.runs.append(way if way == "alone" else f"padded {way}")
        batches = [[index] for index in range(len(ids))] if way == "alone" else [list(range(len(ids)))]
        for batch in batches:
            rows = [ids[index] for index in batch]
            outputs = dict(zip(names, session.run(names, feed(rows, inputs, pad, left=way == "left")), strict=True))
            for at, index in enumerate(batch):
                for name, (kind, axes) in declared.items():
                    given = outputs[name][at]
                    if 1 in axes:
                        count = len(expected[index][name])
                        given = given[len(given) - count :] if way == "left" else given[:count]
                    compare(result, kind, given, expected[index][name])
    return result


def session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return options


def feed(rows: list[list[int]], inputs: list[str], pad: int, left: bool = False) -> dict[str, np.ndarray]:
    """Rows of ids, padded on one side, as the graph's inputs."""
    length = max(map(len, rows))
    ids = np.full((len(rows), length), pad, np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(rows):
        place = slice(length - len(tokens), None) if left else slice(0, len(tokens))
        ids[row, place], mask[row, place] = tokens, 1
    values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    return {name: values[name] for name in inputs}


def tensors(values: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in values.items()}


def compare(result: Result, kind: str, given: np.ndarray, expected: np.ndarray) -> None:
    """Values that are not finite count as infinitely far."""
    if given.dtype != np.float32 or given.shape != expected.shape:
        raise ExportError(f"An output is {given.dtype} {given.shape}; expected float32 {expected.shape}.")
    finite = np.isfinite(given).all()
    if kind in ("logits", "weights"):
        difference = float(np.abs(given - expected).max()) if finite else float("inf")
        result.difference[kind] = max(result.difference.get(kind, 0.0), difference)
        result.largest[kind] = max(result.largest.get(kind, 0.0), float(np.abs(expected).max()))
    elif given.size:
        cosines = cosine(given, expected) if finite else np.float64(-1)
        # Rounded to int8, vectors of single tokens stray: their mean counts.
        least = float(cosines.mean() if result.dtype == "int8" else cosines.min())
        result.cosine = least if result.cosine is None else min(result.cosine, least)


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(-1) / np.maximum(np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1), 1e-30)
