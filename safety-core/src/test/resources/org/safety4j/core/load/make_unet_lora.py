"""Makes the parity fixture unet2d-condition-lora: a low-rank adapter of linear layers and convolutions over unet2d-condition.

    pip install torch==2.7.1 diffusers==0.34.0 peft safetensors
    python make_unet_lora.py FIXTURES_FOLDER [SEED]

FIXTURES_FOLDER holds unet2d-condition; its inputs are used again.
"""
import json, os, sys
import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
base = os.path.join(folder, "unet2d-condition")
out = os.path.join(folder, "unet2d-condition-lora")
given = load_file(os.path.join(base, "io.safetensors"))
model = get_peft_model(UNet2DConditionModel.from_pretrained(base).eval(),
                       LoraConfig(r=2, lora_alpha=3, target_modules=["to_q", "to_k", "to_v", "to_out.0", "conv1"])).eval()
g = torch.Generator().manual_seed(seed + 78)
with torch.no_grad():
    for name, w in model.named_parameters():
        if "lora_" in name:
            w.copy_(0.2 * torch.randn(w.shape, generator=g))
    noise = model(given["in.latents"], given["in.timesteps"], given["in.text"]).sample
model.save_pretrained(out)
os.remove(os.path.join(out, "README.md"))
path = os.path.join(out, "adapter_config.json")
config = json.load(open(path))
config["base_model_name_or_path"] = "../unet2d-condition"
json.dump(config, open(path, "w"), indent=1)
save_file({**{k: v for k, v in given.items() if k.startswith("in.")}, "out.noise": noise.contiguous()}, os.path.join(out, "io.safetensors"))
json.dump({"reference": "diffusers 0.34.0, peft, torch 2.7.1, float32, CPU", "seed": seed, "family": "DiffusionModel",
           "architecture": "PEFT LoRA over ../unet2d-condition", "base": "unet2d-condition"}, open(os.path.join(out, "fixture.json"), "w"), indent=1)
