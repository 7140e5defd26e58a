# %% [markdown]
# # Turn noise into data
#
# Everything is in place: a schedule, the exact way forward, one step back when the clean data is known, and a network that predicts noise. In this lesson you put them together and let them run from pure noise to something new. Then you measure how good it is, and see what three famous bugs do to it.
#
# **What you do.** You write the step back, the loop around it, and a ruler for what comes out. With them you make swiss rolls, handwritten digits and two moons.
#
# **What you learn.** How a diffusion model samples, what its two variances are good for, how few steps are enough, how to compare samples with data, and how to recognise a sick sampler.
#
# **What you need.** Lesson 06 (the mean of a step back), lesson 08 (a network that predicts noise).
#
# **How long.** About 60 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import data, metrics, pretrained, samplers
from gradual.widgets.ddpm_sampling import digits_back, distance_on_the_way, fresh_samples, roll_back
from gradual.widgets.error_clinic import error_clinic

# %% [markdown]
# ## 1. Can noise be walked back into data?
#
# On the left, 300 points that start as pure noise. Drag the slider, or press play: each per cent takes them some steps back. Grey is where true points lie, on a swiss roll. On the right you see, for the same states, where each point seems to come from: the guess of $x_0$ that the predicted noise makes.

# %%
roll_model = pretrained.swiss_roll_model()
truth = pretrained.published_roll(1000, np.random.default_rng(5))

roll_back(roll_model, truth, ddpm_step=samplers.ddpm_step)

# %% [markdown]
# Three things to look for:
#
# - Half way back, the guesses on the right are a blurred disc. The arms of the roll appear late, and first on the right.
# - At 100 % the points are new: none of them is stored anywhere, and each starting point leads to one.
# - With $T = 10$ the points end beside the line. Compare the two variances there.
#
# **Who draws this.** A network of three layers with 128 units, trained for 30 000 steps as in lesson 08, on the linear schedule with $T = 1000$. It comes with the course, and `benchmarks/train_weights.py` makes it again in some minutes. The dial for $T$ does not train anew: with $T = 50$ the sampler visits 50 of the 1 000 noise levels, evenly spaced, and the $\beta$ of each step makes up for those left out (Nichol & Dhariwal 2021, who call it respacing).
#
# ## 2. What is one step back?
#
# In lesson 06 you found the mean of $x_{t-1}$ when $x_t$ and $x_0$ are known. Nobody knows $x_0$ now, but a network predicts the noise, and with it a guess of $x_0$. Put that guess into the posterior's mean, and nearly everything cancels:
#
# $$x_{t-1} = \frac{1}{\sqrt{1-\beta_t}}\left(x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\varepsilon\right) + \sigma_t\, z, \qquad z \sim \mathcal N(0, I), \text{ and no } z \text{ at } t = 1$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\hat\varepsilon$ | `eps` | the predicted noise in $x_t$, in the shape of `x_t` |
# | $\beta_t$, $\bar\alpha_t$ | `betas[t]`, `alpha_bar[t]` | the schedule; index 0 is the clean data |
# | $z$ | `noise` | fresh noise, drawn for this step |
# | $\sigma_t^2 = \beta_t$ | `variance="beta"` | exact if the data were $\mathcal N(0, I)$ |
# | $\sigma_t^2 = \beta_t\,\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}$ | `variance="posterior"` | exact if the data were a single point |
#
# Real data lies between the two, and so does the best variance (Ho et al. 2020, section 3.2). With many steps they are nearly the same number.
#
# `t` is one int, or an array with one for each sample. `expand_like` shapes a coefficient, one number or `(B,)`, so that it lines up with a batch `(B, …)`. `np.greater(t, 1)` is true where a step is not the last.

# %%
from gradual import expand_like

t_of_each = np.array([5, 1, 8])
expand_like(np.greater(t_of_each, 1), np.zeros((3, 2)))

# %% [markdown]
# **Predict.** At $t = 1$ the posterior variance is 0 by itself. $\beta_1$ is not. What would noise of variance $\beta_1$ do to the finished samples, and with how many steps would you see it?

# %% exercise="ddpm_step"

# %% check="ddpm_step"

# %% [markdown]
# Now your function takes every step, and on something larger: 8 × 8 digits, by a second network that comes with the course. It saw 1 500 real digits, and none of those on the screen. Drag from noise to digits. On the right, each guess goes through several digits before it settles: at high noise one and the same state could still become a 3, an 8 or a 9.

# %%
images, _ = data.digits()
seen, unseen = (images[rows] for rows in pretrained.digits_split())
digits_model = pretrained.digits_model()

digits_back(digits_model, seen, unseen, ddpm_step=yours("ddpm_step"))

