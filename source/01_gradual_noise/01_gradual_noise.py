# %% [markdown]
# # Watch noise take over
#
# Take something with structure: a handwritten digit, a cloud of points, a melody, a series of measurements. Add a little noise. Then a little more, and again, until nothing is left. That is the first half of every diffusion model, and in this lesson you build it.
#
# **What you do.** You let four kinds of data dissolve under one slider, then write the three functions that do it.
#
# **What you learn.** What one step of noise does, why the data shrinks while the noise comes in, how the steps form a chain, and how to measure what is left of the start.
#
# **What you need.** Python functions and NumPy arrays; the words *mean*, *variance* and *normal distribution*. No earlier lesson.
#
# **How long.** About 60 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import data, forward, plots
from gradual.widgets.gradual_noise import dissolve

# %% [markdown]
# ## 1. What does noise do to data?
#
# Press play, or drag the slider. Each move of one step adds a little noise to all four: an image of 8×8 pixels, 1000 points on a spiral, a melody, and 309 years of sunspots.

# %%
rng = np.random.default_rng(0)
image = data.digits()[0][0]
points = data.spiral(1000, rng)
sound = data.sound()
years, series = data.time_series()

T = 200
betas = np.concatenate([[0.0], np.linspace(0.0001, 0.06, T)])

dissolve(image, points, sound, series, betas, q_step=forward.q_step)

# %% [markdown]
# At step 0 everything is clean. At the last step all four look alike: they are noise, and nothing tells them apart. Listen to the sound at a few steps too: the melody sinks into a hiss.
#
# Three things to notice before any formula:
#
# - **It is gradual.** Two neighbouring steps look almost the same. No single step does much.
# - **It is the same for every kind of data.** A pixel, a coordinate, a sample of sound and a number of sunspots are all numbers, and each gets its own noise.
# - **It forgets.** Every kind of structure ends in the same noise.
#
# Whoever can undo *one* such small step can start from noise and walk back to data. That is the idea of the whole course, and it has a chance because each step is small.

# %% [markdown]
# ## 2. One small step
#
# What happens between two positions of the slider? The data shrinks a little, and a little noise comes in:
#
# $$x_t = \sqrt{1-\beta}\; x_{t-1} + \sqrt{\beta}\;\varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, 1)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_{t-1}$ | `x_prev` | the data before the step |
# | $\beta$ | `beta` | the variance of the noise that the step adds, between 0 and 1 |
# | $\varepsilon$ | `noise` | one standard normal number for each entry of the data |
# | $x_t$ | what you return | the data after the step |
#
# (Ho et al. 2020, eq. 2.) The numbers under the roots are *variances*, and they add up to 1. Variances of independent things add: if $x_{t-1}$ has variance 1, then $x_t$ has variance $(1-\beta)\cdot 1 + \beta\cdot 1 = 1$ again.
#
# **Predict.** Before you write it: with $\beta = 0.01$, by which factor is the data scaled, and by which the noise? Which of the two is further from what you would have guessed?

# %% exercise="q_step"

# %% check="q_step"

# %% [markdown]
# From here on, *your* function draws the picture. This is the widget from above, with every single step made by your `q_step`. If yours has a mistake, you see the mistake.

# %%
dissolve(image, points, sound, series, betas, q_step=yours("q_step"))

# %% [markdown]
# What would happen without the shrinking? The next figure takes both ways through the same 200 steps, and draws the variance of 1000 points at each. The curve with the shrinking comes from your `q_step`; the other adds the same noise and shrinks nothing.

# %%
step, cloud, swollen = yours("q_step"), [points], [points]
for t in range(1, T + 1):
    noise = rng.normal(size=points.shape)
    cloud.append(step(cloud[-1], betas[t], noise))
    swollen.append(swollen[-1] + np.sqrt(betas[t]) * noise)

kept, grown = np.var(cloud, axis=(1, 2)), np.var(swollen, axis=(1, 2))
variances = {"with shrinking (your q_step)": kept, "without": grown}
plots.curves(np.arange(T + 1), variances, "Variance of the points", "step t", "variance")

# %% [markdown]
# With the shrinking, the variance stays near 1 for as long as you like. Without it, the variance grows with every step, and where it ends depends on how many steps you take.

# %% [markdown]
# ## 3. All the steps: a chain
#
# A picture at step $t$ needs all the steps before it. Starting from the clean data $x_0$, each state is made from the one before it:
#
# $$x_0 \;\to\; x_1 \;\to\; x_2 \;\to\; \cdots \;\to\; x_T$$
#
# To make $x_t$ you need $x_{t-1}$ and fresh noise, and nothing older. A chain with that property is called a **Markov chain**, and lesson 02 puts the property to the test.
#
# The course has one rule for time: **code t is the formula's t**. Arrays over time have length $T+1$ and index 0 is the clean data, so `betas[0]` is 0 and step $t$ uses `betas[t]`. Only the noise has no entry for the clean data, so the noise of step $t$ is `noise[t-1]`.
#
# **Predict.** For 200 steps on an image of 8×8, which shape does the array of all states have?

