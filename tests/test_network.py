"""The network's gradient against finite differences and PyTorch, Adam against torch.optim, waves against diffusers."""

import numpy as np
import pytest

from gradual.network import adam_step, flatten, init_mlp, mlp_backward, mlp_forward, timestep_embedding, unflatten

WIDTHS = (5, 8, 7, 3)


@pytest.fixture
def network():
    """Random parameters (the last layer too) and a batch."""
    rng = np.random.default_rng(0)
    params = [
        (W + 0.3 * rng.standard_normal(W.shape), b + 0.3 * rng.standard_normal(b.shape))
        for W, b in init_mlp(WIDTHS, rng)
    ]
    return params, rng.standard_normal((6, 5)), rng.standard_normal((6, 3))


def test_embedding_is_cosines_then_sines_of_slower_and_slower_waves():
    t = np.array([0, 1, 1000])
    got = timestep_embedding(t, 6)
    omega = np.array([1, 10_000 ** (-1 / 3), 10_000 ** (-2 / 3)])
    np.testing.assert_allclose(
        got, np.concatenate([np.cos(t[:, None] * omega), np.sin(t[:, None] * omega)], axis=1), rtol=1e-12
    )
    np.testing.assert_array_equal(timestep_embedding(1000, 6), got[2])


@pytest.mark.oracle
def test_embedding_agrees_with_diffusers():
    torch = pytest.importorskip("torch")
    embeddings = pytest.importorskip("diffusers.models.embeddings")
    t = np.array([0, 1, 17, 400])
    # diffusers computes in float32, so the tolerance is that of an angle of 400 in float32
    expected = embeddings.get_timestep_embedding(torch.from_numpy(t), 32, flip_sin_to_cos=True, downscale_freq_shift=0)
    np.testing.assert_allclose(timestep_embedding(t, 32), expected.numpy(), atol=1e-4)
    half = torch.arange(16, dtype=torch.float64)
    angles = torch.from_numpy(t)[:, None] * torch.exp(-np.log(10_000) * half / 16)
    np.testing.assert_allclose(
        timestep_embedding(t, 32), torch.cat([angles.cos(), angles.sin()], 1).numpy(), atol=1e-12
    )


def test_forward_keeps_each_layers_input_and_pre_activation(network):
    params, x, _ = network
    output, cache = mlp_forward(params, x)
    assert [(a.shape, z.shape) for a, z in cache] == [((6, 5), (6, 8)), ((6, 8), (6, 7)), ((6, 7), (6, 3))]
    for layer, (W, b) in enumerate(params):
        np.testing.assert_allclose(cache[layer][1], cache[layer][0] @ W + b, rtol=1e-12)
    np.testing.assert_allclose(cache[1][0], cache[0][1] / (1 + np.exp(-cache[0][1])), rtol=1e-12)
    np.testing.assert_array_equal(output, cache[-1][1])


