# %% [markdown]
# # Jump to any step
#
# A noisy digit at step 500 costs you 500 steps. A network that learns from millions of noisy digits cannot wait for that, and it does not have to: one line of code lands at step 500, or at any other, straight from the clean data. In this lesson you find that line and put it to the test.
#
# **What you do.** You send one crowd of points on a walk and let another jump, compare the two, merge two steps into one, then all of them, and write the jump.
#
# **What you learn.** Why steps of Gaussian noise merge, what $\bar\alpha_t$ is, what *equal in distribution* means and how to test it, how a batch goes to a different $t$ for each sample, and what the jump does not give you.
#
# **What you need.** Lessons 01 and 02. Independent random numbers, and how their variances add.
#
# **How long.** About 35 minutes.

# %% tags=["setup"]
import itertools
import time

import numpy as np
from autograder import check, hint, progress, yours
from gradual import data, forward, plots
from gradual.widgets.closed_form_jump import gap_test, merge_two, step_or_jump, three_ways

# %% [markdown]
# ## 1. Do you have to walk?
#
# Two crowds of 4000 points start from the same data, a landscape with four hills. The first crowd (filled bars) **walks**: to reach step $t$, each point takes $t$ small steps. The second (blue outline) **jumps**: one call, and it is there. The dashed line is the exact density, worked out on paper. Drag the step, and look for a place where the two crowds disagree by more than the jitter of their bars.

# %%
rng = np.random.default_rng(0)
T = 1000
betas = np.concatenate([[0.0], np.linspace(0.0001, 0.02, T)])
alpha_bar = np.exp(np.cumsum(np.log(1 - betas)))  # given; section 3 takes it apart
# the four hills: weights, places, widths
hills = ([0.2, 0.3, 0.3, 0.2], [-1.8, -0.4, 0.6, 1.6], [0.15, 0.2, 0.15, 0.25])

step_or_jump(hills, betas, alpha_bar, forward.q_step, forward.q_sample)

# %% [markdown]
# There is no such place. The hills sink, spread and melt into one, and both crowds go along. How can one call know what a thousand steps do?
#
# ## 2. Two steps are one
#
# Begin with the smallest jump there is: over one step. All 4000 points stand at $x = 2$ (the triangle). One crowd takes a step with $\beta_1$ and then a step with $\beta_2$ (bars); the other takes a *single* step, with a $\beta$ that replaces the two (outline). Drag $\beta_1$ and $\beta_2$, and read in the caption which $\beta$ that is. Is it the sum of the two?

# %%
merge_two(forward.merge_steps, forward.q_step)

# %% [markdown]
# Write the two steps out, one inside the other, and sort by what is multiplied:
#
# $$x_2 = \sqrt{1-\beta_2}\,\bigl(\underbrace{\sqrt{1-\beta_1}\;x_0 + \sqrt{\beta_1}\;\varepsilon_1}_{x_1}\bigr) + \sqrt{\beta_2}\;\varepsilon_2 = \sqrt{(1-\beta_1)(1-\beta_2)}\;x_0 + \underbrace{\sqrt{(1-\beta_2)\,\beta_1}\;\varepsilon_1 + \sqrt{\beta_2}\;\varepsilon_2}_{\text{all the noise}}$$
#
# The second step shrinks *everything* it meets, the first step's noise too. Now two facts about normal numbers. If two of them are independent, their sum is normal again. And its variance is the sum of theirs:
#
# $$(1-\beta_2)\,\beta_1 + \beta_2 \;=\; 1 - (1-\beta_1)(1-\beta_2)$$
#
# So all the noise together is distributed like $\sqrt{\beta}\;\varepsilon$ with *one* standard normal $\varepsilon$, where
#
# $$1-\beta = (1-\beta_1)(1-\beta_2)$$
#
# and the factor before $x_0$ is $\sqrt{1-\beta}$. That is a step like any other. (Ho et al. 2020, eq. 4, is this for any number of steps.)
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\beta_1$, $\beta_2$ | `beta_1`, `beta_2` | the variances of the two steps' noise |
# | $1-\beta$ | | what both steps together leave of the signal's variance |
# | $\beta$ | what you return | the variance of the one step's noise |
#
# **Predict.** Two steps, each with $\beta = 0.5$. Is the merged one $1$, $0.75$ or $0.5$?

