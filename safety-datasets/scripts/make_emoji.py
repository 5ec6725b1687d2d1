"""Writes the bundled emoji pictures.

    npm pack emoji-datasource-twitter@16.0.0 && tar xzf emoji-datasource-twitter-16.0.0.tgz
    python make_emoji.py package OUT_FOLDER
    npm pack emoji-datasource-google@16.0.0 && tar xzf emoji-datasource-google-16.0.0.tgz
    python make_emoji.py package OUT_FOLDER noto

Needs numpy and Pillow. Output:
  emoji.png  a sheet of 32x32 RGBA tiles (straight alpha), COLUMNS in a row, row by
             row, in the order of emoji.tsv
  noto.png   the same emoji, in the order of an emoji.tsv that is there already, as Noto draws them
  emoji.tsv  one line a picture: code points, name, category, subcategory, keywords
             (short names, separated by blanks), split (train or test)
Each tile is the 2x2 area average, taken on premultiplied alpha, of the package's
64x64 picture. Skin tones are left out. A fifth of every category is held out as
test; pictures that differ only in gender or direction stay on one side. The
order is shuffled by SEED, the training split first.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

SEED = 20250206
COLUMNS = 44
TEST_SHARE = 0.2
PERSONS = {"1F468", "1F469", "1F9D1"}
GENDER_AND_DIRECTION = {"2640", "2642", "27A1", "FE0F", "200D"}


def tile(path):
    rgba = np.asarray(Image.open(path).convert("RGBA"), dtype=np.float64)
    assert rgba.shape == (64, 64, 4), (path, rgba.shape)
    alpha = rgba[..., 3:] / 255
    both = np.concatenate([rgba[..., :3] * alpha, alpha], axis=2)
    both = both.reshape(32, 2, 32, 2, 4).mean(axis=(1, 3))
    alpha = both[..., 3:]
    colour = np.where(alpha > 0, both[..., :3] / np.maximum(alpha, 1e-12), 0)
    out = np.rint(np.concatenate([colour, alpha * 255], axis=2)).astype(np.uint8)
    out[out[..., 3] == 0] = 0
    return out


def variant_group(emoji):
    codes = emoji["unified"].split("-")
    if emoji["category"] == "People & Body":
        codes = ["P" if c in PERSONS else c for c in codes if c not in GENDER_AND_DIRECTION]
    return "-".join(codes)


def held_out(pictures, rng):
    """Indices of the test split: whole variant groups, category by category."""
    groups = defaultdict(lambda: defaultdict(list))
    for i, emoji in enumerate(pictures):
        groups[emoji["category"]][variant_group(emoji)].append(i)
    held = set()
    for category in sorted(groups):
        members = [groups[category][g] for g in sorted(groups[category])]
        want = round(TEST_SHARE * sum(map(len, members)))
        for g in rng.permutation(len(members)):
            if len(members[g]) <= want:
                held.update(members[g])
                want -= len(members[g])
    return held


def main(package, folder):
    package, folder = Path(package), Path(folder)
    pictures = json.loads((package / "emoji.json").read_text(encoding="utf-8"))
    pictures = [e for e in pictures if e["has_img_twitter"] and e["category"] != "Component"]
    pictures.sort(key=lambda e: (e["sort_order"], e["unified"]))
    rng = np.random.default_rng(SEED)
    held = held_out(pictures, rng)
    order = rng.permutation(len(pictures))
    order = [i for i in order if i not in held] + [i for i in order if i in held]
    order = [pictures[i] for i in order]
    lines = []
    for place, emoji in enumerate(order):
        lines.append("\t".join([
            emoji["unified"], emoji["name"].lower(), emoji["category"], emoji["subcategory"],
            " ".join(emoji["short_names"]), "train" if place < len(pictures) - len(held) else "test"]))
    sheet([package / "img/twitter/64" / e["image"] for e in order]).save(folder / "emoji.png", optimize=True)
    (folder / "emoji.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sheet(paths):
    rows = -(-len(paths) // COLUMNS)
    out = np.zeros((rows * 32, COLUMNS * 32, 4), np.uint8)
    for place, path in enumerate(paths):
        y, x = divmod(place, COLUMNS)
        out[32 * y : 32 * y + 32, 32 * x : 32 * x + 32] = tile(path)
    return Image.fromarray(out, "RGBA")


def noto(package, folder):
    package, folder = Path(package), Path(folder)
    pictures = json.loads((package / "emoji.json").read_text(encoding="utf-8"))
    images = {e["unified"]: e["image"] for e in pictures}
    lines = (folder / "emoji.tsv").read_text(encoding="utf-8").splitlines()
    order = [images[line.split("\t")[0]] for line in lines]
    sheet([package / "img/google/64" / image for image in order]).save(folder / "noto.png", optimize=True)


if __name__ == "__main__":
    if sys.argv[3:] == ["noto"]:
        noto(*sys.argv[1:3])
    else:
        main(*sys.argv[1:])
