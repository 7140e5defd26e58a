# %% [markdown]
# # Choose how fast the noise comes
#
# Lesson 03 gave you the jump to any step. It left one choice open: how much noise does each step add? The list of all these β is the **noise schedule**. It looks like a detail, and it decides what the model gets to see.
#
# **What you do.** You drag schedules and watch a digit under them, write the two best-known ones, measure any schedule with one curve, and audit settings that are in use.
#
# **What you learn.** Where a schedule wastes its steps, how to read a log-SNR curve, and why a trace of signal at the last step is a fault in the model, and how to repair it.
#
# **What you need.** Lessons 01 and 03: the step, $\bar\alpha_t$, and the jump. A little trigonometry.
#
# **How long.** About 35 minutes.

# %% tags=["setup"]
import numpy as np
from autograder import check, hint, progress, yours
from gradual import data, forward, schedules
from gradual.widgets.noise_schedules import drag_schedule, quarter_turn, read_log_snr
from gradual.widgets.terminal_snr import terminal_snr_audit

# %% [markdown]
# ## 1. Where do the steps go?
#
# Three curves and eleven digits. The curves show the noise of each step, the share of the signal's variance that is left, and the two weighed against each other (section 4 explains that one). Below them is one digit at every tenth of the way, by lesson 03's jump. It gets the *same* noise every time, so that only the mix changes from one picture to the next.
#
# Where the curves are hatched, less than a tenth of the signal's size is left. Try three things:
#
# - Drag **T** down to 50. What is left of the digit at 100%?
# - Put T back to 1000 and raise the **last β**. What happens to the hatched part?
# - Choose the **cosine** schedule. At which share of the way do you lose the digit, here and there?

# %%
digits = data.digits()[0]
bar = schedules.alpha_bar_from_betas

drag_schedule(
    digits[0], schedules.linear_beta_schedule, schedules.cosine_beta_schedule, bar, schedules.snr, forward.q_sample
)

# %% [markdown]
# A schedule can fail at both ends. If it is too gentle, the chain stops before the digit is gone. If it is too harsh, the digit is gone early, and all later steps stir noise into noise. You now look at each in turn.
#
# ## 2. The straight line
#
# The schedule of the first diffusion model in wide use lets β rise in a straight line:
#
# $$\beta_t = \beta_\text{start} + (\beta_\text{end} - \beta_\text{start})\,\frac{t-1}{T-1}, \qquad t = 1, \dots, T, \qquad \beta_0 = 0$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $T$ | `T` | the number of steps |
# | $\beta_\text{start}$, $\beta_\text{end}$ | `beta_start`, `beta_end` | the noise of the first step and of the last |
# | $\beta_0, \dots, \beta_T$ | what you return | `T + 1` numbers; index 0 belongs to the clean data and is 0 |
#
# (Ho et al. 2020, section 4, with $T = 1000$ and β from 0.0001 to 0.02.)
#
# **Predict.** How many points does the line have, and how many gaps between them? Which entry of your array holds `beta_start`?

# %% exercise="linear_beta_schedule"

# %% check="linear_beta_schedule"

# %% [markdown]
# Now your schedule moves the picture. The jump mixes $\sqrt{\bar\alpha_t}$ of the data with $\sqrt{1-\bar\alpha_t}$ of noise. The squares of these two sizes add up to 1, so they are a point on a quarter circle: a pointer that starts at 0°, all signal, and turns to 90°, all noise. The further it turns, the more the image changes. Each ring is a tenth of the steps.
#
# **Predict.** After half of the steps, is the pointer at 45°? Then press play.

# %%
quarter_turn(digits[0], {"linear": yours("linear_beta_schedule")}, bar, forward.q_sample)

