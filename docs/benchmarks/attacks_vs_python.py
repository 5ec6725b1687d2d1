"""PGD, APGD, C&W and Square here, in torchattacks and in Foolbox, on the same weights, images and machine, in one run.

    pip install torch==2.7.1 transformers==4.53.3 torchattacks==3.5.1 foolbox==3.3.4
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/attacks_vs_python.py [--model FOLDER --images FILE.npz] [--epsilon E] [--rounds R]

Without a model it writes a ViT-Tiny for 32x32 pictures with random weights, and 32 pictures of noise that it labels itself; the
radius is then so small that no image falls and every implementation does all of its work. With a model of one's own the numbers
of fallen images stand beside the times. Libraries that are not installed are left out. Parameters are frozen in Python too.

A run here classifies the originals and the results as well, for its success rate; the others leave that to the caller. The second
ratio adds these two passes, as measured, to theirs.
"""
import argparse, os, statistics, tempfile, time
import numpy as np
import torch
from common import Normalised, java, vit_tiny

STEPS, LONG, QUERIES = 20, 50, 100

p = argparse.ArgumentParser()
p.add_argument("--model")
p.add_argument("--images", help="NPZ file with images [N,C,H,W] in [0, 1] and labels [N]")
p.add_argument("--epsilon", type=float, default=1e-5)
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--repetitions", type=int, default=3)
a = p.parse_args()
torch.manual_seed(0)
work = tempfile.mkdtemp()
folder = a.model or vit_tiny(os.path.join(work, "vit"))
model = Normalised(folder)
if a.images:
    file = a.images
    data = np.load(file)
    x, y = torch.tensor(data["images"]).float(), torch.tensor(data["labels"]).long()
else:
    x = torch.rand(32, 3, 32, 32)
    with torch.no_grad():
        y = model(x).argmax(1)
    file = os.path.join(work, "images.npz")
    np.savez(file, images=x.numpy(), labels=y.numpy())

others = {}
try:
    import torchattacks
    others["torchattacks"] = {
        "pgd": lambda: torchattacks.PGD(model, eps=a.epsilon, alpha=a.epsilon / 4, steps=STEPS)(x, y),
        "apgd": lambda: torchattacks.APGD(model, eps=a.epsilon, steps=LONG)(x, y),
        "cw": lambda: torchattacks.CW(model, c=1, steps=LONG, lr=0.01)(x, y),
        "square": lambda: torchattacks.Square(model, eps=a.epsilon, n_queries=QUERIES, p_init=0.8)(x, y)}
except ImportError:
    pass
try:
    import foolbox
    fmodel = foolbox.PyTorchModel(model, bounds=(0, 1))
    others["foolbox"] = {
        "pgd": lambda: foolbox.attacks.LinfPGD(steps=STEPS, rel_stepsize=0.25)(fmodel, x, y, epsilons=a.epsilon)[1],
        "cw": lambda: foolbox.attacks.L2CarliniWagnerAttack(
            binary_search_steps=1, steps=LONG, initial_const=1, abort_early=False)(fmodel, x, y, epsilons=None)[1]}
except ImportError:
    pass


def ours():
    return {f[0]: (float(f[1]), int(f[2])) for f in java("TimeEvasion", folder, file, a.epsilon, a.repetitions)}


def theirs(attack):
    times, fallen = [], 0
    attack()
    for _ in range(a.repetitions):
        start = time.perf_counter()
        adversarial = attack()
        times.append(1e3 * (time.perf_counter() - start))
    with torch.no_grad():
        fallen = int((model(adversarial).argmax(1) != y).sum())
    return statistics.median(times), fallen


best = {}
for r in range(a.rounds):
    found = {("Safety4J", name): value for name, value in ours().items()}
    for library, attacks in others.items():
        for name, attack in attacks.items():
            found[library, name] = theirs(attack)
    for key, value in found.items():
        best[key] = min(value, best.get(key, value))
    print("round %d of %d done" % (r + 1, a.rounds), flush=True)

def evaluation():
    with torch.no_grad():
        model(x).argmax(1)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        with torch.no_grad():
            model(x).argmax(1)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


twice = 2 * evaluation()
libraries = ["Safety4J"] + list(others)
print("\nBest medians in ms (fallen of %d)" % len(y))
print("attack\t" + "\t".join(libraries) + "\t"
      + "\t".join("ratio to " + l + "\twith evaluations" for l in libraries[1:]))
for name in ["pgd", "apgd", "cw", "square"]:
    cells = [best.get((l, name)) for l in libraries]
    print(name + "\t" + "\t".join("-" if c is None else "%.0f (%d)" % c for c in cells) + "\t"
          + "\t".join("-\t-" if c is None else "%.2f\t%.2f" % (cells[0][0] / c[0], cells[0][0] / (c[0] + twice)) for c in cells[1:]))
