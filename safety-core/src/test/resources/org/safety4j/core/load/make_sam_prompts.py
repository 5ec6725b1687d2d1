"""Makes the parity fixture sam-prompts: what the reference makes of masks, and of points, boxes and masks together, for the model of fixtures/sam.

    pip install torch==2.7.1 transformers==4.53.3 safetensors
    python make_sam_prompts.py FIXTURES_FOLDER
"""
import os, sys
import torch
from safetensors.torch import save_file
from transformers import SamModel

root = sys.argv[1]
m = SamModel.from_pretrained(os.path.join(root, "sam")).eval()
g = torch.Generator().manual_seed(7)
e = torch.randn(2, 16, 8, 8, generator=g)
masks = torch.randn(2, 1, 32, 32, generator=g)
points = torch.rand(2, 3, 2, 2, generator=g) * 48
labels = torch.tensor([[[1, 0], [1, -10], [0, 1]], [[1, 1], [0, 0], [1, -10]]])
boxes = torch.rand(2, 3, 4, generator=g) * 48
with torch.no_grad():
    io = {"in.embeddings": e, "in.masks": masks, "in.points": points, "in.labels": labels, "in.boxes": boxes}
    for name, kw in (("mask", dict(input_masks=masks)), ("all", dict(input_masks=masks, input_points=points, input_labels=labels, input_boxes=boxes)),
                     ("points", dict(input_points=points, input_labels=labels))):
        o = m(image_embeddings=e, multimask_output=True, **kw)
        io[f"out.{name}.masks"] = o.pred_masks; io[f"out.{name}.iou"] = o.iou_scores
os.makedirs(os.path.join(root, "sam-prompts"), exist_ok=True)
save_file({k: v.clone().contiguous() for k, v in io.items()}, os.path.join(root, "sam-prompts", "io.safetensors"))
