# %% [markdown]
# # Follow the score
#
# The first half of the course destroys data. Now you turn round. Someone hands you a noisy point and asks: which clean point did it come from? For real data, only a trained network can answer. For one family of data the answer is known to the last digit, and in this lesson you write it down.
#
# **What you do.** You drag a point through noise and watch its score and its best guess of the clean point, then write the five functions that compute them, exactly.
#
# **What you learn.** What noise does to a whole distribution, what the score is, how it leads from a noisy point to a clean guess, and how to compute far from the data without losing everything to underflow.
#
# **What you need.** Lesson 03 (the jump, and $\bar\alpha_t$). Covariance matrices: what they look like, and that they can be inverted.
#
# **How long.** About 75 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import alpha_bar_from_betas, cosine_beta_schedule, mixture
from gradual.widgets.exact_score import drag_point, far_away, merging_modes, pulls

# %% [markdown]
# ## 1. What does a noisy point know?
#
# The data of this lesson are three clusters of points in the plane: half of the points in the first, 30 % in the second, 20 % in the third. On the left you see them after $t$ steps of noise: the density in colour, darker where it is higher, and a field of arrows. The red point is one noisy point, $x_t$. Drag it with the sliders $x_1$ and $x_2$ (arrow keys work too), then drag the step $t$.

# %%
weights = np.array([0.5, 0.3, 0.2])
means = np.array([[-0.9, -0.3], [0.3, 1.0], [1.8, -0.75]])
covs = np.array([[[0.10, 0.05], [0.05, 0.08]], [[0.05, 0], [0, 0.05]], [[0.08, -0.04], [-0.04, 0.06]]])
clean = weights, means, covs
alpha_bar = alpha_bar_from_betas(cosine_beta_schedule(100))

drag_point(
    clean, alpha_bar, diffuse_mixture=mixture.diffuse_mixture, mixture_log_prob=mixture.mixture_log_prob,
    mixture_score=mixture.mixture_score, tweedie=mixture.tweedie,
)

# %% [markdown]
# The black arrow is the **score** at the point: the direction in which the density rises fastest. (Long arrows are squeezed, so that the weak ones can be seen; the caption has the true length.) The star is the **best guess** of the clean point. On the right are clean points, and each dot is as large as it is probable that this very $x_t$ came from there.
#
# Things to try:
#
# - At a small $t$, drag the point from one cluster to another. The star stays with the near cluster, then changes sides.
# - At $t = 60$, put the point between the clusters. The star lies where *no* clean point is.
# - At $t = 100$, drag the point anywhere. The star hardly moves: $x_t$ knows nothing any more, and the best guess is the mean of all the data.
#
# The dots on the right know nothing of arrows, and the star is made from the arrow. Yet the star sits in the middle of the large dots (far out, and at the first few steps, there are too few of them to tell). By the end of the lesson you know why.
#
# ## 2. What does noise do to a whole mixture?
#
# Each cluster here is a Gaussian, and all together they are a **Gaussian mixture**. The jump of lesson 03, $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon$, does two things to every point of a cluster: it scales it, and it adds independent noise. A scaled Gaussian with Gaussian noise on top is again a Gaussian, so a mixture stays a mixture:
#
# $$q(x_t) = \sum_k w_k\, \mathcal N\!\big(x_t;\ \sqrt{\bar\alpha_t}\,\mu_k,\ \ \bar\alpha_t\,\Sigma_k + (1-\bar\alpha_t)\,I\big)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $w_k$ | `weights`, `(K,)` | the share of component $k$ |
# | $\mu_k$ | `means`, `(K, D)` | its mean |
# | $\Sigma_k$ | `covs`, `(K, D, D)` | its covariance matrix |
# | $\bar\alpha_t$ | `alpha_bar_t` | one number: the share of the variance that is still signal |
# | $I$ | `np.eye(D)` | the identity matrix: noise in each direction, and no tilt |
#
# **Predict.** The three clusters have three shapes. Which shape does each have at $\bar\alpha_t = 0$, and where?

# %% exercise="diffuse_mixture"

# %% check="diffuse_mixture"

# %% [markdown]
# Now your function draws it. On the left, the density and an outline of each component, two standard deviations wide. On the right, the same mixture seen along $x_1$ only. Press play, and look for the steps at which two hills become one.

# %%
merging_modes(clean, alpha_bar, diffuse_mixture=yours("diffuse_mixture"))

