"""A language model here and in transformers (float32), on the same weights and the same machine, in one run.

    pip install torch==2.7.1 transformers==4.53.3 accelerate gguf
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/lm_vs_transformers.py MODEL.gguf [--tokens N] [--rounds R]

MODEL is a GGUF file of a Llama-like model or a Hugging Face folder. Both sides stay in memory and take turns, task by task, so that
a machine that slows down slows both; a ratio is the median over the rounds of what stood beside each other. Both use the threads
that torch takes by default.

Decoding does not count the prompt of 32 tokens. "first token" is the time to the first of the new tokens behind a prompt of 512,
through generate on both sides. "512 tokens read" is the same here, beside transformers' plain call, which computes the logits of every position;
"all logits" computes them on both sides. The gradient is that of the sum of all logits of 64 tokens for their embeddings,
parameters frozen.
"""
import argparse, os, statistics
import torch
from transformers import AutoModelForCausalLM
from common import Server, milliseconds, quartiles

PROMPT, LONG_PROMPT, WITH_GRADIENT = 32, 512, 64

p = argparse.ArgumentParser()
p.add_argument("model")
p.add_argument("--tokens", type=int, default=32)
p.add_argument("--rounds", type=int, default=9)
a = p.parse_args()


def opened():
    if os.path.isdir(a.model):
        return AutoModelForCausalLM.from_pretrained(a.model, torch_dtype=torch.float32)
    return AutoModelForCausalLM.from_pretrained(os.path.dirname(a.model), gguf_file=os.path.basename(a.model),
                                                torch_dtype=torch.float32)


opening = milliseconds(opened)
model = opened().eval().requires_grad_(False)


def ids(length, row=0):
    return [1000 + (37 * i + 101 * row) % 1000 for i in range(length)]


def generate(batch, length, new):
    x = torch.tensor([ids(length, i) for i in range(batch)])
    with torch.no_grad():
        model.generate(x, attention_mask=torch.ones_like(x), max_new_tokens=new, min_new_tokens=new, do_sample=False,
                       pad_token_id=0)


def logits():
    with torch.no_grad():
        model(torch.tensor([ids(LONG_PROMPT)]))


embeddings = model.get_input_embeddings()(torch.tensor([ids(WITH_GRADIENT)])).detach()


def gradient():
    leaf = embeddings.clone().requires_grad_()
    torch.autograd.grad(model(inputs_embeds=leaf).logits.sum(), leaf)


theirs = {"prefill": lambda: generate(1, LONG_PROMPT, 1), "logits": logits, "gradient": gradient}
for batch in 1, 16:
    theirs["first %d" % batch] = lambda n=batch: generate(n, PROMPT, 1)
    theirs["all %d" % batch] = lambda n=batch: generate(n, PROMPT, 1 + a.tokens)

found = {}
with Server("TimeLm", a.model, a.tokens) as server:
    for r in range(-1, a.rounds):
        for task in theirs:
            for side in "FULL", "transformers", "FAST":
                if side == "transformers":
                    took = milliseconds(theirs[task])
                elif task in ("logits", "gradient") and side == "FAST":
                    continue
                else:
                    took = float(server.ask(side + " " + task)[0])
                if r >= 0:
                    found.setdefault((side, task), []).append(took)
    openings = {side: [float(server.ask(side + " open")[0]) for _ in range(3)] for side in ("FULL", "FAST")}

for side in "FULL", "FAST", "transformers":
    for batch in 1, 16:
        spans = zip(found[side, "all %d" % batch], found[side, "first %d" % batch])
        found[side, "decode %d" % batch] = [x - y for x, y in spans]

ROWS = [("decode, batch 1", "FULL", "decode 1", "decode 1", a.tokens, 1.6), ("decode, batch 1", "FAST", "decode 1", "decode 1", a.tokens, 4.0),
        ("decode, batch 16", "FULL", "decode 16", "decode 16", 16 * a.tokens, 1.2),
        ("decode, batch 16", "FAST", "decode 16", "decode 16", 16 * a.tokens, 2.5),
        ("first token behind 512", "FULL", "prefill", "prefill", LONG_PROMPT, 1.3),
        ("first token behind 512", "FAST", "prefill", "prefill", LONG_PROMPT, None),
        ("512 tokens read", "FULL", "prefill", "logits", LONG_PROMPT, 1.3),
        ("512 tokens, all logits", "FULL", "logits", "logits", LONG_PROMPT, None)]
print("what\tprecision\tSafety4J, tokens/s\ttransformers, tokens/s\tratio\tquartiles\ttarget")
for what, side, ours, other, tokens, target in ROWS:
    mine, their = found[side, ours], found["transformers", other]
    low, ratio, high = quartiles([y / x for x, y in zip(mine, their)])
    print("%s\t%s\t%.1f\t%.1f\t%.2f\t%.2f to %.2f\t%s" % (
        what, side, 1e3 * tokens / statistics.median(mine), 1e3 * tokens / statistics.median(their), ratio, low, high,
        "" if target is None else "at least %.1f" % target))
mine, their = found["FULL", "gradient"], found["transformers", "gradient"]
low, ratio, high = quartiles([x / y for x, y in zip(mine, their)])
print("gradient, 64 tokens, ms\tFULL\t%.0f\t%.0f\t%.2f\t%.2f to %.2f\tat most 1.10" % (
    statistics.median(mine), statistics.median(their), ratio, low, high))
for side, took in openings.items():
    print("opening, ms\t%s\t%.0f\t%.0f\t\t%.0f to %.0f\t%s" % (
        side, statistics.median(took), opening, min(took), max(took), "at most 3000" if side == "FULL" else ""))
