# %% [markdown]
# # Take one step back
#
# In lesson 05 you asked a noisy point where it *started*, and the best answer was a mean that may look like no data at all. Now you ask for less: where was it *one step ago*? That question has a sharp answer, a Gaussian, as long as the steps are small. A generator is nothing but this answer, given many times in a row.
#
# **What you do.** You multiply a prior with a likelihood and watch the posterior appear, write its formula, make a step so large that no Gaussian can undo it, and turn one prediction into four.
#
# **What you learn.** Bayes' rule for one step, what the posterior's mean and variance are made of, when the step back is Gaussian and when it is not, and why $\varepsilon$, $x_0$, $v$ and the score are one thing under four names.
#
# **What you need.** Lesson 03 (the jump, `expand_like`) and lesson 05 (the score, the best guess). Bayes' rule: prior times likelihood.
#
# **How long.** About 55 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import alpha_bar_from_betas, linear_beta_schedule, parameterization, posterior
from gradual.widgets.four_names import four_curves, one_point
from gradual.widgets.reverse_posterior import bayes_drawn, step_back

# %% [markdown]
# ## 1. Where was it one step ago?
#
# Suppose you know both ends: the clean value $x_0$ (triangle) and the noisy value $x_t$ (dot). Somewhere on the way was $x_{t-1}$. Two witnesses speak about it:
#
# - $x_0$ knows what $t-1$ steps do to it. Its opinion is the dashed curve, the **prior**.
# - $x_t$ came from $x_{t-1}$ by one step of noise. Places from which that step is easy are likely. That is the dash-dotted curve, the **likelihood**.
#
# The grey area is one times the other, point by point: the **posterior**. (All curves are scaled to the same height, so look at place and width.) Press play and watch the step $t$ go by, then drag $x_t$ far away from $x_0$.

# %%
from gradual import expand_like  # from lesson 03: gives each sample of a batch its own coefficient

T = 30
betas = linear_beta_schedule(T, 0.01, 0.3)
alpha_bar = alpha_bar_from_betas(betas)

bayes_drawn(betas, alpha_bar, posterior.q_posterior)

# %% [markdown]
# Three things to see:
#
# - The posterior lies **between** the two opinions, and nearer to the surer one.
# - It is **narrower than both**, even when the witnesses disagree. Who knows two things knows more than who knows one.
# - Two bells multiplied give **a bell again**: the black curve is a Gaussian, and it fits the grey area exactly.
#
# Here is why. As functions of $x_{t-1}$, the prior is a bell around $\sqrt{\bar\alpha_{t-1}}\,x_0$ with variance $1-\bar\alpha_{t-1}$ (lesson 03), and the likelihood is a bell around $x_t/\sqrt{1-\beta_t}$ with variance $\beta_t/(1-\beta_t)$ (undo the step). Multiply two bells, and their exponents add: $1/\text{variance}$, which is called the **precision**, adds up.
#
# $$\frac{1}{\tilde\beta_t} = \frac{1}{1-\bar\alpha_{t-1}} + \frac{1-\beta_t}{\beta_t}$$
#
# Each witness counts in the mean as much as it is precise. With $\bar\alpha_t = (1-\beta_t)\,\bar\alpha_{t-1}$ all of this becomes $q(x_{t-1} \mid x_t, x_0) = \mathcal N(\tilde\mu_t,\ \tilde\beta_t I)$, where
#
# $$\tilde\mu_t = \frac{\sqrt{\bar\alpha_{t-1}}\;\beta_t}{1-\bar\alpha_t}\,x_0 + \frac{\sqrt{1-\beta_t}\;(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t, \qquad \tilde\beta_t = \frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\tilde\mu_t$ | `mean`, in the shape of `x0` | where $x_{t-1}$ is expected |
# | $\tilde\beta_t$ | `variance`, one number for an int `t` | how sure that is |
# | $\bar\alpha_t$, $\bar\alpha_{t-1}$ | `alpha_bar[t]`, `alpha_bar[t - 1]` | the signal's share at both ends of the step |
# | $1-\beta_t$ | `1 - betas[t]` | what this one step left of the variance |
#
# (Ho et al. 2020, eq. 6 and 7.) If `t` is an array with a time for each sample, return the variance as `expand_like(variance, x_t)`: shape `(B, 1, …)`, ready to meet the batch.
#
# **The end of time.** At $t=1$ the prior is no bell but a single point, since $\bar\alpha_0 = 1$: the state before the first step *is* $x_0$. And $t = 0$ has no step to take back, so $t$ runs from 1.
#
# **Predict.** What do the two weights become at $t=1$, and what does $\tilde\beta_1$?

