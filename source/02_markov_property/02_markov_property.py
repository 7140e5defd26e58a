# %% [markdown]
# # Test the chain for memory
#
# Lesson 01 made a claim: each state is made from the one before it, and from nothing older. The whole way back, from noise to data, rests on that. Here you test it, and you test it properly: beside the chain stands an impostor that looks right at every single step.
#
# **What you do.** You send two processes through the same gate and watch which of them remembers, build the impostor, unmask it with one number, and work out how probable a whole path is.
#
# **What you learn.** What the Markov property says and what it does not, how to test it, what such a test cannot prove, and why it turns the probability of a path into a sum of small terms.
#
# **What you need.** Lesson 01. Correlation, straight-line regression, and the density of the normal distribution.
#
# **How long.** About 75 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import forward, markov, plots
from gradual.widgets.markov_paths import path_probability, same_present
from gradual.widgets.markov_property import memory_test, transition

# %% [markdown]
# ## 1. Does the past still matter?
#
# Below are two processes. Both start from the same 20 000 numbers, near $-1$ or near $+1$, and both end in noise. The left one is lesson 01's chain. The right one is an impostor, and you find out later how it is made.
#
# Of all paths, you see only those that pass a **gate**: at one step, they are at one height. These paths have the same present. Their pasts differ: at step 25 (first dotted line), some were above the gate's height and some below. Thin lines are single paths, thick ones the average of each group. Move the gate, in time and in height, and watch what the two groups do *after* it.

# %%
rng = np.random.default_rng(0)
T = 200
betas = np.concatenate([[0.0], np.linspace(0.0001, 0.06, T)])
alpha_bar = np.exp(np.cumsum(np.log(1 - betas)))  # given; lesson 03 takes it apart


def two_values(n):
    return rng.choice([-1.0, 1.0], n) + 0.1 * rng.normal(size=n)


x0 = two_values(20_000)
same_present(x0, betas, alpha_bar, forward.noise_trajectory, markov.shared_noise_path)

# %% [markdown]
# In the chain the groups meet at the gate and stay together. Whoever stands at the gate cannot tell from a path's future where it came from. In the impostor they cross, and part again: what came from above goes on down.
#
# That is the whole idea. A process has the **Markov property** if, once the present is known, the past says nothing more about what comes next:
#
# $$q(x_t \mid x_{t-1}, x_{t-2}, \dots, x_0) = q(x_t \mid x_{t-1})$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_{t-1}$ | `trajectory[t-1]` | the present |
# | $x_{t-2}, \dots, x_0$ | `trajectory[:t-1]` | the past |
# | $x_t$ | `trajectory[t]` | what comes next |
#
# Read it with care: it does not say that $x_t$ and $x_0$ are unrelated. A path that starts at $+1$ is above 0 for many steps. It says that all which $x_0$ can tell about $x_t$ has gone through the state in between.
#
# ## 2. An impostor that looks right
#
# How do you build a process that is distributed like the chain at every step, and still remembers? Reach every noise level from the start, with *one* noise for all of them:
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1-\bar\alpha_t}\;\varepsilon, \qquad \text{the same } \varepsilon \text{ for every } t$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\bar\alpha_t$ | `alpha_bar[t]` | how much of the signal's variance is left after $t$ steps: the product of all $1-\beta$ up to $t$, which you write in lesson 03 |
# | $x_0$ | `x0` | the clean data |
# | $\varepsilon$ | `noise` | standard normal numbers in the shape of `x0`, drawn once |
#
# Why is each $x_t$, taken alone, distributed as in the chain? Each step multiplies what is left of the start by $\sqrt{1-\beta}$, and tops the noise up so that data of variance 1 keeps it. Lesson 03 derives it. For now, you check it with a histogram. We call this process the **foil**.
#
# **Predict.** The foil's paths are smooth curves. How many of its states do you need to see before you know the whole path, past and future?

# %% exercise="shared_noise_path"

# %% check="shared_noise_path"

# %% [markdown]
# Now your function makes the foil. First, all 20 000 paths at step 65, chain and foil over each other: the two outlines should agree, up to the jitter of a finite sample. Below, the gate again, with your foil on the right.

