"""The data that the package ships: what it is, on which scale, and that its licence is beside it."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from gradual import data

SHAPES = [data.swiss_roll, data.moons, data.spiral, data.cat]
CHECKSUMS = {
    "digits.npz": "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e",
    "sonnets.txt": "025ee2d29664763487a655f3095edf90be77cd7f56fe22cc3c413614901a5b5c",
    "sunspots.csv": "74b8e3acb9886b68abe9c56f6081257d522e2cb2470f17dbf597b396f4ea1706",
}


def test_every_file_is_as_it_was_made_and_has_its_licence():
    licences = (data.FILES / "LICENSES.md").read_text(encoding="utf-8")
    shipped = {path.name for path in data.FILES.iterdir() if path.is_file()} - {"LICENSES.md", "make.py"}
    assert shipped == set(CHECKSUMS)
    for name, checksum in CHECKSUMS.items():
        assert hashlib.sha256((data.FILES / name).read_bytes()).hexdigest() == checksum
        row = next(line for line in licences.splitlines() if line.startswith(f"| `{name}`"))
        assert "public domain" in row or "CC BY 4.0" in row
        assert f"**`{name}`**" in licences


def test_digits():
    images, labels = data.digits()
    assert images.shape == (1797, 8, 8) and images.dtype == float
    assert images.min() == -1 and images.max() == 1
    np.testing.assert_array_equal(np.bincount(labels), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])


@pytest.mark.oracle
def test_digits_are_scikit_learns():
    original = pytest.importorskip("sklearn.datasets").load_digits()
    images, labels = data.digits()
    np.testing.assert_array_equal((images + 1) * 8, original.images)
    np.testing.assert_array_equal(labels, original.target)


def test_time_series():
    """The cycle of about 11 years, and the highest and lowest years on record."""
    years, values = data.time_series()
    np.testing.assert_array_equal(years, np.arange(1700, 2009))
    np.testing.assert_allclose([values.mean(), values.var()], [0, 1], atol=1e-12)
    assert years[values.argmax()] == 1957
    power = abs(np.fft.rfft(values)) ** 2
    assert 10 < len(values) / power.argmax() < 12


def test_text():
    text = data.text()
    assert text.startswith("from fairest creatures we desire increase,\n")
    assert "shall i compare thee to a summer's day?" in text
    assert set(text) == set("abcdefghijklmnopqrstuvwxyz \n',.;:-!?")
    assert len(text.split("\n\n")) == 154 and 90_000 < len(text) < 100_000


def test_sound():
    """The first note is a middle C: its spectrum peaks there."""
    samples, rate = data.sound()
    assert samples.shape == (12000,) and rate == 8000
    np.testing.assert_allclose([samples.mean(), samples.var()], [0, 1], atol=1e-12)
    assert abs(samples).max() < 5 and abs(samples[-1]) < 0.01
    first = samples[: rate // 5]
    peak = abs(np.fft.rfft(first)).argmax() * rate / len(first)
    assert abs(peak - 261.63) < 5


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_on_the_scale_of_the_noise(shape):
    """Mean 0, variance 1 + noise² averaged over the axes; five standard errors, from the spread itself."""
    n = 20_000
    points = shape(n, np.random.default_rng(0), noise=0.3)
    assert points.shape == (n, 2)
    assert (abs(points.mean(axis=0)) < 5 * points.std(axis=0) / np.sqrt(n)).all()
    squares = (points**2).mean(axis=1)
    assert abs(squares.mean() - 1.09) < 5 * squares.std() / np.sqrt(n)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_draw_from_the_generator_alone(shape):
    first, again, other = (shape(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert shape(1, np.random.default_rng(0)).shape == (1, 2)


def test_swiss_roll_without_noise_is_an_archimedean_spiral():
    """Radius over angle is constant; undoing the shift is a matter of two unknowns, so fit them."""
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(3)
    points, u = data.swiss_roll(500, rng, noise=0), np.random.default_rng(3).random(500)
    angle = 1.5 * np.pi * (1 + 2 * u)
    ideal = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
    fit = optimize.least_squares(lambda p: (p[0] * ideal + p[1:] - points).ravel(), [0.1, 0, 0])
    assert abs(fit.fun).max() < 1e-8 and fit.x[0] > 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("argument", "values"),
    [("n", {"n": 0}), ("n", {"n": 2.5}), ("rng", {"rng": 0}), ("noise", {"noise": -1}), ("noise", {"noise": np.nan})],
)
def test_bad_input_is_named(shape, argument, values):
    with pytest.raises(ValueError, match=rf"^{argument}: got .*, expected "):
        shape(**{"n": 10, "rng": np.random.default_rng(0), **values})


def test_importing_gradual_imports_no_picture_library():
    code = "import sys, gradual; print([m for m in ('matplotlib', 'IPython', 'scipy', 'torch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
