"""Runs the ONNX files on the golden inputs with ONNX Runtime alone; prints how far they are from the reference.

Each input runs alone and behind or before padding: left and right for a decoder, right for an encoder, which reads token 0.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import onnxruntime

from check_inputs import Inputs
from check_scores import score_difference
from check_vectors import differences
from paths import FIXTURES, GOLDEN, MODELS

PADDING = 7


def main() -> None:
    for path in sorted([*GOLDEN.glob("*.json"), *GOLDEN.glob("tiny-*.json.gz")]):
        name = path.name.split(".json")[0]
        golden = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        folder = (FIXTURES if name.startswith("tiny-") else MODELS) / name
        check(name, folder, golden)


def check(name: str, folder: Path, golden: dict) -> None:
    inputs, worst = Inputs(folder, golden), {}
    layers = {case.get("cutoffLayer") for case in golden["cases"]}
    runs = {layer: Run(folder / "onnx" / (f"model_layer{layer}.onnx" if layer else "model.onnx"), inputs) for layer in layers}
    for case in golden["cases"]:
        ids = inputs.of(case)
        assert len(ids) == case["kept"], f"{name}, {case['name']}: {len(ids)} tokens, not {case['kept']}"
        types = inputs.pair(case)[1] if "document" in case and not inputs.decoder else [0] * len(ids)
        for left, right in paddings(len(ids), inputs):
            outputs = runs[case.get("cutoffLayer")](ids, types, left, right)
            for kind, (difference, limit) in differences(case, golden, outputs, ids).items():
                worst[kind] = max(worst.get(kind, 0), difference)
                if not difference <= limit:
                    where = f"{name}, {case['name']}, padding {left} and {right}"
                    raise SystemExit(f"{where}: {kind} differs by {difference}, more than {limit}")
    if "scores" in golden:
        worst["score"] = score_difference(golden["scores"], inputs, runs[None])
    found = ", ".join(f"{kind} {value:.1e}" for kind, value in worst.items())
    print(f"{name}: {len(golden['cases'])} cases, largest difference: {found}")


def paddings(tokens: int, inputs: Inputs) -> list[tuple[int, int]]:
    """An encoder's table of positions may have no room for more."""
    room = tokens + PADDING <= inputs.positions
    return [(0, 0)] + [(0, PADDING)] * room + [(PADDING, 0)] * (room and inputs.decoder)


class Run:
    """One input, with padding tokens before and after it; only the outputs of its own tokens come back."""

    def __init__(self, path: Path, inputs: Inputs):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.pad = inputs.padding

    def __call__(self, ids: list[int], types: list[int], left: int = 0, right: int = 0) -> dict[str, np.ndarray]:
        values = {
            "input_ids": [self.pad] * left + ids + [self.pad] * right,
            "attention_mask": [0] * left + [1] * len(ids) + [0] * right,
            "token_type_ids": [0] * left + types + [0] * right,
        }
        feeds = {entry.name: np.array([values[entry.name]], dtype=np.int64) for entry in self.session.get_inputs()}
        names = [entry.name for entry in self.session.get_outputs()]
        outputs = dict(zip(names, (output[0] for output in self.session.run(names, feeds))))
        rows = {"last_hidden_state": len(ids), "sparse": len(ids), "multi_vector": len(ids) - 1}
        return {name: output[left : left + rows[name]] if name in rows else output for name, output in outputs.items()}


if __name__ == "__main__":
    main()
