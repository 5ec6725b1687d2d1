"""Writes the bundled handwritten digits.

    python make_digits.py OUT_FOLDER

Needs scikit-learn, which carries the test part of the UCI set "Optical
Recognition of Handwritten Digits". Output: digits.npz with `images` uint8
[1797, 8, 8] (0 is paper, 16 full ink) and `labels` uint8 [1797]. The rows are
shuffled by SEED so that every class has its share in the first 1,297 rows, which
are the training split; the last 500 rows are the test split.
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SEED = 20250206
TEST = 500


def stratified_order(labels, test, rng):
    """Row order whose last `test` rows hold each class in proportion."""
    classes = np.unique(labels)
    rows = {c: rng.permutation(np.flatnonzero(labels == c)) for c in classes}
    exact = np.array([len(rows[c]) * test / len(labels) for c in classes])
    take = np.floor(exact).astype(int)
    for c in np.argsort(take - exact, kind="stable")[: test - take.sum()]:
        take[c] += 1
    held = np.concatenate([rows[c][:k] for c, k in zip(classes, take)])
    kept = np.concatenate([rows[c][k:] for c, k in zip(classes, take)])
    return np.concatenate([rng.permutation(kept), rng.permutation(held)])


def main(folder):
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    order = stratified_order(labels, TEST, np.random.default_rng(SEED))
    with zipfile.ZipFile(Path(folder) / "digits.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, array in (("images", images[order]), ("labels", labels[order])):
            buffer = io.BytesIO()
            np.save(buffer, np.ascontiguousarray(array))
            entry = zipfile.ZipInfo(name + ".npy", (2025, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, buffer.getvalue())


if __name__ == "__main__":
    main(sys.argv[1])
