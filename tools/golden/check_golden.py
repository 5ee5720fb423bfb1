"""Runs the ONNX files on the golden inputs with ONNX Runtime alone; prints how far they are from the reference."""

import base64
import json

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from paths import FIXTURES, GOLDEN, MODELS

MAX_TOKENS = 512
LARGEST = {"vector": 1e-5, "logit": 1e-3}


def main() -> None:
    for path in sorted(GOLDEN.glob("*.json")):
        folder = (FIXTURES if path.stem.startswith("tiny-") else MODELS) / path.stem
        golden = json.loads(path.read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        session = onnxruntime.InferenceSession(str(folder / "onnx" / "model.onnx"), providers=["CPUExecutionProvider"])
        kind = "vector" if "dimensions" in golden else "logit"
        difference = max(
            vector_difference(case, golden, tokenizer, session) if kind == "vector" else logit_difference(case, tokenizer, session)
            for case in golden["cases"]
        )
        print(f"{path.stem}: {len(golden['cases'])} cases, largest difference {difference:.1e}")
        if difference > LARGEST[kind]:
            raise SystemExit(f"{path.stem} differs by {difference}, more than {LARGEST[kind]}")


def vector_difference(case: dict, golden: dict, tokenizer: Tokenizer, session) -> float:
    text = (golden["instruction"] or "") * (case["inputType"] == "query") + case["text"]
    ids = tokenizer.encode(text).ids
    assert len(ids) == case["tokens"], case["name"]
    hidden = run(session, ids[: MAX_TOKENS - 1] + ids[-1:] if len(ids) > MAX_TOKENS else ids, [0] * min(len(ids), MAX_TOKENS))
    pooled = hidden[0, 0] if golden["pooling"] == "cls" else hidden[0].mean(axis=0)
    expected = np.frombuffer(base64.b64decode(case["vector"]), "<f4")
    return float(np.abs(pooled / np.linalg.norm(pooled) - expected).max())


def logit_difference(case: dict, tokenizer: Tokenizer, session) -> float:
    """The 3/4 rule and `only_second`, written out."""
    query = tokenizer.encode(case["query"], add_special_tokens=False).ids[: MAX_TOKENS * 3 // 4]
    document = tokenizer.encode(case["document"], add_special_tokens=False).ids
    bert = tokenizer.token_to_id("[CLS]") is not None
    start, end = (tokenizer.token_to_id(token) for token in (("[CLS]", "[SEP]") if bert else ("<s>", "</s>")))
    first = [start, *query, end] + ([] if bert else [end])
    second = [*document[: MAX_TOKENS - len(first) - 1], end]
    assert len(first) + len(second) == case["kept"], case["name"]
    return abs(float(run(session, first + second, [0] * len(first) + [1] * len(second))[0, 0]) - case["logit"])


def run(session, ids: list[int], types: list[int]) -> np.ndarray:
    values = {"input_ids": ids, "attention_mask": [1] * len(ids), "token_type_ids": types}
    inputs = {entry.name: np.array([values[entry.name]], dtype=np.int64) for entry in session.get_inputs()}
    return session.run(None, inputs)[0]


if __name__ == "__main__":
    main()
