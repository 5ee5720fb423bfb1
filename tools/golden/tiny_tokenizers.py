"""Small tokenizers of the two real kinds, made from corpus.txt: BERT's WordPiece and XLM-R's Unigram."""

import io
import json
import tempfile
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertTokenizerFast, XLMRobertaTokenizerFast

from paths import CORPUS
from wordpiece_vocabulary import wordpiece_vocabulary

VOCABULARY = 2000
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tiny_bert_tokenizer() -> BertTokenizerFast:
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    text = normalizer.normalize_str(CORPUS.read_text(encoding="utf-8"))
    words = [word for word, _ in splitter.pre_tokenize_str(text)]
    pieces = BERT_SPECIAL + wordpiece_vocabulary(words, VOCABULARY - len(BERT_SPECIAL))
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=True, model_max_length=512)


def tiny_xlmr_tokenizer(as_published: bool) -> XLMRobertaTokenizerFast:
    """The charsmap is the real one of XLM-R (nmt_nfkc).

    `as_published`: the steps of xlm-roberta-base's tokenizer.json (WhitespaceSplit, then Metaspace);
    otherwise those which today's transformers converter writes (strip, runs of spaces, Metaspace).
    """
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = Path(folder) / "sentencepiece.bpe.model"
        vocabulary.write_bytes(train_unigram())
        mask = AddedToken("<mask>", lstrip=True, special=True, normalized=not as_published)
        fast = XLMRobertaTokenizerFast(vocab_file=str(vocabulary), mask_token=mask, model_max_length=512)
    steps = json.loads(fast.backend_tokenizer.to_str())
    if as_published:
        steps["normalizer"] = steps["normalizer"]["normalizers"][0]
        split = {"type": "WhitespaceSplit"}
        steps["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, steps["pre_tokenizer"]]}
    # Rebuilt from its JSON without the vocabulary file, so that saving does not look for one.
    return XLMRobertaTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(steps)), mask_token=mask, model_max_length=512
    )


def train_unigram() -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.read_text(encoding="utf-8").splitlines()),
        model_writer=model,
        model_type="unigram",
        vocab_size=VOCABULARY - 2,  # the converter adds <pad> and <mask>
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="nmt_nfkc",
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