# %% exercise="merge_steps"

# %% check="merge_steps"

# %% [markdown]
# Your function now says which single step replaces the two. If it is right, outline and bars agree wherever you drag. Try two large values: whatever you choose, $\beta$ never passes 1.

# %%
merge_two(yours("merge_steps"), forward.q_step)

# %% [markdown]
# ## 3. All steps are one
#
# The merged step is a step, so it can be merged with the next, and the result with the one after that. Each merging multiplies what is left by one more factor. After $t$ steps:
#
# $$\bar\alpha_t = (1-\beta_1)(1-\beta_2)\cdots(1-\beta_t), \qquad \bar\alpha_0 = 1$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\beta_t$ | `betas[t]` | the variance of step $t$; `betas[0]` is 0 |
# | $\bar\alpha_t$ (say "alpha bar") | entry `t` of what you return | what is left of the signal's variance after $t$ steps |
# | $1-\bar\alpha_t$ | | the variance of all the noise, if the steps up to $t$ are merged into one |
#
# (Ho et al. 2020, above eq. 4; they write $\alpha_t$ for $1-\beta_t$, hence the name.) You want it for every $t$ at once: a running product.
#
# **Predict.** Let every step have $\beta = 0.02$. How many steps until less than half of the signal's variance is left: 25, 35 or 50?

# %% exercise="alpha_bar_from_betas"

# %% check="alpha_bar_from_betas"

# %% [markdown]
# With $\beta = 0.02$ it takes 35 steps: 50 would be right if the $\beta$ added up. The schedule of this lesson begins much more gently. The figure shows your $\bar\alpha_t$ for it (solid) and, from your other function, what comes out when the steps are merged one after the other (dashed). At every $t$ the two add up to 1: what is not signal is noise. Where do they cross?

# %%
merged = list(itertools.accumulate(betas, yours("merge_steps")))
shares = {
    "signal: ᾱₜ, by your alpha_bar_from_betas": yours("alpha_bar_from_betas")(betas),
    "noise: all steps up to t merged, by your merge_steps": merged,
}
plots.curves(np.arange(T + 1), shares, "Who has the variance?", "step t", "share of the variance")

# %% [markdown]
# They cross at $t = 260$: a quarter of the way, and half of the variance is noise. At $t = 1000$, $\bar\alpha_t$ is $0.00004$.
#
# ## 4. The jump
#
# Take the merged step of all steps up to $t$, and you have the jump:
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1-\bar\alpha_t}\;\varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, 1)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_0$ | `x0` | a batch of clean data, shape `(B, …)` |
# | $t$ | `t` | one time for the whole batch, or an array `(B,)` with a time for each sample |
# | $\bar\alpha_t$ | `alpha_bar[t]` | one number, or an array `(B,)` |
# | $\varepsilon$ | `noise` | standard normal numbers in the shape of `x0` |
#
# (Ho et al. 2020, eq. 4.) One thing needs care. If `t` is an array, then so is `alpha_bar[t]`, and NumPy lines up shapes from the *right*. Eight coefficients meet eight images of 8×8, and each coefficient goes to a **column of pixels** instead of an image. No error warns you. `expand_like(coefficient, x)` puts the missing axes behind, so that each sample gets its own. In the figure, eight black images are multiplied by eight coefficients from 1 down to nearly 0, so they should fade from left to right: without `expand_like` above, with it below.
#
# **Predict.** At $t = 0$, what does the jump return, and which of its two terms is 0?

