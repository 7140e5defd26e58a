"""A Gaussian mixture, for which everything about diffusion is known exactly.

Noise turns a mixture into another mixture, so its density, score and posterior mean have formulas at every
noise level. ``GaussianMixture`` holds one mixture and calls the functions below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradual.arguments import checked, fraction, numbers, same_shape, wrong


def _weights(name, value, arguments):
    array = numbers(name, value)
    if array.ndim != 1 or (array <= 0).any() or abs(array.sum() - 1) > 1e-9:
        raise wrong(name, f"{value!r}", "shape (K,): numbers above 0 whose sum is 1")


def _means(name, value, arguments):
    array, K = numbers(name, value), len(arguments["weights"])
    if array.ndim != 2 or len(array) != K:
        raise wrong(name, f"shape {array.shape}", f"shape ({K}, D): one mean for each of the {K} weights")


def _covs(name, value, arguments):
    array, (K, D) = numbers(name, value), np.shape(arguments["means"])
    if array.shape != (K, D, D):
        raise wrong(name, f"shape {array.shape}", f"shape {(K, D, D)}: one covariance matrix for each mean")
    symmetric = np.allclose(array, np.swapaxes(array, 1, 2))
    if not symmetric or (np.linalg.eigvalsh(array) <= 0).any():
        flaw = "a matrix with an eigenvalue of 0 or less" if symmetric else "a matrix that is not symmetric"
        raise wrong(name, flaw, "symmetric, positive definite matrices")


def _points(name, value, arguments):
    array, D = numbers(name, value), np.shape(arguments["means"])[1]
    if array.ndim != 2 or array.shape[1] != D:
        raise wrong(name, f"shape {array.shape}", f"shape (B, {D}): B points with the dimension of the means")


def _level(positive=False):
    def rule(name, value, arguments):
        array = fraction(name, value, arguments)
        if array.ndim:
            raise wrong(name, f"shape {array.shape}", "one number")
        if positive and array == 0:
            raise wrong(name, "0", "a number above 0: at ᾱ = 0 nothing of the clean point is left")

    return rule


_mixture = {"weights": _weights, "means": _means, "covs": _covs}


@checked(**_mixture, alpha_bar_t=_level())
def diffuse_mixture(weights, means, covs, alpha_bar_t):
    """The mixture after noise: means shrink towards 0, covariances move towards the identity.

    q(x_t) = Σ_k w_k · N(x_t; √ᾱ_t · μ_k, ᾱ_t · Σ_k + (1 − ᾱ_t) · I)

    Parameters
    ----------
    weights : array (K,), w_k, above 0, with sum 1
    means : array (K, D), μ_k
    covs : array (K, D, D), Σ_k
    alpha_bar_t : float, ᾱ_t, the share of the variance that is still signal, from 0 to 1

    Returns
    -------
    weights (K,), means (K, D) and covs (K, D, D) of the mixture at noise level t

    Raises
    ------
    ValueError
        if this is no mixture (see GaussianMixture) or alpha_bar_t is not between 0 and 1

    Source: the marginal of Ho et al. 2020, eq. 4, for Gaussian data.
    """
    identity = np.eye(means.shape[1])
    return weights, np.sqrt(alpha_bar_t) * means, alpha_bar_t * covs + (1 - alpha_bar_t) * identity


@checked(**_mixture, x=_points)
def component_log_prob(x, weights, means, covs):
    """The logarithm of each component's part of the density, before they are summed.

    ℓ_k(x) = log w_k + log N(x; μ_k, Σ_k)

    Parameters
    ----------
    x : array (B, D), the points
    weights, means, covs : arrays (K,), (K, D), (K, D, D), the mixture

    Returns
    -------
    array (B, K), in nats

    Raises
    ------
    ValueError
        if this is no mixture, or x is not (B, D)

    Source: Bishop 2006, eq. 2.43 and 2.188.
    """
    offsets = x[:, None, :] - means
    solved = np.einsum("kij,bkj->bki", np.linalg.inv(covs), offsets)
    log_volume = np.linalg.slogdet(2 * np.pi * covs)[1]
    return np.log(weights) - 0.5 * log_volume - 0.5 * np.sum(offsets * solved, axis=-1)


@checked(**_mixture, x=_points)
def mixture_log_prob(x, weights, means, covs):
    """The logarithm of the mixture's density at each point, stable far from the data.

    log p(x) = m + log Σ_k exp(ℓ_k − m), with ℓ_k = log w_k + log N(x; μ_k, Σ_k) and m = max_k ℓ_k

    Parameters
    ----------
    x : array (B, D), the points
    weights, means, covs : arrays (K,), (K, D), (K, D, D), the mixture

    Returns
    -------
    array (B,), in nats

    Raises
    ------
    ValueError
        if this is no mixture, or x is not (B, D)

    Source: Bishop 2006, eq. 2.188; the largest term is taken out so that no exp underflows to log 0.
    """
    log_parts = component_log_prob(x, weights, means, covs)
    largest = log_parts.max(axis=1)
    return largest + np.log(np.sum(np.exp(log_parts - largest[:, None]), axis=1))


@checked(**_mixture, x=_points)
def responsibilities(x, weights, means, covs):
    """The probability that each component made each point.

    r_k(x) = w_k · N(x; μ_k, Σ_k) / Σ_j w_j · N(x; μ_j, Σ_j)

    Parameters
    ----------
    x : array (B, D), the points
    weights, means, covs : arrays (K,), (K, D), (K, D, D), the mixture

    Returns
    -------
    array (B, K), each row sums to 1

    Raises
    ------
    ValueError
        if this is no mixture, or x is not (B, D)

    Source: Bishop 2006, eq. 2.192.
    """
    log_parts = component_log_prob(x, weights, means, covs)
    parts = np.exp(log_parts - log_parts.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


@checked(**_mixture, x=_points)
def mixture_score(x, weights, means, covs):
    """The score: the direction in which the log density rises fastest, and how fast.

    ∇ log p(x) = Σ_k r_k(x) · Σ_k⁻¹ (μ_k − x)

    Parameters
    ----------
    x : array (B, D), the points
    weights, means, covs : arrays (K,), (K, D), (K, D, D), the mixture

    Returns
    -------
    array (B, D), in nats per unit of x

    Raises
    ------
    ValueError
        if this is no mixture, or x is not (B, D)

    Source: the gradient of Bishop 2006, eq. 2.188.
    """
    log_parts = component_log_prob(x, weights, means, covs)
    parts = np.exp(log_parts - log_parts.max(axis=1, keepdims=True))
    r = parts / parts.sum(axis=1, keepdims=True)
    pulls = np.einsum("kij,bkj->bki", np.linalg.inv(covs), means - x[:, None, :])
    return np.einsum("bk,bki->bi", r, pulls)


@checked(x_t=numbers, score=same_shape("x_t"), alpha_bar_t=_level(positive=True))
def tweedie(x_t, score, alpha_bar_t):
    """Tweedie's formula: the best guess of the clean point, from the score at the noisy one.

    E[x₀ given x_t] = (x_t + (1 − ᾱ_t) · ∇ log q(x_t)) / √ᾱ_t

    Parameters
    ----------
    x_t : array of any shape, the noisy points
    score : array in the shape of x_t, ∇ log q(x_t)
    alpha_bar_t : float, ᾱ_t, above 0 and at most 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if alpha_bar_t is not above 0 and at most 1, or shapes differ

    Source: Efron 2011, eq. 1.5, for the noise of Ho et al. 2020, eq. 4.
    """
    return (x_t + (1 - alpha_bar_t) * score) / np.sqrt(alpha_bar_t)


@dataclass(frozen=True)
class GaussianMixture:
    """p(x) = Σ_k w_k · N(x; μ_k, Σ_k): K bells in D dimensions.

    ``weights`` (K,) are above 0 and sum to 1, ``means`` are (K, D), ``covs`` (K, D, D) symmetric and positive
    definite; anything else is a ``ValueError``.
    """

    weights: np.ndarray
    means: np.ndarray
    covs: np.ndarray

    def __post_init__(self):
        for name, rule in _mixture.items():
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=float))
            rule(name, getattr(self, name), vars(self))

    @property
    def parts(self):
        """weights, means and covs, as the functions of this module take them."""
        return self.weights, self.means, self.covs

    def diffuse(self, alpha_bar_t):
        """The mixture at noise level ᾱ_t."""
        return GaussianMixture(*diffuse_mixture(*self.parts, alpha_bar_t))

    def log_prob(self, x):
        """log p(x), (B,)."""
        return mixture_log_prob(x, *self.parts)

    def responsibilities(self, x):
        """The probability of each component at each point, (B, K)."""
        return responsibilities(x, *self.parts)

    def score(self, x):
        """∇ log p(x), (B, D)."""
        return mixture_score(x, *self.parts)

    def posterior_mean(self, x_t, alpha_bar_t):
        """E[x₀ given x_t], (B, D): the best denoiser there can be, for data from this mixture."""
        return tweedie(x_t, self.diffuse(alpha_bar_t).score(x_t), alpha_bar_t)

    def sample(self, n, rng):
        """n points, (n, D)."""
        component = rng.choice(len(self.weights), size=n, p=self.weights)
        noise = rng.standard_normal((n, self.means.shape[1]))
        return self.means[component] + np.einsum("bij,bj->bi", np.linalg.cholesky(self.covs)[component], noise)

    def eps_model(self, alpha_bar):
        """The exact noise predictor, a callable (x_t, t): E[ε given x_t] = −√(1 − ᾱ_t) · ∇ log q(x_t).

        ``alpha_bar`` (T+1,) is the schedule; t is an int or an int array (B,).
        """

        def eps(x_t, t):
            if np.ndim(t) == 0:
                return -np.sqrt(1 - alpha_bar[t]) * self.diffuse(alpha_bar[t]).score(x_t)
            out = np.empty(np.shape(x_t))
            for step in np.unique(t):
                rows = t == step
                out[rows] = eps(x_t[rows], int(step))
            return out

        return eps


FOUR_BELLS = GaussianMixture(
    weights=np.array([0.2, 0.3, 0.35, 0.15]),
    means=np.array([[1.5], [-0.216], [0.45], [-1.875]]),
    covs=np.array([0.3, 0.15, 0.525, 0.075])[:, None, None] ** 2,
)
"""A one-dimensional mixture that one can see through: Prince 2023, *Understanding Deep Learning*, ch. 18."""
