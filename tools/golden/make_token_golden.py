"""Ids of the Rust tokenizers library, with special tokens, nothing cut → test/golden/tokens-<name>.json.gz"""

from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer

from paths import FIXTURES, GOLDEN, MODELS
from save import write_json_gz
from strings import strings

SEED = 20260
LIMIT = 1_000_000


def write(name: str, folder: Path, count: int, seed: int) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = strings(count, seed)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    path = GOLDEN / f"tokens-{name}.json.gz"
    write_json_gz(path, {"made_with": {"tokenizers": version("tokenizers"), "seed": seed}, "texts": texts, "ids": ids})
    size = path.stat().st_size
    print(f"{path.name}: {len(texts)} texts, {sum(map(len, ids))} tokens, {size} bytes")
    if size >= LIMIT:
        raise SystemExit(f"{path.name} is larger than {LIMIT} bytes")


for model in ("bge-small-en-v1.5", "bge-small-zh-v1.5"):
    write(model, MODELS / model, count=5000, seed=SEED)
write("tiny-xlmr", FIXTURES / "tiny-xlmr-cls", count=1500, seed=SEED + 1)
write("tiny-xlmr-reranker", FIXTURES / "tiny-xlmr-reranker", count=1500, seed=SEED + 2)
