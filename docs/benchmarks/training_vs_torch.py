"""A step of training here and in plain PyTorch, on the same weights and the same machine, in one run.

    pip install torch==2.7.1 transformers==4.53.3 diffusers==0.34.0
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/training_vs_torch.py [--rounds R] [--steps S]

A step is loss, gradients of all parameters, clipping of their norm to 1, and AdamW. Three models with random weights: a ViT-Tiny for
32x32 pictures (batch 32, cross-entropy), a Llama-like model of 4 blocks and width 128 (8 texts of 128 tokens), and a UNet of 12
million parameters (8 pictures of 32x32, error of the predicted noise). Each side's best median over the rounds is compared; both use
the threads that torch takes by default.
"""
import argparse, os, statistics, tempfile, time
import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel
from transformers import LlamaConfig, LlamaForCausalLM, ViTForImageClassification
from common import ROOT, java, vit_tiny

IMAGES, TEXTS, TOKENS, LATENTS = 32, 8, 128, 8

p = argparse.ArgumentParser()
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--steps", type=int, default=9)
a = p.parse_args()
torch.manual_seed(0)
work = tempfile.mkdtemp()
vit_folder = vit_tiny(os.path.join(work, "vit"))
llama_folder, unet_folder = os.path.join(work, "llama"), os.path.join(work, "unet")
zoo = os.path.join(ROOT, "safety-datasets", "src", "main", "resources", "org", "safety4j", "datasets", "zoo", "mini-chat")
llama = LlamaForCausalLM(LlamaConfig(vocab_size=1024, hidden_size=128, intermediate_size=448, num_hidden_layers=4,
                                     num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=512,
                                     tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0))
llama.save_pretrained(llama_folder, safe_serialization=True)
for name in "tokenizer.json", "tokenizer_config.json":
    with open(os.path.join(zoo, name), "rb") as source, open(os.path.join(llama_folder, name), "wb") as target:
        target.write(source.read())
unet = UNet2DModel(sample_size=32, in_channels=3, out_channels=3, layers_per_block=2, block_out_channels=(64, 128, 128),
                   down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
                   up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"))
scheduler = DDIMScheduler(clip_sample=False)
DDIMPipeline(unet, scheduler).save_pretrained(unet_folder, safe_serialization=True)


def train(model, loss):
    model = model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    times = []
    for _ in range(a.steps + 2):
        start = time.perf_counter()
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        value.item()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[2:])


def denoise(model):
    noise, t = torch.randn_like(pictures), torch.randint(0, 1000, (LATENTS,))
    return torch.nn.functional.mse_loss(model(scheduler.add_noise(pictures, noise, t), t).sample, noise)


images, labels = torch.rand(IMAGES, 3, 32, 32), torch.zeros(IMAGES, dtype=torch.long)
texts = (100 + 37 * torch.arange(TOKENS) % 800).repeat(TEXTS, 1)
pictures = 2 * torch.rand(LATENTS, 3, 32, 32) - 1


def theirs():
    vit = ViTForImageClassification.from_pretrained(vit_folder)
    return {"ViT": train(vit, lambda m: torch.nn.functional.cross_entropy(m((images - 0.5) / 0.5).logits, labels)),
            "Llama": train(LlamaForCausalLM.from_pretrained(llama_folder), lambda m: m(texts, labels=texts).loss),
            "UNet": train(UNet2DModel.from_pretrained(os.path.join(unet_folder, "unet")), denoise)}


def ours():
    lines = java("TimeTraining", vit_folder, llama_folder, unet_folder, IMAGES, TEXTS, LATENTS, TOKENS, a.steps)
    return {what: float(ms) for what, ms in lines}


best = {}
for r in range(a.rounds):
    for side, found in ("Safety4J", ours()), ("PyTorch", theirs()):
        for what, value in found.items():
            best[side, what] = min(value, best.get((side, what), value))
    print("round %d of %d done" % (r + 1, a.rounds), flush=True)
print("\na step of\tSafety4J ms\tPyTorch ms\tratio\ttarget")
for what in "ViT", "Llama", "UNet":
    x, y = best["Safety4J", what], best["PyTorch", what]
    print("%s\t%.0f\t%.0f\t%.2f\tat most 1.15" % (what, x, y, x / y))
