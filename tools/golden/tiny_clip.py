"""A tiny CLIP with seeded random weights and its real kind of tokenizer, on a small vocabulary."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

from paths import CORPUS, TORCH_MODELS
from save import write_json

START, END = "<|startoftext|>", "<|endoftext|>"
# Of transformers' converter for CLIP.
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "projection_dim": 16}
VOCABULARY = 1000


def write_tiny_clip() -> Path:
    tokenizer = tiny_clip_tokenizer()
    end = tokenizer.convert_tokens_to_ids(END)
    text = {
        **SHAPE, "vocab_size": len(tokenizer), "max_position_embeddings": 77, "eos_token_id": end, "pad_token_id": end,
        "bos_token_id": tokenizer.convert_tokens_to_ids(START),
    }
    vision = {**SHAPE, "image_size": 224, "patch_size": 32}
    model = randomise(CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=SHAPE["projection_dim"])))
    folder = TORCH_MODELS / "tiny-clip"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in (model, tokenizer, CLIPImageProcessor()):
        part.save_pretrained(folder)
    for path in folder.glob("*.json"):  # what the exporter copies, in our own spacing
        write_json(path, json.loads(path.read_text(encoding="utf-8")))
    return folder


def tiny_clip_tokenizer() -> CLIPTokenizerFast:
    """The steps of transformers' converter, with merges learnt from the corpus."""
    tokenizer = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase(),
    ])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 256, initial_alphabet=letters, end_of_word_suffix="</w>", show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS.read_text(encoding="utf-8").splitlines(), trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    # CLIP's order: the 256 bytes, the same at a word's end, merges, special tokens.
    pieces = [*sorted(letters), *(f"{letter}</w>" for letter in sorted(letters))]
    merges = [pair if isinstance(pair, list) else pair.split(" ") for pair in learnt["merges"]]
    pieces += [piece for piece in dict.fromkeys("".join(pair) for pair in merges) if piece not in pieces]
    vocabulary = {piece: index for index, piece in enumerate([*pieces, START, END])}
    tokenizer.model = models.BPE(
        vocabulary, [tuple(pair) for pair in merges], unk_token=END, end_of_word_suffix="</w>", fuse_unk=False,
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(
        sep=(END, vocabulary[END]), cls=(START, vocabulary[START]), add_prefix_space=False, trim_offsets=False,
    )
    return CLIPTokenizerFast(tokenizer_object=tokenizer, model_max_length=77, pad_token=END, unk_token=END, bos_token=START, eos_token=END)


def randomise(model: CLIPModel, seed: int = 14) -> CLIPModel:
    """Strong enough that every text and picture gives a clearly different vector."""
    random = np.random.RandomState(seed)
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        values = random.standard_normal(shape)
        if name == "logit_scale":
            continue
        if "norm" in name:  # pre_layrnorm too
            values = values * 0.05 + (1 if name.endswith("weight") else 0)
        elif name.endswith("bias") or len(shape) == 1:
            values *= 0.05
        elif "patch_embedding" in name:
            values *= 3 / np.prod(shape[1:]) ** 0.5
        elif "embedding" in name:
            values *= 1.0 if "token" in name else 0.3
        else:
            values *= (2.5 if "attn" in name else 1.5) / shape[1] ** 0.5
        parameter.data = torch.tensor(values, dtype=torch.float32)
    return model.eval()
