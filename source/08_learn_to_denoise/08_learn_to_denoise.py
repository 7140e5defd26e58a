# %% [markdown]
# # Learn to denoise
#
# In lesson 05 the best guess was a formula, since you knew the mixture that the data came from. For pictures nobody knows it. What everybody has is examples: you can take a clean one, add noise that you know, and ask a network which noise it was. In this lesson you write that network, the whole of it.
#
# **What you do.** You write the four functions that a noise predictor is trained with: what it is told of the time, its way forwards, its way backwards, and the step that it learns by. Then you press Start, and watch it learn.
#
# **What you learn.** Why its loss stops falling far above 0, and at which number exactly; how a gradient is found by hand, and how you prove that yours is right; what Adam does that plain gradient descent does not.
#
# **What you need.** Lesson 05 (the best guess) and lesson 07 (the loss on ε). Derivatives and the chain rule, and matrix products.
#
# **How long.** About 100 minutes. The way backwards is the hardest function of the course, so take your time for it.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import alpha_bar_from_betas, cosine_beta_schedule, network
from gradual.widgets.best_guess import best_prediction, time_waves
from gradual.widgets.small_network import bends, gradient_check, loss_slope
from gradual.widgets.training import valley, watch_training

# %% [markdown]
# ## 1. How good can a network get?
#
# Here are the three clusters of lesson 05 again. A noisy point $x_t$ is a clean point and some noise $\varepsilon$, and the task is to guess $\varepsilon$ from $x_t$ and $t$ alone. Because the mixture is known, the best possible guess is known too. On the right, each dot is one point: the noise that was added, and the best guess of it. On the dotted line the guess would be perfect. On the left is the mean squared error of the best guess, at every step. Press play, or drag the step.

# %%
weights = np.array([0.5, 0.3, 0.2])
means = np.array([[-0.9, -0.3], [0.3, 1.0], [1.8, -0.75]])
covs = np.array([
    [[0.10, 0.05], [0.05, 0.08]], [[0.05, 0], [0, 0.05]], [[0.08, -0.04], [-0.04, 0.06]]
])
clean = weights, means, covs
alpha_bar = alpha_bar_from_betas(cosine_beta_schedule(100))

best_prediction(clean, alpha_bar)

# %% [markdown]
# At $t = 1$ the dots lie flat: so little noise cannot be told from the spread of the clusters, the best guess is almost 0, and its error almost 1. At $t = 100$ the point is nearly all noise, and the guess is nearly perfect. In between lies what a network can learn.
#
# A network that sees only $x_t$ and $t$ cannot beat the best guess, $\mathbb E[\varepsilon \mid x_t]$. So its loss, with every step equally likely,
#
# $$L = \mathbb E\,(\varepsilon - \hat\varepsilon(x_t, t))^2 \;\ge\; \mathbb E\,(\varepsilon - \mathbb E[\varepsilon \mid x_t])^2,$$
#
# has a floor: the dashed line. It is computed from the mixture (`gradual.elbo.smallest_eps_mse`), not by a network, and you will see your own loss come down to it. (Everywhere in this lesson, the mean runs over the two coordinates as well.)
#
# ## 2. How does a network know what time it is?
#
# The same point means something else at $t = 5$ than at $t = 95$, so the network has to be told $t$. One number would do, in principle. But a network is slow to learn what changes fast with its input, and a clock shows a better way: one hand runs fast, one slowly, and together they tell any time.
#
# Each row of the map is one wave over all timesteps. The red line is your $t$; the bars show its column, which is what the network gets. Below, how much every other step looks like this one. Drag the step, then choose another `max_period`.

# %%
time_waves(100, timestep_embedding=network.timestep_embedding)

# %% [markdown]
# On the whole, near steps look alike and far ones less so: the fast waves tell neighbours apart, the slow ones tell early from late. With `max_period` = 10 000 half of the waves hardly move in 100 steps. It is the usual setting all the same: it costs nothing, and it serves longer chains too.
#
# $$\omega_i = \text{max\_period}^{-i/h}, \quad i = 0, \dots, h-1, \qquad \big[\cos(t\,\omega_0), \dots, \cos(t\,\omega_{h-1}),\ \sin(t\,\omega_0), \dots, \sin(t\,\omega_{h-1})\big]$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $t$ | `t`, a number or `(B,)` | the timestep; for many, one row each |
# | $h$ | `dim // 2` | how many waves: each gives a cosine and a sine |
# | $\omega_i$ | `frequencies`, `(h,)` | from fast, $\omega_0 = 1$, to slow |
# | $t\,\omega_i$ | `np.multiply.outer(t, frequencies)` | every $t$ times every frequency: `(B, h)`, or `(h,)` for one $t$ |
#
# **Predict.** What is the embedding of $t = 0$?

# %% exercise="timestep_embedding"

# %% check="timestep_embedding"

# %% [markdown]
# Your waves. A step of the fastest hand is one radian, so it comes round every $2\pi$ steps: look for that rhythm in the likeness.

# %%
time_waves(100, timestep_embedding=yours("timestep_embedding"))

