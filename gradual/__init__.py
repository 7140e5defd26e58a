"""The reference package of the course: the mathematics of diffusion models, and the data.

Arrays over time have length T + 1 and index 0 is the clean data: see docs/notation.md.
"""

from gradual import (
    data,
    elbo,
    forward,
    markov,
    metrics,
    mixture,
    network,
    parameterization,
    posterior,
    pretrained,
    samplers,
    schedules,
    training,
)
from gradual.elbo import simple_loss, vlb_terms
from gradual.forward import expand_like, merge_steps, noise_trajectory, q_sample, q_step, structure_left
from gradual.markov import chain_log_prob, partial_correlation, shared_noise_path, transition_log_prob
from gradual.metrics import chamfer_distance, energy_distance, novelty
from gradual.mixture import GaussianMixture, diffuse_mixture, mixture_log_prob, mixture_score, responsibilities, tweedie
from gradual.network import adam_step, mlp_backward, mlp_forward, timestep_embedding
from gradual.parameterization import eps_from_x0, score_from_eps, v_from_eps, x0_from_eps
from gradual.posterior import normal_kl, q_posterior
from gradual.samplers import ddpm_step, sample
from gradual.schedules import (
    alpha_bar_from_betas,
    cosine_beta_schedule,
    linear_beta_schedule,
    rescale_zero_terminal_snr,
    snr,
)
from gradual.training import train

__all__ = [
    "GaussianMixture",
    "adam_step",
    "alpha_bar_from_betas",
    "chain_log_prob",
    "chamfer_distance",
    "cosine_beta_schedule",
    "data",
    "ddpm_step",
    "diffuse_mixture",
    "elbo",
    "energy_distance",
    "eps_from_x0",
    "expand_like",
    "forward",
    "linear_beta_schedule",
    "markov",
    "merge_steps",
    "metrics",
    "mixture",
    "mixture_log_prob",
    "mixture_score",
    "mlp_backward",
    "mlp_forward",
    "network",
    "noise_trajectory",
    "normal_kl",
    "novelty",
    "parameterization",
    "partial_correlation",
    "posterior",
    "pretrained",
    "q_posterior",
    "q_sample",
    "q_step",
    "rescale_zero_terminal_snr",
    "responsibilities",
    "sample",
    "samplers",
    "schedules",
    "score_from_eps",
    "shared_noise_path",
    "simple_loss",
    "snr",
    "structure_left",
    "timestep_embedding",
    "train",
    "training",
    "transition_log_prob",
    "tweedie",
    "v_from_eps",
    "vlb_terms",
    "x0_from_eps",
]
