"""MiniCPM layerwise reranker cut after N layers: final norm and head N - start_layer. FlagEmbedding's own class."""

import torch
from FlagEmbedding.inference.reranker.decoder_only.models.modeling_minicpm_reranker import LayerWiseMiniCPMForCausalLM

from errors import ExportError
from masks import causal_mask, last_token

PADDING = ("right", "left")


def outputs(options) -> dict:
    return {"logits": ("logits", {0: "batch"})}


def load(source, options):
    config = source.config
    first, last = layers(config)
    if options.cutoff_layer is None:
        raise ExportError(f"A layerwise reranker is exported at one layer: give --cutoff-layer, {first} to {last}.")
    if not first <= options.cutoff_layer <= last:
        raise ExportError(f"--cutoff-layer {options.cutoff_layer} is not among this model's layers, {first} to {last}.")
    if config.get("head_type", "simple") != "simple" or not config.get("head_multi", True):
        raise ExportError("Only head_type simple with head_multi (one logit a layer) can be exported; see config.json.")
    model = LayerWiseMiniCPMForCausalLM.from_pretrained(
        source.folder, dtype=torch.float32, attn_implementation="eager", use_cache=False
    ).eval()
    # FlagEmbedding's forward reads layer N's input off the loop, so the reference needs one layer above N.
    del model.model.layers[options.cutoff_layer + 1 :]
    return model


def layers(config: dict) -> tuple[int, int]:
    """The first and last layer that have a head; 8 is the default of FlagEmbedding's configuration class."""
    return config.get("start_layer", 8), config["num_hidden_layers"]


class Backbone(torch.nn.Module):
    """The parts of the model up to layer N."""

    def __init__(self, model, count: int):
        super().__init__()
        self.embed_tokens, self.norm = model.embed_tokens, model.norm
        self.layers = torch.nn.ModuleList(model.layers[:count])
        self.scale = model.config.scale_emb

    def forward(self, input_ids, attention_mask):
        hidden = self.embed_tokens(input_ids) * self.scale
        mask = causal_mask(attention_mask)
        place = torch.arange(input_ids.shape[1])[None]
        for layer in self.layers:
            hidden = layer(hidden, attention_mask=mask, position_ids=place)[0]
        return self.norm(hidden)


class Graph(torch.nn.Module):
    def __init__(self, model, cutoff_layer: int):
        super().__init__()
        self.backbone = Backbone(model.model, cutoff_layer)
        self.head = model.lm_head[cutoff_layer - model.config.start_layer].linear_head

    def forward(self, input_ids, attention_mask):
        return self.head(last_token(self.backbone(input_ids, attention_mask), attention_mask))


def graph(model, options):
    return Graph(model, options.cutoff_layer)


def reference(model, inputs, options) -> dict:
    logits = model(**inputs, output_hidden_states=True, cutoff_layers=[options.cutoff_layer]).logits
    return {"logits": logits[0][:, -1:]}
