"""Attention masks of decoders, built here so that transformers' mask code is not traced."""

import torch

MASKED = torch.finfo(torch.float32).min  # finite: a row that may attend to nothing becomes uniform, never NaN


def causal_mask(attention_mask: torch.Tensor, window: int | None = None) -> torch.Tensor:
    """[batch, tokens] of 0 and 1 → additive float [batch, 1, tokens, tokens]; a token sees itself and what is before it.

    With a window it sees the last `window` tokens, itself included.
    """
    place = torch.arange(attention_mask.shape[1])
    seen = place[None, :] <= place[:, None]
    if window is not None:
        seen = seen & (place[None, :] > place[:, None] - window)
    seen = seen[None, None] & attention_mask[:, None, None, :].bool()
    return torch.where(seen, 0.0, MASKED)


def masks_of(config, attention_mask: torch.Tensor) -> torch.Tensor | dict[str, torch.Tensor]:
    """As the model's forward takes them: by layer type (Gemma2, Qwen), or one for all layers (Gemma, Mistral)."""
    window = getattr(config, "sliding_window", None)
    types = sorted(set(getattr(config, "layer_types", None) or []))
    if not types:
        return causal_mask(attention_mask, window)
    return {kind: causal_mask(attention_mask, window if kind == "sliding_attention" else None) for kind in types}


def last_token(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """[batch, tokens, width] → [batch, width] at the last 1 of each row's mask, under left and right padding alike."""
    last = (attention_mask * torch.arange(attention_mask.shape[1])).amax(1)
    return hidden[torch.arange(hidden.shape[0]), last]