# %% [markdown]
# ## 3. What is a network?
#
# One layer multiplies its input by a matrix and adds a bias: a straight line. Layers of straight lines make a straight line again, so between two layers every number is bent by a fixed curve, here $\text{SiLU}(z) = z / (1 + e^{-z})$: nearly 0 on the far left, nearly $z$ on the far right.
#
# This network is as small as can be: one number in, three hidden units, one number out. Its task is the noise of a point between two bells, at one noise level, and the dashed curve is the exact answer. Drag $w$ and $b$, and unit 1 bends elsewhere; drag $a$, and it counts more, less, or upside down.

# %%
bends(mlp_forward=network.mlp_forward)

# %% [markdown]
# That is all that a network does, with hundreds of units and several layers of them: it puts bends together. In formulas, for each layer, from the first to the last:
#
# $$z = x\,W + b, \qquad x \leftarrow \text{SiLU}(z) \ \text{ for the next layer; the last } z \text{ is the output.}$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x$ | `x`, `(B, inputs)` | what flows into the layer, one row for each sample |
# | $W$, $b$ | `W, b`, `(inputs, outputs)` and `(outputs,)` | the layer's parameters; `params` is a list of these pairs |
# | $z$ | `z`, `(B, outputs)` | what the layer makes of it, before the bend: the pre-activation |
# | | `cache`, a list of `(x, z)` | what the way back will need, one pair for each layer |
#
# **Predict.** Why is there no bend after the last layer?

# %% exercise="mlp_forward"

# %% check="mlp_forward"

# %% [markdown]
# ## 4. Which way is down?
#
# The same small network, drawn by your function, with one of its parameters moved away. On the right, the grey curve is the loss for every value that this parameter could have. Training does not see the curve: it sees the one point, and the slope there, the red tangent. Drag the value to where the tangent lies flat. Then choose another parameter.

# %%
loss_slope(mlp_forward=yours("mlp_forward"), mlp_backward=network.mlp_backward)

# %% [markdown]
# The gradient is that slope, for every parameter at once. Begin with **one layer**, $z = xW + b$, and suppose you know $g = \partial L/\partial z$: how much the loss grows when an entry of $z$ grows. The entry $W_{io}$ is used by every sample $n$, to carry $x_{ni}$ to $z_{no}$, so its slope is $\sum_n x_{ni}\, g_{no}$. Every rule is such a sum, and the shapes leave only one way to write it:
#
# | of the loss, the slope in | is | shapes |
# |---|---|---|
# | $W$, `(inputs, outputs)` | $x^\top g$ | `(inputs, B) @ (B, outputs)` |
# | $b$, `(outputs,)` | $g$ summed over the batch | `(B, outputs)` → `(outputs,)` |
# | $x$, `(B, inputs)` | $g\,W^\top$ | `(B, outputs) @ (outputs, inputs)` |
#
# **More layers** are this, again and again, from the last to the first:
#
# $$\underbrace{z_1}_{g_1} \xrightarrow{\ \text{SiLU}\ } x_2 \xrightarrow{\ W_2,\,b_2\ } \underbrace{z_2}_{g_2} \xrightarrow{\ \text{SiLU}\ } x_3 \xrightarrow{\ W_3,\,b_3\ } \underbrace{z_3}_{g_3 \text{ is given}} \qquad\qquad g_{\ell-1} = \big(g_\ell\, W_\ell^\top\big) \cdot \text{SiLU}'(z_{\ell-1})$$
#
# $g_\ell W_\ell^\top$ says what the loss wants of $x_\ell$; the slope of the bend carries it on to $z_{\ell-1}$, entry by entry. With $\sigma(z) = 1/(1+e^{-z})$, it is $\text{SiLU}'(z) = \sigma(z) + \text{SiLU}(z)\,(1-\sigma(z))$. Each $x$ and $z$ lies ready: `cache[layer]` is `(x, z)` of that layer, so the $z$ of the layer before is `cache[layer - 1][1]`.
#
# **Predict.** At which $z$ does a unit pass hardly anything back?

# %% exercise="mlp_backward"

# %% check="mlp_backward"

# %% [markdown]
# You do not have to believe a check. Here is the one that everybody who writes a gradient by hand makes: nudge one parameter by $\pm h$, run your `mlp_forward` twice, and see how much the loss changes, $\frac{L(\theta + h) - L(\theta - h)}{2h}$. That needs no gradient. Each mark is one parameter: how far your `mlp_backward` is from it, relative to their size. Above the dashed line, something is wrong, and the column says in which layer. Drag $h$.

# %%
gradient_check(mlp_forward=yours("mlp_forward"), mlp_backward=yours("mlp_backward"))

# %% [markdown]
# With a large $h$ the loss is no straight line between the two points; with a tiny one, the difference of two nearly equal numbers keeps few of its 16 digits. The best $h$ lies between, and even there eight or nine digits agree. Why not train this way, without any `mlp_backward`? The network below has over 6 000 parameters, so it would have to run over 12 000 times for one step. Your function runs once (Baydin et al. 2018).
#
# ## 5. How far is a step?
#
# Down is known; how far is not. In a narrow valley one slope is 150 times as steep as the other. Play the steps, then try the other learning rates: for gradient descent, the steep side sets the limit, and along the valley it crawls.

