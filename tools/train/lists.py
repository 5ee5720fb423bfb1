"""Training lists: a query, one positive, some negatives, as token ids of `[CLS] query [SEP] passage [SEP]`."""

import json
import random
import re

from tokenizers import Tokenizer

from beir import queries, titled
from paths import CACHE, START

NEGATIVES = 5
QUERY_LENGTH = 64
# Longest pair in tokens, and how often: short ones let more queries fit the same time, but may lack the answer.
LENGTHS = [(112, 0.3), (176, 0.45), (272, 0.25)]
# Titles that say nothing about the text ("Amazon_Reviews_2030").
MEANINGLESS = {"squadshifts-reddit", "squadshifts-amazon"}
# Share of lists whose query is a sentence taken out of its own passage. An abstract has many: statements as queries, which no set asks.
CLOZE = {"pubmedqa": 0.85, "qed-dev": 0.15, "clapnq-dev": 0.15, "squadshifts-wiki": 0.15, "medquad": 0.15}
KEYWORDS = 0.05
# Code and science are rare in the data, and where the model was weakest: their queries come several times an epoch, with other
# negatives and, of abstracts, other sentences.
REPEATED = {"mbpp": 3, "pubmedqa": 7}
SMALL_WORDS = set("a an the of in on at to for by with from is are was were be been do does did what which who whom whose when where why how that this it its and or as can could would should has have had i you he she they we there".split())


class Lists:
    """The lists of one run: order, choice of negatives and forms of queries follow from the seed alone."""

    def __init__(self, seed):
        self.tokenizer = Tokenizer.from_file(str(START / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.cls, self.sep = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        rows = [json.loads(line) for line in (CACHE / "mined.jsonl").read_text().splitlines()]
        names = sorted({row["set"] for row in rows})
        self.texts = {name: titled(name) for name in names}
        self.questions = {name: queries(name) for name in names}
        self.ids = {}
        self.seed = seed
        self.rows = [row for row in rows for _ in range(REPEATED.get(row["set"], 1))]
        self.orders = {}

    def row(self, number):
        """List `number` of the endless sequence of shuffled epochs."""
        epoch, place = divmod(number, len(self.rows))
        if epoch not in self.orders:
            self.orders[epoch] = list(range(len(self.rows)))
            random.Random(f"{self.seed} {epoch}").shuffle(self.orders[epoch])
        return self.rows[self.orders[epoch][place]], random.Random(f"{self.seed} {epoch} {place}")

    def encode(self, text):
        """Token ids without special tokens."""
        if text not in self.ids:
            self.ids[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.ids[text]

    def list(self, number):
        """Pairs of token ids and types, the positive first."""
        row, rng = self.row(number)
        name = row["set"]
        longest = rng.choices([n for n, _ in LENGTHS], [p for _, p in LENGTHS])[0]
        with_title = name not in MEANINGLESS and rng.random() < 0.8
        positive = rng.choice(row["positives"])
        negatives = self.choose(row["negatives"], rng)
        query, passage = self.questions[name][row["query"]], self.texts[name][positive]
        texts = [self.passage(*passage, with_title)] + [self.passage(*self.texts[name][d], with_title) for d in negatives]
        if rng.random() < CLOZE.get(name, 0):
            query, texts[0] = self.cloze(passage, query, texts[0], rng)
        elif rng.random() < KEYWORDS:
            query = " ".join(w for w in re.findall(r"\w+", query.lower()) if w not in SMALL_WORDS) or query
        asked = self.encode(query)[:QUERY_LENGTH]
        return [self.pair(asked, self.encode(text), longest) for text in texts]

    def choose(self, negatives, rng):
        """One random passage (the list's last two are), the others from the hard ones, the nearest preferred."""
        hard, easy = negatives[:-2], negatives[-2:]
        if len(hard) < NEGATIVES - 1:
            return (hard + easy)[:NEGATIVES]
        near = rng.sample(hard[:6], min(3, len(hard[:6])))
        rest = rng.sample([d for d in hard if d not in near], NEGATIVES - 1 - len(near))
        return near + rest + [easy[0]]

    def passage(self, title, text, with_title):
        return f"{title.replace('_', ' ')} {text}" if title and with_title else text

    def cloze(self, passage, query, whole, rng):
        """A sentence of the passage as the query; nine times of ten the passage then lacks it."""
        title, text = passage
        sentences = [s for s in re.split(r"(?<=[.!?])\s+", text[:1500]) if 6 <= len(s.split()) <= 40]
        if len(sentences) < 3:
            return query, whole
        sentence = rng.choice(sentences)
        return sentence, text.replace(sentence, "") if rng.random() < 0.9 else whole

    def pair(self, query, passage, longest):
        room = longest - len(query) - 3
        passage = passage[:room]
        ids = [self.cls, *query, self.sep, *passage, self.sep]
        return ids, [0] * (len(query) + 2) + [1] * (len(passage) + 1)
