"""What made a golden file: everything that could change a number."""

import platform
from importlib.metadata import version

import torch

THREADS = 1


PACKAGES = ("FlagEmbedding", "transformers", "tokenizers", "torch")


def made_with(packages: tuple[str, ...] = PACKAGES) -> dict:
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    return {
        **{name: version(name) for name in packages},
        "python": platform.python_version(),
        "device": "cpu",
        "threads": THREADS,
        "use_fp16": False,
    }
