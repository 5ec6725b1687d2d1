"""PGD, APGD, C&W and Square here, in torchattacks, Foolbox and ART, on the same weights, images and machine, in one run.

    pip install torch==2.7.1 transformers==4.53.3 torchattacks==3.5.1 foolbox==3.3.4 adversarial-robustness-toolbox==1.20.1
    mvn -q compile dependency:build-classpath -pl examples -am -Dmdep.outputFile=target/cp
    python docs/benchmarks/attacks_vs_python.py [--model FOLDER --images FILE.npz] [--epsilon E] [--rounds R]
        [--attacks pgd,apgd,cw,square] [--libraries torchattacks,foolbox,ART]

Without a model it writes a ViT-Tiny for 32x32 pictures with random weights, and 32 pictures of noise that it labels itself; the
radius is then so small that no image falls and every implementation does all of its work. With a model of one's own the numbers
of fallen images stand beside the times. All sides stay in memory and take turns, so that a machine that slows down slows all;
ratios are medians over the rounds of what stood beside each other. Libraries that are not installed are left out. Parameters are
frozen in Python too.

A run here classifies the originals and the results as well, for its success rate; the others leave that to the caller. The second
ratio adds these two passes, as measured, to theirs.
"""
import argparse, os, statistics, tempfile
import numpy as np
import torch
from common import Normalised, Server, milliseconds, quartiles, vit_tiny

STEPS, LONG, QUERIES = 20, 50, 100

p = argparse.ArgumentParser()
p.add_argument("--model")
p.add_argument("--images", help="NPZ file with images [N,C,H,W] in [0, 1] and labels [N]")
p.add_argument("--epsilon", type=float, default=1e-5)
p.add_argument("--rounds", type=int, default=5)
p.add_argument("--attacks", default="pgd,apgd,cw,square")
p.add_argument("--libraries", default="torchattacks,foolbox,ART")
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
try:
    from art.attacks import evasion
    from art.estimators.classification import PyTorchClassifier
    classifier = PyTorchClassifier(model, loss=torch.nn.CrossEntropyLoss(), input_shape=tuple(x.shape[1:]),
                                   nb_classes=int(model(x[:1]).shape[1]), clip_values=(0, 1), device_type="cpu")
    xs, ys = x.numpy(), y.numpy()

    def art(attack):
        return lambda: torch.tensor(attack.generate(xs, ys))
    others["ART"] = {
        "pgd": art(evasion.ProjectedGradientDescentPyTorch(
            classifier, eps=a.epsilon, eps_step=a.epsilon / 4, max_iter=STEPS, batch_size=len(x), verbose=False)),
        "apgd": art(evasion.AutoProjectedGradientDescent(
            classifier, eps=a.epsilon, eps_step=2 * a.epsilon, max_iter=LONG, nb_random_init=1, batch_size=len(x),
            loss_type="cross_entropy", verbose=False)),
        "cw": art(evasion.CarliniL2Method(
            classifier, binary_search_steps=1, max_iter=LONG, initial_const=1, batch_size=len(x), verbose=False)),
        "square": art(evasion.SquareAttack(
            classifier, eps=a.epsilon, max_iter=QUERIES, nb_restarts=1, batch_size=len(x), verbose=False))}
except ImportError:
    pass


def fallen(adversarial):
    with torch.no_grad():
        return int((model(adversarial).argmax(1) != y).sum())


def evaluations():
    with torch.no_grad():
        for _ in range(2):
            model(x).argmax(1)


print("attack\tlibrary\tms\tSafety4J ms\tratio\tquartiles\twith evaluations\tfallen of %d, there and here" % len(y))
with Server("TimeEvasion", folder, file, a.epsilon) as server:
    for attack in a.attacks.split(","):
        libraries = [l for l in others if l in a.libraries.split(",") and attack in others[l]]
        times, falls = {}, {}
        for r in range(-1, a.rounds):
            took, falls["Safety4J"] = [float(f) for f in server.ask(attack)[:2]]
            turn = {"Safety4J": took, "evaluations": milliseconds(evaluations)}
            for library in libraries:
                result = []
                turn[library] = milliseconds(lambda: result.append(others[library][attack]()))
                falls[library] = fallen(result[0])
            if r >= 0:
                for who, took in turn.items():
                    times.setdefault(who, []).append(took)
        for library in libraries:
            turns = list(zip(times["Safety4J"], times[library], times["evaluations"]))
            low, ratio, high = quartiles([o / t for o, t, e in turns])
            even = statistics.median([o / (t + e) for o, t, e in turns])
            print("%s\t%s\t%.0f\t%.0f\t%.2f\t%.2f to %.2f\t%.2f\t%d, %d" % (
                attack, library, statistics.median(times[library]), statistics.median(times["Safety4J"]), ratio, low, high,
                even, falls[library], falls["Safety4J"]), flush=True)
