"""Late interaction over a reranker's candidates: the best cosine of each query token in each document."""

import numpy as np
import torch


def gather(texts, picks):
    """The rows of several texts one after another, [CLS] left out: float32 [tokens, 384], starts [texts], token ids."""
    spans = [texts.rows(i) for i in picks]
    vectors = np.concatenate([texts.vectors[span] for span in spans])
    tokens = np.concatenate([texts.tokens[span] for span in spans])
    starts = np.cumsum([0] + [span.stop - span.start for span in spans[:-1]])
    return torch.from_numpy(vectors).float(), starts, tokens


def max_sims(ranked, change=None):
    """Of each query: float32 [candidates, query tokens], the best cosine. `change` maps the vectors of both sides first."""
    change = change or (lambda vectors: vectors)
    out = []
    with torch.inference_mode():
        for row, picks in zip(ranked.rows, ranked.candidates):
            documents, starts, _ = gather(ranked.documents, picks)
            asked = torch.from_numpy(np.asarray(ranked.queries.vectors[ranked.queries.rows(row)])).float()
            cosines = (change(documents) @ change(asked).T).numpy()
            out.append(np.maximum.reduceat(cosines, starts, axis=0))
    return out


def query_tokens(ranked):
    return [ranked.queries.tokens[ranked.queries.rows(row)] for row in ranked.rows]
