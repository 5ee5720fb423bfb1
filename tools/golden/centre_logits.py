"""Last weights of the tiny LLM rerankers, set so that the logits of some pairs have mean 0 and deviation 4.

All pairs end in the same prompt, so without this their logits would lie close together and far from zero.
"""

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

DEVIATION = 4
PROMPT = (
    "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a "
    "prediction of either 'Yes' or 'No'."
)
DECIMALS = 3  # rounded, so that another machine gets the same


def centre_yes(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]) -> None:
    """Gemma: the head is tied to the embeddings, so the last norm is what can be set."""
    yes = model.lm_head.weight[tokenizer("Yes", add_special_tokens=False)["input_ids"][0]]
    norm = model.model.norm
    gain = 1 + norm.weight.detach()
    with torch.no_grad():
        last = [model.model(input_ids=ids).last_hidden_state[0, -1] / gain * yes for ids in inputs(tokenizer, pairs)]
        norm.weight.copy_(torch.round(centred(gain, torch.stack(last)) - 1, decimals=DECIMALS))


def centre_layers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]) -> None:
    """MiniCPM: one head for each layer that can be the last."""
    layers = list(range(model.config.start_layer, model.config.num_hidden_layers + 1))
    with torch.no_grad():
        hidden = [
            model.model(input_ids=ids, output_hidden_states=True, cutoff_layers=layers, use_cache=False).hidden_states
            for ids in inputs(tokenizer, pairs)
        ]
        for index, head in enumerate(model.lm_head):
            last = torch.stack([states[index][0, -1] for states in hidden])
            weight = head.linear_head.weight
            weight.copy_(torch.round(centred(weight[0], last), decimals=DECIMALS)[None])


def centred(weight: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    mean = rows.mean(dim=0)
    weight = weight - (weight @ mean) / (mean @ mean) * mean
    return weight * DEVIATION / (rows @ weight).std()


def inputs(tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]) -> list[torch.Tensor]:
    parts = [["A: " + query, "\n", "B: " + text, "\n", PROMPT] for query, text in pairs]
    ids = [sum(tokenizer(row, add_special_tokens=False)["input_ids"], [tokenizer.bos_token_id]) for row in parts]
    return [torch.tensor([row]) for row in ids]
