"""python plain_clip.py TORCH_FOLDER OUT: a CLIP vision model as transformers.js's converter writes it, fp32 and q8.

What the bench's peer runs with --peer-model. The environment is that of tools/export.
"""

import shutil
import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import CLIPVisionModelWithProjection


class Vision(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).image_embeds


def main(source: Path, out: Path) -> None:
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.json"):
        shutil.copy(file, out / file.name)
    model = CLIPVisionModelWithProjection.from_pretrained(source, attn_implementation="eager").eval()
    size = model.config.image_size
    path = out / "onnx" / "vision_model.onnx"
    axes = {"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}}
    names = {"input_names": ["pixel_values"], "output_names": ["image_embeds"], "dynamic_axes": axes}
    with torch.no_grad():
        torch.onnx.export(Vision(model), torch.zeros(2, 3, size, size), path, opset_version=17, dynamo=False, **names)
    # With a convolution its converter takes unsigned weights.
    quantize_dynamic(path, out / "onnx" / "vision_model_quantized.onnx", weight_type=QuantType.QUInt8, extra_options={"EnableSubgraph": True})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