# %%
chain = forward.noise_trajectory(x0, betas, rng.normal(size=(T, *x0.shape)))
foil = yours("shared_noise_path")(x0, alpha_bar, rng.normal(size=x0.shape))
display(plots.histograms({"chain": chain[65], "foil": foil[65]}, title="All paths at step 65"))

same_present(x0, betas, alpha_bar, forward.noise_trajectory, yours("shared_noise_path"))

# %% [markdown]
# No test that looks at one step at a time can tell the two apart. The difference lies in how the steps hang together. Two states of the foil are two equations for two unknowns, $x_0$ and $\varepsilon$: solve them, and you know the path from end to end.
#
# ## 3. One number for the whole test
#
# The gate throws nearly all paths away. Can you use all of them at once? Instead of keeping paths with the same present, *subtract* what the present explains. Predict the past from the present with a straight line, and keep what the line gets wrong. Do the same with the future. If the two leftovers still go together, the past knows something about the future that the present does not. Their correlation is the **partial correlation**:
#
# $$\rho(a, b \mid g) = \frac{\sum_i r_{a,i}\, r_{b,i}}{\sqrt{\sum_i r_{a,i}^2\,\sum_i r_{b,i}^2}}, \qquad r_a = a - D w_a, \quad r_b = b - D w_b, \quad D = [\,1,\ g\,]$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $a$, $b$ | `a`, `b` | past and future: one number for each path |
# | $g$ | `given` | the present, shape `(n,)`; or `k` things at once, `(n, k)` |
# | $D$ | `np.column_stack([np.ones(len(a)), given])` | a column of ones, for the intercept, beside the present |
# | $w_a$ | `np.linalg.lstsq(D, a)[0]` | intercept and slope of the line that predicts $a$ best |
# | $r_a$ | `a - D @ w_a` | what the line leaves of $a$ |
#
# (Cramér 1946, chapter 23.) `np.linalg.lstsq` solves least squares: it finds the weights with the smallest sum of squared errors.
#
# **Predict.** For the chain, which number should come out? And for the foil, where present and past together fix the future completely?

# %% exercise="partial_correlation"

# %% check="partial_correlation"

# %% [markdown]
# Your function takes the test on 200 000 paths: the past is $x_{25}$, the present $x_{65}$, the future $x_{130}$. The widget then shows what it works with, on 4000 paths: below are the two leftovers, one dot for each path. Drag the middle step (red line). Then hold *nothing* fixed, and see how strongly past and future hang together before the present is taken into account.
#
# The cell below it gives the same test to two made-up processes. The first has memory: the size of its noise is copied from the past. The second has none: it is a Markov chain whose steps are curves.
#
# **Predict.** Which of the two passes?

# %%
n = 200_000
many, kept = two_values(n), {}
x = many
for t in range(1, 131):
    x = forward.q_step(x, betas[t], rng.normal(size=n))
    if t in (25, 65, 130):
        kept[t] = x
jumps = yours("shared_noise_path")(many, alpha_bar[[0, 25, 65, 130]], rng.normal(size=n))
partial = yours("partial_correlation")
print(f"chain {partial(kept[25], kept[130], kept[65]):+.4f}, foil {partial(jumps[1], jumps[3], jumps[2]):+.4f}, chance alone ±{1 / np.sqrt(n):.4f}")

memory_test(
    x0[:4000], betas, alpha_bar, forward.noise_trajectory, yours("shared_noise_path"), partial, early=25, late=130
)

# %%
past, own, fresh = rng.normal(size=(3, n))

present = 0.7 * past + 0.7 * own
future = 0.7 * present + np.abs(past) * fresh
print(f"memory in the spread: {partial(past, future, present):+.3f}")
print(f"  the same, sizes against sizes: {partial(np.abs(past), np.abs(future - 0.7 * present), present):+.3f}")

present = past**3 + own
future = np.tanh(present) + fresh
print(f"a Markov chain of curves: {partial(past, future, present):+.3f}")

