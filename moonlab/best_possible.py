"""The best possible classifier of data whose generator is known."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike

from moonlab import metrics
from moonlab.dataset import ARCS, N_TEST, Curve, Labels, Points, class_sizes
from moonlab.functional import expit
from moonlab.parameters import Floats
from moonlab.rules import Fault, SpecError, shown
from moonlab.spec import N_FEATURES, DataSpec

_NODES, _WEIGHTS = leggauss(18)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2  # for [0, 1] in place of [−1, 1]
_DEPTH = 24.0  # an integrand is followed from its peak down to exp(−24) of it
_LEAST_NOISE = 1e-20  # below, float64 tells only which arc is nearer
_FARTHEST = 1e100  # coordinates whose squares, over the least noise's, are still finite
_BLOCK = 4096  # points at a time, for the processor's cache and against large memory
_REACH = 5.0  # standard deviations from an arc where its density ends, for the accuracy
_STEPS = 6  # of the accuracy's grid in one standard deviation,
_LEAST_STEP = 0.02  # but no finer: under noise 0.1 so little goes wrong that this is enough


class HalfCircle(NamedTuple):
    """Half of a circle of radius 1, along which the points of a class lie before the noise."""

    center: Floats
    """The circle's center, shape (2,)."""
    apex: Floats
    """From the center to the middle of the arc, shape (2,), of length 1."""

    @classmethod
    def of(cls, curve: Curve) -> "HalfCircle":
        """The half circle that a curve runs along while t goes from 0 to π."""
        # rounded, because the sine of a rounded π is not 0, and ties are to stay ties
        start, middle, end = np.round(curve(np.array([0, np.pi / 2, np.pi])), 12)
        center = (start + end) / 2
        return cls(center, middle - center)

    @property
    def side(self) -> Floats:
        """From the center to one end of the arc, shape (2,), of length 1."""
        return np.array([-self.apex[1], self.apex[0]])

    def box(self, margin: float) -> Floats:
        """Lower left and upper right corner of the arc's box with a margin, shape (2, 2)."""
        corners = self.center + np.stack([self.side, -self.side, self.apex])
        return np.stack([corners.min(axis=0) - margin, corners.max(axis=0) + margin])

    def log_density(self, X: Points, noise: float) -> Floats:
        """Logarithm of the density of noisy points of the arc: points (n, 2) → (n,).

        The mean of the Gaussians along the arc is exp(−d²/2σ²) / 2πσ² ·
        1/π ∫ exp(−κ (cos δ − cos(t − θ))) dt, t from 0 to π: σ is the noise, d the distance to
        the arc, r and θ are the distance and direction from its center, κ = r/σ², and δ is the
        angle between θ and the arc's nearest point.
        """
        # in the arc's own frame it is the upper half circle; its mirror images are one point
        along = np.abs((X - self.center) @ self.side)
        up = (X - self.center) @ self.apex
        above = up >= 0
        r, angle = np.hypot(along, up), np.abs(np.arctan2(up, along))  # from 0 to π/2
        squared_distance = np.where(above, (r - 1) ** 2, (along - 1) ** 2 + up**2)
        # One peak at the arc's point in direction `angle`, or, below, one at either end. A cut
        # at the peak, or opposite the point, leaves two parts that fall all the way.
        kappa = r / noise**2
        near = _falling(kappa, np.where(above, 0, angle), np.pi - angle)
        far = _falling(kappa, np.where(above, 0, np.pi - angle), angle)
        far *= np.exp(np.where(above, 0, -2 * along / noise**2))
        scale = 2 * np.pi**2 * noise**2
        return np.log(near + far) - np.log(scale) - squared_distance / (2 * noise**2)


def _falling(kappa: Floats, start: Floats, length: Floats) -> Floats:
    """∫ exp(−κ (cos a − cos(a + v))) dv for v from 0 to a length: arrays (n,) → (n,).

    `start` is a, with a + length at most π, so that the integrand falls from 1. Gauss–Legendre
    on no more than where it is above exp(−24). Worst relative error against 200 nodes, over
    40,000 random points with κ from 1e-3 to 1e8: 5e-10.
    """
    # κ (cos a − cos(a + w)) = 24 solved for w, in a form that keeps small widths exact
    low, depth = np.sin(start / 2), _DEPTH / np.maximum(2 * kappa, 1)
    cosine = np.cos(start / 2)
    high = np.sqrt(np.minimum(low**2 + depth, 1))
    half_sine = np.minimum(depth, cosine**2) / (high * cosine + low * np.sqrt(1 - high**2))
    width = np.minimum(2 * np.arcsin(np.minimum(half_sine, 1)), length)
    sine = np.sin(_NODES[:, np.newaxis] / 2 * width)  # of v/2, shape (nodes, n)
    exponent = np.sqrt(1 - sine**2) * np.sin(start)
    exponent += sine * np.cos(start)  # sin(a + v/2), which times 2 sin(v/2) is the difference
    exponent *= sine
    exponent *= -2 * kappa
    return width * (_WEIGHTS @ np.exp(exponent, out=exponent))


