"""One module for each way a model becomes graph outputs. Each has:

- `outputs(options)`: name → (how it is compared: "vectors", "logits" or "weights"; its dynamic axes)
- `PADDING`: the sides on which a batch may be filled up
- `load(source, options)`: the torch model as its library runs it
- `graph(model, options)`: the module that is traced; weights under `backbone` may be rounded, all others stay fp32
- `reference(model, inputs, options)`: the same outputs of one text by the library's own forward and its own masks
"""
