"""Learns a map over frozen token vectors: list-wise softmax cross-entropy on late interaction's scores."""

import time

import numpy as np
import torch

CUT = 180  # tokens of a document in training


def pad(texts, picks, cut):
    """float32 [texts, longest, 384], token ids, and which are there; [CLS] left out."""
    spans = [texts.rows(i) for i in picks]
    longest = min(cut, max(span.stop - span.start for span in spans))
    vectors = np.zeros((len(picks), longest, texts.vectors.shape[1]), np.float16)
    tokens = np.zeros((len(picks), longest), np.int64)
    there = np.zeros((len(picks), longest), bool)
    for i, span in enumerate(spans):
        length = min(longest, span.stop - span.start)
        vectors[i, :length] = texts.vectors[span.start : span.start + length]
        tokens[i, :length] = texts.tokens[span.start : span.start + length]
        there[i, :length] = True
    return torch.from_numpy(vectors).float(), torch.from_numpy(tokens), torch.from_numpy(there)


def lists(some, picks, negatives, generator):
    """Of each query a positive and then `negatives` hard negatives, drawn with repetition where there are too few."""
    out = []
    for i in picks:
        hard = some.negatives[i]
        drawn = generator.choice(len(hard), negatives, replace=len(hard) < negatives)
        out += [some.positives[i][generator.integers(len(some.positives[i]))], *(hard[j] for j in drawn)]
    return out


def scores(model, asked, documents):
    """[queries, documents of each]: the weighted mean over the query's tokens of the best dot product."""
    (q, q_tokens, q_there), (d, _, d_there) = asked, documents
    rows, weights = model.query(q, q_tokens)
    count, length = len(d) // len(q), d.shape[1]
    d = model.document(d).view(len(q), count * length, -1)
    cosines = (rows @ d.transpose(1, 2)).view(len(q), -1, count, length)
    cosines = cosines.masked_fill(~d_there.view(len(q), 1, count, length), -1e4)
    weights = weights * q_there
    return (cosines.amax(-1) * weights[:, :, None]).sum(1) / weights.sum(1, keepdim=True)


def learn(model, sets, steps, rate=1e-3, queries=16, negatives=15, penalty=0.0, seed=0, every=0, watch=None):
    """`sets`: {name: Mined}. `watch(step, model)` every so many steps."""
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    names = list(sets)
    share = np.array([len(sets[name].rows) ** 0.5 for name in names])
    share /= share.sum()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    losses, began = [], time.time()
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / 50) * max(0.02, 1 - step / steps)
        some = sets[names[generator.choice(len(names), p=share)]]
        picks = generator.choice(len(some.rows), queries, replace=False)
        documents = lists(some, picks, negatives, generator)
        asked = pad(some.queries, some.rows[picks], 64)
        logits = model.log_scale.exp() * scores(model, asked, pad(some.documents, documents, CUT))
        loss = torch.nn.functional.cross_entropy(logits, torch.zeros(len(picks), dtype=torch.long))
        (loss + penalty * model.penalty()).backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if every and step % every == 0:
            print(f"  step {step} loss {np.mean(losses[-every:]):.4f} scale {model.log_scale.exp().item():.1f} {time.time() - began:.0f} s", flush=True)
            if watch:
                watch(step, model)
    return model