# %% [markdown]
# The chain passes: its number is 0, within about what chance makes of 200 000 paths (one standard error is $1/\sqrt n$). The foil fails as badly as possible, at $-1$. The sign has a reason: for a given present, a path with more signal has less noise, the past is mostly signal and the future mostly noise, so where the past is above its line, the future is below.
#
# ### What the test does not prove
#
# For *this* chain, 0 is **necessary**. Each step's mean is a straight line in the state before it, so the future is a straight line in the present plus fresh noise, which no past knows. The line takes all there is to take, whatever shape the data has. Any other result, beyond chance, would have refuted the Markov property.
#
# - It is **not sufficient**. The test sees only what straight lines see. Memory in the *spread* goes unnoticed: the first made-up process passes, and sizes against sizes give it away.
# - It is **not necessary for Markov chains in general**. If the steps are not straight lines, the regression leaves something behind that past and future share through the present. The second made-up process is a Markov chain, and fails.
#
# So a test like this can convict, and it cannot acquit. That the forward process *is* Markov does not come from the test. It comes from how the process is made: step $t$ uses $x_{t-1}$ and fresh noise, and you wrote the line yourself.
#
# ## 4. How probable is one step?
#
# What is the property good for? It makes probabilities of whole paths easy. Start with one step. From a fixed $x_{t-1}$ (the triangle), 4000 steps are taken: the bars show where they land, and the curve is the exact density. Drag the start, then $\beta$. Where does the curve go when $\beta = 1$?

# %%
transition(markov.transition_log_prob, forward.q_step)

# %% [markdown]
# A step shrinks the state and adds normal noise of variance $\beta$, so $x_t$ is normally distributed around $\sqrt{1-\beta}\,x_{t-1}$. Densities of many entries multiply and soon leave the range of floats; logarithms add up and stay in it:
#
# $$\log q(x_t \mid x_{t-1}) = \sum_{\text{entries}} -\tfrac12\left[\varepsilon^2 + \log(2\pi\beta)\right], \qquad \varepsilon = \frac{x_t - \sqrt{1-\beta}\;x_{t-1}}{\sqrt{\beta}}$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_t$, $x_{t-1}$ | `x_t`, `x_prev` | after and before the step, shape `(B, …)`: the first axis counts samples |
# | $\varepsilon$ | `noise` | the noise that would lead from one to the other |
# | $\log q$ | one number for each sample, `(B,)` | the log density, in nats (natural logarithm) |
#
# A sample can be a number, a point or an image. `.reshape(len(x_t), -1)` makes one row of each, and `.sum(axis=1)` adds up the row.
#
# **Predict.** A density can be larger than 1. At which $\beta$ does the top of the curve reach 1?

# %% exercise="transition_log_prob"

# %% check="transition_log_prob"

# %% [markdown]
# The same picture, with the curve from your function. If your log density is right, the curve fits the bars everywhere and the area under it is 1.

# %%
transition(yours("transition_log_prob"), forward.q_step)

# %% [markdown]
# ## 5. How probable is a whole path?
#
# The **chain rule** of probability holds for any process: the first step, times the second given the first, times the third given the first two, and so on. Each factor has a longer condition than the one before. The **Markov property** cuts every condition down to one state:
#
# $$q(x_1, \dots, x_T \mid x_0) = \prod_{t=1}^{T} q(x_t \mid x_{t-1}, \dots, x_0) = \prod_{t=1}^{T} q(x_t \mid x_{t-1})$$
#
# (Ho et al. 2020, eq. 2.) In logarithms, a path's density is the sum of $T$ terms that you have already written. There is no term for $t = 0$: `betas[0]` is 0, and the start is given.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_t$, $x_{t-1}$ | `trajectory[t]`, `trajectory[t-1]` | after and before step $t$; `trajectory` is `(T+1, B, …)` |
# | $\beta_t$ | `betas[t]` | the variance of step $t$ |
# | $\log q(x_1, \dots, x_T \mid x_0)$ | one number for each path, `(B,)` | the sum over $t = 1 \dots T$ |
#
# **Predict.** You score three kinds of paths: real chains; the smooth foil; and a third, which jumps to every noise level with *new* noise each time, so that neighbours share nothing but $x_0$. Which kind gets the highest log density under the chain, and which the lowest? Commit to an answer before you run on.

# %% exercise="chain_log_prob"

# %% check="chain_log_prob"

# %% [markdown]
# Your function scores 5000 paths of each kind. The widget shows 20 of them as they grow: above the paths, below each one's log density so far, less what a real chain has on average. The grey band holds 19 of 20 real chains.