# %% exercise="q_posterior"

# %% check="q_posterior"

# %% [markdown]
# Now the black curve, its two weights and its spread are yours. Right or wrong, the grey area does not move: it is Bayes' rule on a grid, and knows no formula. At which $t$ does $x_0$ lose its majority to $x_t$?

# %%
bayes_drawn(betas, alpha_bar, yours("q_posterior"))

# %% [markdown]
# Thirty steps are few. Here is your function on the thousand steps of Ho et al. (2020): a row for each $t$, with the two weights of the mean, the variance, and how much of $\beta_t$ it is.

# %%
long_betas = linear_beta_schedule(1000, 0.0001, 0.02)
long_alpha_bar = alpha_bar_from_betas(long_betas)
one, zero = np.ones((1, 1)), np.zeros((1, 1))
for t in (1, 2, 10, 100, 500, 1000):
    from_x0, variance = yours("q_posterior")(one, zero, t, long_betas, long_alpha_bar)
    from_x_t, _ = yours("q_posterior")(zero, one, t, long_betas, long_alpha_bar)
    weights = f"{from_x0[0, 0]:.4f} x0 + {from_x_t[0, 0]:.4f} x_t"
    print(f"t = {t:4}:  {weights},  variance {variance:.6f} = {variance / long_betas[t]:.3f} β")

# %% [markdown]
# From the hundredth step on, the mean is almost $x_t$ itself, with a little of $x_0$, and $\tilde\beta_t$ is almost $\beta_t$ (Nichol & Dhariwal 2021, fig. 1). A step back is a step as small as the step forward was.
#
# ## 2. And if nobody tells you the start?
#
# You hold $x_t$ and want $x_{t-1}$, as a generator does. Then every $x_0$ that could have led here has a say, each with its own Gaussian, as often as it is probable:
#
# $$q(x_{t-1} \mid x_t) = \int \underbrace{q(x_{t-1} \mid x_t, x_0)}_{\text{your function}}\; q(x_0 \mid x_t)\; \mathrm dx_0$$
#
# An average of Gaussians need not be one. In the picture the data have two peaks, a small first step blurs them a little, and the slider sets the $\beta$ of the second step, which led to $x_t$ (dot). The blue area is the exact density of the state between, by Bayes on a grid. The black line is the average of 201 of *your* Gaussians, one for each $x_0$. The dashed line is the best single Gaussian: it has the exact mean and variance, and among all Gaussians it gives what really happened the highest log density on average. On the right, the share of its samples that fall in the wrong place.
#
# **Predict.** At $\beta = 0.9$, how probable is $x_{t-1}$ near the mean of the dashed curve? Then drag $\beta$ down to 0.01. And try $x_t = 1$, on top of a peak: does a large step do less harm there?

# %%
two_peaks = np.array([0.5, 0.5]), np.array([[-1.0], [1.0]]), np.full((2, 1, 1), 0.35**2)

step_back(two_peaks, yours("q_posterior"))

