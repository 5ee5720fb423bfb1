"""What the golden files of vision language models share: prompts in, vectors out, alone and in padded batches."""

import base64

import numpy as np
import torch

from make_clip_golden import counted, sha256
from pictures import PICTURES
from save import float32_base64

__all__ = ["PICTURES", "counted", "sha256", "close_pairs", "vectors_of"]
TOLERANCE = 5e-5  # padding on the left shifts the rotary angles of a whole row


@torch.no_grad()
def vectors_of(model, processor, cases: list[dict], images: list) -> None:
    """Adds each case's vector, its token count and the tokens that stand for a picture. `images`: one for each case, or None."""
    alone = [run(model, processor, [case["prompt"]], [image])[0] for case, image in zip(cases, images, strict=True)]
    for case, (vector, tokens, of_image) in zip(cases, alone, strict=True):
        case |= {"tokens": tokens - of_image + (1 if of_image else 0), "imageTokens": of_image, "vector": float32_base64(vector)}
    together = run(model, processor, [case["prompt"] for case in cases], images)
    worst = max(float(np.abs(one[0] - other[0]).max()) for one, other in zip(alone, together, strict=True))
    print(f"{len(cases)} cases in one padded batch: within {worst:.1e} of each alone")
    if worst > TOLERANCE:
        raise SystemExit("The reference's own batch differs from its single runs.")


def run(model, processor, prompts: list[str], images: list) -> list[tuple[np.ndarray, int, int]]:
    """Vectors as the reference pools them: the last position, with padding on the left, normalised."""
    given = [image for image in images if image is not None]
    inputs = processor(text=prompts, images=given or None, return_tensors="pt", padding=True)
    hidden = model(**inputs, use_cache=False).last_hidden_state[:, -1]
    vectors = torch.nn.functional.normalize(hidden, dim=-1).numpy()
    counts = inputs["attention_mask"].sum(1).tolist()
    of_image = (inputs["input_ids"] == model.config.image_token_id).sum(1).tolist()
    return list(zip(vectors, counts, of_image, strict=True))


def close_pairs(cases: list[dict]) -> None:
    """A model that gives much the same vector for everything would hide a fault."""
    rows = np.stack([np.frombuffer(base64.b64decode(case["vector"]), "<f4") for case in cases])
    close = [(cases[i]["name"], cases[j]["name"], float(rows[i] @ rows[j])) for i in range(len(rows)) for j in range(i) if rows[i] @ rows[j] > 0.999]
    print(f"pairs of cases above a cosine of 0.999: {close}")
