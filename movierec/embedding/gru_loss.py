"""A gated recurrent unit and a softmax with their gradients, for many short sequences on a CPU. Pure.

The numbers are those of `torch.nn.GRU` and `cross_entropy`, but for rounding. PyTorch differentiates each step of
a GRU by itself: a product of matrices for the gradient of the weights, and a dozen small operations, for every
like that is read. Here everything that does not depend on the step before is done for all steps at once, and the
softmax is computed together with its gradient, for some rows at a time, so that its logits stay in the cache.

With i and g the products of the input and of the last state h' with their weights, each of three parts,

    r = sigmoid(i_r + g_r)    z = sigmoid(i_z + g_z)    n = tanh(i_n + r g_n)    h = (1 - z) n + z h'

    dg = dh * (A g_n r (1 - r), (h' - n) z (1 - z), A r)    A = (1 - z) (1 - n**2)    di_n = dh * A
    dh' = dh * z + dg . W

Shapes: N likes that are read, in the order of a `PackedSequence`; D dimensions of an input, H units, C classes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

__all__ = ["packed_gru", "softmax_loss", "weights_of"]

GruWeights = tuple[Tensor, Tensor, Tensor, Tensor]

ROWS_AT_ONCE = 128


def weights_of(unit: nn.GRU) -> GruWeights:
    """Of the input (3 H, D), of the state (3 H, H), and their biases (3 H,)."""
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    one, other, *biases = (unit.get_parameter(name) for name in names)
    return one, other, biases[0], biases[1]


def packed_gru(read: Tensor, batch_sizes: Tensor, weights: GruWeights) -> Tensor:
    """(N, H) states after each of the inputs `read` (N, D), from states of 0, by `weights_of` a unit."""
    states: Tensor = _PackedGru.apply(read, batch_sizes, *weights)
    return states


def softmax_loss(
    users: Tensor,
    classes: tuple[Tensor, Tensor],
    asked: Tensor,
    *,
    scale: float = 1.0,
    lowered: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Summed cross entropy of the classes `asked` (N,) under softmax(scale * users . table + bias): a scalar.

    `users` (N, D); `classes` are the table (C, D) and the bias (C,). With `lowered`, (B, C) and (N,), the second
    says which row of the first is subtracted from the logits.
    """
    loss: Tensor = _SoftmaxLoss.apply(users, *classes, asked, scale, lowered)
    return loss


class _PackedGru(Function):
    @staticmethod
    def forward(ctx: Any, read: Tensor, batch_sizes: Tensor, *weights: Tensor) -> Tensor:
        input_weights, state_weights, input_bias, state_bias = weights
        units = state_weights.shape[1]
        sizes = batch_sizes.tolist()
        gates = torch.addmm(input_bias, read, input_weights.T)  # i, then r, z and n
        by_state = torch.empty_like(gates)  # g
        states = read.new_empty(len(read), units)
        before = read.new_zeros(len(read), units)  # h'
        transposed = state_weights.T
        last, end = before[: sizes[0]], 0
        for size in sizes:
            start, end = end, end + size
            last = last[:size]
            before[start:end] = last
            g = torch.addmm(state_bias, last, transposed, out=by_state[start:end])
            both, new = gates[start:end, : 2 * units], gates[start:end, 2 * units :]
            both.add_(g[:, : 2 * units]).sigmoid_()
            new.addcmul_(both[:, :units], g[:, 2 * units :]).tanh_()
            last = torch.lerp(new, last, both[:, units:], out=states[start:end])
        ctx.sizes = sizes
        ctx.save_for_backward(
            read, input_weights, state_weights, gates, by_state[:, 2 * units :].contiguous(), before
        )
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor | None, ...]:
        read, input_weights, state_weights, gates, g_new, before = ctx.saved_tensors
        n, units = before.shape
        reset, update, new = gates.view(n, 3, units).unbind(1)
        of_new = (1.0 - update) * (1.0 - new * new)  # A
        factors = torch.stack(
            (of_new * g_new * reset * (1.0 - reset), (before - new) * update * (1.0 - update), of_new * reset), 1
        )
        by_state = factors.new_empty(n, 3, units)  # dg
        arriving = given.clone()  # dh
        carried: Tensor | None = None
        end = n
        for size in reversed(ctx.sizes):
            start = end - size
            own = arriving[start:end]
            if carried is not None:
                own[: len(carried)] += carried
            dg = torch.mul(own[:, None, :], factors[start:end], out=by_state[start:end])
            carried = torch.addmm(own * update[start:end], dg.view(size, -1), state_weights)
            end = start
        of_inputs = by_state.clone()
        torch.mul(arriving, of_new, out=of_inputs[:, 2])
        by_state, of_inputs = by_state.view(n, -1), of_inputs.view(n, -1)
        return (
            of_inputs @ input_weights,
            None,
            of_inputs.T @ read,
            by_state.T @ before,
            of_inputs.sum(0),
            by_state.sum(0),
        )


class _SoftmaxLoss(Function):
    @staticmethod
    def forward(ctx: Any, users: Tensor, table: Tensor, bias: Tensor, asked: Tensor, *others: Any) -> Tensor:
        scale, lowered = others
        of_users, of_table, of_bias = torch.empty_like(users), torch.zeros_like(table), torch.zeros_like(bias)
        logits = users.new_empty(min(ROWS_AT_ONCE, len(users)), len(table))
        loss = users.new_zeros(())
        for start in range(0, len(users), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            own, classes = users[rows], asked[rows, None]
            some = torch.addmm(bias, own, table.T, alpha=scale, out=logits[: len(own)])
            if lowered is not None:
                some -= lowered[0][lowered[1][rows]]
            some -= some.amax(1, keepdim=True)
            loss -= some.gather(1, classes).sum()
            sums = some.exp_().sum(1, keepdim=True)
            loss += sums.log().sum()
            some /= sums
            some.scatter_add_(1, classes, some.new_full(classes.shape, -1.0))
            torch.mm(some, table, out=of_users[rows])
            of_table.addmm_(some.T, own)
            of_bias += some.sum(0)
        ctx.save_for_backward(of_users.mul_(scale), of_table.mul_(scale), of_bias)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor | None, ...]:
        of_users, of_table, of_bias = ctx.saved_tensors
        return of_users * given, of_table * given, of_bias * given, None, None, None
