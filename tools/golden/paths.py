"""Where things lie. The environment names the folders; nothing here knows a machine."""

import os
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
REPOSITORY = TOOLS.parents[1]
FIXTURES = REPOSITORY / "test" / "fixtures"
GOLDEN = REPOSITORY / "test" / "golden"
CORPUS = TOOLS / "corpus.txt"
CODE_CORPUS = TOOLS / "corpus_code.txt"

CACHE = Path.home() / ".cache" / "bge-js"
MODELS = Path(os.environ.get("BGE_JS_MODELS") or CACHE / "reference-models")
TORCH_MODELS = Path(os.environ.get("GOLDEN_TORCH_MODELS") or CACHE / "golden-models")


def written_bytes(folder: Path) -> int:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
