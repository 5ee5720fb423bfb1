"""Small tokenizers of the decoder families, made from corpus.txt and corpus_code.txt.

Qwen2 and Gemma, Llama (Mistral, MiniCPM) get the steps that transformers' own converters write. The specials <instruct>,
<query> and <response> are those of the reference's training scripts; that the published files of bge-code-v1,
bge-multilingual-gemma2 and bge-en-icl carry them, and on which side those files pad, is unverified.
"""

import json
import tempfile
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import GemmaTokenizerFast, LlamaTokenizerFast, Qwen2TokenizerFast

from byte_pairs import byte_level_bpe
from paths import CODE_CORPUS, CORPUS

VOCABULARY = 1400
INSTRUCTION_TOKENS = ["<instruct>", "<query>"]
EXAMPLE_TOKENS = [*INSTRUCTION_TOKENS, "<response>"]
QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
QWEN_ADDED = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<think>", "</think>"]
GEMMA_ADDED = [
    "<mask>", "<2mass>", "[@BOS@]", "<unused0>", "<unused1>", "<start_of_turn>", "<end_of_turn>",
    *("\n" * count for count in range(1, 8)), *("▁" * count for count in range(2, 9)),
    "<table>", "</table>", "<td>", "<h1>", "<strong>", "</strong>",
]
MODEL_MAX_LENGTH = 4096


def tiny_qwen_tokenizer(end_token: bool) -> Qwen2TokenizerFast:
    """Pads on the right, as the class does. `end_token`: <|endoftext|> after a text, by a template behind ByteLevel, as
    the file of Qwen3-Embedding has it."""
    split = pre_tokenizers.Split(Regex(QWEN_PATTERN), behavior="isolated", invert=False)
    steps = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    vocabulary, merges = byte_level_bpe(normalizers.NFC().normalize_str(text()), steps, VOCABULARY)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, dropout=None, unk_token=None, continuing_subword_prefix="",
            end_of_word_suffix="", fuse_unk=False, byte_fallback=False,
        )
    )
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = steps
    tokenizer.decoder = decoders.ByteLevel()
    specials = QWEN_SPECIAL + ([] if end_token else INSTRUCTION_TOKENS)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in specials])
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in QWEN_ADDED])
    end = "<|endoftext|>"
    template = processors.TemplateProcessing(
        single=f"$A {end}", pair=f"$A $B:0 {end}", special_tokens=[(end, tokenizer.token_to_id(end))]
    )
    byte_level = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.post_processor = processors.Sequence([byte_level, template]) if end_token else byte_level
    return Qwen2TokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>" if end_token else "<|endoftext|>", unk_token=None,
        model_max_length=MODEL_MAX_LENGTH,
    )


def tiny_gemma_tokenizer() -> GemmaTokenizerFast:
    """Gemma and Gemma 2. Pads on the left, <bos> in front. The pieces of newlines and blanks are user-defined, not special."""
    model = train_sentencepiece(
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
        user_defined_symbols=GEMMA_ADDED, add_dummy_prefix=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        converted = GemmaTokenizerFast(vocab_file=write(folder, model)).backend_tokenizer.to_str()
    return GemmaTokenizerFast(
        tokenizer_object=Tokenizer.from_str(converted), additional_special_tokens=INSTRUCTION_TOKENS,
        model_max_length=MODEL_MAX_LENGTH,
    )


def tiny_llama_tokenizer(end_token: bool, legacy: bool = True) -> LlamaTokenizerFast:
    """Mistral with `end_token` (<s> and </s>, as bge-en-icl), MiniCPM without (<s> alone). Pads on the left, the class's
    side, with </s> and <unk>: both unverified. `legacy=False`: Metaspace that marks the first word alone, in place of
    the normalizer."""
    model = train_sentencepiece(unk_id=0, bos_id=1, eos_id=2, add_dummy_prefix=True)
    with tempfile.TemporaryDirectory() as folder:
        fast = LlamaTokenizerFast(vocab_file=write(folder, model), legacy=legacy, add_prefix_space=True)
        converted = fast.backend_tokenizer.to_str()
    return LlamaTokenizerFast(
        tokenizer_object=Tokenizer.from_str(converted), legacy=legacy, add_eos_token=end_token,
        pad_token="</s>" if end_token else "<unk>", model_max_length=MODEL_MAX_LENGTH,
        **({"additional_special_tokens": EXAMPLE_TOKENS} if end_token else {}),
    )


def train_sentencepiece(**options) -> bytes:
    """SentencePiece BPE as Gemma's and Llama's: byte fallback, single digits, no normalising at all."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "model"
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for line in text().split("\n") if line), model_prefix=str(prefix),
            model_type="bpe", vocab_size=VOCABULARY, character_coverage=0.995, byte_fallback=True, split_digits=True,
            normalization_rule_name="identity", remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
            num_threads=1, minloglevel=2, **options,
        )
        return prefix.with_suffix(".model").read_bytes()


def write(folder: str, model: bytes) -> str:
    path = Path(folder) / "tokenizer.model"
    path.write_bytes(model)
    return str(path)


def text() -> str:
    return CORPUS.read_text(encoding="utf-8") + CODE_CORPUS.read_text(encoding="utf-8")
