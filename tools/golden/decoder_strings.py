"""Seeded hard strings for the decoder families: what strings.py has, and what byte-level and SentencePiece BPE trip over."""

from random import Random

from paths import CODE_CORPUS, CORPUS
from strings import ASTRAL_HAN, EMOJI, HANGUL, INDIC, KINDS, LATIN, MARKS, POOLS, characters, strings_of

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<think>", "</think>", "<|fim_prefix|>",
    "<instruct>", "<query>", "<response>", "<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<s>", "</s>", "<2mass>", "[@BOS@]",
    "<unused0>", "<unused1>", "<start_of_turn>", "<end_of_turn>", "<table>", "</table>", "<h1>", "<strong>", "</strong>",
    "<|endoftext", "|>", "<|im_", "<0x0A>", "<0xE4>", "<0x", "▁", "▁▁", "▁▁▁", "▁Yes", "Yes", "<INSTRUCT>", "< s>", "<s", "s>", "＜s＞",
]
BLANKS = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", "\u3000", "\u00a0", "\u0085", "\u2028", "\ufeff", "\u200b", "\v", "\f", "\x1c", "▁"]
APOSTROPHES = ["'", "’", "ʼ", "＇", "''"]
ENDINGS = ["s", "S", "t", "T", "re", "RE", "rE", "ve", "VE", "m", "M", "ll", "LL", "lL", "d", "D", "ſ", "ſt", "x", "é", "s1", "Re", "ß", "K"]
#: Composes in a newer Unicode than the library's, or did only after some version; stand next to what they could join.
NEW_COMPOSITIONS = [
    "\U00011935\U00011930", "\U000105d2\u0307", "\U00011382\U000113c9", "\U00016d67\U00016d67", "\U0001611e\U0001611e", "\u0c46\u0c56", "\u1025\u102e",
    "\u09c7\u09be", "\u0b92\u0bd7", "\u30ab\u3099", "\u1100\u1161\u11a8", "\uac00\u11a8", "a\u0345\u0301\u0334", "\u0344", "\u212b", "\u2126", "\u0958",
    "e\u0897\u0301", "a\u1ac1\u0323", "q\u1dfa\u0328", "\u0301\u0300", "\U0001d15e", "\ufb1d", "\u0f73", "x\u07fd\u0334", "o\u031b\u0323\u0302", "\u0374",
]


def decoder_strings(count: int, seed: int) -> list[str]:
    return strings_of([*KINDS, *DECODER_KINDS], count, seed)


def indented_code(random: Random, words: list[str]) -> str:
    lines = CODE_LINES
    start = random.randrange(len(lines) - 8)
    end = random.choice(["\n", "\n", "\r\n", "\n\n"])
    return end.join(lines[start : start + random.randint(2, 8)])


def blanks(random: Random, words: list[str]) -> str:
    """Long runs of spaces, tabs and line ends, at both ends too."""
    parts = [random.choice(BLANKS) * random.choice([1, 1, 2, 3, 7, 17, 40]) + random.choice(["", "", random.choice(words)]) for _ in range(random.randint(1, 8))]
    return "".join(parts)


def contractions(random: Random, words: list[str]) -> str:
    """Apostrophes and what follows them, in all cases."""
    parts = [random.choice(words) + random.choice(APOSTROPHES) + random.choice(ENDINGS) for _ in range(random.randint(1, 6))]
    return random.choice(["", " ", "  ", "\n"]).join(parts)


def specials(random: Random, words: list[str]) -> str:
    parts = [random.choice([SPECIAL, SPECIAL, words, BLANKS]) for _ in range(random.randint(2, 8))]
    return "".join(random.choice(part) for part in parts)


def fallback(random: Random, words: list[str]) -> str:
    """Characters that no small vocabulary has, between ones that it has."""
    odd = [random.choice([*EMOJI, characters(random, random.choice([ASTRAL_HAN, INDIC, HANGUL, *POOLS]), 4)]) for _ in range(random.randint(1, 6))]
    return "".join(each + random.choice(["", " ", random.choice(words)]) for each in odd)


def endless_word(random: Random, words: list[str]) -> str:
    piece = random.choice([characters(random, LATIN, 3), characters(random, random.choice(POOLS), 2), random.choice(words)])
    return piece * random.randint(40, 150)


def compositions(random: Random, words: list[str]) -> str:
    parts = [random.choice(NEW_COMPOSITIONS) + characters(random, MARKS, 3) * (random.random() < 0.4) for _ in range(random.randint(1, 6))]
    return random.choice(["", " "]).join(parts)


def digits(random: Random, words: list[str]) -> str:
    return "".join(random.choice(["1", "23", "456", "٣", "४५", "½", "²", "Ⅷ", "𝟘", " ", ".", ",", "-", "%", "a"]) for _ in range(random.randint(1, 20)))


CODE_LINES = (CODE_CORPUS.read_text(encoding="utf-8") + CORPUS.read_text(encoding="utf-8")).split("\n")
DECODER_KINDS = [indented_code, blanks, contractions, specials, fallback, endless_word, compositions, digits]
