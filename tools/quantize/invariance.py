"""Does a text get the same bits alone as in a batch of texts of its own length, at any position, on 1 and 2 threads?"""

import numpy as np

LENGTHS = [3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 55, 64, 65, 86, 127, 128, 129, 200, 255, 256, 257, 384, 511, 512]


def measure(open_encoder):
    one, two = open_encoder(1), open_encoder(2)
    rng = np.random.default_rng(0)
    size = one.tokenizer.get_vocab_size()
    unequal = 0
    for length in LENGTHS:
        texts = [[101, *map(int, rng.integers(104, size, length - 2)), 102] for _ in range(8)]
        for tokens in (1, None):
            alone = [one.hidden([text], tokens)[0] for text in texts]
            for encoder in (one, two):
                for count in (1, 2, 3, 4, 8):
                    for order in (range(count), range(count - 1, -1, -1)):
                        batch = encoder.hidden([texts[i] for i in order], tokens)
                        unequal += sum(not np.array_equal(row, alone[i]) for row, i in zip(batch, order))
    print(f"first tokens and all tokens, equal lengths, batches of 1 to 8, both orders, 1 and 2 threads: {unequal} unequal texts")
