"""AutoAttack's standard version here and in Python, on the zoo's digit models, member by member and image by image.

    pip install torch==2.7.1 transformers==4.53.3 torchattacks==3.5.1
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/autoattack_vs_python.py [N] [--epsilon E] [--models NAME ...] [--repetitions R] [--no-python]

The Python side is torchattacks' port of the authors' code, with the members' settings of the paper (100 steps, 5,000 queries):
its own AutoAttack takes 10 steps. Members run alone on all N test images, and the total counts an image as robust that stands under
all four. The last table compares AutoAttack that leaves out what has fallen (the library's default) with one that attacks every
image with every member, in time and verdicts, and with one that has no active set at all, so that every image takes every step of every
member: those that stand do, so that is their time times N by their number.
"""
import argparse, os, tempfile, time
import numpy as np
import torch
from common import ROOT, Normalised, java

RESOURCES = os.path.join(ROOT, "safety-datasets", "src", "main", "resources", "org", "safety4j", "datasets")
MEMBERS = ["apgd-ce", "apgd-t", "fab-t", "square"]
TRAINING, FULL_INK = 1297, 16

p = argparse.ArgumentParser()
p.add_argument("n", type=int, nargs="?", default=100)
p.add_argument("--epsilon", type=float, default=0.1)
p.add_argument("--models", nargs="+", default=["digits-vit", "digits-vit-pgd", "digits-vit-trades", "digits-cnn", "digits-cnn-pgd",
                                               "digits-cnn-trades"])
p.add_argument("--repetitions", type=int, default=1)
p.add_argument("--no-python", action="store_true")
a = p.parse_args()

data = np.load(os.path.join(RESOURCES, "images", "digits", "digits.npz"))
chosen = slice(TRAINING, TRAINING + a.n)
images = (data["images"][chosen].reshape(-1, 1, 8, 8) / FULL_INK).astype(np.float32)
labels = data["labels"][chosen].astype(np.int64)
file = os.path.join(tempfile.mkdtemp(), "images.npz")
np.savez(file, images=images, labels=labels)
x, y = torch.tensor(images), torch.tensor(labels)


def ours(name):
    lines = java("TimeAutoAttack", os.path.join(RESOURCES, "zoo", name), file, a.epsilon, a.repetitions)
    return {key: (float(seconds), np.array([c == "1" for c in bits])) for key, seconds, bits in lines}


def theirs(name):
    import torchattacks
    model = Normalised(os.path.join(RESOURCES, "zoo", name))
    classes = int(labels.max()) + 1
    attacks = {
        "apgd-ce": torchattacks.APGD(model, eps=a.epsilon, steps=100, loss="ce"),
        "apgd-t": torchattacks.APGDT(model, eps=a.epsilon, steps=100, n_classes=classes),
        "fab-t": torchattacks.FAB(model, eps=a.epsilon, steps=100, multi_targeted=True, n_classes=classes),
        "square": torchattacks.Square(model, eps=a.epsilon, n_queries=5000)}
    with torch.no_grad():
        found = {"clean": (0, (model(x).argmax(1) == y).numpy())}
    for member, attack in attacks.items():
        start = time.perf_counter()
        adversarial = attack(x, y)
        seconds = time.perf_counter() - start
        assert float((adversarial - x).abs().max()) <= a.epsilon + 1e-5
        with torch.no_grad():
            found[member] = seconds, (model(adversarial).argmax(1) == y).numpy()
    return found


def share(standing):
    return "%.1f %%" % (100 * standing.mean())


def total(found):
    return np.logical_and.reduce([found[k][1] for k in ["clean"] + MEMBERS])


verdicts, speed = [], []
for name in a.models:
    mine = ours(name)
    other = None if a.no_python else theirs(name)
    if other:
        for key in ["clean"] + MEMBERS:
            differ = mine[key][1] != other[key][1]
            weaker = int((differ & mine[key][1]).sum())
            verdicts.append((name, key, share(mine[key][1]), share(other[key][1]), str(int(differ.sum())), str(weaker),
                             "%.1f" % mine[key][0], "%.1f" % other[key][0]))
        both = total(mine), total(other)
        verdicts.append((name, "total", share(both[0]), share(both[1]), str(int((both[0] != both[1]).sum())),
                         str(int((both[0] & ~both[1]).sum())), "", ""))
    left, kept = mine["standard"], mine["all"]
    whole = mine["standing"][0] * a.n / len(mine["standing"][1]) if "standing" in mine else float("nan")
    speed.append((name, share(left[1]), share(kept[1]), str(int((left[1] != kept[1]).sum())), "%.2f" % left[0], "%.2f" % kept[0],
                  "%.1f" % (kept[0] / left[0]), "%.2f" % whole, "%.1f" % (whole / left[0])))
    print(name, "done", flush=True)


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


print("\n%d test images, Linf %g" % (a.n, a.epsilon))
if verdicts:
    table(["model", "member", "robust accuracy", "reference", "verdicts differ", "robust here alone", "seconds", "reference"], verdicts)
table(["model", "without the fallen", "every image", "verdicts differ", "seconds", "every image", "ratio",
       "every step", "ratio"], speed)