# %%
valley(adam_step=network.adam_step)

# %% [markdown]
# Adam divides each parameter's step by the size that its gradients have had, so that both directions move at one pace, and it steps along their mean, which irons out the zigzag. Past the goal, the mean carries it on for a while; that is why training lowers the learning rate towards the end.
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,g^2, \qquad \theta \leftarrow \theta - \text{lr}\,\frac{m/(1-\beta_1^{\,\text{step}})}{\sqrt{v/(1-\beta_2^{\,\text{step}})} + \text{eps}}$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\theta$, $g$ | `param`, `grad` | parameters and gradient, in one shape |
# | $m$, $v$ | `m`, `v` | running means of $g$ and of $g^2$; both start at 0 |
# | $1-\beta^{\,\text{step}}$ | `1 - beta1**step` | how much of the mean is there yet: after one step, only $1-\beta$ of it |
# | $\beta_1$, $\beta_2$ | `beta1`, `beta2` | how much of the old mean stays. The name is Adam's own: these are no noise variances |
#
# **Predict.** How long is the very first step of Adam, for a gradient of 500? And for one of 0.002?

# %% exercise="adam_step"

# %% check="adam_step"

# %% [markdown]
# ## 6. Train
#
# You have everything. The loop around it is short; `gradual/training.py` has it in full, with a learning rate that falls to 0 and an average of the parameters that samples better:
#
# ```python
# x_t = q_sample(x0, t, alpha_bar, noise)              # a batch, each sample at a random t
# x = np.concatenate([x_t, timestep_embedding(t, 32)], axis=1)
# output, cache = mlp_forward(params, x)
# grads = mlp_backward(params, cache, 2 * (output - noise) / output.size)
# params, m, v = adam_step(params, grads, m, v, step)  # for all parameters at once
# ```
#
# Press **Start**: your four functions train on 20 000 points. On the left, the loss and the floor (the axis of steps is logarithmic, since most happens early). In the middle, the arrows say which way your network would send a noisy point; on the right, which way it should. You can move the step $t$ meanwhile. **Stop** holds training, and **Go on** continues it.

# %%
watch_training(
    clean, alpha_bar, forward=yours("mlp_forward"), backward=yours("mlp_backward"),
    adam=yours("adam_step"), embed=yours("timestep_embedding"),
)

# %% [markdown]
# The network has never seen the mixture, its score or a single exact arrow. It has seen points with noise on them, and the squared error did the rest: its smallest value belongs to the conditional mean. In lesson 05 you found that this mean and the score are two names for one thing, so what you have trained is a score, too.
#
# Two questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="loss_at_the_floor"

# %% choice="what_a_gradient_check_proves"

# %% [markdown] question="whose_network_is_better" points=2
# ### In your own words
#
# Your network for the three clusters ends at a loss of 0.33. A friend trains on pictures of digits, with the same schedule, and ends at 0.05. "Mine is better", says the friend. Is it? What can you say about your own network that the friend cannot say about theirs, and what could the two of you compare instead? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for the floor: a loss can only be read against the smallest one possible, which depends on the data and the schedule, so losses on different data do not compare; ours is known and nearly reached, and the friend's is not known (it may well be lower, because neighbouring pixels depend on one another and the noise stands out from them). One point for a sensible comparison: the distance to the floor where it is known, loss on fresh data, or what the samples look like, by a measure; or both networks on the same data with the same schedule.

# %% [markdown]
# ## In this lesson you …
#
# - found the **floor** under the loss, the error of the best guess, and saw your loss come down to it;
# - told the network the time, with **waves** from fast to slow;
# - ran a network **forwards**, and sent the slope of its loss **backwards** through it, layer by layer;
# - **proved** your gradient right with finite differences, at the one $h$ that suits them;
# - took steps with **Adam**, and trained a noise predictor with nothing but your own functions.
#
# Next, in lesson 09, you put your network to use: it turns noise into new data.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. Algorithm 1 is the loop that you ran.
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). *Learning representations by back-propagating errors.* Nature 323, 533–536. The way backwards, in four pages.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind (2018). *Automatic Differentiation in Machine Learning: a Survey.* Journal of Machine Learning Research 18 (153), 1–43. What libraries do instead of you, and why finite differences do not suffice.
# - D. P. Kingma, J. Ba (2015). *Adam: A Method for Stochastic Optimization.* International Conference on Learning Representations. arXiv:1412.6980. Algorithm 1, and section 3 on the correction of m and v.
# - A. Vaswani et al. (2017). *Attention Is All You Need.* Advances in Neural Information Processing Systems 30. arXiv:1706.03762. Section 3.5: where the waves come from.
# - M. Tancik et al. (2020). *Fourier Features Let Networks Learn High Frequency Functions in Low Dimensional Domains.* Advances in Neural Information Processing Systems 33. arXiv:2006.10739. Why a network is slow to learn what changes fast.