@dataclass(frozen=True, eq=False)
class BestPossible:
    """The Bayes classifier: says the class that is likelier where a point lies.

    Attributes
    ----------
    arcs : tuple of 2 HalfCircle
        Where the points of class 0 and of class 1 lie before the noise.
    noise : float
        Standard deviation of the noise on both coordinates. Under 1e-20 all is as with that: the
        nearer arc's class, and on equal distances the classes' odds in the limit.
    prior : float
        Probability of class 1 before a point is seen: its share of all points.

    Notes
    -----
    No classifier is right more often on average (C. M. Bishop, "Pattern Recognition and Machine
    Learning", section 1.5.1); on a given sample one may be, by luck. A class's density is the
    mean, over angles uniform from 0 to π, of the Gaussians around the points of its arc.
    """

    arcs: tuple[HalfCircle, HalfCircle]
    noise: float
    prior: float

    def log_odds(self, X: Points) -> Floats:
        """Logarithm of the odds of class 1.

        Parameters
        ----------
        X : ndarray, shape (n, 2)
            The points.

        Returns
        -------
        ndarray, shape (n,)
            Above 0 where class 1 is the likelier; finite, and right to 1e-9 or, far away or
            under little noise, to the rounding of the points themselves.

        Raises
        ------
        SpecError
            If `X` is no array of numbers of that shape, or one of them is not within ±1e100.
        """
        class_0, class_1 = self._log_joint(_checked_points(X))
        return class_1 - class_0

    def predict_proba(self, X: Points) -> Floats:
        """Probability of class 1: points (n, 2) → (n,).

        Raises
        ------
        SpecError
            As `log_odds` does.
        """
        return expit(self.log_odds(X))

    def accuracy_on(self, X: Points, y: Labels) -> float:
        """Share of the given points classified right; nan on no points.

        A network's regret is this minus its own accuracy, both on the same points: what luck
        there is in the draw is nearly the same in both, and falls out.

        Parameters
        ----------
        X : ndarray, shape (n, 2)
            The points.
        y : ndarray of int, shape (n,)
            Their labels, 0 or 1.

        Raises
        ------
        SpecError
            If `X` is refused by `log_odds`, or `y` is no array of as many labels.
        """
        log_odds = self.log_odds(X)
        return float(metrics.accuracy(log_odds, _checked_labels(y, len(log_odds))))

    @property
    def accuracy(self) -> float:
        """Share of all points that could ever be drawn that it classifies right, to 1e-4.

        1 − ∫ min(the classes' densities times their priors), summed over a grid: computed anew
        at each access, in some tens of milliseconds.
        """
        boxes = np.stack([arc.box(_REACH * self.noise) for arc in self.arcs])  # (2, corners, 2)
        low, high = boxes[:, 0].max(axis=0), boxes[:, 1].min(axis=0)
        step = max(self.noise / _STEPS, _LEAST_STEP)
        x, y = (np.arange(*bounds, step) for bounds in zip(low, high, strict=True))
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, N_FEATURES)  # under 15,000
        wrong = np.exp(self._log_joint(points).min(axis=0)).sum() * step**2
        return float(1 - wrong)

    def _log_joint(self, X: Points) -> Floats:
        """Logarithm of each class's density times its prior: points (n, 2) → (2, n)."""
        noise = max(self.noise, _LEAST_NOISE)
        log_joint = np.empty((len(self.arcs), len(X)))
        for start in range(0, len(X), _BLOCK):
            block = slice(start, start + _BLOCK)
            for row, arc in zip(log_joint, self.arcs, strict=True):
                row[block] = arc.log_density(X[block], noise)
        return log_joint + np.log([[1 - self.prior], [self.prior]])


def best_possible(spec: DataSpec) -> BestPossible | None:
    """The best possible classifier of the data that a specification draws.

    Parameters
    ----------
    spec : DataSpec
        Its geometry and noise count, and, for an odd number of points, the classes' shares.

    Returns
    -------
    BestPossible or None
        None where it is not known along which curves the points lie.

    Raises
    ------
    SpecError
        If `spec` is no DataSpec.
    """
    if not isinstance(spec, DataSpec):
        raise SpecError([Fault("spec", "must be a DataSpec", type(spec).__name__)])
    if spec.dataset not in ARCS:
        return None
    class_0, class_1 = (HalfCircle.of(curve) for curve in ARCS[spec.dataset])
    prior = class_sizes(N_TEST)[1] / N_TEST  # of the fresh points, however many train
    return BestPossible((class_0, class_1), spec.noise, prior)


def _checked_points(X: ArrayLike) -> Points:
    try:
        points = np.asarray(X)
    except ValueError:
        points = np.empty(())
    fits = points.dtype.kind in "iuf" and points.ndim == 2 and points.shape[1] == N_FEATURES
    if fits:
        points = points.astype(np.float64)
    if not fits or not (np.abs(points) <= _FARTHEST).all():
        given = f"shape {np.shape(X)}" if isinstance(X, np.ndarray) and not fits else shown(X)
        rule = f"must be numbers of shape (n, 2), from -{_FARTHEST:g} to {_FARTHEST:g}"
        raise SpecError([Fault("X", rule, given)])
    return points


def _checked_labels(y: ArrayLike, n_points: int) -> Labels:
    try:
        labels = np.asarray(y)
    except ValueError:
        labels = np.empty(())
    right = labels.shape == (n_points,)
    if not right or labels.dtype.kind not in "iu" or not np.isin(labels, (0, 1)).all():
        given = f"shape {np.shape(y)}" if isinstance(y, np.ndarray) and not right else shown(y)
        rule = f"must be {n_points:,} labels, 0 or 1, one a point"
        raise SpecError([Fault("y", rule, given)])
    return labels.astype(np.int64)