# %% [markdown]
# The number of *components* never changes, and their weights do not either. What changes is the number of *hills*: where the components overlap, you cannot tell any more which one a point belongs to. Noise destroys exactly that knowledge, and the way back has to find it again.
#
# ## 3. How probable is a point, far from everything?
#
# A point that has to find its way back can start anywhere, also where there is no data at all. How probable is it there? Walk out along a straight line, and watch two ways of computing the same log density: a careful one, and the log of a plain sum of exponentials.

# %%
from gradual.mixture import component_log_prob

far_away(clean, mixture_log_prob=mixture.mixture_log_prob)

# %% [markdown]
# Both agree near the data. A dozen units out, the plain sum breaks off: it says $\log 0 = -\infty$. Nothing special happens there to the mathematics. What happens is in the computer: `np.exp(-746)` is 0, because the smallest 64-bit float is about $5\cdot10^{-324}$. Each bar on the right is one $\ell_k$, and when all have sunk below the dashed line, the sum is 0. Choose *largest one taken out*: now one bar always stands at 0, and $e^0$ is 1. That is the whole trick:
#
# $$\log p(x) = \log \sum_k e^{\ell_k} = m + \log \sum_k e^{\ell_k - m}, \qquad m = \max_k \ell_k$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\ell_k = \log w_k + \log \mathcal N(x; \mu_k, \Sigma_k)$ | `component_log_prob(x, weights, means, covs)`, `(B, K)` | the log of each component's part; this function is given |
# | $m$ | `largest`, `(B,)` | the largest part, one for each point |
# | $\log p(x)$ | what you return, `(B,)` | the log density, in nats |
#
# (Blanchard, Higham & Higham 2021.) Nothing is rounded away that matters: what still becomes 0 is too small, next to 1, to change the sum.
#
# **Predict.** Someone mends the plain version by writing `np.log(... + 1e-12)`. What does the curve look like far out?

# %% exercise="mixture_log_prob"

# %% check="mixture_log_prob"

# %% [markdown]
# Your curve, beside the plain one. If yours also ends at the cross, you know why.

# %%
far_away(clean, mixture_log_prob=yours("mixture_log_prob"))

# %% [markdown]
# ## 4. Which way is the data?
#
# Move a little, and the log density changes. The direction in which it grows fastest is its gradient, the **score**, $\nabla \log p(x)$. For one Gaussian the score is a pull towards the mean, $\Sigma^{-1}(\mu - x)$: stronger the further away you are, and stronger the narrower the bell.
#
# In a mixture every component pulls. How much each one counts at $x$ is a question for Bayes: given that you see $x$, how probable is it that component $k$ made it?
#
# $$r_k(x) = \frac{w_k\,\mathcal N(x;\mu_k,\Sigma_k)}{\sum_j w_j\,\mathcal N(x;\mu_j,\Sigma_j)} = \frac{e^{\ell_k - m}}{\sum_j e^{\ell_j - m}}$$
#
# These are the **responsibilities**, `(B, K)`: for each point one probability for each component, with sum 1. Far from the data, the fraction in the middle is $0/0$ in a computer, which is `nan`. The one on the right has the factor $e^{-m}$ above and below the line, and is safe.
#
# **Predict.** Far away from all three clusters, do the three responsibilities become equal?

# %% exercise="responsibilities"

# %% check="responsibilities"

# %% [markdown]
# With the responsibilities, the score of a mixture is one line. It is the average of the pulls, each counted as much as its component is responsible:
#
# $$\nabla \log p(x) = \sum_k r_k(x)\; \Sigma_k^{-1}(\mu_k - x)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $r_k(x)$ | `r`, `(B, K)` | computed inside, in the same way as above |
# | $\Sigma_k^{-1}$ | `np.linalg.inv(covs)`, `(K, D, D)` | one call inverts all K matrices |
# | $\mu_k - x$ | `means - x[:, None, :]`, `(B, K, D)` | from each point to each mean |
#
# `np.einsum("kij,bkj->bki", A, v)` multiplies the K matrices `A` with the K vectors of each point: what stands left of the arrow and not right of it is summed over. You can also write a loop.
#
# **Predict.** At the very top of a hill, how long is the score?

# %% exercise="mixture_score"

# %% check="mixture_score"

# %% [markdown]
# Your functions draw the bars and the arrows. Each thin arrow is one component's pull times its responsibility, put head to tail. The thick black arrow is your score: if it is right, it ends where the last thin one does. Drag the point from one cluster to another, and find the place where two components pull equally.

# %%
pulls(
    clean, alpha_bar, diffuse_mixture=yours("diffuse_mixture"), responsibilities=yours("responsibilities"),
    mixture_score=yours("mixture_score"),
)

