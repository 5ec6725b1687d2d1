"""Makes bert/model.onnx: the encoder of the parity fixture bert, which gives the last state of every token.

    pip install torch==2.7.1 transformers==4.53.3 onnx
    python make_bert_onnx.py ../../../../fixtures/bert bert
"""
import os, shutil, sys
import torch
from transformers import BertModel

fixture, out = sys.argv[1], sys.argv[2]
model = BertModel.from_pretrained(fixture, add_pooling_layer=False, attn_implementation="eager").eval()


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


os.makedirs(out, exist_ok=True)
names = ["input_ids", "attention_mask", "token_type_ids"]
axes = {n: {0: "batch", 1: "tokens"} for n in names + ["last_hidden_state"]}
example = tuple(torch.ones(2, 5, dtype=torch.int64) for _ in names)
torch.onnx.export(Encoder(), example, os.path.join(out, "model.onnx"), input_names=names, output_names=["last_hidden_state"],
                  dynamic_axes=axes, opset_version=14, dynamo=False)
shutil.copy(os.path.join(fixture, "tokenizer.json"), out)
