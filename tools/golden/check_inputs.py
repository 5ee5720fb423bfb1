"""Token ids of a golden case by the tokenizers library alone, each rule of the reference written out once more."""

import json
from pathlib import Path

from tokenizers import Tokenizer

MAX_TOKENS = 512
EXAMPLE = "<instruct>{}\n<query>{}\n<response>{}"
SUFFIX = "\n<response>"
PROMPT = (
    "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a "
    "prediction of either 'Yes' or 'No'."
)


class Inputs:
    def __init__(self, folder: Path, golden: dict):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.golden = golden
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.decoder = config["model_type"] not in ("bert", "xlm-roberta")
        self.padding = config["pad_token_id"]
        self.positions = config["max_position_embeddings"] - (2 if config["model_type"] == "xlm-roberta" else 0)
        self.start = config.get("bos_token_id")

    def text(self, text: str, limit: int = MAX_TOKENS) -> list[int]:
        """Cut so that what the post-processor adds stays."""
        self.tokenizer.enable_truncation(limit)
        ids = self.tokenizer.encode(text).ids
        self.tokenizer.no_truncation()
        return ids

    def bare(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def of(self, case: dict) -> list[int]:
        if "document" in case:
            return self.prompted(case) if self.decoder else self.pair(case)[0]
        if "tasks" in self.golden:
            return self.text(self.golden["tasks"][case["task"]][case["inputType"]] + case["text"])
        if case["inputType"] == "document":
            return self.text(case["text"], case.get("maxTokens", MAX_TOKENS))
        instruction = case.get("instruction", self.golden.get("instruction")) or ""
        whole = self.golden.get("queryFormat", "{}{}").format(instruction, case["text"])
        if self.golden["model"] == "tiny-icl":
            return self.few_shot(whole, case.get("examples", []))
        return self.text(whole, case.get("maxTokens", MAX_TOKENS))

    def few_shot(self, whole: str, examples: list[dict]) -> list[int]:
        """Cut, decoded, put between the examples and the suffix, cut once more at a length that leaves them room."""
        prefix = "".join(EXAMPLE.format(one["instruct"], one["query"], one["response"]) + "\n\n" for one in examples)
        room = MAX_TOKENS - len(self.bare("<s>")) - len(self.bare(SUFFIX + "</s>"))
        cut = self.tokenizer.decode(self.bare(whole)[:room], skip_special_tokens=False)
        longest = (len(self.bare(prefix)) + len(self.bare(SUFFIX)) + MAX_TOKENS + 8) // 8 * 8 + 8
        return self.text(prefix + cut + SUFFIX, longest)

    def prompted(self, case: dict) -> list[int]:
        newline, prompt = self.bare("\n"), self.bare(PROMPT)
        first = [self.start, *self.bare("A: " + case["query"])[: MAX_TOKENS * 3 // 4]]
        second = newline + self.bare("B: " + case["document"])[:MAX_TOKENS]
        most = MAX_TOKENS + len(newline) + len(prompt)
        return first + second[: most - len(first)] + newline + prompt

    def pair(self, case: dict) -> tuple[list[int], list[int]]:
        """The 3/4 rule and `only_second`; ids and token types."""
        bert = self.tokenizer.token_to_id("[CLS]") is not None
        start, end = (self.tokenizer.token_to_id(token) for token in (("[CLS]", "[SEP]") if bert else ("<s>", "</s>")))
        first = [start, *self.bare(case["query"])[: MAX_TOKENS * 3 // 4], end] + ([] if bert else [end])
        second = [*self.bare(case["document"])[: MAX_TOKENS - len(first) - 1], end]
        return first + second, [0] * len(first) + [1] * len(second)
