"""Seeded hard strings for tokenizer parity: many scripts, every kind of odd character, no lone surrogates."""

from random import Random

from paths import CORPUS

LATIN = [*range(0x41, 0x5B), *range(0x61, 0x7B)]
ACCENTED = [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]
GREEK = [*range(0x391, 0x3A2), *range(0x3A3, 0x3CA), *range(0x1F00, 0x2000)]
CYRILLIC = [*range(0x400, 0x530)]
RIGHT_TO_LEFT = [*range(0x591, 0x5F5), *range(0x600, 0x700), *range(0x750, 0x780), *range(0x8A0, 0x900), 0x200F, 0x202B]
INDIC = [*range(0x900, 0xE00)]
SOUTH_EAST = [*range(0xE00, 0x1000), *range(0x1000, 0x10A0), *range(0x1780, 0x1800)]
OTHER_SCRIPTS = [*range(0x530, 0x590), *range(0x10A0, 0x1400), *range(0x1400, 0x1700), *range(0x1800, 0x1CFF), *range(0x2C00, 0x2E00), *range(0xA490, 0xAC00)]
KANA = [*range(0x3041, 0x3100), *range(0x31F0, 0x3200)]
HANGUL = [*range(0xAC00, 0xD7A4, 7), *range(0x1100, 0x1200), *range(0x3131, 0x318F)]
HAN = [*range(0x4E00, 0x9FFF, 3), *range(0x3400, 0x4DC0, 5), *range(0xF900, 0xFB00), *range(0x2E80, 0x2FE0), 0x3007, 0x9FFF, 0x4DBF]
ASTRAL_HAN = [
    *range(0x20000, 0x2A6E0, 97), *range(0x2A6D0, 0x2A708), *range(0x2A700, 0x2B740, 31), *range(0x2B738, 0x2B820),
    *range(0x2B820, 0x2CEB0, 41), *range(0x2CEA0, 0x2CEC0), *range(0x2CEB0, 0x2EBE1, 53), *range(0x2EBE0, 0x2EE5E, 9),
    *range(0x2F800, 0x2FA20), *range(0x30000, 0x3134B, 47), *range(0x31350, 0x323B0, 43),
]
MARKS = [*range(0x300, 0x370), *range(0x483, 0x48A), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100), *range(0xFE20, 0xFE30)]
CONTROLS = [*range(0, 0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0x10000), *range(0xE0001, 0xE0080)]
PRIVATE = [*range(0xE000, 0xF900, 37), *range(0xF0000, 0xFFFFE, 4099), *range(0x100000, 0x10FFFE, 4099)]
SPACES = [0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x2581, 0x3000, 0xFEFF]
PUNCTUATION = [
    *range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F), *range(0xA1, 0xC0), 0xD7, 0xF7, 0x37E, 0x387,
    *range(0x55A, 0x560), 0x589, 0x5BE, 0x60C, 0x61B, 0x61F, 0x964, 0xE4F, *range(0x2010, 0x2060), *range(0x20A0, 0x20C1),
    *range(0x2100, 0x2400, 5), *range(0x2460, 0x2800, 7), *range(0x2E00, 0x2E60), *range(0x3001, 0x3040),
    *range(0xFE10, 0xFE70), *range(0x10100, 0x10103), *range(0x11047, 0x1104E), *range(0x1F130, 0x1F170), 0x1E95E, 0x16FE2, 0x10EAD,
]
FULL_WIDTH = [*range(0xFF01, 0xFFEF)]
DIGITS = [*range(0x30, 0x3A), *range(0x660, 0x66A), *range(0x966, 0x970), 0xB2, 0xB3, 0xB9, *range(0xBC, 0xBF), *range(0x2070, 0x208A), *range(0x2150, 0x2190), *range(0x2460, 0x2474), *range(0x1D7CE, 0x1D800)]
STYLED = [*range(0x1D400, 0x1D7CC), *range(0xFB00, 0xFB50), *range(0x3200, 0x3400), *range(0x2100, 0x2150), *range(0x1F100, 0x1F200)]
NEWER_THAN_MOST_TABLES = [
    *range(0x8C8, 0x8E4), *range(0x1C89, 0x1C8B), *range(0x1DF6, 0x1DFC), *range(0x2E43, 0x2E5E), *range(0xA7AE, 0xA7DD),
    *range(0x10D00, 0x10D90), *range(0x10EC0, 0x11000), *range(0x11F00, 0x11F60), *range(0x16D40, 0x16D80), *range(0x1E4D0, 0x1E600),
    *range(0x1C80, 0x1C8B), *range(0xA7C0, 0xA7D0), *range(0x118A0, 0x118E0), *range(0x16E40, 0x16E9B), *range(0x1E900, 0x1E960),
]
EMOJI = [
    "😀", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "❤️", "🏳️‍🌈", "🇩🇪", "🇫🇷", "1️⃣", "🧑🏿‍🚀", "☺", "☺️", "🫠", "🪿", "🫩", "™️", "©", "⌨️", "🕵🏼‍♀️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
]
SPECIAL = ["[SEP]", "[MASK]", "[CLS]", "[PAD]", "[UNK]", "<s>", "</s>", "<mask>", "<pad>", "<unk>", "[sep]", "[ MASK ]", "[SEP", "＜s＞", "[S\u200bEP]", "</s", "##ing", "▁the", "[unused1]"]
TURKISH = ["İstanbul", "IŞIK", "ılık", "İİ", "I\u0307", "DİYARBAKIR", "ğüşöç", "i\u0307"]
GREEK_WORDS = ["ΟΔΟΣ", "ΣΊΣΥΦΟΣ", "ΟΔΥΣΣΕΥΣ", "Σ", "ΣΣ", "ΑΣ.", "ΑΣ'", "ΑΣ\u00adΑ", "ΌΣ\u0301", "ὈΔΥΣΣΕΎΣ", "ΑΣ1", "Α.Σ.", "ΐ", "ΰ", "ᾳ", "ᾼ", "Ϲ", "ϴ"]
POOLS = [
    LATIN, ACCENTED, GREEK, CYRILLIC, RIGHT_TO_LEFT, INDIC, SOUTH_EAST, OTHER_SCRIPTS, KANA, HANGUL, HAN, ASTRAL_HAN, MARKS,
    CONTROLS, PRIVATE, SPACES, PUNCTUATION, FULL_WIDTH, DIGITS, STYLED, NEWER_THAN_MOST_TABLES,
]
LATIN_AND_ONE_MORE = [LATIN + pool[: len(LATIN)] for pool in POOLS]


