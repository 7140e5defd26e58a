# %% [markdown]
# # Count the cost of a denoiser
#
# Two people hand you two denoisers. Which is better, and is there anything left to gain? You could look at what they make, and argue. In this lesson you get a number instead: how many nats a whole chain of reverse steps needs to describe the data. It falls into one term a step, and there is a floor below which nobody can go.
#
# **What you do.** You stack the cost of every step on a bar and watch what moves it, then write the cost of a wrong Gaussian, the terms of the bound, and the loss that nearly everyone trains with.
#
# **What you learn.** What the evidence lower bound (ELBO) is made of, why its gap to the entropy is a fair grade, what each choice of the variance $\sigma_t^2$ costs, and why the simple loss is the same sum with other weights.
#
# **What you need.** Lesson 05 (the exact denoiser) and lesson 06 (`q_posterior`, `x0_from_eps`). Logarithms and averages.
#
# **How long.** About 70 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import elbo, plots, posterior
from gradual import alpha_bar_from_betas, linear_beta_schedule, q_posterior, q_sample, x0_from_eps
from gradual.mixture import FOUR_BELLS
from gradual.widgets.elbo import bar_of_terms, sampled_terms
from gradual.widgets.elbo_choices import other_weights, price_of_variance, two_bells

# %% [markdown]
# ## 1. What is a denoiser worth?
#
# The data of this lesson are single numbers, from a mixture of four bells (Prince 2023, chapter 18). In one dimension every average can be taken exactly, by adding up thin strips, so nothing here is a matter of luck.
#
# If a model gives the number $x_0$ the density $p(x_0)$, then $-\log p(x_0)$ is what $x_0$ costs under this model, in **nats**: little where the model expected it, much where it did not. Averaged over the data, no model is cheaper than the data's own density, and that smallest cost is the **entropy**.

# %%
betas = linear_beta_schedule(1000)
alpha_bar = alpha_bar_from_betas(betas)
# the smallest squared error of ε that any denoiser can reach, at each t: exact, about two seconds
smallest = elbo.smallest_eps_mse(FOUR_BELLS, alpha_bar)

samples = FOUR_BELLS.sample(5000, np.random.default_rng(0))[:, 0]
plots.histograms(
    {"5000 points": samples}, density=lambda x: np.exp(FOUR_BELLS.log_prob(x[:, None])),
    title=f"Four bells: their entropy is {elbo.mixture_entropy(FOUR_BELLS):.6f} nats", x_label="x₀",
)

# %% [markdown]
# The figure shows the four bells, from a narrow one on the left to a wide one; look how well 5000 points follow the exact density.
#
# A diffusion model describes a point in steps: first $x_T$, then each $x_{t-1}$ from $x_t$, and $x_0$ last. On the left, each step's cost is a slice of the blue bar, the last one, $L_0$, is orange, and the grey bar is where the sum ends. On the right is its distance from the entropy, for chains of every length. (A chain of $T$ steps uses $T$ evenly spaced noise levels of the same schedule.)

# %%
bar_of_terms(FOUR_BELLS, alpha_bar, smallest, normal_kl=posterior.normal_kl)

# %% [markdown]
# Things to try:
#
# - Drag $T$. The blue bar and the orange one both grow without end, and yet the grey one creeps down to the dashed line and never passes it.
# - Drag the denoiser from 100 % (exact) to 0 %, where it knows no more of the data than mean and variance. The grey bar rises. How good the denoiser is can be read off as one number, **the gap**.
# - With the denoiser at 0 % and the best $\sigma_t^2$, the gap is the same for every $T$. Such a chain makes one wide bell, however many steps it takes, and the gap is the cost of believing in that bell.
# - Change $\sigma_t^2$ to $\tilde\beta_t$. The denoiser is still exact, and the gap is not small any more.
#
# The cost $L_0$ is negative when the steps are short, and that is no mistake. A *density* can be above 1: the last bell is narrow, so it is high, and $-\log$ of something above 1 is below 0. Measured in another unit of length, $L_0$ and the entropy would both move by the same amount. The gap stays.
#
# ## 2. What does a wrong bell cost?
#
# Nearly every slice of that bar is a comparison of two Gaussians: the true step back, and the model's. So first take two bells. Points come from the black one, and someone believes in the blue one. The orange area is what the belief costs, place by place: it is large where there are many points and little belief. Drag the mean and the width of the belief, and look for the cheapest width (the dot on the right) while the mean is wrong.

