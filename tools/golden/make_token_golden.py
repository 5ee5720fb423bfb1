"""Ids and texts of the Rust tokenizers library, nothing cut → test/golden/tokens-<name>.json.gz

Decoded texts are transformers' `decode`, which is Rust's and, where the tokenizer's configuration says so, a clean-up.
"""

import json
from importlib.metadata import version
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tokenizers import Regex, Tokenizer, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from decoder_strings import decoder_strings
from paths import FIXTURES, GOLDEN, MODELS
from save import write_json, write_json_gz
from strings import strings
from tiny_decoder_tokenizers import QWEN_PATTERN, tiny_llama_tokenizer

SEED = 20260
LIMIT = 1_000_000
DECODERS = {
    "tiny-qwen": "tiny-code",
    "tiny-qwen-end": "tiny-reasoner",
    "tiny-gemma": "tiny-gemma2",
    "tiny-llama": "tiny-reranker-minicpm",
    "tiny-llama-end": "tiny-icl",
    "tiny-llama-metaspace": "tiny-llama-metaspace",
}


def write(name: str, folder: Path, texts: list[str], seed: int) -> list[list[int]]:
    """With special tokens."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    write_golden(name, {**made_with(seed), "texts": texts, "ids": ids})
    print(f"  {len(texts)} texts, {sum(map(len, ids))} tokens")
    return ids


def write_decoder(name: str, folder: Path, count: int, seed: int) -> None:
    ids = write(name, folder, decoder_strings(count, seed), seed)
    random = Random(seed)
    loaded = AutoTokenizer.from_pretrained(folder)
    kept = [random.randint(0, len(each)) for each in ids]
    write_golden(f"{name}-decoded", {
        **made_with(seed), "kept": kept,
        "whole": [loaded.decode(each) for each in ids],
        "cut": [loaded.decode(each[:count]) for each, count in zip(ids, kept)],
        "single": singles(loaded),
    })


def write_words(name: str, count: int, seed: int) -> None:
    """Lengths in characters of the words of Qwen's pattern; few of their ends show in the ids of a small vocabulary."""
    split = pre_tokenizers.Split(Regex(QWEN_PATTERN), behavior="isolated")
    texts = decoder_strings(count, seed)
    lengths = [[len(word) for word, _ in split.pre_tokenize_str(text)] for text in texts]
    write_golden(name, {**made_with(seed), "texts": texts, "lengths": lengths})


def write_singles(name: str, folder: Path) -> None:
    """Each id alone: what lexical weights are shown with."""
    write_golden(f"{name}-decoded", {**made_with(SEED), "single": singles(AutoTokenizer.from_pretrained(folder))})


def singles(tokenizer: PreTrainedTokenizerFast) -> list[str]:
    return [tokenizer.decode([token]) for token in range(len(tokenizer))]


def save(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """A tokenizer that no model fixture has."""
    with TemporaryDirectory() as temporary:
        tokenizer.save_pretrained(temporary)
        for file in ("tokenizer.json", "tokenizer_config.json"):
            content = json.loads((Path(temporary) / file).read_text(encoding="utf-8"))
            content.pop("extra_special_tokens", None)
            write_json(folder / file, content)


def made_with(seed: int) -> dict:
    return {"made_with": {"tokenizers": version("tokenizers"), "seed": seed}}


def write_golden(name: str, golden: dict) -> None:
    path = GOLDEN / f"tokens-{name}.json.gz"
    write_json_gz(path, golden)
    size = path.stat().st_size
    print(f"{path.name}: {size} bytes")
    if size >= LIMIT:
        raise SystemExit(f"{path.name} is larger than {LIMIT} bytes")


for model in ("bge-small-en-v1.5", "bge-small-zh-v1.5"):
    write(model, MODELS / model, strings(5000, SEED), SEED)
write("tiny-xlmr", FIXTURES / "tiny-xlmr-cls", strings(1500, SEED + 1), SEED + 1)
write("tiny-xlmr-reranker", FIXTURES / "tiny-xlmr-reranker", strings(1500, SEED + 2), SEED + 2)
write_singles("tiny-xlmr", FIXTURES / "tiny-xlmr-cls")
save(tiny_llama_tokenizer(end_token=False, legacy=False), FIXTURES / "tiny-llama-metaspace")
for index, (name, folder) in enumerate(DECODERS.items()):
    write_decoder(name, FIXTURES / folder, 2200, SEED + 3 + index)
write_words("qwen-words", 3000, SEED + 9)
