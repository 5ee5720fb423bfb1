"""Computes a step's gradients in processes of one thread each: two of them do 1.4 times what two threads of one process do."""

import torch
import torch.multiprocessing as processes

from lists import NEGATIVES
from model import score

# Lists that are computed together. Each process takes some after another: no waiting, also where other work takes a core away.
TOGETHER = 2
MICRO_BATCH = 1200


class Workers:
    """Processes that read the model's weights in shared memory and leave sums of gradients there."""

    def __init__(self, model, names, count, seed):
        context = processes.get_context("spawn")
        named = dict(model.named_parameters())
        self.work, self.done = context.Queue(), context.Queue()
        self.sums = [[torch.zeros(named[name].shape).share_memory_() for name in names] for _ in range(count)]
        arguments = [(model, names, sums, self.work, self.done, seed) for sums in self.sums]
        self.processes = [context.Process(target=compute, args=one, daemon=True) for one in arguments]
        for process in self.processes:
            process.start()

    def gradients(self, lists, step):
        """Loss, positives that came first and tokens of some lists in all, and the gradients of their mean loss."""
        # Lists of like length together: little padding. The longest go first, so that all end together.
        lists = sorted(lists, key=lambda one: -sum(len(ids) for ids, _ in one))
        groups = [lists[i : i + TOGETHER] for i in range(0, len(lists), TOGETHER)]
        for sums in self.sums:
            torch._foreach_zero_(sums)
        for number, group in enumerate(groups):
            self.work.put((step, number, group, len(lists)))
        totals = {"loss": 0.0, "first": 0, "tokens": 0}
        for _ in groups:
            for name, value in self.done.get().items():
                totals[name] += value
        for others in self.sums[1:]:
            torch._foreach_add_(self.sums[0], others)
        return totals, self.sums[0]

    def end(self):
        for _ in self.processes:
            self.work.put(None)
        for process in self.processes:
            process.join()


def compute(model, names, sums, work, done, seed):
    """Runs in a process of its own: takes some lists after another and adds up their gradients in fp32."""
    torch.set_num_threads(1)
    named = dict(model.named_parameters())
    parameters = [named[name] for name in names]
    while (job := work.get()) is not None:
        step, number, lists, all_lists = job
        # Dropout does not depend on which process computes what.
        torch.manual_seed(hash((seed, step, number)))
        scores = score(model, [pair for one in lists for pair in one], MICRO_BATCH).view(len(lists), NEGATIVES + 1)
        loss = torch.nn.functional.cross_entropy(scores, torch.zeros(len(lists), dtype=torch.long), reduction="sum")
        found = torch.autograd.grad(loss / all_lists, parameters)
        with torch.no_grad():
            for value, gradient in zip(sums, found):
                value.add_(gradient)
        done.put({"loss": float(loss.detach()), "first": int((scores.argmax(1) == 0).sum()), "tokens": sum(len(ids) for one in lists for ids, _ in one)})
