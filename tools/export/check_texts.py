"""Texts that every exported file is run on. Written for this project."""

TEXTS = [
    "panda",
    "",
    "The giant panda is a bear that lives in a few mountain ranges of central China and eats almost only bamboo.",
    "大熊猫主要栖息在中国中部的山区，以竹子为食。",
    "ما هو طعام الباندا العملاقة؟ 🐼 naïve café — ½ ﬁne",
    "def add(a, b):\n\treturn a + b  # tabs and newlines",
    " ".join(f"Sentence {number} of a longer text, with numbers such as {number * 37} in it." for number in range(24)),
]

PAIRS = [(query, text) for query in (TEXTS[0], TEXTS[3]) for text in TEXTS]
