"""The lesson's PyTorch pipeline as one would write it by hand: the yardstick of the benchmarks.

One network at a time, a shuffling DataLoader, the default Adam; it trains and does nothing else.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

HIDDEN = ((4,), (16,), (32,), (8, 8), (16, 16))


class MLP(nn.Module):
    """Linear and ReLU per hidden layer, Linear out."""

    def __init__(self, in_dim: int, hidden_dims: tuple[int, ...], out_dim: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in hidden_dims:
            layers += [nn.Linear(in_dim, width), nn.ReLU()]
            in_dim = width
        self.net = nn.Sequential(*layers, nn.Linear(in_dim, out_dim))
        for layer in self.net:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Logits (n, out_dim) of points (n, in_dim)."""
        return self.net(X)


def moons() -> tuple[torch.Tensor, torch.Tensor]:
    """The lesson's 300 points (300, 2) and labels (300, 1)."""
    random = np.random.RandomState(42)
    t = np.linspace(0, np.pi, 150)
    upper = np.column_stack([np.cos(t), np.sin(t)])
    lower = np.column_stack([np.cos(t) + 0.5, -np.sin(t) + 0.5])
    X = np.vstack([upper, lower]) + random.randn(300, 2) * 0.1
    y = np.repeat([0.0, 1.0], 150)
    order = random.permutation(300)
    return torch.tensor(X[order]).float(), torch.tensor(y[order]).float().unsqueeze(1)


def train_all(epochs: int = 300) -> list[MLP]:
    """Train the five architectures of the lesson's table, one after the other."""
    X, y = moons()
    torch.manual_seed(42)
    models = []
    for hidden in HIDDEN:
        model = MLP(2, hidden, 1)
        loader = DataLoader(TensorDataset(X[:240], y[:240]), batch_size=32, shuffle=True)
        criterion = nn.BCEWithLogitsLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(epochs):
            model.train()
            for X_batch, y_batch in loader:
                optimizer.zero_grad()
                loss = criterion(model(X_batch), y_batch)
                loss.backward()
                optimizer.step()
        models.append(model.eval())
    return models
