"""The network in PyTorch: the plain pipeline, and its form with the seeds on the leading axis."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.autograd.variable import Variable
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from moonlab.draws import DropoutMasks, Indices
from moonlab.numpy_mlp import BETA1, BETA2, EPSILON, MOMENTUM
from moonlab.parameters import Floats, Layers
from moonlab.rules import Fault, SpecError
from moonlab.spec import Architecture, Training

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
STACKED_ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
_run_backward = Variable._execution_engine.run_backward
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def _linear(n_in: int, n_out: int) -> nn.Module:
    """A Linear whose weights are still to be loaded: its own draws would be global ones."""
    return nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]


class MLP(nn.Sequential):
    """Linear and activation per hidden layer, Linear out, no output activation.

    Its weights are still to be loaded. Dropout masks are handed to `forward`, since `nn.Dropout`
    draws from the global generator.
    """

    def __init__(
        self, in_dim: int, hidden_dims: Sequence[int], out_dim: int, activation: str = "relu"
    ) -> None:
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise((in_dim, *hidden_dims)):
            layers += [_linear(n_in, n_out), ACTIVATIONS[activation]()]
        n_last = (in_dim, *hidden_dims)[-1]
        super().__init__(*layers, _linear(n_last, out_dim))

    def forward(self, X: torch.Tensor, masks: Sequence[torch.Tensor] = ()) -> torch.Tensor:
        """Logits (n, out_dim) of points (n, in_dim); masks (n, h) act in training mode only."""
        masks_left = iter(masks)
        for layer in self:
            X = layer(X)
            if masks and self.training and not isinstance(layer, nn.Linear):
                X = X * next(masks_left)
        return X


def to_state_dict(layers: Layers, torch_dtype: str) -> dict[str, torch.Tensor]:
    """The weights as the `state_dict` of an `nn.Sequential` of Linear, activation, …, Linear."""
    state = {}
    for index, (W, b) in enumerate(layers):
        state[f"{2 * index}.weight"] = torch.tensor(W.T, dtype=DTYPES[torch_dtype])
        state[f"{2 * index}.bias"] = torch.tensor(b, dtype=DTYPES[torch_dtype])
    return state


def sigmoid_mse(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean of (sigmoid(logit) − y)²."""
    return functional.mse_loss(torch.sigmoid(logits), y)


LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
LOSSES: dict[str, LossFunction] = {"bce": nn.BCEWithLogitsLoss(), "mse": sigmoid_mse}
_MEAN = 1  # a reduction, as PyTorch's operators number them


