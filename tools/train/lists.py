"""Training lists: a query, one positive, some negatives, as token ids of `[CLS] query [SEP] passage [SEP]`."""

import json
import random
import re

from tokenizers import Tokenizer

from beir import queries, titled
from paths import CACHE, START

NEGATIVES = 4
QUERY_LENGTH = 64
# Longest pair in tokens, and how often: short ones let more queries fit the same time, but may lack the answer.
LENGTHS = [(112, 0.25), (176, 0.45), (272, 0.3)]
# Abstracts say last what was found.
LONGER = {"pubmedqa": [(176, 0.3), (272, 0.4), (400, 0.3)]}
# Titles that say nothing about the text ("Amazon_Reviews_2030").
MEANINGLESS = {"squadshifts-reddit", "squadshifts-amazon"}
KEYWORDS = 0.05
# Of screened rows: a negative so much above the positive may well be an answer; a query whose positive is so much above all
# negatives is known, and one such in KNOWN stays.
LIKELY_ANSWER = 2.0
KNOWN_MARGIN = 3.0
KNOWN = 8
SMALL_WORDS = set("a an the of in on at to for by with from is are was were be been do does did what which who whom whose when where why how that this it its and or as can could would should has have had i you he she they we there".split())


class Pairs:
    """Token ids and types of a row's pairs."""

    def __init__(self):
        self.tokenizer = Tokenizer.from_file(str(START / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.cls, self.sep = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        self.texts, self.questions, self.ids = {}, {}, {}

    def query(self, row):
        name = row["set"]
        if name not in self.questions:
            self.questions[name], self.texts[name] = queries(name), titled(name)
        return row["sentence"] if "sentence" in row else self.questions[name][row["query"]]

    def of(self, row, positive, negatives, longest, with_title=True, take_out=True, change=lambda query: query):
        """The positive's pair, which lacks the sentence that is the query, and the negatives'."""
        query = change(self.query(row))
        stored = self.texts[row["set"]]
        title, text = stored[positive]
        if take_out and "sentence" in row:
            text = text.replace(row["sentence"], "")
        asked = self.encode(query)[:QUERY_LENGTH]
        with_title = with_title and row["set"] not in MEANINGLESS
        passages = [self.passage(title, text, with_title)] + [self.passage(*stored[d], with_title) for d in negatives]
        return [self.pair(asked, self.encode(text), longest) for text in passages]

    def encode(self, text):
        """Token ids without special tokens."""
        if text not in self.ids:
            self.ids[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.ids[text]

    def passage(self, title, text, with_title):
        return f"{title.replace('_', ' ')} {text}" if title and with_title else text

    def pair(self, query, passage, longest):
        room = longest - len(query) - 3
        passage = passage[:room]
        ids = [self.cls, *query, self.sep, *passage, self.sep]
        return ids, [0] * (len(query) + 2) + [1] * (len(passage) + 1)


class Lists:
    """The lists of one run: order, choice of negatives and forms of queries follow from the seed alone."""

    def __init__(self, seed):
        self.pairs, self.seed, self.orders = Pairs(), seed, {}
        screened = CACHE / "screened.jsonl"
        source = screened if screened.exists() else CACHE / "mined.jsonl"
        rows = [json.loads(line) for line in source.read_text().splitlines()]
        self.rows = [row for i, row in enumerate(rows) if worth_reading(row, i)]

    def row(self, number):
        """List `number` of the endless sequence of shuffled epochs."""
        epoch, place = divmod(number, len(self.rows))
        if epoch not in self.orders:
            self.orders[epoch] = list(range(len(self.rows)))
            random.Random(f"{self.seed} {epoch}").shuffle(self.orders[epoch])
        return self.rows[self.orders[epoch][place]], random.Random(f"{self.seed} {epoch} {place}")

    def list(self, number):
        """Pairs of token ids and types, the positive first."""
        row, rng = self.row(number)
        lengths, shares = zip(*LONGER.get(row["set"], LENGTHS))
        longest = rng.choices(lengths, shares)[0]
        change = keywords if rng.random() < KEYWORDS else lambda query: query
        return self.pairs.of(row, rng.choice(row["positives"]), chosen(row, rng), longest, rng.random() < 0.8, rng.random() < 0.9, change)


def worth_reading(row, number):
    if "own" not in row:
        return True
    some = possible(row)
    if len(some) < NEGATIVES:
        return False
    _, highest = some[0]
    return row["own"] - highest < KNOWN_MARGIN or number % KNOWN == 0


def possible(row):
    """A screened row's negatives with their logits, the highest first, less those that are probably answers."""
    return [(d, score) for d, score in zip(row["negatives"], row["logits"]) if score < row["own"] + LIKELY_ANSWER]


def chosen(row, rng):
    """Of screened rows the highest; of others one random passage (the last two are), the nearest preferred among the rest."""
    if "own" in row:
        return [d for d, _ in possible(row)[:NEGATIVES]]
    hard, easy = row["negatives"][:-2], row["negatives"][-2:]
    if len(hard) < NEGATIVES - 1:
        return (hard + easy)[:NEGATIVES]
    near = rng.sample(hard[:6], min(2, len(hard[:6])))
    rest = rng.sample([d for d in hard if d not in near], NEGATIVES - 1 - len(near))
    return near + rest + [easy[0]]


def keywords(query):
    return " ".join(w for w in re.findall(r"\w+", query.lower()) if w not in SMALL_WORDS) or query