# %% [markdown]
# At a small $t$ the responsibilities jump from 0 to 1 within a tiny step: almost everywhere, one component speaks alone. Noise blurs the border, and a point feels all the data at once. That is what makes noise useful: the score at a high noise level shows the way from afar, and the score at a low one is sharp (Song & Ermon 2019).
#
# ## 5. What is the best guess?
#
# The score says which way. How far should you go? If $x_t$ is the only thing you know, the guess with the smallest expected squared error is the mean of all clean points that could have led there, $\mathbb E[x_0 \mid x_t]$. And that mean can be read off the score:
#
# $$\mathbb E[x_0 \mid x_t] = \frac{x_t + (1-\bar\alpha_t)\,\nabla \log q(x_t)}{\sqrt{\bar\alpha_t}}$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\nabla \log q(x_t)$ | `score` | the score of the *noisy* mixture, at $x_t$ |
# | $1-\bar\alpha_t$ | `1 - alpha_bar_t` | the variance of the noise in $x_t$: the length of the step |
# | $\sqrt{\bar\alpha_t}$ | `np.sqrt(alpha_bar_t)` | undoes the shrinking |
#
# This is **Tweedie's formula** (Robbins 1956; Efron 2011). It holds for any data, mixture or not: whoever knows the score at every noise level can denoise, and whoever can denoise knows the score. A diffusion model is trained to do the second, and used for the first.
#
# **Predict.** What does the formula give at $\bar\alpha_t = 1$?

# %% exercise="tweedie"

# %% check="tweedie"

# %% [markdown]
# The picture from the start, with every arrow, colour and star by *your* functions. The dots on the right still come from weighing the clean points one by one, and where there are enough of them, your star still lies at their mean.

# %%
drag_point(
    clean, alpha_bar, diffuse_mixture=yours("diffuse_mixture"), mixture_log_prob=yours("mixture_log_prob"),
    mixture_score=yours("mixture_score"), tweedie=yours("tweedie"),
)

# %% [markdown]
# From now on you have something that most people who work on diffusion models never have: the exact answer. In lesson 07 it gives you the best bound that any network could reach, and in lesson 08 it is the floor under your training curve.
#
# Two questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="best_guess_between"

# %% choice="unknown_constant"

# %% [markdown] question="why_many_steps" points=2
# ### In your own words
#
# A friend denoises very noisy pictures in one go, with the exact $\mathbb E[x_0 \mid x_t]$, and is disappointed: every result is a blur that looks like none of the data. "The formula must be wrong." Is it? And why does it help to take many small steps instead? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for what the guess is: the formula is right; at high noise many clean pictures could have led to this x_t, and the guess is their mean (the guess with the smallest expected squared error), so it blurs them and need not look like any of them. One point for the steps: a small step only needs the direction; at the lower noise level it reaches, fewer clean pictures remain possible, so the next mean is sharper, and so on until one is left. Full marks also for an answer that shows it with the widget (the star between the clusters at a high t, inside one of them at a low t).

# %% [markdown]
# ## In this lesson you …
#
# - followed a whole **distribution** through the noise, and saw its modes merge while its components stay;
# - computed log densities **far from the data**, where a plain sum of exponentials is 0, by taking the largest term out;
# - found out **whose** a point is, by responsibilities, and put the components' pulls together to the **score**;
# - turned a score into the **best guess** of the clean point, with Tweedie's formula, exactly.
#
# Next, in lesson 06, you ask a smaller question with a sharper answer: not where the point started, but where it was one step ago.
#
# ### Further reading
#
# - B. Efron (2011). *Tweedie's Formula and Selection Bias.* Journal of the American Statistical Association 106, 1602–1614. The formula, and what else it is good for.
# - H. Robbins (1956). *An Empirical Bayes Approach to Statistics.* Proceedings of the Third Berkeley Symposium on Mathematical Statistics and Probability 1, 157–163. Where the formula first appears.
# - Y. Song, S. Ermon (2019). *Generative Modeling by Estimating Gradients of the Data Distribution.* Advances in Neural Information Processing Systems 32. arXiv:1907.05600. Scores at many noise levels, and why one level is not enough.
# - P. Blanchard, D. J. Higham, N. J. Higham (2021). *Accurately Computing the Log-Sum-Exp and Softmax Functions.* IMA Journal of Numerical Analysis 41, 2311–2330. What taking the largest term out costs, and what it saves.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning.* Springer. Sections 2.3 and 9.2: Gaussians, mixtures and responsibilities.
