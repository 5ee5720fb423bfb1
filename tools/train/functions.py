"""A code set out of Python's own standard library (PSF licence): the first sentence of a docstring → the function without or with it."""

import ast
import json
import random
import re
import sysconfig
from pathlib import Path

LIMIT = 3000
LONGEST = 1500


def functions(path):
    """(sentence, source without docstring) of the documented functions of a file."""
    source = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    lines = source.splitlines()
    for node in ast.walk(tree):
        text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if not text or len(node.body) < 2:
            continue
        sentence = " ".join(re.split(r"\.\s|\n\s*\n", text)[0].split()).rstrip(".")
        first = node.body[0]
        body = lines[node.lineno - 1 : first.lineno - 1] + lines[first.end_lineno : node.end_lineno]
        code = "\n".join(line[node.col_offset :] for line in body)
        if 4 <= len(sentence.split()) <= 25 and 80 <= len(code) <= LONGEST:
            yield sentence, code


def build(folder):
    """Writes the set in BEIR layout; every row is judged by where it came from."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(p for p in library.rglob("*.py") if not {"site-packages", "test", "tests", "lib2to3"} & set(p.relative_to(library).parts))
    rows = {}
    for path in files:
        for sentence, code in functions(path):
            rows.setdefault(sentence.lower(), (sentence, code))
    rows = sorted(rows.values())
    random.Random(0).shuffle(rows)
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    with (folder / "corpus.jsonl").open("w") as corpus, (folder / "queries.jsonl").open("w") as asked:
        for i, (sentence, code) in enumerate(rows[:LIMIT]):
            corpus.write(json.dumps({"_id": f"f{i}", "title": "", "text": code}) + "\n")
            asked.write(json.dumps({"_id": f"f{i}", "text": sentence}) + "\n")
    (folder / "qrels/train.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(f"f{i}\tf{i}\t1\n" for i in range(len(rows[:LIMIT]))))
    return len(rows)