# %%
two_bells(normal_kl=posterior.normal_kl)

# %% [markdown]
# Too narrow is expensive, too wide is rather cheap, and with a wrong mean the cheapest belief is *wider than the truth*. Keep that in mind. The whole orange area, what is below zero subtracted, is the **Kullback–Leibler divergence** (Kullback & Leibler 1951), $\mathrm{KL}(p\,\|\,q) = \mathbb E_p[\log p - \log q]$. It is 0 if the two agree and above 0 otherwise. For two Gaussians the average can be taken on paper:
#
# $$\mathrm{KL} = \tfrac12\left(\log\frac{\sigma_2^2}{\sigma_1^2} + \frac{\sigma_1^2 + (\mu_1-\mu_2)^2}{\sigma_2^2} - 1\right)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\mu_1,\ \sigma_1^2$ | `mean1`, `var1` | the true Gaussian, which the average runs over |
# | $\mu_2,\ \sigma_2^2$ | `mean2`, `var2` | the one believed in |
# | KL | what you return | nats, one number for each entry |
#
# `var1` and `var2` are variances. All four can be arrays of one shape or single numbers; NumPy broadcasts.
#
# **Predict.** The means are a distance $d$ apart and $\sigma_1^2 = 1$. Which $\sigma_2^2$ makes the KL smallest?

# %% exercise="normal_kl"

# %% check="normal_kl"

# %% [markdown]
# Now your function draws both curves and the dot. Set the mean to 2 and find the bottom of the orange curve: its width squared is the true variance plus the squared distance. At width 1 the two directions agree; at any other they do not, so it matters which Gaussian comes first.

# %%
two_bells(normal_kl=yours("normal_kl"))

# %% [markdown]
# ## 3. What is the bar made of?
#
# No one can compute $-\log p(x_0)$ of a chain directly: one would have to sum over all the paths that end in $x_0$. But the paths that noise takes *from* $x_0$ are easy to sample, and with them comes an upper limit (Sohl-Dickstein et al. 2015; Ho et al. 2020, eq. 5):
#
# $$-\log p(x_0)\ \le\ \underbrace{-\log p(x_0\mid x_1)}_{L_0} + \sum_{t=2}^{T}\underbrace{\mathrm{KL}\big(q(x_{t-1}\mid x_t,x_0)\,\|\,p(x_{t-1}\mid x_t)\big)}_{L_{t-1}} + \underbrace{\mathrm{KL}\big(q(x_T\mid x_0)\,\|\,\mathcal N(0,I)\big)}_{L_T}$$
#
# averaged over the noise in each $x_t$. With the sign turned it is the **evidence lower bound**. The true step back $q$ knows $x_0$: that is `q_posterior` of lesson 06. The model's step $p$ has to guess $x_0$, puts the guess into the same formula, and takes a variance $\sigma_t^2$ that someone chose.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x_t$ | `q_sample(x0, t, alpha_bar, noise[t - 1])` | noise for step $t$ stands at index $t-1$ |
# | $\hat x_0$ | `x0_from_eps(x_t, eps_model(x_t, t), t, alpha_bar)` | the model's guess |
# | $\tilde\mu_t,\ \tilde\beta_t$ | `q_posterior(x0, x_t, t, betas, alpha_bar)` | the true step's mean and variance |
# | $\mu_t$ | the mean from `q_posterior`, with $\hat x_0$ for `x0` | the model's mean |
# | $\sigma_t^2$ | $\tilde\beta_t$ for `"posterior"`, `betas[t]` for `"beta"` | the model's variance; $\sigma_1^2=\beta_1$ in both |
# | $L_{t-1}$ | `L_step[t - 2]`, $t=2\dots T$ | a KL: call `normal_kl`, or write it out |
# | $L_0$ | a number | $\tfrac12\big(\log(2\pi\sigma_1^2) + (x_0-\mu_1)^2/\sigma_1^2\big)$ |
# | $L_T$ | a number | $q(x_T\mid x_0)$ has mean $\sqrt{\bar\alpha_T}\,x_0$ and variance $1-\bar\alpha_T$ |
#
# Each is summed over the entries of a sample and averaged over the batch: `np.sum(...) / len(x0)`. At $t=1$ the true answer is $x_0$ itself, a point without width, so its term is a log density and no KL.
#
# **Predict.** The model is exact. Are all $L_{t-1}$ zero?

