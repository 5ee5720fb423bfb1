"""What sentence-transformers' quantize_embeddings makes of vectors → test/golden/quantization.json

    PYTHONPATH=../export python make_quantization_golden.py

Vectors of a real model, and hard ones: dimensions that are not a multiple of 8, numbers beyond the ranges, on their borders and on those of steps,
zeros of both signs, a dimension of one number.
"""

import base64
import json

import numpy as np
from sentence_transformers.util import quantize_embeddings

from paths import GOLDEN
from save import float32_base64, write_json
from versions import made_with

MODEL = "bge-small-en-v1.5"


def model_vectors() -> np.ndarray:
    cases = json.loads((GOLDEN / f"{MODEL}.json").read_text(encoding="utf-8"))["cases"]
    return np.stack([np.frombuffer(base64.b64decode(case["vector"]), dtype="<f4") for case in cases])


def unit_vectors(count: int, dimensions: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ranges_of(vectors: np.ndarray) -> np.ndarray:
    """As quantize_embeddings takes them from `calibration_embeddings`."""
    return np.vstack((np.min(vectors, axis=0), np.max(vectors, axis=0)))


def hard_vectors() -> tuple[np.ndarray, np.ndarray]:
    """Vectors, and the ranges of half of them."""
    vectors = unit_vectors(60, 13, seed=2)
    vectors[:, 3] = np.float32(0.1)
    calibration = vectors[:30].copy()
    ranges = ranges_of(calibration)
    steps = (ranges[1] - ranges[0]) / 255
    # On the borders of steps, and a little beside them.
    for row, step in enumerate((0, 1, 2, 127, 128, 254, 255)):
        vectors[30 + row] = ranges[0] + steps * np.float32(step)
        vectors[40 + row] = np.nextafter(vectors[30 + row], np.float32(-9))
    vectors[50] = 0.0
    vectors[51] = -0.0
    vectors[52] = np.float32(1e-42)
    vectors[53], vectors[54] = 9.0, -9.0
    return vectors, calibration


def encoded(codes: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(codes).tobytes()).decode("ascii")


def case(name: str, vectors: np.ndarray, ranges: np.ndarray, calibration: np.ndarray | None, /, **how) -> dict:
    assert vectors.dtype == ranges.dtype == np.float32
    given = {"ranges": ranges} if calibration is None else {"calibration_embeddings": calibration}
    codes = {
        precision: encoded(quantize_embeddings(vectors, precision, **(given if precision.endswith("int8") else {})))
        for precision in ("int8", "uint8", "binary", "ubinary")
    }
    return {"name": name, "dimensions": vectors.shape[1], **how, "ranges": float32_base64(ranges), **codes}


def with_vectors(name: str, vectors: np.ndarray, calibration: np.ndarray) -> dict:
    how = {"vectors": float32_base64(vectors), "calibration": float32_base64(calibration)}
    return case(name, vectors, ranges_of(calibration), calibration, **how)


real = model_vectors()
hard, some = hard_vectors()
wide = unit_vectors(40, 64, seed=3)
cases = [
    case("a model's vectors, ranges of all", real, ranges_of(real), real, model=MODEL),
    case("a model's vectors, ranges given", real, np.vstack((np.full(384, -0.1), np.full(384, 0.08))).astype(np.float32), None, model=MODEL),
    with_vectors("hard numbers, ranges of half", hard, some),
    with_vectors("others' ranges", wide, unit_vectors(200, 64, seed=4)),
]
write_json(GOLDEN / "quantization.json", {"made_with": made_with(("sentence-transformers", "numpy")), "cases": cases})
print(f"quantization: {len(cases)} cases")