def test_backward_agrees_with_finite_differences(network):
    params, x, weight = network
    _, cache = mlp_forward(params, x)
    got = flatten(mlp_backward(params, cache, weight))
    vector, h = flatten(params), 1e-5

    def loss(at):
        return np.sum(weight * mlp_forward(unflatten(at, WIDTHS), x)[0])

    expected = [(loss(vector + h * e) - loss(vector - h * e)) / (2 * h) for e in np.eye(len(vector))]
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.oracle
def test_forward_and_backward_agree_with_pytorch(network):
    torch = pytest.importorskip("torch")
    params, x, weight = network
    tensors = [tuple(torch.from_numpy(array).requires_grad_() for array in layer) for layer in params]
    out = torch.from_numpy(x)
    for layer, (W, b) in enumerate(tensors):
        out = (torch.nn.functional.silu(out) if layer else out) @ W + b
    (out * torch.from_numpy(weight)).sum().backward()
    output, cache = mlp_forward(params, x)
    np.testing.assert_allclose(output, out.detach().numpy(), rtol=1e-10)
    for got, expected in zip(mlp_backward(params, cache, weight), tensors):
        for mine, theirs in zip(got, expected):
            np.testing.assert_allclose(mine, theirs.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("z", [0.0, 1e-12, -40.0, 40.0, -300.0])
def test_the_slope_of_silu_holds_at_zero_and_far_out(z):
    """One hidden unit whose pre-activation is z: dz is σ(z) · (1 + z (1 − σ(z)))."""
    params = [(np.zeros((1, 1)), np.array([z])), (np.ones((1, 1)), np.zeros(1))]
    _, cache = mlp_forward(params, np.zeros((1, 1)))
    (_, slope), _ = mlp_backward(params, cache, np.ones((1, 1)))
    sigma = 0.5 * (1 + np.tanh(z / 2))
    np.testing.assert_allclose(slope, [sigma * (1 + z * (1 - sigma))], rtol=1e-9, atol=1e-14)


def test_nothing_that_goes_in_is_changed(network):
    params, x, weight = network
    before = flatten(params), x.copy(), weight.copy()
    _, cache = mlp_forward(params, x)
    kept = [(a.copy(), z.copy()) for a, z in cache]
    mlp_backward(params, cache, weight)
    np.testing.assert_array_equal(flatten(params), before[0])
    np.testing.assert_array_equal(x, before[1])
    np.testing.assert_array_equal(weight, before[2])
    for now, then in zip(cache, kept):
        np.testing.assert_array_equal(now[0], then[0])
        np.testing.assert_array_equal(now[1], then[1])


def test_float32_stays_float32(network):
    params, x, weight = network
    params = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
    output, cache = mlp_forward(params, x.astype(np.float32))
    grads = flatten(mlp_backward(params, cache, weight.astype(np.float32)))
    stepped = adam_step(flatten(params), grads, np.zeros_like(grads), np.zeros_like(grads), 1)
    assert {array.dtype for array in (output, grads, *stepped)} == {np.dtype(np.float32)}


@pytest.mark.oracle
def test_adam_agrees_with_pytorch_over_100_steps():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    start, pulls = rng.standard_normal(7), rng.standard_normal((100, 7))
    theirs = torch.from_numpy(start.copy()).requires_grad_()
    optimiser = torch.optim.Adam([theirs], lr=0.03, betas=(0.8, 0.95), eps=1e-6)
    param, m, v = start, np.zeros(7), np.zeros(7)
    for step in range(1, 101):
        param, m, v = adam_step(param, 2 * param + pulls[step - 1], m, v, step, 0.03, 0.8, 0.95, 1e-6)
        optimiser.zero_grad()
        (theirs**2 + theirs * torch.from_numpy(pulls[step - 1])).sum().backward()
        optimiser.step()
        np.testing.assert_allclose(param, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_the_first_step_of_adam_has_the_length_lr():
    grad = np.array([3.0, -0.002, 500.0])
    param, m, v = adam_step(np.zeros(3), grad, np.zeros(3), np.zeros(3), 1, lr=0.01)
    np.testing.assert_allclose(param, [-0.01, 0.01, -0.01], rtol=1e-4)
    np.testing.assert_allclose(m, 0.1 * grad, rtol=1e-12)
    np.testing.assert_allclose(v, 0.001 * grad**2, rtol=1e-12)


def test_flatten_and_unflatten_undo_each_other(network):
    params, _, _ = network
    for before, after in zip(params, unflatten(flatten(params), WIDTHS)):
        np.testing.assert_array_equal(before[0], after[0])
        np.testing.assert_array_equal(before[1], after[1])


def test_bad_arguments_are_refused_by_name(network):
    params, x, weight = network
    _, cache = mlp_forward(params, x)
    with pytest.raises(ValueError, match="^x: got shape"):
        mlp_forward(params, x[:, 1:])
    with pytest.raises(ValueError, match="^params: got W .* in layer 1"):
        mlp_forward([params[0], params[2]], x)
    with pytest.raises(ValueError, match="^grad_output: got shape"):
        mlp_backward(params, cache, weight[:, 1:])
    with pytest.raises(ValueError, match="^dim: got 5"):
        timestep_embedding(3, 5)
    with pytest.raises(ValueError, match="^grad: got nan"):
        adam_step(np.zeros(2), np.array([np.nan, 0]), np.zeros(2), np.zeros(2), 1)
