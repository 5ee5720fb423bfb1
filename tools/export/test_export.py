"""tools/export/test: exports tiny random models of every family, and what must fail."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import load_file, save_file

import rounding
from check import cosine
from errors import ExportError
from export_model import export
from test_models import HIDDEN, MODELS, write_clip, write_llava, write_model, write_qwen_vl

DECODERS = ("qwen2", "qwen2-window", "qwen3", "gemma2", "mistral")
EXTERNAL = 10_000  # bytes


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sources = {name: write_model(name, root / "models" / name) for name in MODELS}
        tests = [value for name, value in globals().items() if name.startswith("test_")]
        for test in tests:
            (root / test.__name__).mkdir()
            test(sources, root / test.__name__)
            print(f"ok {test.__name__}", flush=True)
        print(f"{len(tests)} tests passed")


def test_every_family_in_fp32(sources, root):
    """The exporter's own check compares with torch; its bounds are the contract's."""
    for name, source in sources.items():
        export(source, root / name, cutoff_layer=3 if name == "minicpm" else None)
        facts = json.loads((root / name / "bge.json").read_text("utf-8"))
        reranker = "reranker" in name or name == "minicpm"
        assert facts["dtype"] == "fp32" and facts["kind"] == ("reranker" if reranker else "embedding"), facts
    outputs = {name: session(root / name / "onnx/model.onnx").get_outputs() for name in ("m3", "gemma2", "gemma-reranker")}
    assert [output.name for output in outputs["m3"]] == ["dense", "sparse", "multi_vector"]
    assert outputs["gemma2"][0].name == "dense" and outputs["gemma-reranker"][0].name == "logits"
    facts = json.loads((root / "m3/bge.json").read_text("utf-8"))
    assert (facts["output"], facts["sparseOutput"], facts["multiVectorOutput"]) == ("dense", "sparse", "multi_vector")
    assert facts["maxTokens"] == 512, "a table of 514 rows"
    facts = json.loads((root / "minicpm/bge.json").read_text("utf-8"))
    assert facts["layers"] == {"first": 2, "last": 4} and facts["prompt"]["query"] == "A: "


def test_masks_matter(sources, root):
    """A row of padding alone, an all-padding column and a window: finite, and as without the padding."""
    for name in DECODERS:
        export(sources[name], root / name)
        run = session(root / name / "onnx/model.onnx")
        ids = np.arange(10, 50)[None]
        [alone] = run.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        around = ((0, 1), (9, 0))
        [left] = run.run(None, {"input_ids": np.pad(ids, around), "attention_mask": np.pad(np.ones_like(ids), around)})
        assert np.isfinite(left).all(), name
        assert np.abs(left[0] - alone[0]).max() < 1e-5, name
        ids[0, 0] = 200  # the first token: seen through windows only where layers stack far enough
        [changed] = run.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        reaches = name not in ("mistral",)  # two layers of 16 tokens do not reach back 39
        assert (np.abs(changed - alone).max() > 1e-4) == reaches, name


def test_hidden_states(sources, root):
    export(sources["qwen3"], root / "dense")
    export(sources["qwen3"], root / "all", hidden_states=True)
    feed = {"input_ids": np.arange(10, 20)[None], "attention_mask": np.ones((1, 10), np.int64)}
    [dense], [rows] = (session(root / each / "onnx/model.onnx").run(None, feed) for each in ("dense", "all"))
    assert rows.shape == (1, 10, 32) and np.array_equal(rows[:, -1], dense)


def test_layers_above_the_cut_are_not_in_the_file(sources, root):
    for layer in (2, 4):
        export(sources["minicpm"], root, cutoff_layer=layer)
    names = {layer: weights_of(root / f"onnx/model_layer{layer}.onnx") for layer in (2, 4)}
    assert any("layers.3." in name for name in names[4]) and not any("layers.2." in name for name in names[2])


def test_only_the_yes_row_of_the_head(sources, root):
    export(sources["gemma-reranker"], root)
    model = onnx.load(root / "onnx/model.onnx")
    shapes = [tuple(tensor.dims) for tensor in model.graph.initializer]
    assert (32, 1) in shapes or (1, 32) in shapes
    assert sum(max(shape, default=0) > 300 for shape in shapes) == 1, "the word table alone has the vocabulary's size"


def test_float16(sources, root):
    for name in ("gemma2", "m3", "xlmr-reranker"):
        export(sources[name], root / name, "fp16")
        model = onnx.load(root / name / "onnx/model_fp16.onnx")
        types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
        words = "embed_tokens" if name == "gemma2" else "embeddings.word_embeddings"
        assert types[f"backbone.{words}.weight.float16"] == onnx.TensorProto.FLOAT16
        heads = [kind for each, kind in types.items() if not each.startswith("backbone.")]
        assert all(kind == onnx.TensorProto.FLOAT for kind in heads), "heads stay fp32"


def test_int8_is_independent_of_neighbours(sources, root):
    for name in ("qwen2", "gemma2"):
        export(sources[name], root / name, "int8")
        run = session(root / name / "onnx/model_quantized.onnx")
        ids, other = np.arange(10, 20), np.arange(100, 110)
        [alone] = run.run(None, {"input_ids": ids[None], "attention_mask": np.ones((1, 10), np.int64)})
        [both] = run.run(None, {"input_ids": np.stack([ids, other]), "attention_mask": np.ones((2, 10), np.int64)})
        assert cosine(alone[0], both[0]) > 0.999999, name


def test_external_data_and_determinism(sources, root):
    for name in ("a", "b"):
        export(sources["mistral"], root / name, external_data_above=EXTERNAL)
    for file in ("onnx/model.onnx", "onnx/model.onnx_data", "bge.json", "tokenizer.json"):
        assert (root / "a" / file).read_bytes() == (root / "b" / file).read_bytes(), file
    export(sources["mistral"], root / "inside")
    feed = {"input_ids": np.arange(10, 20)[None], "attention_mask": np.ones((1, 10), np.int64)}
    [outside], [inside] = (session(root / each / "onnx/model.onnx").run(None, feed) for each in ("a", "inside"))
    assert np.array_equal(outside, inside) and not (root / "inside/onnx/model.onnx_data").exists()


def test_a_second_precision_joins_the_folder(sources, root):
    export(sources["bert"], root)
    export(sources["bert"], root, "int8")
    assert {path.name for path in (root / "onnx").iterdir()} == {"model.onnx", "model_quantized.onnx"}
    assert "dtype" not in json.loads((root / "bge.json").read_text("utf-8"))
    fails("holds another model", lambda: export(sources["xlmr"], root))


def test_facts_by_id(sources, root):
    export(sources["mistral"], root / "like", like="BAAI/bge-en-icl")
    facts = json.loads((root / "like/bge.json").read_text("utf-8"))
    assert "id" not in facts and facts["fewShot"]["suffix"] == "\n<response>"
    assert facts["queryFormat"] == "<instruct>{instruction}\n<query>{text}"
    export(sources["qwen2"], root / "id", id="BAAI/bge-code-v1")
    facts = json.loads((root / "id/bge.json").read_text("utf-8"))
    assert facts["id"] == "BAAI/bge-code-v1" and facts["defaultMaxTokens"] == 1024  # no more than the model carries
    fails("family m3", lambda: export(sources["xlmr"], root / "x", id="BAAI/bge-m3"))
    fails("not in the table", lambda: export(sources["qwen2"], root / "x", like="BAAI/bge-none"))


def test_what_cannot_be_exported(sources, root):
    def altered(name, remove=(), **config):
        folder = Path(tempfile.mkdtemp(dir=root)) / name
        shutil.copytree(sources[name], folder)
        for file in remove:
            (folder / file).unlink()
        values = json.loads((folder / "config.json").read_text("utf-8")) | config
        (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
        return folder

    out = root / "out"
    fails("colbert_linear.pt", lambda: export(altered("m3", ["colbert_linear.pt"]), out))
    fails("sparse_linear.pt", lambda: export(altered("m3", ["sparse_linear.pt"]), out))
    fails("--pooling", lambda: export(altered("bert", ["1_Pooling/config.json"]), out))
    fails("give --cutoff-layer, 2 to 4", lambda: export(sources["minicpm"], out))
    for layer in (1, 5):
        fails("2 to 4", lambda layer=layer: export(sources["minicpm"], out, cutoff_layer=layer))
    fails("layerwise rerankers", lambda: export(sources["qwen2"], out, cutoff_layer=2))
    fails("one output", lambda: export(sources["m3"], out, hidden_states=True))
    fails("2 labels", lambda: export(altered("bert-reranker", id2label={"0": "a", "1": "b"}), out))
    fails("model_type 't5'", lambda: export(altered("qwen2", model_type="t5"), out))
    causal = altered("qwen2", architectures=["Qwen2ForCausalLM"])
    fails("--like", lambda: export(causal, out))
    export(causal, root / "causal", like="BAAI/bge-code-v1")
    fails("lightweight", lambda: export(altered("gemma2", model_type="cost_wise_gemma"), out))
    fails("auto_map", lambda: export(altered("qwen2", auto_map={"AutoModel": "modeling.Own"}), out))
    qwen3 = altered("qwen3")
    prompts = json.dumps({"prompts": {"query": "Instruct: x\nQuery:"}})
    (qwen3 / "config_sentence_transformers.json").write_text(prompts, encoding="utf-8")
    fails("Qwen3-Embedding", lambda: export(qwen3, out))
    fails("no folder", lambda: export(root / "none", out))
    assert not out.exists(), "a refusal leaves nothing behind"


def test_clip(sources, root):
    """Two graphs, of which that for texts holds nothing of the other."""
    source = write_clip(root / "clip")
    (source / "LICENSE").write_text("terms", encoding="utf-8")
    for dtype in ("fp32", "fp16", "int8"):
        export(source, root / "out", dtype=dtype, id="BAAI/BGE-VL-base")
    facts = json.loads((root / "out/bge.json").read_text("utf-8"))
    assert (facts["id"], facts["dimensions"], facts["maxTokens"], facts["licence"]) == ("BAAI/BGE-VL-base", 16, 64, "MIT")
    assert (facts["output"], facts["imageOutput"]) == ("text_embeds", "image_embeds") and "dtype" not in facts
    assert (root / "out/preprocessor_config.json").is_file()
    names = {path.name for path in (root / "out/onnx").iterdir()}
    assert names == {f"{part}_model{suffix}.onnx" for part in ("text", "vision") for suffix in ("", "_fp16", "_quantized")}
    assert not any("vision" in name or "visual" in name for name in weights_of(root / "out/onnx/text_model.onnx"))
    assert not any("text" in name for name in weights_of(root / "out/onnx/vision_model.onnx"))
    table = "backbone.text_model.embeddings.token_embedding.weight"
    for suffix, stored in (("", table), ("_fp16", f"{table}.float16"), ("_quantized", f"{table}.int8")):
        names = [name for name in weights_of(root / f"out/onnx/text_model{suffix}.onnx") if name.startswith(table)]
        assert names[0] == stored and (names[1:] == [] or suffix == "_quantized"), names
    assert (root / "out/LICENSE").read_text("utf-8") == "terms"
    fails("not for CLIP", lambda: export(source, root / "pooled", pooling="cls"))
    (source / "preprocessor_config.json").unlink()
    fails("preprocessor_config.json", lambda: export(source, root / "without"))
    assert not (root / "pooled").exists() and not (root / "without").exists()


def test_vision_language(sources, root):
    """Two graphs for each family, with data beside them, and the prompts of the model they are like."""
    for name, write, like in (("llava", write_llava, "BAAI/BGE-VL-v1.5-zs"), ("qwen-vl", write_qwen_vl, "BAAI/BGE-VL-Screenshot")):
        source, out = write(root / name), root / f"{name}-out"
        for dtype in ("fp32", "fp16", "int8"):
            print(name, dtype, export(source, out, dtype=dtype, like=like, external_data_above=EXTERNAL))
        facts = json.loads((out / "bge.json").read_text("utf-8"))
        assert (facts["dimensions"], facts["maxTokens"], facts["defaultMaxTokens"], facts["output"]) == (HIDDEN, 1024, 1024, "dense")
        assert "{instruction}" in facts["vision"]["query"] and "id" not in facts and (out / "preprocessor_config.json").is_file()
        graphs = {f"{part}_model{suffix}.onnx{data}" for part in ("vision", "language") for suffix in ("", "_fp16", "_quantized") for data in ("", "_data")}
        assert {path.name for path in (out / "onnx").iterdir()} == graphs
        assert not any("visual" in each or "vision_tower" in each for each in weights_of(out / "onnx/language_model.onnx"))
        assert not any("language_model" in each for each in weights_of(out / "onnx/vision_model.onnx"))
        fails("no file says", lambda source=source: export(source, root / "unlike"))
        fails("not for vision language models", lambda source=source: export(source, root / "pooled", pooling="cls"))
        state = load_file(source / "model.safetensors")
        lost = next(each for each in state if each.endswith("norm.weight"))
        del state[lost]
        save_file(state, source / "model.safetensors", {"format": "pt"})
        fails("lacks weights", lambda source=source, like=like: export(source, root / "lost", like=like))


def test_a_file_that_differs_does_not_count(sources, root):
    """A rounding that loses the weights must be caught by the check, and the file kept apart."""
    honest = rounding.ROUND["fp16"]
    rounding.ROUND["fp16"] = lambda model, weights: honest(model, {
        name: rounding.Weight(weight.shape, weight.dtype, lambda weight=weight: np.round(weight.read(), 1), weight.rounded)
        for name, weight in weights.items()
    })
    try:
        fails("cosine", lambda: export(sources["qwen2"], root, "fp16"))
    finally:
        rounding.ROUND["fp16"] = honest
    assert [path.name for path in (root / "onnx").iterdir()] == ["model_fp16.onnx.failed"] and not (root / "bge.json").exists()
    export(sources["qwen2"], root, "fp16")
    assert [path.name for path in (root / "onnx").iterdir()] == ["model_fp16.onnx"]


def fails(part: str, action) -> None:
    try:
        action()
    except ExportError as error:
        assert part in str(error), f"{part!r} is not in: {error}"
    else:
        raise AssertionError(f"no error with {part!r}")


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def weights_of(path: Path) -> list[str]:
    return [tensor.name for tensor in onnx.load(path).graph.initializer]


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
