"""sentence-transformers behind lines of JSON: {"texts", "batchSize"} in, {"vectors" (base64 float32), "width"} out.

usage: sentence_transformers_server.py FOLDER torch|onnx THREADS WORK
"""

import base64
import json
import os
import shutil
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "quantize"))


def torch_folder(folder, work):
    """A copy of the folder with the weights of its fp32 ONNX file as transformers reads them; made once."""
    made = os.path.join(work, "torch-" + os.path.basename(folder.rstrip("/")))
    if os.path.exists(os.path.join(made, "model.safetensors")):
        return made
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(folder)
    model = BertModel(config)
    missing = model.load_state_dict(state(folder, config.num_attention_heads), strict=False)
    unset = [name for name in missing.missing_keys if not name.startswith("pooler.")]
    if unset or missing.unexpected_keys:
        sys.exit(f"Error: weights of {folder} do not fit: {unset} {missing.unexpected_keys}")
    shutil.copytree(folder, made, dirs_exist_ok=True, ignore=shutil.ignore_patterns("onnx"))
    model.save_pretrained(made)
    return made


def state(folder, heads):
    import torch
    import weights

    read = weights.read(os.path.join(folder, "onnx", "model.onnx"), heads)
    names = {
        "embeddings.word_embeddings.weight": read["words"],
        "embeddings.position_embeddings.weight": read["positions"],
        "embeddings.token_type_embeddings.weight": read["types"],
    }

    def pair(name, values):
        names[f"{name}.weight"], names[f"{name}.bias"] = values

    pair("embeddings.LayerNorm", read["norm"])
    for i, layer in enumerate(read["layers"]):
        for name, at in weights.DENSE.items():
            weight, bias = layer[name]
            pair(f"encoder.layer.{i}.{at.replace('/', '.')}", (weight.T, bias))
        pair(f"encoder.layer.{i}.attention.output.LayerNorm", layer["attention_norm"])
        pair(f"encoder.layer.{i}.output.LayerNorm", layer["output_norm"])
    return {name: torch.tensor(values) for name, values in names.items()}


def main():
    folder, backend, threads, work = sys.argv[1:]
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(int(threads))
    if backend == "onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(threads)
        settings = {"file_name": "model.onnx", "subfolder": "onnx", "session_options": options}
        model = SentenceTransformer(folder, backend="onnx", device="cpu", model_kwargs=settings)
    else:
        model = SentenceTransformer(torch_folder(folder, work), device="cpu")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        vectors = model.encode(asked["texts"], batch_size=asked["batchSize"], normalize_embeddings=True)
        encoded = base64.b64encode(vectors.astype("float32").tobytes()).decode()
        print(json.dumps({"vectors": encoded, "width": int(vectors.shape[1])}), flush=True)


main()
