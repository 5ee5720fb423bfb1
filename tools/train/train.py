"""Fine-tunes the cross-encoder on the mined lists: list-wise cross-entropy, resumable, counted in steps."""

import json
import os
import time

import torch

from gradients import Workers
from lists import Lists
from model import start
from paths import CACHE

FOLDER = CACHE / "reranker"
QUERIES = 12
RATE = 5e-5
HEAD_RATE = 1e-3
DECAY = 0.01
WARM_UP = 40
# The rate is constant, then falls to 0 over this share of the run.
COOLING = 0.5
FROZEN_LAYERS = 2
PROCESSES = int(os.environ.get("BGE_JS_TRAIN_PROCESSES", 2))
SEED = int(os.environ.get("BGE_JS_TRAIN_SEED", 0))
CHECKPOINT_SECONDS = 240
KEPT = 6


def total_steps():
    """Steps of the whole run. The file may be edited while it trains: the rate follows."""
    path = FOLDER / "steps"
    if not path.exists():
        path.write_text(os.environ.get("BGE_JS_TRAIN_STEPS", "1000"))
    return int(path.read_text())


def rate(step, total):
    return max(0.0, min(1.0, (step + 1) / WARM_UP, (total - step) / (COOLING * total)))


def parts(model):
    """Trained parameters by group: weights with decay, biases and norms without, the head with its own rate."""
    for parameter in model.bert.embeddings.parameters():
        parameter.requires_grad = False
    for layer in model.bert.encoder.layer[:FROZEN_LAYERS]:
        for parameter in layer.parameters():
            parameter.requires_grad = False
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    return [
        {"names": [n for n, p in named if n.startswith("bert.") and p.dim() > 1], "rate": RATE, "weight_decay": DECAY},
        {"names": [n for n, p in named if n.startswith("bert.") and p.dim() == 1], "rate": RATE, "weight_decay": 0.0},
        {"names": [n for n, p in named if not n.startswith("bert.")], "rate": HEAD_RATE, "weight_decay": 0.0},
    ]


class Training:
    """bfloat16 weights compute; the optimiser changes fp32 copies of them."""

    def __init__(self):
        self.model = start(SEED)
        groups = parts(self.model)
        named = dict(self.model.named_parameters())
        self.master = {n: named[n].detach().clone() for group in groups for n in group["names"]}
        self.optimiser = torch.optim.AdamW(
            [{"params": [self.master[n] for n in g["names"]], "rate": g["rate"], "lr": 0.0, "weight_decay": g["weight_decay"]} for g in groups],
            betas=(0.9, 0.98),
        )
        self.model = self.model.bfloat16().share_memory()
        self.model.train()
        self.named = dict(self.model.named_parameters())
        self.workers = Workers(self.model, list(self.master), PROCESSES, SEED)
        self.step = 0
        self.tokens = 0

    def publish(self):
        with torch.no_grad():
            for name, value in self.master.items():
                self.named[name].copy_(value)

    def save(self):
        path = FOLDER / f"checkpoint-{self.step:06d}.pt"
        unfinished = path.with_suffix(".unfinished")
        state = {"step": self.step, "tokens": self.tokens, "master": self.master, "optimiser": self.optimiser.state_dict()}
        torch.save(state, unfinished)
        os.replace(unfinished, path)
        for old in sorted(FOLDER.glob("checkpoint-*.pt"))[:-KEPT]:
            old.unlink()

    def resume(self):
        found = sorted(FOLDER.glob("checkpoint-*.pt"))
        if not found:
            return
        state = torch.load(found[-1], weights_only=True)
        with torch.no_grad():
            for name, value in state["master"].items():
                self.master[name].copy_(value)
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.tokens = state["step"], state["tokens"]
        self.publish()

    def update(self, lists, factor):
        """One step over some lists; their loss, and how often the positive came first."""
        totals, sums = self.workers.gradients(lists, self.step)
        for value, gradient in zip(self.master.values(), sums):
            value.grad = gradient
        torch.nn.utils.clip_grad_norm_(list(self.master.values()), 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * factor
        self.optimiser.step()
        self.publish()
        self.step += 1
        self.tokens += totals["tokens"]
        return totals["loss"] / len(lists), totals["first"] / len(lists)


def main():
    torch.set_num_threads(PROCESSES)
    FOLDER.mkdir(parents=True, exist_ok=True)
    training = Training()
    training.resume()
    lists = Lists(SEED)
    saved = began = time.time()
    tokens, losses = training.tokens, []
    while training.step < total_steps():
        first = training.step * QUERIES
        losses.append(training.update([lists.list(first + i) for i in range(QUERIES)], rate(training.step, total_steps())))
        if training.step % 10 == 0:
            loss, right = (sum(column) / len(losses) for column in zip(*losses))
            speed = (training.tokens - tokens) / (time.time() - began)
            print(json.dumps({"step": training.step, "loss": round(loss, 4), "first": round(right, 3), "tokens_s": round(speed), "at": time.strftime("%H:%M:%S")}), flush=True)
            began, tokens, losses = time.time(), training.tokens, []
        if time.time() - saved > CHECKPOINT_SECONDS or training.step == total_steps():
            training.save()
            saved = time.time()
    training.workers.end()


if __name__ == "__main__":
    main()