# %% [markdown]
# The rings crowd at the top. The first quarter of the steps turns the pointer by 44°, the second by 30°, the third by 13°, and the last by 3°. A quarter of all steps is spent on 3 of 90 degrees. Each of those steps still costs a full call of the network when you sample, and a full share of the training. Nichol & Dhariwal (2021, section 3.2) skipped up to a fifth of the steps of a model trained on this schedule, and its samples hardly got worse.
#
# ## 3. An even pace
#
# What if the pointer turned *evenly*? Its angle would be $t/T$ of a quarter turn, and the signal's size the cosine of that angle. So $\bar\alpha_t$ follows a squared cosine, and the β are worked out from it:
#
# $$\bar\alpha_t = \frac{f(t)}{f(0)}, \qquad f(t) = \cos^2\!\left(\frac{t/T + s}{1+s}\cdot\frac{\pi}{2}\right), \qquad \beta_t = \min\!\left(1 - \frac{\bar\alpha_t}{\bar\alpha_{t-1}},\ \beta_\text{max}\right)$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $f(0), \dots, f(T)$ | `f` | the squared cosine at all times, `np.arange(T + 1) / T` of the way |
# | $s$ | `s` | a small head start, so that the first steps are not too small to matter |
# | $\beta_\text{max}$ | `max_beta` | no β may be larger |
# | $\beta_0, \dots, \beta_T$ | what you return | `T + 1` numbers, $\beta_0 = 0$ |
#
# (Nichol & Dhariwal 2021, eq. 17.) Where does the ratio come from? Each step keeps $1-\beta_t$ of the variance, so $\bar\alpha_t = \bar\alpha_{t-1}(1-\beta_t)$; solve for $\beta_t$.
#
# **Predict.** At $t = T$ the cosine is 0. Which β would the last step have without the limit, and what would be left of the state before it?

# %% exercise="cosine_beta_schedule"

# %% check="cosine_beta_schedule"

# %% [markdown]
# Your two schedules side by side, at the same step. Play it, and watch which pointer stands still at the end.

# %%
both = {"linear": yours("linear_beta_schedule"), "cosine": yours("cosine_beta_schedule")}
quarter_turn(digits[0], both, bar, forward.q_sample)

# %% [markdown]
# The cosine's rings are even: every tenth of the steps does about the same share of the work. At half time the linear pointer is at 74°, the cosine's at 45°.
#
# An even pace is a good default, not a law. Neighbouring pixels of a large image repeat each other, so it stays recognisable under noise that would hide a small one, and needs more noise to be destroyed equally (Hoogeboom et al. 2023).
#
# ## 4. One curve for every schedule
#
# Linear or cosine, 50 steps or 1000: how do you compare schedules whose β mean such different things? By what each state contains. The **signal-to-noise ratio** sets the variance of the signal against that of the noise:
#
# $$\mathrm{SNR}(t) = \frac{\bar\alpha_t}{1 - \bar\alpha_t}$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\bar\alpha_t$ | `alpha_bar` | the signal's share of the variance: one number, or an array of any shape |
# | $1 - \bar\alpha_t$ | `1 - alpha_bar` | the noise's share |
# | $\mathrm{SNR}(t)$ | what you return | from ∞ (no noise) to 0 (no signal) |
#
# (Kingma et al. 2021, eq. 2.) At $t = 0$ there is no noise, and NumPy's division by 0 gives `inf`, which is right. It warns as well; inside `with np.errstate(divide="ignore"):` it does not.
#
# **Predict.** What is the ratio where $\bar\alpha = 0.5$? And where $\bar\alpha = 0.01$?

# %% exercise="snr"

# %% check="snr"

# %% [markdown]
# The ratio runs over many powers of ten, so one looks at its logarithm:
#
# | log SNR | signal : noise | $\bar\alpha$ | |
# |---|---|---|---|
# | +4.6 | 100 : 1 | 0.99 | hardly any noise |
# | 0 | 1 : 1 | 0.5 | as much signal as noise |
# | −4.6 | 1 : 100 | 0.0099 | a tenth of the signal's size; the hatching began near here |
# | −∞ | 0 : 1 | 0 | no signal |
#
# Slide the ruler over three of your schedules, and read off three things for each: where the curve crosses 0, where it is flat (there many steps are spent), and where it ends. Below, section 1's picture again, now drawn by your functions alone.

