"""Sentences of a text that can stand alone as a statement."""

import re


def sentences(text, fewest=6):
    """Those of `fewest` to 40 words."""
    return [one for one in re.split(r"(?<=[.!?])\s+", text) if fewest <= len(one.split()) <= 40]
