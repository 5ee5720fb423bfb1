"""A WordPiece vocabulary by counting. The trainer of `tokenizers` breaks ties at random, so it is not used."""

from collections import Counter

LONGEST_PIECE = 10


def wordpiece_vocabulary(words: list[str], size: int) -> list[str]:
    """Every character in both forms, then the pieces that save the most characters."""
    characters = sorted(set("".join(words)))
    pieces = characters + ["##" + character for character in characters]
    counts = Counter()
    for word in words:
        for start in range(len(word)):
            for end in range(start + 2, min(len(word), start + LONGEST_PIECE) + 1):
                counts["##" * (start > 0) + word[start:end]] += 1
    saved = {piece: count * (len(piece.removeprefix("##")) - 1) for piece, count in counts.items() if count > 1}
    longest_saving = sorted(saved, key=lambda piece: (-saved[piece], piece))
    return pieces + longest_saving[: size - len(pieces)]
