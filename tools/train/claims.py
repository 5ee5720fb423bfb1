"""Makes a held-out set of claims: sentences of abstracts as queries, for abstracts that lack them. The nearest to scientific claims that the open data gives."""

import json
import os
import random

import beir
from paths import CLAIMS, held_out
from sentences import sentences

SOURCE = "pubmedqa"


def main():
    target = beir.folder(CLAIMS)
    if target.exists():
        return
    rng = random.Random(0)
    documents, queries, judged = [], [], []
    for name, (title, text) in beir.titled(SOURCE).items():
        if held_out(name):
            some = sentences(text, fewest=8)
            if len(some) >= 3:
                # What was found stands in the second half.
                claim = rng.choice(some[len(some) // 2 :])
                text = text.replace(claim, "")
                queries.append({"_id": name, "text": claim})
                judged.append(f"{name}\t{name}\t1")
        documents.append({"_id": name, "title": title, "text": text})
    unfinished = target.with_suffix(".unfinished")
    (unfinished / "qrels").mkdir(parents=True, exist_ok=True)
    for file, rows in (("corpus.jsonl", documents), ("queries.jsonl", queries)):
        (unfinished / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (unfinished / "qrels/test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]) + "\n")
    os.replace(unfinished, target)
    print(f"{CLAIMS}: {len(queries)} claims, {len(documents)} abstracts")


if __name__ == "__main__":
    main()