# %% exercise="vlb_terms"

# %% check="vlb_terms"

# %% [markdown]
# Your function draws the dots and the bars, from a few points and 50 steps; the black lines are the exact averages. Drag *draw* for other points, then take more of them. Look for a bound that lies *below* the entropy.

# %%
sampled_terms(FOUR_BELLS, alpha_bar, smallest, vlb_terms=yours("vlb_terms"))

# %% [markdown]
# With few points that happens, by luck: the entropy is a floor for the average, not for a handful. With 3000 it hardly does. And no, an exact denoiser does not make the steps free. The true step back was told $x_0$, and the model was not; what it cannot know it has to pay for.
#
# Averaged over the data, bound minus entropy is itself one single KL: between all the paths that noise makes of the data, and all the paths that the model makes. That is why the gap is never negative, and why it is 0 only for a model that walks back exactly as noise came.
#
# ## 4. Which variance?
#
# The mean comes from the denoiser. The variance is yours to choose, and Ho et al. (2020, section 3.2) name two candidates: $\beta_t$, and $\tilde\beta_t$, the variance of the step that knows $x_0$. Your `normal_kl` computes every term below, with the exact denoiser, and the exact average over the data. On the left is the gap for everything between the two, on the right what each step costs more than it has to.
#
# **Predict.** $\tilde\beta_t$ is the variance of the true posterior. Is it the better choice?

# %%
price_of_variance(FOUR_BELLS, alpha_bar, smallest, normal_kl=yours("normal_kl"))

# %% [markdown]
# It is not. With 1000 steps, the gap with $\tilde\beta_t$ is more than sixty times the one with $\beta_t$, and nine tenths of it come from the first ten steps. You know the reason from section 2: the model's mean is off by what the denoiser cannot know, and a belief with a wrong mean should be *wider*. The best single number for each step is
#
# $$\sigma_t^2 = \tilde\beta_t + \mathbb E\,(\tilde\mu_t - \mu_t)^2$$
#
# (Bao et al. 2022), the true variance plus the squared distance, as you found for two bells. Near the data, a tiny step back from $x_1$ or $x_2$ leaves $x_0$ nearly as uncertain as noise allows, so the best is close to $\beta_t$. At large $t$ the two candidates are the same number, and the choice hardly matters. Set $T$ to 20 and look again: the fewer steps, the dearer a bad choice.
#
# What remains of the gap, with the best variance at each step, is what a *Gaussian* step cannot describe at all. Lesson 06 showed it: over a long step, the way back has two hills.
#
# ## 5. The same terms, other weights
#
# The variances are fixed, so what can a denoiser do about the bound? In each term only the squared distance of the means depends on it, and that is the squared error of the predicted noise times a known number (Ho et al. 2020, eq. 12):
#
# $$L_{t-1} = \underbrace{\frac{\beta_t^2}{2\sigma_t^2(1-\beta_t)(1-\bar\alpha_t)}}_{\text{weight of } t}\ \mathbb E\,\|\varepsilon-\hat\varepsilon(x_t,t)\|^2\ +\ \text{what no denoiser can change}$$
#
# Left, the squared error at each $t$; at the top right, two sets of weights, that of the bound with $\sigma_t^2=\beta_t$, and a flat one (only their shapes matter, not their heights); below, where the sum comes from. Drag the denoiser, and change the weights.

# %%
other_weights(FOUR_BELLS, alpha_bar, smallest, simple_loss=elbo.simple_loss)

# %% [markdown]
# The bound counts the first step about a hundred times as much as those around $t=300$. There the noise is so faint that hardly anything of it can be predicted: even the exact denoiser is wrong by nearly 1. Ho et al. drop the weights and count every step alike:
#
# $$L_{\text{simple}} = \mathbb E\,\big(\varepsilon - \hat\varepsilon(\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\varepsilon,\ t)\big)^2$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $t$ | `t`, an int or `(B,)` | one step for all samples, or one for each |
# | $\varepsilon$ | `noise`, in the shape of `x0` | what was really added |
# | $\hat\varepsilon$ | `eps_model(x_t, t)` | what the model says was added |
# | $\mathbb E$ | the mean over batch *and* entries | one number |
#
# **Predict.** A model answers 0 whatever it sees. What is its loss?