# %% [markdown]
# A large step mixes the peaks, and whoever goes back has to choose a side: two peaks, and one Gaussian for both is highest where the exact density is lowest. A small step leaves only a narrow window around $x_t$. Within it the log density is almost a straight line, and a bell times an almost straight slope is almost a bell: its centre moves, its shape stays.
#
# So **the step back is close to Gaussian if $\beta_t$ is small** compared with how fast the density bends; in the limit of ever smaller steps it is exactly Gaussian (Feller 1949; Sohl-Dickstein et al. 2015). That is why diffusion models take many small steps, and why a network needs to learn no more than a mean (and perhaps a variance). Models with few, large steps need more than a Gaussian for each (Xiao et al. 2022). One exception: if the data are themselves one Gaussian, the step back is Gaussian at any $\beta$.
#
# ## 3. Four names for one thing
#
# What is missing is $x_0$, so a network has to predict it, or something that leads to it. For one number, draw all pairs of $x_0$ (across) and $\varepsilon$ (up) as a plane. Then
#
# $$x_t = \sqrt{\bar\alpha_t}\;x_0 + \sqrt{1-\bar\alpha_t}\;\varepsilon$$
#
# says that $x_t$ is a coordinate too, along an axis that turns from the $x_0$-axis to the $\varepsilon$-axis as $t$ grows. Knowing $x_t$ puts you somewhere on the dashed line. One more number, whichever, tells where: $\varepsilon$ (square), $x_0$ (triangle), or the coordinate along the other turned axis, which is called $v$ (thick line). Press play, then stop at a large $t$ and drag $\varepsilon$: how far does $x_0$ move?

# %%
one_point(
    alpha_bar, x0_from_eps=parameterization.x0_from_eps, eps_from_x0=parameterization.eps_from_x0,
    v_from_eps=parameterization.v_from_eps, score_from_eps=parameterization.score_from_eps,
)

# %% [markdown]
# Each name has a formula, and each is one or two lines of code:
#
# | you want | from | in code | where it ends |
# |---|---|---|---|
# | $x_0 = \big(x_t - \sqrt{1-\bar\alpha_t}\,\varepsilon\big)/\sqrt{\bar\alpha_t}$ | $\varepsilon$ | `x0_from_eps` | needs $\bar\alpha_t > 0$ |
# | $\varepsilon = \big(x_t - \sqrt{\bar\alpha_t}\,x_0\big)/\sqrt{1-\bar\alpha_t}$ | $x_0$ | `eps_from_x0` | needs $t \ge 1$ |
# | $v = \sqrt{\bar\alpha_t}\,\varepsilon - \sqrt{1-\bar\alpha_t}\,x_0$ | $\varepsilon$, and the $x_0$ that it gives | `v_from_eps` | as $x_0$ |
# | $\nabla\log q = -\varepsilon/\sqrt{1-\bar\alpha_t}$ | $\varepsilon$ | `score_from_eps` | needs $t \ge 1$ |
#
# **The ends are singular.** At $t=0$ the dashed line is upright: there is no noise in $x_t$, and any $\varepsilon$ fits. Where $\bar\alpha_t = 0$ it lies flat: there is no signal, any $x_0$ fits, and the formula divides by 0. Near that end a small error in $\varepsilon$ becomes a huge one in $x_0$. The number $v$ tells you the place on the line at *every* $t$, which is why networks are trained on it when $\bar\alpha_T$ is 0, as after lesson 04's repair (Salimans & Ho 2022; Lin et al. 2024). Only the way to $v$ *through $\varepsilon$* is closed there.
#
# All four take `(x_t, …, t, alpha_bar)`, with `t` an int or an array `(B,)`, so `expand_like(alpha_bar[t], x_t)` is the first thing to write. Begin with the data from the noise, then the noise from the data, then $v$.
#
# **Predict.** At which end of time is $v$ almost $\varepsilon$, and what is it at the other?

# %% exercise="x0_from_eps"

# %% check="x0_from_eps"

# %% exercise="eps_from_x0"

# %% check="eps_from_x0"

# %% exercise="v_from_eps"

# %% check="v_from_eps"

# %% [markdown]
# Last, the score. For the $\varepsilon$ that was really drawn, this is the pull back to $\sqrt{\bar\alpha_t}\,x_0$. For the *mean* of all $\varepsilon$ that could have led to $x_t$, it is the score of the whole noisy data (Vincent 2011), the one you wrote in lesson 05.

# %% exercise="score_from_eps"

# %% check="score_from_eps"

# %% [markdown]
# Your four functions place the marks. If they agree, the thick line of $v$ ends at the star, and *ε back from x₀* is the ε you gave.

# %%
names = ("x0_from_eps", "eps_from_x0", "v_from_eps", "score_from_eps")
conversions = {name: yours(name) for name in names}

one_point(alpha_bar, **conversions)

