"""A language model here and in transformers (float32), on the same weights and the same machine, in one run.

    pip install torch==2.7.1 transformers==4.53.3 accelerate gguf
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/lm_vs_transformers.py MODEL.gguf [--tokens N] [--rounds R] [--repetitions P]

MODEL is a GGUF file of a Llama-like model or a Hugging Face folder. Decoding does not count the prompt; prefill is 512 tokens at
once; the gradient is that of the sum of all logits of 64 tokens for their embeddings, parameters frozen. Each side's best median
over the rounds is compared. Both use the threads that torch takes by default.
"""
import argparse, os, statistics, subprocess, time
import torch
from transformers import AutoModelForCausalLM

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMPT, LONG_PROMPT, WITH_GRADIENT = 32, 512, 64

p = argparse.ArgumentParser()
p.add_argument("model")
p.add_argument("--tokens", type=int, default=32)
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--repetitions", type=int, default=3)
a = p.parse_args()

start = time.perf_counter()
if os.path.isdir(a.model):
    model = AutoModelForCausalLM.from_pretrained(a.model, torch_dtype=torch.float32)
else:
    model = AutoModelForCausalLM.from_pretrained(os.path.dirname(a.model), gguf_file=os.path.basename(a.model),
                                                 torch_dtype=torch.float32)
model = model.eval().requires_grad_(False)
opening = 1e3 * (time.perf_counter() - start)


def ids(length, row):
    return [1000 + (37 * i + 101 * row) % 1000 for i in range(length)]


def median(task):
    task()
    seconds = []
    for _ in range(a.repetitions):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def generate(batch, length, new):
    x = torch.tensor([ids(length, i) for i in range(batch)])
    with torch.no_grad():
        model.generate(x, attention_mask=torch.ones_like(x), max_new_tokens=new, min_new_tokens=new, do_sample=False,
                       pad_token_id=0)


def decode(batch):
    return batch * a.tokens / (median(lambda: generate(batch, PROMPT, 1 + a.tokens)) - median(lambda: generate(batch, PROMPT, 1)))


def gradient():
    x = model.get_input_embeddings()(torch.tensor([ids(WITH_GRADIENT, 0)])).detach()

    def once():
        leaf = x.clone().requires_grad_()
        torch.autograd.grad(model(inputs_embeds=leaf).logits.sum(), leaf)
    return 1e3 * median(once)


def theirs():
    return {"open, ms": opening, "decode, batch 1": decode(1), "decode, batch 16": decode(16),
            "prefill 512": LONG_PROMPT / median(lambda: generate(1, LONG_PROMPT, 1)), "gradient, ms": gradient()}


def ours():
    modules = ["examples", "safety-bench", "safety-attacks", "safety-defenses", "safety-datasets", "safety-core"]
    path = ":".join(os.path.join(ROOT, m, "target", "classes") for m in modules)
    path += ":" + open(os.path.join(ROOT, "examples", "target", "cp")).read()
    command = ["java", "-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path,
               "org.safety4j.bench.jmh.TimeLm", a.model, str(a.tokens), str(a.repetitions)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split("\n")
    return {(f[0], f[1]): float(f[2]) for f in (line.split("\t") for line in lines)}


def better(what, x, y):
    return min(x, y) if what.endswith("ms") else max(x, y)


best = {}
for r in range(a.rounds):
    found = {("transformers", what): value for what, value in theirs().items()}
    found.update(ours())
    for key, value in found.items():
        best[key] = better(key[1], value, best.get(key, value))
    print("round %d of %d done" % (r + 1, a.rounds), flush=True)

TARGETS = {("FULL", "decode, batch 1"): 1.6, ("FULL", "decode, batch 16"): 1.2, ("FULL", "prefill 512"): 1.3,
           ("FAST", "decode, batch 1"): 4.0, ("FAST", "decode, batch 16"): 2.5, ("FULL", "gradient, ms"): 1.10}
print("\nwhat\tprecision\tSafety4J\ttransformers\tratio\ttarget")
for (precision, what), value in sorted(best.items(), key=lambda e: (e[0][1], e[0][0])):
    if precision != "transformers":
        other = best["transformers", what]
        target = TARGETS.get((precision, what))
        sign = "at most" if what.endswith("ms") else "at least"
        print("%s\t%s\t%.1f\t%.1f\t%.2f\t%s" % (what, precision, value, other, value / other,
                                                "" if target is None else "%s %.2f" % (sign, target)))
