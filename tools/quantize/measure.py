"""Measures an int8 file beside the published files. See README.md."""

import argparse
from pathlib import Path

import accuracy
import invariance
import retrieval
import speed
from encoder import Encoder
from paths import EMBEDDERS, fp32, int8, source


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["accuracy", "retrieval", "invariance", "speed", "all"])
    parser.add_argument("language", choices=["en", "zh"])
    parser.add_argument("file", nargs="?", help="'ours' (default), 'published', 'fp32', or a path")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    name = next(n for n in EMBEDDERS if f"-{options.language}-" in n)
    known = {"ours": int8(name), "published": source(name) / "onnx/model_quantized.onnx", "fp32": fp32(name)}

    def encoder(file, threads=options.threads):
        return Encoder(known.get(file, file), source(name) / "tokenizer.json", threads)

    file = options.file or "ours"
    path = Path(known.get(file, file))
    size = sum(part.stat().st_size for part in path.parent.glob(path.name + "*"))
    print(f"{name} {file}: {size / 1e6:.1f} MB", flush=True)
    if options.what in ("accuracy", "all"):
        accuracy.measure(encoder(file), encoder("fp32"), options.language)
    if options.what in ("retrieval", "all"):
        retrieval.measure(encoder(file), options.language)
    if options.what in ("invariance", "all"):
        invariance.measure(lambda threads: encoder(file, threads))
    if options.what in ("speed", "all"):
        speed.measure({n: encoder(n, 1) for n in dict.fromkeys(["published", "fp32", file])})


if __name__ == "__main__":
    main()