# %% [markdown]
# Now for every $x_t$ at once, with the best prediction there is. With $x_t$ known, each conversion is a straight line in what is predicted, so averages go through it unchanged: a network that predicts the mean of one has predicted the mean of all. In the picture the data are the two peaks. The pale bands are exact, each worked out from the mixture in its own way, with lesson 05's score and best guess. The thin lines know only the exact $\varepsilon$ and go through *your* four functions.

# %%
four_curves(two_peaks, alpha_bar, **conversions)

# %% [markdown]
# One thing, four shapes. Drag $t$ to both ends:
#
# - At $t = 1$, $x_0$ is almost $x_t$: the answer is written in the question. There $\varepsilon$ has to be worked out, and $v$ looks like $\varepsilon$.
# - At $t = T$, $\varepsilon$ is almost $x_t$, and $x_0$ has to be worked out. There $v$ looks like $-x_0$.
#
# So the four hold the same information, and yet they are not equally easy to learn: a mean squared error in one is that in another times a factor that depends on $t$. Most of the field's quarrels about *what to predict* are quarrels about that factor.
#
# Two questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="gaussian_step_back"

# %% choice="noise_error_grows"

# %% [markdown] question="why_a_network" points=2
# ### In your own words
#
# A friend says: "`q_posterior` is exact and needs no training. So I start from noise and call it a thousand times. What would I want a network for?" What is your friend missing? And once a network predicts what is missing, why does it still matter that the steps are small? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for what is missing: q_posterior needs x₀, the very thing that a generator is to make; with a fixed x₀ the steps lead back to that x₀ and nothing new. A network supplies a prediction of x₀ (or ε, v, the score, which is the same) from x_t alone. One point for the small steps: without x₀ the true step back is an average of Gaussians over all possible x₀; only for a small β is that close to a single Gaussian, and for a large one it can have several peaks, between which one mean lands. Full marks also for an answer that shows the second with the widget (β = 0.9 against β = 0.01).

# %% [markdown]
# ## In this lesson you …
#
# - multiplied a **prior** with a **likelihood**, and found the **posterior** of one step: a Gaussian, narrower than both;
# - wrote its mean and variance, and checked them against **Bayes' rule on a grid**;
# - saw the step back without $x_0$ as an **average of Gaussians**, close to one Gaussian for a small $\beta$ and far from it for a large one;
# - turned a prediction of $\varepsilon$ into $x_0$, $v$ and the **score**, and found out where each of the four breaks down.
#
# Next, in lesson 07, you ask what a wrong Gaussian costs, and add up the bill over all steps.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Section 2 has the posterior, section 3.2 the choice to predict ε.
# - J. Sohl-Dickstein, E. Weiss, N. Maheswaranathan, S. Ganguli (2015). *Deep Unsupervised Learning using Nonequilibrium Thermodynamics.* International Conference on Machine Learning 32. arXiv:1503.03585. Where the reverse of small Gaussian steps is first used to generate.
# - W. Feller (1949). *On the Theory of Stochastic Processes, with Particular Reference to Applications.* Proceedings of the Berkeley Symposium on Mathematical Statistics and Probability, 403–432. The mathematics behind small steps and their reversal.
# - Z. Xiao, K. Kreis, A. Vahdat (2022). *Tackling the Generative Learning Trilemma with Denoising Diffusion GANs.* International Conference on Learning Representations. arXiv:2112.07804. Large steps, and what it takes to reverse them.
# - T. Salimans, J. Ho (2022). *Progressive Distillation for Fast Sampling of Diffusion Models.* International Conference on Learning Representations. arXiv:2202.00512. Appendix D introduces v, with the turning axes.
# - P. Vincent (2011). *A Connection Between Score Matching and Denoising Autoencoders.* Neural Computation 23, 1661–1674. Why predicting noise is learning the score.
# - S. Lin, B. Liu, J. Li, X. Yang (2024). *Common Diffusion Noise Schedules and Sample Steps are Flawed.* IEEE/CVF Winter Conference on Applications of Computer Vision. arXiv:2305.08891. Why ε cannot be predicted where no signal is left, and v can.
# - A. Nichol, P. Dhariwal (2021). *Improved Denoising Diffusion Probabilistic Models.* International Conference on Machine Learning 38. arXiv:2102.09672. Figure 1 shows $\tilde\beta_t/\beta_t$.
