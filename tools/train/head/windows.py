"""The best window of a document: late interaction with 32 tokens in a row, every 8 tokens one."""

import numpy as np

BLOCK = 8
BLOCKS = 4  # of a window


def block_maxima(cosines, starts):
    """Of each document [blocks, query tokens]: the best cosine in each run of 8 tokens; the last one may be shorter."""
    ends = np.append(starts[1:], len(cosines))
    begins = [np.arange(start, end, BLOCK) for start, end in zip(starts, ends)]
    maxima = np.maximum.reduceat(cosines, np.concatenate(begins), axis=0)
    return np.split(maxima, np.cumsum([len(each) for each in begins])[:-1])


def best_windows(maxima, weight):
    """[documents]: the best window's weighted mean. A document of up to 32 tokens is one window."""
    weight = weight / weight.sum()
    out = np.empty(len(maxima))
    for i, blocks in enumerate(maxima):
        windows = max(1, len(blocks) - BLOCKS + 1)
        rows = np.max([blocks[shift : shift + windows] for shift in range(min(BLOCKS, len(blocks)))], axis=0)
        out[i] = (rows @ weight).max()
    return out
