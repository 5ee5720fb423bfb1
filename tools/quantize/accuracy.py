"""Cosine of a file's CLS vectors to those of the fp32 file: passages, and short, odd and foreign texts."""

import numpy as np

import data
from odd_texts import TEXTS

PASSAGES = {"en": ["chroma-chunks", "scifact"], "zh": ["cmrc2018-dev", "drcd"]}


def measure(encoder, reference, language):
    passages = [text for name in PASSAGES[language] for text in data.sample(name, 500)]
    for title, texts in ((f"{len(passages)} passages ({', '.join(PASSAGES[language])})", passages), (f"{len(TEXTS)} odd texts", TEXTS)):
        cosine = (encoder.vectors(texts) * reference.vectors(texts)).sum(axis=1)
        print(f"{title}: mean cosine {cosine.mean():.5f}, worst {cosine.min():.5f} ({texts[int(cosine.argmin())][:30]!r})", flush=True)
