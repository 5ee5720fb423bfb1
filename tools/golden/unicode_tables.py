"""Prints the character classes that the Rust tokenizers library uses, as the insides of JavaScript character classes.

For Qwen: letters, numbers and spaces of the regular expressions, and what canonical composition may touch.
For BERT: what is dropped, is a space, is Han, is stripped as an accent, is punctuation (categories of Unicode 8).
For XLM-R: what extends a grapheme, stands before one, or never joins one (a newer Unicode). The library shows its
graphemes to nobody, but replaces short ones whole: a charsmap that turns "A" and the suspects into "x" tells.
"""

import io
import json
import tempfile
import unicodedata
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, normalizers, pre_tokenizers

KEEP_CASE = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
STRIP = normalizers.BertNormalizer(lowercase=False, strip_accents=True)
SPLIT = pre_tokenizers.BertPreTokenizer()
PREPENDED = {0x0D4E, 0x110BD, 0x110CD, 0x111C2, 0x111C3, 0x113D1, 0x1193F, 0x11941, 0x11A3A, *range(0x11A84, 0x11A8A), 0x11D46, 0x11F02}


def main() -> None:
    scalars = [chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
    dropped = {c for c in scalars if KEEP_CASE.normalize_str(c) == ""}
    # Beyond the BMP a control is four bytes: with an extender never short enough to be replaced whole.
    suspects = [c for c in scalars if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and ord(c) < 0x10000]
    suspects += [chr(point) for point in (*PREPENDED, 0x2065, *range(0xFFF0, 0xFFF9))]
    probe = charsmap_to_x(sorted({"A", *suspects} - set("\0\t\n\r ")))
    extend = {c for c in scalars if c not in "\n\r" and probe.normalize_str("A" + c) == "x"}
    tables = {
        "dropped": dropped,
        "space": {c for c in scalars if len(SPLIT.pre_tokenize_str(f"a{c}b")) == 2},
        "han": {c for c in scalars if KEEP_CASE.normalize_str(c) == f" {c} "},
        "marks": {c for c in scalars if c not in dropped and unicodedata.normalize("NFD", c) == c and STRIP.normalize_str(c) == ""},
        "punctuation": {c for c in scalars if len(SPLIT.pre_tokenize_str(f"a{c}b")) == 3},
        "extend": extend,
        "prepend": {c for c in suspects if c not in extend and probe.normalize_str(c + "A") == "x"},
        "control": {*"\0\t\n\r", *(c for c in suspects if ord(c) < 0x10000 and c not in extend and probe.normalize_str(c + "\u0300") == "x\u0300")},
    }
    tables |= {name: matching(pattern, scalars) for name, pattern in [("letter", r"\p{L}"), ("number", r"\p{N}")]}
    tables["composing"] = composing(scalars)
    print(json.dumps({name: character_class(members) for name, members in tables.items()}, indent=1))


def matching(pattern: str, scalars: list[str]) -> set[str]:
    return set(scalars) - set(normalizers.Replace(Regex(pattern), "").normalize_str("".join(scalars)))


def composing(scalars: list[str]) -> set[str]:
    """What is reordered, decomposed or composed, and what lies between and never will be: a shorter table."""
    nfd = normalizers.NFD().normalize_str
    decomposed = {c for c in scalars if nfd(c) != c}
    known = decomposed | set("".join(map(nfd, decomposed)))
    known |= {c for c in scalars if nfd(f"x{c}\u0334") != f"x{nfd(c)}\u0334" or nfd(f"x\u0345{c}") != f"x\u0345{nfd(c)}"}
    python_decomposed = {c for c in scalars if unicodedata.normalize("NFD", c) != c}
    python_known = python_decomposed | set(unicodedata.normalize("NFD", "".join(python_decomposed)))

    def inert(c: str) -> bool:
        return unicodedata.category(c) != "Cn" and unicodedata.combining(c) == 0 and c not in python_known

    result, between = set(known), []
    for c in scalars:
        if c in known:
            result.update(between or [])
            between = []
        elif between is not None:
            if inert(c):
                between.append(c)
            else:
                between = None
    return result


def charsmap_to_x(characters: list[str]) -> normalizers.Normalizer:
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{ord(c):X}\t78\n" for c in characters), encoding="utf-8")
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d e"]), model_writer=model, model_type="char", vocab_size=12,
            hard_vocab_limit=False, normalization_rule_tsv=str(rules), minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)


def character_class(characters: set[str]) -> str:
    ranges: list[list[int]] = []
    for point in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(escape(first) + (f"-{escape(last)}" if last > first else "") for first, last in ranges)


def escape(point: int) -> str:
    return f"\\u{point:04x}" if point < 0x10000 else f"\\u{{{point:x}}}"


if __name__ == "__main__":
    main()
