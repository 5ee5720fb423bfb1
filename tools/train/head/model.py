"""What is learned over frozen token vectors, and how it scores. Every form starts at late interaction weighted by rarity, or near it."""

import torch
from torch import nn


class QueryMap(nn.Module):
    """Changes the query's tokens only: q -> q + up(down(q)) + bias, its weight -> table[token] * exp(q . weight).

    The documents' token vectors stay as they are, so a document costs nothing more. `rank` 0: no map, only weights.
    """

    def __init__(self, table, rank=0, bias=False, weight=True, dimensions=384):
        super().__init__()
        self.register_buffer("table", table, persistent=False)
        self.rank = rank
        if rank:
            self.down = nn.Parameter(torch.randn(dimensions, rank) * dimensions**-0.5)
            self.up = nn.Parameter(torch.zeros(rank, dimensions))
        self.bias = nn.Parameter(torch.zeros(dimensions)) if bias else None
        self.weight = nn.Parameter(torch.zeros(dimensions)) if weight else None
        self.log_scale = nn.Parameter(torch.tensor(50.0).log())

    def weights(self, queries, tokens):
        out = self.table[tokens]
        return out if self.weight is None else out * (queries @ self.weight).clamp(-2, 2).exp()

    def query(self, queries, tokens):
        """Rows to take dot products with, and their weights."""
        rows = queries
        if self.rank:
            rows = rows + queries @ self.down @ self.up
        if self.bias is not None:
            rows = rows + self.bias
        return rows, self.weights(queries, tokens)

    def document(self, documents):
        return documents

    def penalty(self):
        total = 0
        if self.rank:
            total = total + (self.down @ self.up).square().sum()
        for some in (self.bias, self.weight):
            if some is not None:
                total = total + some.square().sum()
        return total


class BothMap(QueryMap):
    """A linear map of both sides, then L2 normalisation: (start + change), where `start` keeps cosines nearly as they are."""

    def __init__(self, table, start, **options):
        super().__init__(table, rank=0, bias=False, **options)
        self.register_buffer("start", start, persistent=False)
        self.change = nn.Parameter(torch.zeros_like(start))

    def document(self, documents):
        return nn.functional.normalize(documents @ (self.start + self.change), dim=-1)

    def query(self, queries, tokens):
        return self.document(queries), self.weights(queries, tokens)

    def penalty(self):
        return self.change.square().sum() + (0 if self.weight is None else self.weight.square().sum())
