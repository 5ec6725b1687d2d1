"""Forward and backward passes of a ViT and a UNet, and DDIM sampling, here and in PyTorch (transformers, diffusers), in one run.

    pip install torch==2.7.1 transformers==4.53.3 diffusers==0.34.0
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/models_vs_python.py [--rounds R] [--repetitions P]

Writes both models with random weights: a ViT-Tiny for 32x32 pictures, batch 32, and a UNet of 12 million parameters for 32x32
pictures, batch 8. Parameters are frozen in Python too. Each side's best median over the rounds is compared; both use the threads
that torch takes by default.
"""
import argparse, os, statistics, tempfile, time
import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel
from transformers import ViTForImageClassification
from common import java, vit_tiny

IMAGES, LATENTS, STEPS = 32, 8, 10

p = argparse.ArgumentParser()
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--repetitions", type=int, default=5)
a = p.parse_args()
torch.manual_seed(0)
work = tempfile.mkdtemp()
vit_folder, unet_folder = os.path.join(work, "vit"), os.path.join(work, "unet")
vit = ViTForImageClassification.from_pretrained(vit_tiny(vit_folder)).eval().requires_grad_(False)
unet = UNet2DModel(sample_size=32, in_channels=3, out_channels=3, layers_per_block=2, block_out_channels=(64, 128, 128),
                   down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
                   up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D")).eval().requires_grad_(False)
pipeline = DDIMPipeline(unet, DDIMScheduler(clip_sample=False))
pipeline.save_pretrained(unet_folder, safe_serialization=True)
pipeline.scheduler.set_timesteps(STEPS)


def median(task):
    task()
    times = []
    for _ in range(a.repetitions):
        start = time.perf_counter()
        task()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def backward(function, x):
    def once():
        leaf = x.clone().requires_grad_()
        torch.autograd.grad(function(leaf).sum(), leaf)
    return median(once)


def sample():
    x = torch.randn(LATENTS, 3, 32, 32)
    with torch.no_grad():
        for t in pipeline.scheduler.timesteps:
            x = pipeline.scheduler.step(unet(x, t).sample, t, x, eta=0.0).prev_sample


def theirs():
    return {"ViT forward and backward": backward(lambda x: vit((x - 0.5) / 0.5).logits, torch.rand(IMAGES, 3, 32, 32)),
            "UNet forward and backward": backward(lambda x: unet(x, 500).sample, torch.randn(LATENTS, 3, 32, 32)),
            "DDIM, %d steps" % STEPS: median(sample)}


def ours():
    return {f[0]: float(f[1]) for f in java("TimeModels", vit_folder, unet_folder, IMAGES, LATENTS, STEPS, a.repetitions)}


best = {}
for r in range(a.rounds):
    for side, found in ("Safety4J", ours()), ("PyTorch", theirs()):
        for what, value in found.items():
            best[side, what] = min(value, best.get((side, what), value))
    print("round %d of %d done" % (r + 1, a.rounds), flush=True)
print("\nwhat\tSafety4J ms\tPyTorch ms\tratio\ttarget")
for what, target in ("ViT forward and backward", 1.10), ("UNet forward and backward", 1.10), ("DDIM, %d steps" % STEPS, 1.05):
    x, y = best["Safety4J", what], best["PyTorch", what]
    print("%s\t%.0f\t%.0f\t%.2f\tat most %.2f" % (what, x, y, x / y, target))
