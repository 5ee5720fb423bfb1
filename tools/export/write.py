"""Graph and weights → an ONNX file, with the weights in a file beside it above a limit. Same input, same bytes."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from weights import Weight

EXTERNAL_ABOVE = 2_000_000_000  # a protobuf file may have 2^31 bytes, the graph included
INLINE = 1024  # bytes: smaller tensors stay in the graph, where shape inference sees them
PAGE = 65536  # bytes: large tensors begin at this, so that every system can map them


def write(model: onnx.ModelProto, weights: dict[str, Weight], path: Path, external_above: int = EXTERNAL_ABOVE) -> None:
    model.producer_name, model.producer_version = "bge-js", ""
    data_name = path.name + "_data" if sum(weight.bytes for weight in weights.values()) > external_above else None
    data = (path.parent / data_name).open("wb") if data_name else None
    for name, weight in weights.items():
        values = weight.read()
        assert values.shape == weight.shape and values.dtype == weight.dtype, name
        tensor = TensorProto(name=name, dims=weight.shape, data_type=helper.np_dtype_to_tensor_dtype(weight.dtype))
        if data and weight.bytes >= INLINE:
            data.write(bytes(-data.tell() % (PAGE if weight.bytes >= PAGE else 16)))
            point_to(tensor, data_name, data.tell(), weight.bytes)
            data.write(memoryview(values).cast("B") if values.flags.c_contiguous else values.tobytes())
        else:
            tensor.raw_data = values.tobytes()
        model.graph.initializer.append(tensor)
    if data:
        data.close()
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))


def point_to(tensor: TensorProto, location: str, offset: int, length: int) -> None:
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