# %%
from gradual import expand_like

times = np.array([0, 100, 200, 300, 400, 500, 700, 1000])
ones = np.ones((8, 8, 8))
coefficient = alpha_bar[times]
expanded = expand_like(coefficient, ones)
print("coefficient:", coefficient.shape, "  expanded:", expanded.shape)

both = np.concatenate([coefficient * ones, expanded * ones])
names = [f"t = {t}" for t in times]
title = "Each image its own t: wrong above, right below"
plots.show_grid_of_images(both, 8, names, title, (0, 1))

# %% exercise="q_sample"

# %% check="q_sample"

# %% [markdown]
# Now your function jumps. First the same eight times for eight digits, in one call. Then the two crowds from the beginning, walking and jumping, with your $\bar\alpha$ in your jump.

# %%
digits = data.digits()[0][:8]
jumped = yours("q_sample")(digits, times, alpha_bar, rng.normal(size=digits.shape))
title = "Eight digits, each at its own t, in one call"
display(plots.show_grid_of_images(jumped, 8, names, title, (-2, 2)))

your_alpha_bar = yours("alpha_bar_from_betas")(betas)
step_or_jump(hills, betas, your_alpha_bar, forward.q_step, yours("q_sample"))

# %% [markdown]
# Walkers and jumpers are **equal in distribution**: any region is hit by both with the same probability. They are not equal point by point. Start both from one place, and each draws its own noise and lands somewhere else.
#
# Can a number say it? Sort each crowd, and ask at every $x$ which share of it lies below. The *largest gap* between the two shares is Kolmogorov and Smirnov's distance. It is never 0, since two finite crowds always differ a little. But how much chance makes is known: for two crowds of $n$, about $0.87\sqrt{2/n}$ on average, and more than $1.95\sqrt{2/n}$ once in 1000 (Smirnov 1948). That is the grey band; the dots are your jump against the walk, at 16 times.
#
# A test that nothing can fail is worth nothing, so put a mistake into the jump. Which one is noticed at once? With how few points does it slip through?

# %%
gap_test(hills, betas, alpha_bar, forward.q_step, yours("q_sample"))

# %% [markdown]
# No finite crowd proves that two distributions are equal: the smaller the mistake, the more points it takes to notice it. The proof is section 2, which holds for every start, every $t$ and every schedule. The test guards against the slip between the proof and the code.
#
# ## 5. Why training needs the jump
#
# A network learns from examples: a clean image, a random $t$, the image at that $t$. Walking takes $t$ steps for each, about 500 on average, so a million examples cost 500 million steps. Jumping costs a million calls at most, and a batch shares one. To measure it, 256 digits go to a random $t$ each, once on foot and once in a jump with your `q_sample`; drawing the noise is included.

# %%
batch, goals = data.digits()[0][:256], rng.integers(1, T + 1, 256)
start = time.perf_counter()
x, walked = batch, np.empty_like(batch)
for t in range(1, T + 1):
    x = forward.q_step(x, betas[t], rng.normal(size=x.shape))
    walked[goals == t] = x[goals == t]
on_foot = time.perf_counter() - start
jump = yours("q_sample")
jump(batch, goals, alpha_bar, batch)  # the first call also runs your check
start = time.perf_counter()
for _ in range(20):
    jump(batch, goals, alpha_bar, rng.normal(size=batch.shape))
in_a_jump = (time.perf_counter() - start) / 20
print(f"on foot {1000 * on_foot:.0f} ms, in a jump {1000 * in_a_jump:.2f} ms")
print(f"{on_foot / in_a_jump:.0f} times faster")