# %%
linear, cosine = yours("linear_beta_schedule"), yours("cosine_beta_schedule")
curves = {
    "linear, T = 1000": lambda: bar(linear(1000)),
    "cosine, T = 1000": lambda: bar(cosine(1000)),
    "linear, T = 50": lambda: bar(linear(50)),
}
display(read_log_snr(curves, yours("snr"), [linear, cosine]))

drag_schedule(digits[0], linear, cosine, bar, yours("snr"), forward.q_sample)

# %% [markdown]
# Where two schedules have the same log SNR, their states have the same distribution, whatever the step's number. So this curve, and not T or β, is what a schedule *is*. It also says what matters in training: with infinitely many steps, the likelihood bound that lesson 07 derives depends on the schedule only through the SNR at its two ends (Kingma et al. 2021).
#
# Look at the ends, then. The cosine plunges to −20. The linear schedule with 1000 steps reaches −10. With 50 steps, and the same first and last β, it ends at **+0.4**: more signal than noise.
#
# ## 5. What is left at the end?
#
# A sampler starts from pure noise, $\mathcal N(0, I)$. That is right if the chain ends there. Does it? Below are six settings found in well-known tutorials. All of them start sampling from $\mathcal N(0, I)$.
#
# **Left:** what is really left at their last step, $\sqrt{\bar\alpha_T}$, computed by your schedule. **Right:** why it matters even where the eye sees only noise. Take the mean of all pixels of an image. In pure noise of $n \times n$ pixels it is 0, give or take $1/n$. In the chain's last state, it is $\sqrt{\bar\alpha_T}$ times the image's own mean, give or take nearly the same. Choose a setting, and drag the number of pixels.

# %%
settings = {  # T, first β, last β
    "linear, T = 50": (50, 0.0001, 0.02),
    "linear, T = 150": (150, 0.0001, 0.02),
    "constant, T = 100": (100, 0.01511, 0.01511),
    "linear, T = 250": (250, 0.0001, 0.02),
    "linear, T = 500": (500, 0.0001, 0.02),
    "linear, T = 1000": (1000, 0.0001, 0.02),
}
terminal_snr_audit(settings, digits, yours("linear_beta_schedule"), bar)

# %% [markdown]
# In training, the model sees the orange states at step T. In sampling, it starts on the dashed curve. Where the two do not overlap, its very first input is of a kind that it never met, and it reads the missing trace as a fact: *an image whose mean is 0*. Lin et al. (2024) found this in Stable Diffusion, whose schedule leaves $\sqrt{\bar\alpha_T} = 0.068$: it could make neither very bright nor very dark images. Averages sharpen with the number of pixels, so the larger the image, the smaller the trace that counts.
#
# The repair of Lin et al. (algorithm 1) takes the curve of the signal's size, shifts it down until its end is 0, and stretches it until the first step is back in its place:
#
# $$\sqrt{\bar\alpha_t} \;\leftarrow\; \left(\sqrt{\bar\alpha_t} - \sqrt{\bar\alpha_T}\right)\cdot\frac{\sqrt{\bar\alpha_1}}{\sqrt{\bar\alpha_1} - \sqrt{\bar\alpha_T}}, \qquad t = 1, \dots, T$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $\bar\alpha_0, \dots, \bar\alpha_T$ | `alpha_bar` | the schedule before; $\bar\alpha_0 = 1$ stays as it is |
# | $\sqrt{\bar\alpha_1}$, $\sqrt{\bar\alpha_T}$ | `root[1]`, `root[-1]` | the signal's size after the first step and after the last, where `root = np.sqrt(alpha_bar)` |
# | new $\bar\alpha_0, \dots, \bar\alpha_T$ | what you return | `T + 1` numbers: the squares of the new sizes, 1 in front |
#
# **Predict.** Put $t = 1$ and $t = T$ into the formula. What comes out?

# %% exercise="rescale_zero_terminal_snr"

# %% check="rescale_zero_terminal_snr"

# %% [markdown]
# The audit again, with every setting repaired by your function; choose *as found* to go back. Below, the log SNR of one setting before and after, to see what the repair does to the steps in between.

