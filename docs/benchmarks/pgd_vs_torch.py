"""20-step PGD here and in plain PyTorch, on the same weights and the same machine, in one run.

    pip install torch==2.7.1 transformers==4.53.3
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/pgd_vs_torch.py

Writes a ViT-Tiny for 32x32 pictures with random weights as a Hugging Face folder and attacks a batch of 32 with both
implementations in turn. The PyTorch loop freezes the parameters, takes the gradient for the images alone, and, as the library
does, classifies the originals before and the results after. Both use the threads that torch takes by default.
"""
import statistics, tempfile, time
import torch
from common import Normalised, java, vit_tiny

BATCH, STEPS, EPS, REPETITIONS, ROUNDS = 32, 20, 8 / 255, 3, 2

torch.manual_seed(0)
folder = vit_tiny(tempfile.mkdtemp())
logits = Normalised(folder)


def pgd(x, y, evaluate):
    if evaluate:
        with torch.no_grad():
            logits(x).argmax(1)
    adv = (x + torch.empty_like(x).uniform_(-EPS, EPS)).clamp(0, 1)
    for _ in range(STEPS):
        adv.requires_grad_()
        gradient, = torch.autograd.grad(torch.nn.functional.cross_entropy(logits(adv), y, reduction="sum"), adv)
        with torch.no_grad():
            adv = torch.min(torch.max(adv + 0.25 * EPS * gradient.sign(), x - EPS), x + EPS).clamp(0, 1)
    if evaluate:
        with torch.no_grad():
            logits(adv).argmax(1)
    return adv


def ours():
    return float(java("TimePgd", folder, BATCH, STEPS, REPETITIONS)[0][0])


def theirs(evaluate):
    x = torch.rand(BATCH, 3, 32, 32)
    with torch.no_grad():
        y = logits(x).argmax(1)
    pgd(x, y, evaluate)
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        pgd(x, y, evaluate)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


rows = []
for r in range(ROUNDS):
    rows.append((ours(), theirs(True), theirs(False)))
    print("round %d: Safety4J %.0f ms, PyTorch %.0f ms, its bare loop without the two evaluations %.0f ms" % (r + 1, *rows[-1]))
a, b, c = (min(column) for column in zip(*rows))
print("best medians: Safety4J %.0f ms, PyTorch %.0f ms, bare loop %.0f ms" % (a, b, c))
print("ratio to PyTorch %.3f (target 1.10), to its bare loop %.3f" % (a / b, a / c))
