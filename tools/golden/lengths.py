"""Text of an exact number of tokens, out of sentences of the corpus."""

from itertools import cycle

from transformers import PreTrainedTokenizerFast

from paths import CORPUS

FILLER = " a"


def count(tokenizer: PreTrainedTokenizerFast, text: str) -> int:
    """Tokens without specials, nothing cut."""
    return len(tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])


def text_of(tokenizer: PreTrainedTokenizerFast, tokens: int, first_line: int = 0) -> str:
    """Whole lines while they fit, single-token words up to the exact number."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()[:30]
    text = ""
    for line in cycle(lines[first_line:] + lines[:first_line]):
        longer = f"{text} {line}".strip()
        if count(tokenizer, longer) > tokens:
            break
        text = longer
    text = (text + FILLER * (tokens - count(tokenizer, text))).strip()
    if count(tokenizer, text) != tokens:
        raise ValueError(f"no text of {tokens} tokens: {count(tokenizer, text)}")
    return text


def framed_text(tokenizer: PreTrainedTokenizerFast, frame: str, tokens: int, first_line: int = 0) -> str:
    """Text that takes this many tokens together with its frame ("A: {}")."""
    text = text_of(tokenizer, tokens - count(tokenizer, frame.format("")) - 8, first_line)
    while count(tokenizer, frame.format(text)) < tokens:
        text += FILLER
    if count(tokenizer, frame.format(text)) != tokens:
        raise ValueError(f"no text of {tokens} tokens in {frame!r}")
    return text
