"""Runs a model file: texts to token vectors or to normalised CLS vectors, pairs of texts to logits."""

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer


class Encoder:
    def __init__(self, model, tokenizer, threads=1, max_length=512):
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_length)

    def ids(self, texts):
        return [e.ids for e in self.tokenizer.encode_batch(list(texts))]

    def hidden(self, batch, leading=None):
        """Token vectors [batch, sequence, hidden] of lists of ids, padded to the longest; of the first `leading` tokens where the file can."""
        length = max(map(len, batch))
        ids = np.zeros((len(batch), length), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        feed["output_length"] = np.array([leading or length], np.int64)
        return self.run("last_hidden_state", feed)

    def vectors(self, texts):
        """One text a run, so that no text can change another's vector."""
        out = np.stack([self.hidden([tokens], 1)[0, 0] for tokens in self.ids(texts)])
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)

    def logits(self, pairs):
        """One pair a run."""
        encoded = [np.array([[e.ids, e.attention_mask, e.type_ids]], np.int64) for e in self.tokenizer.encode_batch(list(pairs))]
        names = ["input_ids", "attention_mask", "token_type_ids"]
        return np.array([self.run("logits", {name: row[:, i] for i, name in enumerate(names)})[0, 0] for row in encoded])

    def run(self, output, feed):
        return self.session.run([output], {i.name: feed[i.name] for i in self.session.get_inputs()})[0]
