"""Inputs of the embedder golden files: (name, input type, text)."""

from transformers import PreTrainedTokenizerFast

from lengths import text_of

PYTHON = '''def longest(words: list[str]) -> str:
    """Return the longest word, or "" for none."""
    return max(words, key=len, default="")
'''
TYPESCRIPT = """export async function* lines(path: string): AsyncIterable<string> {
  for await (const chunk of createReadStream(path, { encoding: "utf8" })) yield* chunk.split(/\\r?\\n/);
}
"""
SQL = """SELECT c.name, SUM(o.total) AS revenue
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
WHERE o.created_at >= '2024-01-01' AND c.country IN ('DE', 'FR')
GROUP BY c.name HAVING SUM(o.total) > 1000 ORDER BY revenue DESC LIMIT 10;
"""
PARAGRAPH = (
    "Bees tell each other where the flowers are by dancing. A short dance in a circle means that food is near; a long "
    "dance in the shape of an eight means that it is far, and the angle of the dance against the comb is the angle of "
    "the flight against the sun. The longer the middle line takes, the longer the way. Other bees follow in the dark, "
    "touch the dancer, and fly out alone. Most of them arrive."
)

CORE = [
    ("hello world", "document", "hello world"),
    ("hello world, query", "query", "hello world"),
    ("one character", "document", "a"),
    ("question", "query", "How do bees tell each other where the flowers are?"),
    ("paragraph", "document", PARAGRAPH),
    ("paragraph, query", "query", PARAGRAPH),
    ("empty", "document", ""),
    ("empty, query", "query", ""),
    ("only spaces", "document", "     "),
    ("newlines and tabs", "document", "first line\nsecond line\r\n\tindented\n\n\nlast line\n"),
    ("emoji with ZWJ", "document", "The family 👨‍👩‍👧‍👦 waves 👋🏽, the coder 👩‍💻 ships 🚀, the flag 🏳️‍🌈 flies ❤️"),
    ("Arabic", "document", "أين تقع مدينة القاهرة؟ تقع القاهرة على ضفاف نهر النيل في شمال مصر."),
    ("Hebrew with points", "document", "שָׁלוֹם עוֹלָם, הספר על השולחן"),
    ("Chinese", "document", "蜜蜂通过跳舞告诉同伴花在哪里，圆圈舞表示食物就在附近。"),
    ("Chinese, query", "query", "蜜蜂怎样告诉同伴花的位置？"),
    ("Greek final sigma", "document", "ΟΔΟΣ ΑΝΟΙΞΕΩΣ, ΟΔΥΣΣΕΥΣ και οδός"),
    ("Han beyond the BMP", "document", "古字𠀀𠀁和𪚥𫝀、𬺰𮯠以及𰀀都很少見"),
    ("Python", "document", PYTHON),
    ("special tokens in text", "document", "hello [SEP] world [MASK] and <s> or </s>"),
    ("full-width forms", "document", "ＦＵＬＬ－ｗｉｄｔｈ　１２３％，ｶﾀｶﾅ ﾊﾟﾝ"),
    ("control characters", "document", "bell\u0007 null\u0000 escape\u001b[0m soft\u00adhyphen zero\u200bwidth bom\ufeff end\u0085"),
    ("long word", "document", "before " + "abcdefghij" * 20 + " after"),
]
MORE = [
    ("longer text", "document", "\n\n".join([PARAGRAPH, PARAGRAPH.upper(), PARAGRAPH.lower()])),
    ("Japanese", "document", "ミツバチは踊りで花の場所を仲間に伝えます。円を描く踊りは、餌が近いことを示します。"),
    ("Korean", "document", "꿀벌은 춤을 추어 꽃이 있는 곳을 동료에게 알려 준다. 한국어 문장도 시험한다."),
    ("German", "document", "Bienen erzählen einander tanzend, wo die Blüten sind: große Kreise, süßer Nektar, Übermut."),
    ("French", "document", "Où est passée l'abeille ? Près du château, à côté d'un chêne, où le cœur de l'été bat déjà."),
    ("Hindi", "document", "मधुमक्खियाँ नाचकर एक-दूसरे को बताती हैं कि फूल कहाँ हैं।"),
    ("Thai", "document", "ผึ้งเต้นรำเพื่อบอกเพื่อนว่าดอกไม้อยู่ที่ไหน"),
    ("Turkish", "document", "İstanbul'da ılık bir akşam, IŞIK söndü ve kadın güldü."),
    ("Russian", "document", "Пчёлы танцуют, чтобы рассказать друг другу, где растут цветы."),
    ("TypeScript", "document", TYPESCRIPT),
    ("SQL", "document", SQL),
    ("code question, query", "query", "how do I read a file line by line in TypeScript"),
    ("combining marks", "document", "e\u0301te\u0301, Z\u0351\u036b\u0343a\u0328\u0335lgo, n\u0303, A\u030a"),
    ("mathematics", "document", "𝒇(𝑥) = ∑ 𝑥² ≤ ½·√2, ∀ε>0 ∃δ"),
    ("punctuation only", "document", "?! ... --- ((( ))) «» “” 、。「」 ¿¡"),
    ("spaces of all kinds", "document", "no\u00a0break em\u2003space line\u2028separator ideographic\u3000space narrow\u202fspace"),
    ("digits", "document", "3.14159 1,000,000 0xFF 10⁻³ ٣٤٥ १२३"),
    ("address", "document", "https://example.org/a/b?q=1&r=%20#top, info@example.org, C:\\Temp\\x.txt"),
]
DECODER = [
    ("one newline", "document", "\n"),
    ("spaces around", "document", "  two before,  two between, two after  "),
    ("special tokens of decoders in text", "document", "a <bos>b</s> <eos> c <|endoftext|> d<|im_end|> <pad> <unk> <mask> e"),
    ("special tokens of prompts in text", "query", "what does <query> mean after <instruct> and before\n<response>?"),
    ("emoji, query", "query", "🚀 which rocket 👩‍💻 flies 🏳️‍🌈?"),
    ("Arabic, query", "query", "أين تقع مدينة القاهرة؟"),
    ("code, query", "query", PYTHON),
    ("newlines and tabs, query", "query", "\n first line\r\n\tsecond line\n\n"),
]


def decoder_inputs(tokenizer: PreTrainedTokenizerFast) -> list[tuple[str, str, str]]:
    return embedding_inputs(tokenizer, all_texts=False) + DECODER


def embedding_inputs(tokenizer: PreTrainedTokenizerFast, all_texts: bool) -> list[tuple[str, str, str]]:
    """Lengths count the special tokens, as the limit of 512 does."""
    special = tokenizer.num_special_tokens_to_add()
    exact = [(f"{n} tokens", "document", text_of(tokenizer, n - special)) for n in (511, 512, 513)]
    cut = [
        ("thousands of tokens", "document", text_of(tokenizer, 3000, first_line=7)),
        ("cut query", "query", text_of(tokenizer, 700, first_line=3)),
    ]
    return CORE + (MORE if all_texts else []) + exact + cut