def stacked_bce(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy, by the operator below the one of `nn.functional`."""
    return torch.binary_cross_entropy_with_logits(logits, y, None, None, _MEAN)


STACKED_LOSSES: dict[str, LossFunction] = {"bce": stacked_bce, "mse": sigmoid_mse}


def optimizer(model: MLP, training: Training) -> torch.optim.Optimizer:
    """The protocol's optimizer; its weight decay is L2's gradient, on the weights alone."""
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    groups: list[dict[str, Any]] = [
        {"params": [layer.weight for layer in linear], "weight_decay": training.l2},
        {"params": [layer.bias for layer in linear]},
    ]
    rate = training.learning_rate
    if training.optimizer == "adam":
        return torch.optim.Adam(groups, lr=rate, betas=(BETA1, BETA2), eps=EPSILON)
    momentum = MOMENTUM if training.optimizer == "momentum" else 0.0
    return torch.optim.SGD(groups, lr=rate, momentum=momentum)


def train_plain(
    model: MLP,
    X: torch.Tensor,
    y: torch.Tensor,
    training: Training,
    orders: Iterable[Indices],
    masks: Iterator[Sequence[torch.Tensor]],
) -> Iterator[int]:
    """One network through the plain pipeline: DataLoader, loss, autograd, optimizer.

    The stack below does the same for many networks at once and is tested against this.

    Parameters
    ----------
    model : MLP
        Trained in place.
    X, y : Tensor (n, 2) and (n, 1)
        Training points and labels.
    training : Training
        The protocol.
    orders : iterable of ndarray (n,)
        The order of the points in each epoch.
    masks : iterator of sequences of Tensor (batch, h)
        Dropout masks of each batch in turn.

    Yields
    ------
    int
        The number of epochs done, after each, with the model in evaluation mode.
    """
    criterion = LOSSES[training.loss]
    descent = optimizer(model, training)
    unused = torch.Generator()  # a loader without one draws from the global generator
    for epoch, order in enumerate(orders, start=1):
        batches = [order[start:end].tolist() for start, end in training.batch_bounds(len(X))]
        model.train()
        for X_batch, y_batch in DataLoader(
            TensorDataset(X, y), batch_sampler=batches, generator=unused
        ):
            descent.zero_grad()
            loss = criterion(model(X_batch, next(masks)), y_batch)
            loss.backward()  # type: ignore[no-untyped-call]
            descent.step()
        model.eval()
        yield epoch


class StackedMLP(nn.Module):
    """The networks of S seeds as one module: weights (S, in, out) and biases (S, 1, out)."""

    def __init__(
        self, initial_weights: Sequence[Layers], activation: str, dtype: torch.dtype, device: str
    ) -> None:
        super().__init__()

        def stacked(parts: list[Floats]) -> nn.Parameter:
            # in C order, as the gradients are: the fused optimizers read memory, not strides
            together = np.ascontiguousarray(np.stack(parts))
            return nn.Parameter(torch.tensor(together, dtype=dtype, device=device))

        self.layers = [
            (stacked([W for W, _ in same]), stacked([b[np.newaxis] for _, b in same]))
            for same in zip(*initial_weights, strict=True)
        ]
        self.all_parameters = nn.ParameterList(part for layer in self.layers for part in layer)
        self.activation = STACKED_ACTIVATIONS[activation]

    def forward(self, X: torch.Tensor, masks: Sequence[torch.Tensor] = ()) -> torch.Tensor:
        """Logits (S, n, 1) of points (S, n, 2); masks (S, n, h) of the hidden layers."""
        *hidden, (W_out, b_out) = self.layers
        for index, (W, b) in enumerate(hidden):
            X = self.activation(torch.baddbmm(b, X, W))  # (S, n, in) @ (S, in, h)
            X = X * masks[index] if masks else X
        return torch.baddbmm(b_out, X, W_out)


Update = Callable[[list[torch.Tensor]], None]


def fused_optimizer(parameters: Sequence[nn.Parameter], training: Training) -> Update:
    """The protocol's optimizer for a stack, through the operators below `torch.optim`.

    The classes call the same, but their bookkeeping costs more than these small updates.
    """
    values = [parameter.detach() for parameter in parameters]

    def zeros() -> list[torch.Tensor]:
        return [torch.zeros_like(value) for value in values]

    rate = training.learning_rate
    if training.optimizer == "adam":
        return _fused_adam(values, zeros(), zeros(), rate)
    momentum = MOMENTUM if training.optimizer == "momentum" else 0.0
    return partial(
        torch._fused_sgd_,
        values,
        momentum_buffer_list=zeros() if momentum else [],
        weight_decay=0.0,
        momentum=momentum,
        lr=rate,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )


def _fused_adam(
    values: list[torch.Tensor],
    averages: list[torch.Tensor],
    square_averages: list[torch.Tensor],
    rate: float,
) -> Update:
    n_steps = torch.zeros((), device=values[0].device)
    n_steps_of_each = [n_steps] * len(values)

    def update(gradients: list[torch.Tensor]) -> None:
        n_steps.add_(1)
        torch._fused_adam_(
            values,
            gradients,
            averages,
            square_averages,
            [],
            n_steps_of_each,
            lr=rate,
            beta1=BETA1,
            beta2=BETA2,
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    return update


def gradients_of(
    loss: torch.Tensor, parameters: tuple[torch.Tensor, ...], first: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """The gradient of `first` times the loss, by the engine below `torch.autograd.grad`.

    That would check its arguments for as long as a small network's gradient takes, and load a
    third of a second's worth of modules to do so.
    """
    keep_graph = create_graph = allow_unused = False
    return _run_backward(
        (loss,),
        (first,),
        keep_graph,
        create_graph,
        parameters,
        allow_unused,
        accumulate_grad=False,
    )


def check_device(device: str) -> None:
    """Refuse a device that this machine has not.

    Raises
    ------
    SpecError
        If it is "cuda" and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise SpecError([Fault("device", "must be 'cpu': PyTorch finds no CUDA here", "'cuda'")])


class TorchEngine:
    """The networks of all seeds of an architecture, by autograd and the fused optimizers.

    Raises
    ------
    SpecError
        If the protocol asks for CUDA and there is none.
    """

    def __init__(
        self, architecture: Architecture, training: Training, initial_weights: Sequence[Layers]
    ) -> None:
        check_device(training.device)
        self._dtype, self._device = DTYPES[training.torch_dtype], training.device
        self._model = StackedMLP(
            initial_weights, architecture.activation, self._dtype, self._device
        ).train()
        self._forward = self._model.forward  # calling the module looks for hooks first
        self._parameters = tuple(self._model.parameters())
        self._flat = [parameter.detach().flatten(1) for parameter in self._parameters]  # views
        self._weights = [W.detach() for W, _ in self._model.layers]
        self._l2 = training.l2
        self._loss = STACKED_LOSSES[training.loss]
        self._n_seeds = self.prepare(np.array(len(initial_weights)))
        self._update = fused_optimizer(self._parameters, training)

    def prepare(self, array: Floats) -> torch.Tensor:
        """The array in the engine's precision, on its device."""
        return torch.as_tensor(array, dtype=self._dtype, device=self._device)

    def step(self, X: torch.Tensor, y: torch.Tensor, masks: Sequence[Floats]) -> None:
        """One update of every network on its own batch: X (S, n, 2), y (S, n, 1)."""
        logits = self._forward(X, [self.prepare(mask) for mask in masks])
        # the loss is the mean over S seeds; S times its gradient is that of the sum of their means
        gradients = gradients_of(self._loss(logits, y), self._parameters, self._n_seeds)
        if self._l2:
            for W, dW in zip(self._weights, gradients[::2], strict=True):
                dW.add_(W, alpha=self._l2)
        self._update([gradient.contiguous() for gradient in gradients])

    def parameters(self) -> Floats:
        """A copy of the flat parameters of every network in float64, shape (S, P)."""
        return torch.cat(self._flat, dim=1).double().cpu().numpy()


class SequentialDraws:
    """The lesson's PyTorch draws: one generator a seed, architecture after architecture.

    The order is that of the plain script under one `torch.manual_seed`: per Linear its default
    initialisation, then the chosen one of every weight, then per epoch the two integers that a
    shuffling DataLoader draws, the second of which seeds the permutation. A full batch is not
    shuffled, and draws nothing per epoch.
    """

    def __init__(
        self,
        architecture: Architecture,
        seeds: Sequence[int],
        generators: Sequence[torch.Generator],
    ) -> None:
        self._architecture = architecture
        self._seeds = seeds
        self._generators = generators

    def initial_weights(self) -> list[Layers]:
        """See `draws.Draws`."""
        return [self._initial_weights(generator) for generator in self._generators]

    def _initial_weights(self, generator: torch.Generator) -> Layers:
        weights = []
        for n_in, n_out in pairwise(self._architecture.widths):
            weight = torch.empty(n_out, n_in)
            nn.init.kaiming_uniform_(weight, a=5**0.5, generator=generator)
            torch.empty(n_out).uniform_(-(n_in**-0.5), n_in**-0.5, generator=generator)
            weights.append(weight)
        for weight in weights:
            if self._architecture.activation == "relu":
                nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
            else:
                nn.init.xavier_normal_(weight, generator=generator)
        return [(weight.numpy().T.astype(np.float64), np.zeros(len(weight))) for weight in weights]

    def orders(self, n_epochs: int, n_points: int) -> Indices:
        """See `draws.Draws`."""
        return np.array(
            [[_order(stream, n_points) for stream in self._generators] for _ in range(n_epochs)]
        )

    def masks(self, rate: float) -> DropoutMasks:
        """See `draws.SequentialDraws`."""
        return DropoutMasks(self._architecture, self._seeds, rate)


def _order(generator: torch.Generator, n_points: int) -> Indices:
    torch.empty((), dtype=torch.int64).random_(generator=generator)  # the loader's unused seed
    seed = int(torch.empty((), dtype=torch.int64).random_(generator=generator).item())
    sampler = torch.Generator()
    sampler.manual_seed(seed)
    return torch.randperm(n_points, generator=sampler).numpy()


def seeded_generator(seed: int) -> torch.Generator:
    """A generator of its own, seeded."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    return generator