# %% [markdown]
# Ho et al. (2020, appendix B) trained their model of CIFAR-10 on 800 000 batches of 128: 102 million noisy images. On foot, that would be 51 billion steps. And the jump is no approximation: each example is one image at one time, and for one time the jump is exact.
#
# ## 6. What the jump does not give: a path
#
# The jump answers "where is $x_t$?" for one $t$. What if you ask it for every $t$, and join the answers? Below, four points go three ways: they walk; they jump to each $t$ with one and the same $\varepsilon$, as lesson 02's foil did; they jump with a new $\varepsilon$ for each $t$. Drag the step. In the caption, the first three numbers agree, as they must. Compare the other two rows: how far a point moves in one step, and what past and future still share once the present is known.

# %%
starts = np.resize([-1.0, 1.0], 2000) + 0.1 * rng.normal(size=2000)
three_ways(starts, betas, alpha_bar, forward.q_step, yours("q_sample"))

# %% [markdown]
# Only the walk passes the test of lesson 02: its partial correlation is 0, within chance. With one $\varepsilon$, every state is a jump, which is why the foil looked right at each step; but the path is smooth and remembers everything. With a new $\varepsilon$ for each $t$, neighbours are strangers that share nothing but their start, and that, too, is memory. Every point of every curve is right; only the left curves are paths of the chain.
#
# So keep the two apart. **Training** looks at one time at a time and jumps. **Going back** from noise to data is about neighbouring states, and for that you need the steps: what leads from $x_t$ to $x_{t-1}$ comes in lesson 06. (That different processes share their marginals is more than a curiosity: a sampler in lesson 10 lives on it. Song et al. 2021.)
#
# Now three questions. Set the name to a letter, in quotes, then run the check.

# %% choice="same_in_distribution"

# %% choice="jump_twice"

# %% choice="why_training_jumps"

# %% [markdown] question="noise_of_coins" points=2
# ### In your own words
#
# A friend has no normal noise at hand and tosses coins: in each step, every entry of $\varepsilon$ is $+1$ or $-1$, with equal probability. Mean 0, variance 1, as before. Which part of the derivation in section 2 still holds for two such steps, and which breaks? And does a jump with *normal* noise to $t = 1000$ still come close to the walk with coins? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for what holds and what breaks: the algebra and the variances hold (the merged noise has mean 0 and variance 1 − (1 − β₁)(1 − β₂)); what breaks is that a sum of two coin tosses is no coin toss: from one start there are four places after two steps, not two, so no single step of the same kind does what two do. One point for t = 1000: yes, nearly; the noise is then a sum of very many small, independent parts, none of which dominates, so by the central limit theorem it is close to normal, and the jump with normal noise comes close to the walk (for small t it does not). Full marks also for an answer by experiment that names the four places or the normal limit, and says why.

# %% [markdown]
# ## In this lesson you …
#
# - merged two steps into **one**, because independent normal noises add up to normal noise, and variances add;
# - merged them all: $\bar\alpha_t$ is the running product of $1-\beta$, **what is left of the signal's variance**;
# - wrote the **jump** to any $t$, with a $t$ of its own for each sample of a batch;
# - tested *equal in distribution* with a number, and know what chance makes of that number;
# - measured what the jump saves, and saw what it does not give: **a path**.
#
# Next, in lesson 04, you choose the $\beta$ yourself, and see what a badly chosen schedule wastes and what it leaves behind.
#
# Run `progress()` in a new cell to see what you have passed so far.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Equation 4 is the jump; algorithm 1 trains with it.
# - J. Sohl-Dickstein, E. Weiss, N. Maheswaranathan, S. Ganguli (2015). *Deep Unsupervised Learning using Nonequilibrium Thermodynamics.* ICML. arXiv:1503.03585. Where the chain comes from.
# - J. Song, C. Meng, S. Ermon (2021). *Denoising Diffusion Implicit Models.* ICLR. arXiv:2010.02502. Other processes with the same marginals.
# - N. V. Smirnov (1948). *Table for estimating the goodness of fit of empirical distributions.* Annals of Mathematical Statistics 19, 279–281. What chance makes of the largest gap.
