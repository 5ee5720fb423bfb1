"""tools/export/export MODEL_OR_FOLDER OUT [options]"""

import argparse
import sys
from pathlib import Path

from errors import ExportError


def main() -> int:
    options = parse()
    from export_model import export  # after the arguments are read: it imports torch

    try:
        result = export(**options)
    except ExportError as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    print(f"{options['out']}: {options['dtype']} agrees with the torch model ({result})")
    return 0


def parse() -> dict:
    about = "Writes a BGE model as ONNX in the layout that bge-js reads, and checks it."
    parser = argparse.ArgumentParser(prog="export", description=about)
    parser.add_argument("model", metavar="MODEL_OR_FOLDER", help="a folder of a transformers model, or a hub id")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write or, with another precision or layer, to add to")
    parser.add_argument("--dtype", choices=["fp32", "fp16", "int8"], default="fp32")
    parser.add_argument("--cutoff-layer", type=int, metavar="N", help="layerwise reranker: the layers that are kept")
    parser.add_argument("--hidden-states", action="store_true", help="decoder embedder: all token vectors, not the last token's")
    parser.add_argument("--id", help="hub id that bge.json names; known facts of that id are used")
    parser.add_argument("--like", metavar="ID", help="use the known facts of this hub id without being named so")
    parser.add_argument("--pooling", choices=["cls", "mean"], help="encoder whose files do not say it")
    parser.add_argument("--revision", help="of a hub id: branch, tag or commit")
    above = "size above which weights go to a file beside the graph"
    parser.add_argument("--external-data-above", type=int, metavar="BYTES", default=2_000_000_000, help=above)
    return vars(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