def strings(count: int, seed: int) -> list[str]:
    return strings_of(KINDS, count, seed)


def strings_of(kinds: list, count: int, seed: int) -> list[str]:
    """Each kind in turn."""
    random = Random(seed)
    words = CORPUS.read_text(encoding="utf-8").split()
    return [kinds[index % len(kinds)](random, words) for index in range(count)]


def characters(random: Random, pool: list[int], most: int) -> str:
    return "".join(chr(random.choice(pool)) for _ in range(random.randint(1, most)))


def script_words(random: Random, words: list[str]) -> str:
    """Several words, each of one script."""
    return " ".join(characters(random, random.choice(POOLS), 8) for _ in range(random.randint(1, 6)))


def mixed_word(random: Random, words: list[str]) -> str:
    """Scripts that touch each other, real words between them."""
    parts = [characters(random, random.choice(POOLS), 3) for _ in range(random.randint(2, 6))]
    return "".join(part + random.choice(["", "", " ", random.choice(words)]) for part in parts)


def marked(random: Random, words: list[str]) -> str:
    """Latin, Greek and Turkish letters with accents, composed and decomposed."""
    bases = [random.choice([LATIN, ACCENTED, GREEK, CYRILLIC, HANGUL, KANA, INDIC]) for _ in range(random.randint(2, 8))]
    text = "".join(characters(random, base, 3) + characters(random, MARKS, 2) * (random.random() < 0.6) for base in bases)
    return f"{random.choice(GREEK_WORDS)} {text} {random.choice(TURKISH)}"


def broken_words(random: Random, words: list[str]) -> str:
    """Real words with one odd character inside, before or after."""
    chosen = []
    for _ in range(random.randint(2, 8)):
        word, place = random.choice(words), random.randint(0, 8)
        odd = characters(random, random.choice(POOLS), 1) if random.random() < 0.5 else ""
        chosen.append(word[:place] + odd + word[place:])
    return random.choice([" ", " ", "  ", "\n", "\t"]).join(chosen)


def emoji_text(random: Random, words: list[str]) -> str:
    return random.choice(["", " "]).join(random.choice([EMOJI, EMOJI, words])[random.randrange(20)] for _ in range(random.randint(1, 8)))


def special_text(random: Random, words: list[str]) -> str:
    parts = [random.choice([SPECIAL, SPECIAL, words, TURKISH, GREEK_WORDS]) for _ in range(random.randint(2, 7))]
    return "".join(random.choice(part) + random.choice(["", " ", "  ", "\u3000", "\n"]) for part in parts)


def long_word(random: Random, words: list[str]) -> str:
    """Around the limit of 100 characters a word."""
    pool = random.choice(LATIN_AND_ONE_MORE)
    piece = characters(random, pool, 5)
    return f"{random.choice(words)} {(piece * 120)[: random.randint(95, 130)]} {random.choice(words)}"


def any_scalars(random: Random, words: list[str]) -> str:
    """Anything that Unicode allows, unassigned characters included."""
    most = random.choice([0x2FF, 0xFFFF, 0x1FFFF, 0x10FFFF])
    points = [random.randint(0, most) for _ in range(random.randint(1, 16))]
    return "".join(chr(point) for point in points if not 0xD800 <= point <= 0xDFFF)


def punctuated(random: Random, words: list[str]) -> str:
    return "".join(random.choice(words) + characters(random, random.choice([PUNCTUATION, DIGITS, FULL_WIDTH]), 2) for _ in range(random.randint(1, 6)))


def spaced(random: Random, words: list[str]) -> str:
    """Words between spaces and controls of every kind, at the ends too."""
    parts = [characters(random, random.choice([SPACES, SPACES, CONTROLS]), 3) + random.choice(words) for _ in range(random.randint(1, 6))]
    return "".join(parts) + characters(random, SPACES, 2) * (random.random() < 0.5)


KINDS = [script_words, mixed_word, marked, broken_words, emoji_text, special_text, long_word, any_scalars, punctuated, spaced]
