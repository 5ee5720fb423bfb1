"""From the outputs of a graph to what the golden files hold, written out once more."""

import base64

import numpy as np

VECTOR, LOGIT, WEIGHT = 1e-5, 1e-3, 1e-4


def differences(case: dict, golden: dict, outputs: dict, ids: list[int]) -> dict[str, tuple[float, float]]:
    """How far each output is from the golden one, and how far it may be."""
    if "logit" in case:
        return {"logit": (abs(float(outputs["logits"][0]) - case["logit"]), LOGIT)}
    found = {"vector": (largest(normalised(dense(golden, outputs)), decoded(case["vector"])), VECTOR)}
    if "sparse" in case:
        weights = lexical(outputs["sparse"], ids)
        assert weights.keys() == case["sparse"].keys(), case["name"]
        found["weight"] = (max((abs(weights[id] - case["sparse"][id]) for id in weights), default=0), WEIGHT)
        rows = normalised(outputs["multi_vector"])
        assert len(rows) == case["rows"], case["name"]
        found["row"] = (largest(rows, decoded(case["multiVector"]).reshape(rows.shape)), VECTOR)
    return found


def dense(golden: dict, outputs: dict) -> np.ndarray:
    if "dense" in outputs:
        return outputs["dense"]
    hidden = outputs["last_hidden_state"]
    return {"cls": hidden[0], "mean": hidden.mean(axis=0), "last-token": hidden[-1]}[golden["pooling"]]


def lexical(weights: np.ndarray, ids: list[int]) -> dict[str, float]:
    """The largest weight of each id; <s>, <pad>, </s>, <unk> (0 to 3 in XLM-R) and zeros are left out."""
    found = {}
    for weight, id in zip(weights.tolist(), ids):
        if id > 3 and weight > found.get(str(id), 0):
            found[str(id)] = weight
    return found


def normalised(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def decoded(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def largest(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max())
