"""Inputs of the reranker golden files: (name, query, document)."""

from transformers import PreTrainedTokenizerFast

from lengths import framed_text, text_of
from texts import PARAGRAPH, PYTHON

QUESTION = "How do bees tell each other where the flowers are?"
PANDA = "The giant panda eats bamboo and lives in the mountains of central China."

FIXED = [
    ("answer", QUESTION, PARAGRAPH),
    ("other topic", QUESTION, PANDA),
    ("short answer", "what is panda?", PANDA),
    ("greeting", "what is panda?", "hi"),
    ("same text twice", PANDA, PANDA),
    ("sides swapped", PANDA, "what is panda?"),
    ("one character each", "a", "b"),
    ("empty document", "what is panda?", ""),
    ("empty query", "", PANDA),
    ("both empty", "", ""),
    ("only spaces", "   ", " \n\t "),
    ("emoji", "Which rocket 🚀?", "The family 👨‍👩‍👧‍👦 waves 👋🏽 and the rocket 🚀 flies ❤️"),
    ("Chinese", "大熊猫吃什么？", "大熊猫生活在中国的山里，喜欢吃竹子，是很可爱的动物。"),
    ("Chinese, other topic", "大熊猫吃什么？", "天气预报说明天有雨，出门时请带好雨伞。"),
    ("Arabic", "أين تقع القاهرة؟", "القاهرة هي عاصمة مصر ويقع النيل في وسط المدينة."),
    ("Japanese", "日本の首都はどこですか", "東京は日本の首都で、春になると桜がとてもきれいです。"),
    ("German and English", "Wann fährt der Zug nach München?", "The train to the north leaves from platform four."),
    ("Russian", "Какой город является столицей России?", "Москва является столицей России."),
    ("Greek capitals", "ΟΔΟΣ ΑΝΟΙΞΕΩΣ", "Η οδός είναι κλειστή και ο άνεμος φέρνει σκόνη."),
    ("code", "find the longest word in Python", PYTHON),
    ("special tokens in text", "hello [SEP] world", "a </s> b <s> c [CLS] d <mask> e"),
    ("full-width forms", "ＦＵＬＬ　ｗｉｄｔｈ？", "ｶﾀｶﾅ １２３％"),
    ("control characters", "bell\u0007 and\u200b null\u0000", "soft\u00adhyphen\r\nand\ttab\u0085"),
    ("Han beyond the BMP", "𠀀𠀁是什麼字？", "古字𠀀𠀁和𪚥𫝀、𬺰𮯠以及𰀀都很少見"),
]


def reranking_inputs(tokenizer: PreTrainedTokenizerFast) -> list[tuple[str, str, str]]:
    """Token counts in the names are without specials."""
    long = text_of(tokenizer, 900, first_line=5)
    special = tokenizer.num_special_tokens_to_add(pair=True)
    room = 512 - special - 20
    query = text_of(tokenizer, 20, first_line=8)
    return FIXED + [
        *((f"query of {n}, long document", text_of(tokenizer, n, first_line=11), long) for n in (383, 384, 385, 600)),
        ("query of 600, short document", text_of(tokenizer, 600, first_line=11), PANDA),
        ("query of 600, empty document", text_of(tokenizer, 600, first_line=11), ""),
        *((f"query of 20, document of {n}", query, text_of(tokenizer, n, first_line=2)) for n in (room - 1, room, room + 1)),
        ("query of 20, document of 513", query, text_of(tokenizer, 513, first_line=2)),
        ("very long document", QUESTION, text_of(tokenizer, 4000, first_line=9)),
    ]


def llm_reranking_inputs(tokenizer: PreTrainedTokenizerFast, most: int) -> list[tuple[str, str, str]]:
    """Token counts in the names include "A: " and "B: "; `most` is the largest count of <bos>, query, newline and document."""

    def query(tokens: int) -> str:
        return framed_text(tokenizer, "A: {}", tokens, first_line=11)

    def document(tokens: int) -> str:
        return framed_text(tokenizer, "B: {}", tokens, first_line=2)

    rest = most - 200 - 2
    return FIXED + [
        ("special tokens of decoders in text", "<bos> what</s> is <|endoftext|>?", "a <eos> b<pad> c <unk> d <s>"),
        *((f"query of {n}, long document", query(n), document(900)) for n in (383, 384, 385, 600)),
        ("query of 600, short document", query(600), PANDA),
        ("query of 600, empty document", query(600), ""),
        *((f"query of 20, document of {n}", query(20), document(n)) for n in (511, 512, 513)),
        *((f"query of 200, document of {n}", query(200), document(n)) for n in (rest - 1, rest, rest + 1)),
        ("very long document", QUESTION, text_of(tokenizer, 4000, first_line=9)),
    ]