# %%
starts = two_values(5000)
scale = np.sqrt(alpha_bar)[:, np.newaxis], np.sqrt(1 - alpha_bar)[:, np.newaxis]
kinds = {
    "a real chain": forward.noise_trajectory(starts, betas, rng.normal(size=(T, 5000))),
    "one shared noise": yours("shared_noise_path")(starts, alpha_bar, rng.normal(size=5000)),
    "new noise each jump": scale[0] * starts + scale[1] * rng.normal(size=(T + 1, 5000)),
}
for name, paths in kinds.items():
    scores = yours("chain_log_prob")(paths, betas)
    print(f"{name:20} mean {np.mean(scores):8.0f}, from {np.min(scores):6.0f} to {np.max(scores):4.0f}")

path_probability({name: paths[:, :20] for name, paths in kinds.items()}, betas, yours("chain_log_prob"))

# %% [markdown]
# The jumping paths are far too wild: the chain finds them absurd. But the foil scores *higher* than every real chain. Is it the better chain?
#
# It is too good to be true. A step's density is highest at $\varepsilon = 0$, so the likeliest path of all is the one without noise, and no chain ever walks it: real noise has $\varepsilon^2 = 1$ on average. The 200 terms of a real chain add up to within a few multiples of $\sqrt{T/2} = 10$ nats of their mean, and the foil lies about 98 nats above. That leaves $\sum_t \varepsilon_t^2 \approx 200 - 2\cdot 98 = 4$ where a real chain has about 200. Chernoff's bound for a sum of $T$ squared standard normals, $P\!\left(\sum\varepsilon_t^2 \le zT\right) \le (z\,e^{1-z})^{T/2}$ for $z < 1$, puts the chance of that below $10^{-127}$ (Chernoff 1952).
#
# So the foil is caught a second time, and by a different test. Remember the lesson in it: **a high density at one path is not a high probability of paths like it.** What a process really produces lies where density and *number of paths* balance, and a path outside is suspicious on either side.
#
# ## 6. What have you tested?
#
# Three questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="what_markov_means"

# %% choice="zero_partial_correlation"

# %% choice="too_probable"

# %% [markdown] question="two_facts_one_sum" points=2
# ### In your own words
#
# The log density of a whole path is a sum of $T$ terms, each about one step. Two facts make it so: the chain rule of probability and the Markov property. Which does what? And what goes wrong if someone uses the same sum as the log density of the *foil's* own paths? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for the two facts: the chain rule holds for any process and splits the density of the path into one factor for each step, each given *all* earlier states; the Markov property drops all but the last state from the condition (and the logarithm turns the product into a sum). One point for the foil: the chain rule still holds for it, but its conditions cannot be cut down, since x_0 and x_{t−1} together fix ε and so x_t completely; the sum scores its paths *under the chain*, which is not the process that made them. Full marks also for an answer that says that the foil's step, given two earlier states, has no noise at all and hence no density, if it says why.

# %% [markdown]
# ## In this lesson you …
#
# - sent paths through a gate and saw what the **Markov property** says: given the present, the past tells nothing more;
# - built a **foil** with the chain's distribution at every step, and with perfect memory;
# - unmasked it with a **partial correlation**, and know when 0 is necessary, and that it is never proof;
# - wrote the log density of **one step**, and, with the chain rule and the Markov property, of a **whole path**;
# - met a path that is *too* probable.
#
# Next, in lesson 03, you leave out the steps: one formula jumps from the clean data to any $t$ at once, and it explains why the foil has the right marginals.
#
# Run `progress()` in a new cell to see what you have passed so far.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Equation 2 is the product that you wrote.
# - J. Song, C. Meng, S. Ermon (2021). *Denoising Diffusion Implicit Models.* ICLR. arXiv:2010.02502. Section 3.1 puts processes with the same marginals and without the Markov property to good use: they can be undone in fewer steps.
# - H. Cramér (1946). *Mathematical Methods of Statistics.* Princeton University Press. Chapter 23 has partial correlation.
# - H. Chernoff (1952). *A measure of asymptotic efficiency for tests of a hypothesis based on the sum of observations.* Annals of Mathematical Statistics 23, 493–507.