# %% [markdown]
# Read the caption at 100 %. If the network had stored its training digits, the distance to the nearest of them would be near 0. It is about as large as for a true digit that the network never saw.
#
# ## 3. How do you go all the way?
#
# A sampler is the loop around the step. It starts from $x_T \sim \mathcal N(0, I)$ and goes $t = T, T-1, \dots, 1$. In each round it asks the model for the noise in the present state, at the present $t$, and takes one step with $\sigma_t^2 = \beta_t$ and a new $z$.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\hat\varepsilon(x_t, t)$ | `eps_model(x, t)` | a callable: the network, or any other noise predictor |
# | $T$ | `len(betas) - 1` | arrays over time have $T + 1$ entries |
# | $x_T$, $z$ | `rng.standard_normal(shape)` | `rng` draws $x_T$ first, then one $z$ for each $t = T, \dots, 2$ |
#
# You may call your `ddpm_step`, or write the formula out.
#
# **Predict.** Your loop runs `for t in range(T, 0, -1)`, and someone adds the noise `if t > 0`. In how many of the rounds is that condition false?

# %% exercise="sample"

# %% check="sample"

# %% [markdown]
# On the left, true digits; on the right, what your `sample` makes out of nothing but noise. Each seed is a new set. Move the slider and look for digits that you cannot read: there are some.

# %%
betas, alpha_bar = pretrained.respaced(100)  # 100 of the 1 000 noise levels
digits_100 = pretrained.nearest_levels(digits_model, alpha_bar)


def more_digits(count, rng):
    return unseen[rng.permutation(len(unseen))[:count]]


fresh_samples(digits_100, more_digits, betas, alpha_bar, sample=yours("sample"), count=100)

# %% [markdown]
# ## 4. How good is it?
#
# "They look right" is no measurement. Here is one. Follow the points to the roll again, and read on the right how far they are from true data.

# %%
distance_on_the_way(
    roll_model, pretrained.published_roll, ddpm_step=yours("ddpm_step"), energy_distance=metrics.energy_distance
)

# %% [markdown]
# The dashed line is the **floor**: two sets of true points are not at distance 0 either, since both are finite. The band around it shows how far chance moves them, in 20 pairs of such sets. One run of your sampler is moved as far, so it may well end below the line; the mean over many runs of an honest sampler cannot. A run that ends in the band cannot be told from the data by this ruler.
#
# The ruler compares distances between pairs of points. If two sets $X$ and $Y$ come from one distribution, a point of $X$ is on average as far from one of $Y$ as from another of its own set. If they do not, the distance between the sets is larger:
#
# $$D = 2\,\mathbb E\|X - Y\| - \mathbb E\|X - X'\| - \mathbb E\|Y - Y'\| \ \ge\ 0$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $X$, $Y$ | `x (B, …)`, `y (C, …)` | two sets of samples; they may differ in size |
# | $\mathbb E\|X - Y\|$ | a mean over B · C pairs | the ordinary length of each difference, then the mean |
# | $\mathbb E\|X - X'\|$ | a mean over B · B pairs | with the pairs $i = j$, whose distance is 0 |
#
# It is the **energy distance** (Székely & Rizzo 2013), and in theory it is 0 only when the two distributions are the same. A sample can be an image: `x.reshape(len(x), -1)` makes one row of each.
#
# **Predict.** What is the energy distance between 400 true points and those same 400 points?

# %% exercise="energy_distance"

# %% check="energy_distance"

# %% [markdown]
# Your ruler, and your steps. Try $T = 10$ with both variances, then 50 and 250, and note at which $T$ the distance comes down to the band.

# %%
distance_on_the_way(
    roll_model, pretrained.published_roll, ddpm_step=yours("ddpm_step"), energy_distance=yours("energy_distance")
)

# %% [markdown]
# ## 5. The error clinic: what is wrong with this sampler?
#
# Each of these bugs stands in teaching material that thousands have read. None of them raises an error. Choose one, look at the points before you read the caption, and say what is wrong. Your `ddpm_step` takes the steps, and the bug is put around it. Blue bars are without the bug, orange bars with it, and the dashed lines are what true samples get on average.

# %%
error_clinic(
    roll_model, pretrained.published_roll, ddpm_step=yours("ddpm_step"), energy_distance=yours("energy_distance")
)

# %% [markdown]
# - **Noise at the last step.** The energy distance does not see it: the large shape is right. The other ruler does, the mean distance to the nearest true point. One number is never the whole story. Now set $T$ to 1 000: $\sigma_1$ is a hundredth, and the bug is nearly invisible. That is how it survives.
# - **Signal left at the end.** The range of $\beta$ from $10^{-4}$ to $0.02$ was made for $T = 1000$. At $T = 50$ the forward process ends in data with some noise on it, and the way back starts from noise with no data in it (lesson 04 met this from the other side). Here the network is asked at the noise level it knows that is nearest.
# - **Off by one.** At $T = 50$ the points lie in a haze. At $T = 1000$ neighbouring levels are so alike that nothing shows, until somebody takes fewer steps.
# - **$\beta$ for $\sqrt\beta$.** Every point ends *nearer* to the line than a true one does, and yet the energy distance is the worst of all: the points sit in too few places. It takes both rulers to see that.
#
# ## 6. From nothing to data, all of it yours
#
# The networks so far came with the course. This one you train now, in a few seconds: a small one, 4 000 steps of 64 samples, on two half moons, with a schedule of 200 steps.