# %% exercise="simple_loss"

# %% check="simple_loss"

# %% [markdown]
# Every dot is now one call of your function, on 1000 evenly spread points. At 100 % the dots lie on the dashed line, give or take their sampling error, and no denoiser gets below it. Take the denoiser to 0 % and see where mean and variance alone are not enough.
#
# In training, nobody goes through all $t$. Each sample of a batch gets a random step, and one call gives the loss of them all. For the exact denoiser, the line above the picture shows it near the smallest mean error that there is.

# %%
rng = np.random.default_rng(1)
x0, noise = FOUR_BELLS.sample(20_000, rng), rng.standard_normal((20_000, 1))
t = rng.integers(1, 1001, size=20_000)
loss = yours("simple_loss")(FOUR_BELLS.eps_model(alpha_bar), x0, t, alpha_bar, noise)
print(f"on 20 000 points, each at a random t: {float(loss):.3f}")
print(f"the smallest possible, averaged over all t, exactly: {smallest[1:].mean():.6f}")

other_weights(FOUR_BELLS, alpha_bar, smallest, simple_loss=yours("simple_loss"))

# %% [markdown]
# Remember the smallest possible error, averaged over all $t$: it is not 0. A training curve that levels off well above 0 can be as good as it gets.
#
# Three questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="below_the_entropy"

# %% choice="which_variance"

# %% choice="same_minimum"

# %% [markdown] question="better_pictures" points=2
# ### In your own words
#
# Ho et al. (2020, section 4) trained the same network twice. Trained on the bound, it described images in fewer nats; trained on $L_{\text{simple}}$, it made the better-looking samples. "So one of the two numbers must be wrong," says a friend. What do you answer? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for the weights: both are sums of the same squared errors; the bound puts most of its weight on small t, where the noise is faint, and L_simple counts all t alike, so relatively more on large t. One point for the consequence: one network of limited size has to share itself among all t; trained on the bound it cares for the finest detail, which costs many nats and which hardly anyone sees, and trained on L_simple it does better at the larger t, where the shape of the whole picture is decided. Neither number is wrong: they answer different questions. Full marks also for an answer that argues from the bars of the widget. No point is lost for not saying that a network of unlimited size would come out the same.

# %% [markdown]
# ## In this lesson you …
#
# - graded a denoiser by one number, the **gap** between bound and entropy, and saw it fall with every step you add;
# - computed the cost of a **wrong bell**, and found that with a wrong mean it pays to believe in a wider one;
# - wrote the **terms of the bound**, one a step, and met the exact ones with a few hundred points;
# - saw what $\sigma_t^2 = \tilde\beta_t$ costs, where, and why the **best variance** is wider;
# - took the weights off, and arrived at the **simple loss**, whose smallest value is known here and is not 0.
#
# Next, in lesson 08, you forget that the answer is known, and let a network find it.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Sections 3.2 to 4: the terms, the two variances, and the simple loss.
# - J. Sohl-Dickstein, E. Weiss, N. Maheswaranathan, S. Ganguli (2015). *Deep Unsupervised Learning using Nonequilibrium Thermodynamics.* International Conference on Machine Learning. arXiv:1503.03585. Where the bound comes from.
# - F. Bao, C. Li, J. Zhu, B. Zhang (2022). *Analytic-DPM: an Analytic Estimate of the Optimal Reverse Variance in Diffusion Probabilistic Models.* International Conference on Learning Representations. arXiv:2201.06503. The best variance.
# - A. Nichol, P. Dhariwal (2021). *Improved Denoising Diffusion Probabilistic Models.* International Conference on Machine Learning. arXiv:2102.09672. A learned variance between $\tilde\beta_t$ and $\beta_t$, and how the first steps rule the bound.
# - D. P. Kingma, T. Salimans, B. Poole, J. Ho (2021). *Variational Diffusion Models.* Advances in Neural Information Processing Systems 34. arXiv:2107.00630. The bound with infinitely many steps.
# - S. Kullback, R. A. Leibler (1951). *On Information and Sufficiency.* Annals of Mathematical Statistics 22, 79–86.
# - S. J. D. Prince (2023). *Understanding Deep Learning.* MIT Press. Chapter 18, with this mixture.
