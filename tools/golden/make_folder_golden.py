"""Folders as sentence-transformers saves them, and what it computes from them → test/golden/sentence-transformers.json

The weights are those of tiny-bert-cls and tiny-bert-reranker, whose graphs the test puts beside the files. A folder that only older releases
save is edited (`edited`), then loaded by this one.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Dropout, LayerNorm, Normalize, Pooling, Transformer
from tokenizers import normalizers

from pairs import FIXED
from paths import GOLDEN
from save import float32_base64, write_json
from tiny_models import spread_logits, tiny_bert
from tiny_tokenizers import tiny_bert_tokenizer
from versions import made_with

FOX = "The Quick Brown Fox jumps over the lazy Dog near the Café of ΟΔΟΣ ΑΝΟΙΞΕΩΣ in İstanbul"
LONG = "bees tell each other where the flowers are " * 8
VERY_LONG = "the giant panda eats bamboo in the mountains " * 60
QUESTION = "How do bees tell each other where the flowers are?"
PROMPTS = {"query": "Represent this sentence for searching relevant passages: ", "document": "Document: "}
LIMIT = 32
Edit = Callable[[Path], None]


class Folders:
    def __init__(self, work: Path) -> None:
        self.work, self.tokenizer, self.saved = work, tiny_bert_tokenizer(), {}
        self.encoder = self.backbone("encoder", tiny_bert(len(self.tokenizer), False, seed=1))
        reranker = tiny_bert(len(self.tokenizer), True, seed=2)
        spread_logits(reranker, self.tokenizer, [(query, document) for _, query, document in FIXED])
        self.reranker = self.backbone("reranker", reranker)
        self.plain = json.loads((self.encoder / "tokenizer.json").read_text(encoding="utf-8"))

    def backbone(self, name: str, model: torch.nn.Module) -> Path:
        model.save_pretrained(self.work / name)
        self.tokenizer.save_pretrained(self.work / name)
        return self.work / name

    def embedder(self, name: str, *behind: torch.nn.Module, edit: Edit | None = None, texts: tuple[str, ...] = (FOX,), **options) -> None:
        """`behind`: the modules behind the transformer. `options`: of SentenceTransformer; `limit`, `prepare`, `subfolder`: see below."""
        limit, prepare, subfolder = (options.pop(key, None) for key in ("limit", "prepare", "subfolder"))
        transformer = Transformer(str(self.encoder), **options.pop("transformer", {}))
        transformer.save_in_root = not subfolder
        model = SentenceTransformer(modules=[transformer, *(behind or (Pooling(48, "cls"), Normalize()))], local_files_only=True, **options)
        if limit:
            model.max_seq_length = limit
        if prepare:
            prepare(model)
        folder = self.save(name, model, edit)
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        cases = []
        for text in texts:
            for input_type, encode in (("query", model.encode_query), ("document", model.encode_document)):
                cases.append({"text": text, "inputType": input_type, "vector": float32_base64(np.asarray(encode(text)))})
        self.saved[name] |= {"maxTokens": model.max_seq_length, "similarity": model.similarity_fn_name, "cases": cases}

    def cross_encoder(self, name: str, edit: Edit | None = None, limit: int | None = None, **options) -> None:
        model = CrossEncoder(str(self.reranker), device="cpu", local_files_only=True, **options)
        if limit:
            model.max_seq_length = limit
        folder = self.save(name, model, edit)
        model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        cases = []
        for document in (FOX, "Bees dance.", LONG):
            logit, score = (
                float(model.predict([(QUESTION, document)], **how)[0]) for how in ({"activation_fn": torch.nn.Identity()}, {})
            )
            cases.append({"query": QUESTION, "document": document, "logit": logit, "score": score})
        self.saved[name] |= {"maxTokens": model.max_seq_length, "cases": cases}

    def save(self, name: str, model: SentenceTransformer | CrossEncoder, edit: Edit | None) -> Path:
        folder = self.work / name
        model.save(str(folder), create_model_card=False)
        if edit:
            edit(folder)
        files = {
            str(path.relative_to(folder)): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(folder.rglob("*.json")) if path.name not in ("tokenizer.json", "special_tokens_map.json")
        }
        for content in files.values():
            if isinstance(content, dict):
                content.pop("added_tokens_decoder", None)
                content.get("__version__", {}).pop("pytorch", None)  # with its CUDA, which differs by machine
        [tokenizer] = folder.rglob("tokenizer.json")
        told = json.loads(tokenizer.read_text(encoding="utf-8"))
        steps = {key: told[key] for key in ("truncation", "padding", "normalizer") if told[key] != self.plain[key]}
        self.saved[name] = {"edited": edit is not None, "files": files, "tokenizer": steps}
        return folder


def change(file: str, *removed: str, **values) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / file
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        content.update(values)
        for key in removed:
            content.pop(key, None)
        path.write_text(json.dumps(content), encoding="utf-8")
    return edit


def both(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for one in edits:
            one(folder)
    return edit


def rename(old: str, new: str) -> Edit:
    return lambda folder: (folder / old).rename(folder / new) and None


def old_types(folder: Path) -> None:
    """The names that classes had up to 4.x."""
    path = folder / "modules.json"
    modules = json.loads(path.read_text(encoding="utf-8"))
    for module in modules:
        module["type"] = "sentence_transformers.models." + module["type"].rsplit(".", 1)[1]
    path.write_text(json.dumps(modules), encoding="utf-8")


def cased(model: SentenceTransformer) -> None:
    tokenizer = model[0].tokenizer
    tokenizer.backend_tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.init_kwargs["do_lower_case"] = False


SETTINGS, SENTENCE, POOLING = "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json"
OLD_POOLING = {f"pooling_mode_{mode}": False for mode in ("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens")}
OLD_SETTINGS = ("transformer_task", "modality_config", "module_output_name")


def old_pooling(**modes: bool) -> Edit:
    return both(change(POOLING, "embedding_dimension", "pooling_mode", "include_prompt", word_embedding_dimension=48, **OLD_POOLING | modes), old_types)


def write_embedders(folders: Folders) -> None:
    embedder, norm = folders.embedder, Normalize()
    embedder("plain", prompts=PROMPTS)
    embedder("dropout", Pooling(48, "cls"), Dropout(0.5), norm)
    for mode in ("mean", "lasttoken"):
        embedder(mode, Pooling(48, mode), norm)
    embedder("old-mean", edit=old_pooling(pooling_mode_mean_tokens=True))
    embedder("old-no-mode", edit=old_pooling())
    embedder("one-mode-in-a-list", edit=change(POOLING, pooling_mode=["mean"]))
    embedder("include-prompt-last-token", Pooling(48, "lasttoken", include_prompt=False), norm, prompts=PROMPTS)
    embedder("subfolder", subfolder=True, limit=LIMIT, texts=(FOX, LONG))
    for name, value in (("limit", LIMIT), ("no-limit", int(1e30))):
        embedder(name, limit=value, texts=(LONG, VERY_LONG))
    tokenizer = "tokenizer_config.json"
    embedder("old-limit", edit=both(change(SETTINGS, *OLD_SETTINGS, max_seq_length=LIMIT, do_lower_case=False), old_types), texts=(LONG,))
    embedder("older-limit", edit=both(change(tokenizer, "model_max_length", max_len=LIMIT)), texts=(LONG,))
    embedder("roberta-limit", edit=both(change(SETTINGS, max_seq_length=LIMIT), rename(SETTINGS, "sentence_roberta_config.json")), texts=(LONG,))
    embedder("tokenizer-args-limit", edit=change(SETTINGS, tokenizer_args={"model_max_length": LIMIT}), texts=(LONG,))
    embedder("processor-kwargs-limit", edit=change(SETTINGS, processor_kwargs={"model_max_length": LIMIT}), texts=(LONG,))
    embedder("processing-limit", transformer={"processing_kwargs": {"text": {"max_length": LIMIT}}}, texts=(LONG,))
    cut = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    embedder("tokenizer-json-cuts", edit=change("tokenizer.json", truncation=cut), texts=(LONG,))
    embedder("cased", prepare=cased)
    embedder("lower-case", prepare=cased, edit=change(SETTINGS, do_lower_case=True))
    embedder("lower-case-saved", transformer={"do_lower_case": True})
    embedder("tokenizer-lower-case", prepare=cased, edit=change(tokenizer, do_lower_case=True))
    embedder("tokenizer-accents", edit=change(tokenizer, strip_accents=False))
    embedder("tokenizer-other-class", prepare=cased, edit=change(tokenizer, tokenizer_class="PreTrainedTokenizerFast", do_lower_case=True))
    embedder("passage", prompts={"query": "q: ", "passage": "passage: "})
    embedder("passage-alone", prompts={"passage": "passage: "}, edit=change(SENTENCE, prompts={"passage": "passage: "}))
    embedder("default-prompt", prompts=PROMPTS, default_prompt_name="document")
    embedder("default-prompt-empty", prompts={"query": ""}, default_prompt_name="query")
    embedder("truncate-dim", truncate_dim=24)
    embedder("not-normalized", Pooling(48, "cls"))
    for similarity in ("dot", "euclidean", "manhattan"):
        embedder(similarity, similarity_fn_name=similarity)
        embedder(f"{similarity}-not-normalized", Pooling(48, "cls"), similarity_fn_name=similarity)
    embedder("dot-truncate-dim", truncate_dim=24, similarity_fn_name="dot")
    embedder("max", Pooling(48, "max"), norm)
    embedder("two-modes", Pooling(48, ("cls", "mean")), norm)
    embedder("old-two-modes", edit=old_pooling(pooling_mode_cls_token=True, pooling_mode_mean_tokens=True))
    for mode in ("cls", "mean"):
        embedder(f"include-prompt-{mode}", Pooling(48, mode, include_prompt=False), norm, prompts=PROMPTS)
    torch.manual_seed(0)
    embedder("dense", Pooling(48, "cls"), Dense(48, 48), norm)
    embedder("layer-norm", Pooling(48, "cls"), LayerNorm(48), norm)
    embedder("normalize-first", norm, Pooling(48, "cls"))
    embedder("left", edit=change(tokenizer, truncation_side="left"), limit=LIMIT, texts=(FOX + LONG,))
    embedder("left-by-tokenizer-json", edit=change("tokenizer.json", truncation={**cut, "direction": "Left"}), limit=LIMIT, texts=(FOX + LONG,))
    embedder("split-special-tokens", edit=change(tokenizer, split_special_tokens=True), texts=("a [SEP] b",))
    embedder("processing", transformer={"processing_kwargs": {"text": {"add_special_tokens": False}}})


def write_cross_encoders(folders: Folders) -> None:
    cross_encoder, activation = folders.cross_encoder, torch.nn
    cross_encoder("cross-encoder")
    cross_encoder("cross-encoder-limit", limit=40)
    cross_encoder("cross-encoder-identity", activation_fn=activation.Identity())
    cross_encoder("cross-encoder-prompts", prompts={"query": "q: "})
    cross_encoder("cross-encoder-default-prompt", prompts={"web": "Web search. "}, default_prompt_name="web")
    cross_encoder("cross-encoder-relu", activation_fn=activation.ReLU())
    plain = both(lambda folder: (folder / "modules.json").unlink(), lambda folder: (folder / SENTENCE).unlink(), lambda folder: (folder / SETTINGS).unlink())
    cross_encoder("cross-encoder-old", both(plain, change("config.json", sbert_ce_default_activation_function="torch.nn.modules.linear.Identity")))
    cross_encoder("cross-encoder-old-tanh", both(plain, change("config.json", sbert_ce_default_activation_function="torch.nn.modules.activation.Tanh")))
    cross_encoder("cross-encoder-4", both(plain, change("config.json", sentence_transformers={"activation_fn": "torch.nn.modules.activation.ReLU"})))


versions = made_with(("sentence-transformers", "transformers", "tokenizers", "torch"))
work = Path(tempfile.mkdtemp())
try:
    made = Folders(work)
    write_embedders(made)
    write_cross_encoders(made)
finally:
    shutil.rmtree(work)
write_json(GOLDEN / "sentence-transformers.json", {"made_with": versions, "folders": made.saved})
print(f"sentence-transformers: {len(made.saved)} folders")
