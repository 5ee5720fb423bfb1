"""A torch module → an ONNX graph without weights, and the weights beside it as torch tensors."""

import io
import warnings

import onnx
import torch

OPSET = 17  # has LayerNormalization


TOKENS = {0: "batch", 1: "tokens"}


def trace(
    module: torch.nn.Module, inputs: list[str], outputs: dict[str, dict[int, str]],
    example: torch.Tensor | None = None, axes: dict[int, str] = TOKENS,
    *, examples: dict[str, tuple[torch.Tensor, dict[int, str]]] | None = None,
) -> onnx.ModelProto:
    """The graph's weights are inputs of it, by their names in the module, so that no second copy of them is made.

    Each input is like `example`, by default token ids, with `axes` of any length; or `examples` has one of its own for each.
    """
    example = torch.ones((2, 8), dtype=torch.int64) if example is None else example
    given = examples or {name: (example, axes) for name in inputs}
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(given[name][0] for name in inputs),
            file,
            input_names=inputs,
            output_names=list(outputs),
            dynamic_axes={**{name: given[name][1] for name in inputs}, **outputs},
            opset_version=OPSET,
            export_params=False,
            do_constant_folding=False,  # it would copy every weight
            dynamo=False,
        )
    return onnx.load_model_from_string(file.getvalue())
