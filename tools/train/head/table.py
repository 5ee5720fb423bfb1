"""The weights of the query's tokens: idf + 2, as bytes of sixteenths."""

import numpy as np

from idf import idf
from matches import special_ids

ADDED = 2  # keeps the commonest word at about a seventh of the rarest: plain idf loses on code and health
STEPS = 16
SEP_WEIGHT = 3  # about half of a word's; it stands for the whole query
UNKNOWN_WEIGHT = 6  # a usual word's: nobody knows which it is


def weights(**options):
    """float32 [pieces], multiples of 1/16; `options` as for `idf`."""
    out = np.clip(np.round((idf(**options) + ADDED) * STEPS), 1, 255) / STEPS
    special = special_ids()
    for id in special.values():
        out[id] = 0
    out[special["[SEP]"]] = SEP_WEIGHT
    out[special["[UNK]"]] = UNKNOWN_WEIGHT
    return out.astype(np.float32)