# %%
from gradual import alpha_bar_from_betas, linear_beta_schedule, training

moon_betas = linear_beta_schedule(200, 0.0005, 0.1)
moon_alpha_bar = alpha_bar_from_betas(moon_betas)
rng = np.random.default_rng(0)
moons = data.moons(20_000, rng)

for state in training.train(moons, moon_alpha_bar, rng, steps=4_000, batch=64, hidden=(64, 64, 64)):
    if state.step % 1_000 == 0:
        print(f"step {state.step}: squared error of the predicted noise {state.loss:.3f}")
moon_model = training.eps_model_from(state.params)

# %% [markdown]
# The schedule is lesson 04's, the network, its gradient and Adam are lesson 08's, and the rest is today's. The functions of the earlier lessons are the course's copies here; paste your own above the training cell and pass `forward=mlp_forward, backward=mlp_backward, adam=adam_step` to `train`, and nothing in the chain is anyone's but yours. Move the seed: each picture is 600 points that never existed before. Their energy distance is about at its floor, and yet some of them lie between the moons: the other ruler sees those. Then train with `steps=20_000`, and compare.

# %%
fresh_samples(
    moon_model, data.moons, moon_betas, moon_alpha_bar, sample=yours("sample"), count=600,
    rulers={"energy distance": yours("energy_distance")},
)

# %% [markdown]
# And how does it compare with the world outside? A public course on diffusion models grades a sampler of this swiss roll by its **chamfer distance** to the data: for each point the squared distance to the nearest one of the other set, summed over both sets of 2 048 (Fan et al. 2017). Below 20 earns full points, and the figure shown there is 18.72, after 5 000 steps of training on a GPU. The network here was trained longer, and takes 100 steps back; `benchmarks/swiss_roll.py` measures it after 5 000, with all 1 000. Your sampler:

# %%
roll_100 = pretrained.nearest_levels(roll_model, alpha_bar)
fresh_samples(
    roll_100, pretrained.published_roll, betas, alpha_bar, sample=yours("sample"), count=2048,
    rulers={"chamfer distance": metrics.chamfer_distance},
)

# %% [markdown]
# Two questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="why_fresh_noise"

# %% choice="at_the_floor"

# %% [markdown] question="speckled_digits" points=2
# ### In your own words
#
# A classmate's sampler uses $T = 50$. The digits are easy to read, and slightly speckled all over. With $T = 1000$ the speckles are gone, so the classmate concludes: "It needs more steps." You read `for t in range(T, 0, -1)` and, inside, `if t > 0: x = x + sigma * z`. What is going on, why did more steps seem to help, and why would the energy distance not have told? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for the bug: the condition is always true in this loop, so noise is added at t = 1 as well, and nothing takes it away after that; it has to be t > 1. One point for the rest: the variance of the last step, β_1, is much larger when few steps go the whole way, so with T = 1000 the bug is still there and too small to see; the energy distance compares distances between all pairs, which a little noise on each sample hardly changes (a distance to the nearest true sample would tell). Full marks also for an answer that shows it with the error clinic's two bars.

# %% [markdown]
# ## In this lesson you …
#
# - took **one step back** with predicted noise, with either variance, and none at the end;
# - wrote the **sampler**, and made points and digits that were in no data set;
# - measured samples with the **energy distance**, against the floor of two true samples, and saw what it cannot tell;
# - diagnosed **four sick samplers** from their pictures and their numbers;
# - trained a network and let your own functions turn **noise into data**.
#
# This is a complete diffusion model, the one of 2020. A thousand steps are many, though. In lesson 10 you walk the same way back with fifty, and without a single fresh random number.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Algorithm 2 is your `sample`.
# - A. Nichol, P. Dhariwal (2021). *Improved Denoising Diffusion Probabilistic Models.* Proceedings of the 38th International Conference on Machine Learning. arXiv:2102.09672. Fewer steps, and a learned variance between the two.
# - G. J. Székely, M. L. Rizzo (2013). *Energy statistics: A class of statistics based on distances.* Journal of Statistical Planning and Inference 143, 1249–1272. What the ruler measures, and why it is 0 only for equal distributions.
# - H. Fan, H. Su, L. J. Guibas (2017). *A Point Set Generation Network for 3D Object Reconstruction from a Single Image.* IEEE Conference on Computer Vision and Pattern Recognition. arXiv:1612.00603. Section 3: the chamfer distance.
