"""The reference package of the course: the mathematics of diffusion models, and the data.

Arrays over time have length T + 1 and index 0 is the clean data: see docs/notation.md.
"""

from gradual import data, forward, markov, schedules
from gradual.forward import expand_like, merge_steps, noise_trajectory, q_sample, q_step, structure_left
from gradual.markov import chain_log_prob, partial_correlation, shared_noise_path, transition_log_prob
from gradual.schedules import (
    alpha_bar_from_betas,
    cosine_beta_schedule,
    linear_beta_schedule,
    rescale_zero_terminal_snr,
    snr,
)

__all__ = [
    "alpha_bar_from_betas",
    "chain_log_prob",
    "cosine_beta_schedule",
    "data",
    "expand_like",
    "forward",
    "linear_beta_schedule",
    "markov",
    "merge_steps",
    "noise_trajectory",
    "partial_correlation",
    "q_sample",
    "q_step",
    "rescale_zero_terminal_snr",
    "schedules",
    "shared_noise_path",
    "snr",
    "structure_left",
    "transition_log_prob",
]