# %%
rescale = yours("rescale_zero_terminal_snr")
repair = {
    "linear, T = 250": lambda: bar(linear(250)),
    "the same, rescaled": lambda: rescale(bar(linear(250))),
}
display(terminal_snr_audit(settings, digits, linear, bar, rescale))

read_log_snr(repair, yours("snr"), [linear, rescale])

# %% [markdown]
# The repair has a price, and you should know it before you use it:
#
# - The curve has moved everywhere, not only at its end. A model trained on the old schedule has to be trained again, or at least fine-tuned.
# - At step T the state is now noise and nothing else. A model that predicts the *noise* could copy its input there and learn nothing of the image. Lin et al. therefore let it predict another mix of the two, $v$ (Salimans & Ho 2022), which you meet in lesson 06.
#
# Where you choose the schedule yourself, there is a simpler way: take more steps, or larger β, and look at $\sqrt{\bar\alpha_T}$ *before* you train.
#
# Now three questions, each with an answer to every option. Set the name to a letter, in quotes, then run the check.

# %% choice="shorter_schedule"

# %% choice="log_snr_of_zero"

# %% choice="leftover_signal"

# %% [markdown] question="trust_the_eye" points=2
# ### In your own words
#
# A colleague trains on 64×64 images with a constant β of 0.015 and $T = 100$, and starts sampling from $\mathcal N(0, I)$. "I looked at the last step," they say. "It is all noise to me, so the schedule is fine." What do you compute, what does it say, and what would you change? Three or four sentences. Double-click the cell below to write.
#
# ---
# **Rubric (2 points).** One point for the measure: √ᾱ_T = (1 − 0.015)^50 ≈ 0.47 (or ᾱ_T ≈ 0.22, or a log SNR of about −1.3), so nearly half of the signal's size is left; and the eye is no test, because averages over many pixels (such as the mean, whose chance variation is 1/64) show the trace, and a network can use it. One point for the consequence and a repair: in training x_T carries a trace of an image, in sampling it carries none, so the first input is unlike all it was trained on; take more steps or larger β (Σβ about 10 instead of 1.5), or rescale to zero terminal SNR, and train again.

# %% [markdown]
# ## In this lesson you …
#
# - dragged schedules, and saw them fail at **both ends**: too much left, or too long in the noise;
# - wrote the **linear** schedule, and saw a quarter of its steps turn the pointer by 3 of 90 degrees;
# - wrote the **cosine** schedule, which turns it evenly;
# - measured schedules by their **log SNR**, which is all that a state can tell of its schedule;
# - **audited** settings in use, and repaired the ones that stop before the signal is gone.
#
# That completes the way from data to noise. In lesson 05 the road back begins: you meet the one quantity that points from any noisy state towards the data, and for a mixture of Gaussians you know it exactly.
#
# Run `progress()` in a new cell to see what you have passed so far.
#
# ### Further reading
#
# - J. Ho, A. Jain, P. Abbeel (2020). *Denoising Diffusion Probabilistic Models.* Advances in Neural Information Processing Systems 33. arXiv:2006.11239. The linear schedule.
# - A. Nichol, P. Dhariwal (2021). *Improved Denoising Diffusion Probabilistic Models.* ICML. arXiv:2102.09672. The cosine schedule, and the experiment with skipped steps.
# - D. P. Kingma, T. Salimans, B. Poole, J. Ho (2021). *Variational Diffusion Models.* Advances in Neural Information Processing Systems 34. arXiv:2107.00630. The signal-to-noise ratio as the schedule's true clock.
# - T. Salimans, J. Ho (2022). *Progressive Distillation for Fast Sampling of Diffusion Models.* ICLR. arXiv:2202.00512. The angle, and the prediction of $v$.
# - E. Hoogeboom, J. Heek, T. Salimans (2023). *Simple diffusion: End-to-end diffusion for high resolution images.* ICML. arXiv:2301.11093. Schedules for large images.
# - S. Lin, B. Liu, J. Li, X. Yang (2024). *Common Diffusion Noise Schedules and Sample Steps Are Flawed.* IEEE/CVF Winter Conference on Applications of Computer Vision. arXiv:2305.08891. The audit and the repair.
