"""BM25 by the product's own code."""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
CODE = HERE.parents[2] / "packages/retriever/dist"
CASCADE = HERE.parents[2] / "packages/core/dist/adapter.js"


def version():
    """Changes with the code."""
    if not (CODE / "bm25.js").exists():
        raise SystemExit(f"{CODE} is not built: npx tsc -b")
    return hashlib.sha256(b"".join((CODE / name).read_bytes() for name in ("bm25.js", "words.js"))).hexdigest()[:8]


def scores(documents, queries):
    """float64 [queries, documents]; 0 where no word of the query is."""
    given = json.dumps({"documents": documents, "queries": queries}).encode()
    done = subprocess.run(["node", HERE / "lexical.mjs"], input=given, stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, "<f8").reshape(len(queries), len(documents))