# %% exercise="noise_trajectory"

# %% check="noise_trajectory"

# %% [markdown]
# Your trajectory, laid out in time. Each row is one digit, each column is 25 steps after the last.

# %%
digits = data.digits()[0][[3, 5, 8]]
trajectory = yours("noise_trajectory")(digits, betas, rng.normal(size=(T, *digits.shape)))
moments = np.arange(0, T + 1, 25)
strip = trajectory[moments].swapaxes(0, 1).reshape(-1, 8, 8)
plots.show_grid_of_images(strip, columns=len(moments), titles=[f"t = {t}" for t in moments], title="Three digits, step by step")

# %% [markdown]
# And the same slider once more, now with the whole trajectory made by your function in one go.

# %%
dissolve(image, points, sound, series, betas, noise_trajectory=yours("noise_trajectory"))

# %% [markdown]
# ## 4. How much is left?
#
# Your eye says when the digit is gone. Can a number say it, for images, points, sound and sunspots alike?
#
# One simple measure is *Pearson's correlation* between a state and the start. Read each as one long row of numbers, subtract each row's own mean, and ask how well the two line up:
#
# $$r_t = \frac{\sum_i a_i\, b_i}{\sqrt{\sum_i a_i^2}\;\sqrt{\sum_i b_i^2}}, \qquad a = x_t - \operatorname{mean}(x_t), \quad b = x_0 - \operatorname{mean}(x_0)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_t$ | `trajectory[t]` | the state at time $t$, all its entries |
# | $r_t$ | entry `t` of what you return | 1: all of the start is there; near 0: none of it |
#
# (Pearson 1895.) It ignores how large the numbers are, so the shrinking alone does not change it. It sees only straight-line likeness, which is all there is here: each step is linear in the data.
#
# **Predict.** What is `structure_left` at index 0? And will the melody, with 12 000 numbers, come closer to 0 in the end than the digit with its 64?

# %% exercise="structure_left"

# %% check="structure_left"

# %% [markdown]
# Now your function draws the curve under the pictures. Look for the step at which you stop recognising the digit, and read off what is left.

# %%
dissolve(
    image, points, sound, series, betas,
    noise_trajectory=yours("noise_trajectory"), structure_left=yours("structure_left"),
)

# %% [markdown]
# All four curves fall in the same way, whatever the data. What is left depends on the noise that was added, not on what it was added to. In the end the curves do not reach 0 exactly: pure noise lines up a little with anything, by about $1/\sqrt{n}$ for $n$ numbers. That is 0.13 for the digit and 0.01 for the melody.

# %% [markdown]
# ## 5. Why small steps, and why a chain?
#
# You could reach noise in one jump: throw the data away and draw new numbers. Nobody could undo that. The digit would be gone between one picture and the next, with no trace to follow.
#
# Gradual corruption leaves a trace. Between two neighbouring states there is one small, known change, and whoever sees $x_t$ can make a good guess at $x_{t-1}$. The Markov property says that this is enough: $x_t$ was made from $x_{t-1}$ alone, so undoing the chain means undoing one step at a time, and never all of it at once. A network can learn one small step. From lesson 05 on, you take that road back.
#
# Now three questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="corruption_and_markov"

# %% choice="why_shrink"

# %% choice="what_correlation_says"

# %% [markdown] question="why_sqrt" points=2
# ### In your own words
#
# A friend writes `(1 - beta) * x_prev + beta * noise` and says: "That is a mix of data and noise too, and the weights add up to 1." What happens to the variance of the data over many of their steps, and why does the square root mend it? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for what happens: with data and noise of variance 1, one step leaves the variance (1 − β)² + β², which is below 1 for 0 < β < 1, so the data shrinks step by step; for a constant β it settles at β/(2 − β), far below 1. One point for why: the variances of independent parts add, and scaling by a factor scales the variance by its square; with √(1 − β) and √β the variances (1 − β) and β add up to 1. Full marks also for an answer that shows it by an experiment and explains the square.

# %% [markdown]
# ## In this lesson you …
#
# - watched an image, a cloud of points, a sound and a time series dissolve, step by small step;
# - wrote **one step** of the forward process, and saw why it shrinks the data by $\sqrt{1-\beta}$;
# - chained the steps into a **trajectory**, each state made from the one before it and nothing older;
# - measured **what is left** of the start, by a number that works for any kind of data.
#
# Next, in lesson 02, you test the claim that each state depends only on the one before it, and meet an impostor that looks the same at every step and fails the test.
#
# Run `progress()` in a new cell to see what you have passed so far.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Section 2 has the chain that you wrote.
# - J. Sohl-Dickstein, E. Weiss, N. Maheswaranathan, S. Ganguli (2015). *Deep Unsupervised Learning using Nonequilibrium Thermodynamics.* ICML. arXiv:1503.03585. Where the idea comes from: destroy structure slowly, and learn to restore it.
# - K. Pearson (1895). *Note on regression and inheritance in the case of two parents.* Proceedings of the Royal Society of London 58, 240–242. The correlation.
