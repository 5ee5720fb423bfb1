"""A byte-level BPE by counting. The trainer of `tokenizers` breaks ties at random, so it is not used."""

from collections import Counter

from tokenizers import pre_tokenizers


def byte_level_bpe(text: str, steps: pre_tokenizers.PreTokenizer, size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """All 256 bytes, then one piece for each merge; the most frequent pair first, ties by alphabet."""
    words = Counter(piece for piece, _ in steps.pre_tokenize_str(text))
    split = {word: list(word) for word in words}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet(), key=lambda c: (ord(c) >= 256, ord(c)))
    vocabulary = {piece: index for index, piece in enumerate(alphabet)}
    merges = []
    while len(vocabulary) < size:
        pairs = Counter()
        for word, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        vocabulary.setdefault("".join(best), len(vocabulary))
        for word, parts in split.items():
            split[word] = merged(parts, best)
    return vocabulary, merges


def merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    result, at = [], 0
    while at < len(parts):
        both = tuple(parts[at : at + 2]) == pair
        result.append("".join(pair) if both else parts[at])
        at += 1 + both
    return result
