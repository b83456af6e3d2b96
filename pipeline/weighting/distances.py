"""How far a weight may move from its base weight: the functions F of Deville & Särndal (1992) and their bounds.

Each distance gives the ratio g = F(u), its slope F'(u), the integral of F, and the u that leads to a ratio.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Distance(Protocol):
    """What the kernel needs to know of a calibration method."""

    def ratio(self, predictor: Floats) -> Floats:
        """Return g = F(u)."""
        ...

    def slope(self, predictor: Floats) -> Floats:
        """Return F'(u)."""
        ...

    def integral(self, predictor: Floats) -> Floats:
        """Return the integral of F, up to a constant; its minimum solves the calibration."""
        ...

    def predictor(self, ratio: Floats) -> Floats:
        """Return the u with F(u) = ratio."""
        ...


class Linear:
    """F = 1 + u: generalised regression (GREG); ratios may turn negative."""

    def ratio(self, predictor: Floats) -> Floats:
        """Return 1 + u."""
        return 1 + predictor

    def slope(self, predictor: Floats) -> Floats:
        """Return 1 everywhere."""
        return np.ones_like(predictor)

    def integral(self, predictor: Floats) -> Floats:
        """Return u + u²/2."""
        return predictor + predictor**2 / 2

    def predictor(self, ratio: Floats) -> Floats:
        """Return g - 1."""
        return ratio - 1


class Raking:
    """F = exp(u): what iterative proportional fitting converges to; ratios stay positive."""

    def ratio(self, predictor: Floats) -> Floats:
        """Return exp(u)."""
        return np.exp(predictor)

    def slope(self, predictor: Floats) -> Floats:
        """Return exp(u)."""
        return np.exp(predictor)

    def integral(self, predictor: Floats) -> Floats:
        """Return exp(u)."""
        return np.exp(predictor)

    def predictor(self, ratio: Floats) -> Floats:
        """Return log(g); minus infinity at 0."""
        with np.errstate(divide="ignore"):
            return np.log(ratio)


@dataclass(frozen=True)
class Logit:
    """F between lower and upper, smoothly, with F(0) = F'(0) = 1; lower < 1 < upper."""

    lower: float
    upper: float

    @property
    def steepness(self) -> float:
        """Return A = (U - L) / ((1 - L)(U - 1))."""
        return (self.upper - self.lower) / ((1 - self.lower) * (self.upper - 1))

    def _share(self, predictor: Floats) -> Floats:
        """Return how far between the bounds the ratio is, 0 to 1."""
        odds = (self.upper - 1) / (1 - self.lower)
        with np.errstate(over="ignore"):
            return np.reciprocal(1 + odds * np.exp(-self.steepness * predictor))

    def ratio(self, predictor: Floats) -> Floats:
        """Return [L(U-1) + U(1-L)exp(Au)] / [(U-1) + (1-L)exp(Au)]."""
        ratio: Floats = self.lower + (self.upper - self.lower) * self._share(predictor)
        return ratio

    def slope(self, predictor: Floats) -> Floats:
        """Return A (U - L) s (1 - s), s the share of the way between the bounds."""
        share = self._share(predictor)
        slope: Floats = self.steepness * (self.upper - self.lower) * share * (1 - share)
        return slope

    def integral(self, predictor: Floats) -> Floats:
        """Return Lu + (U - L)/A log[(U-1) + (1-L)exp(Au)]."""
        log_sum = np.logaddexp(np.log(self.upper - 1), np.log(1 - self.lower) + self.steepness * predictor)
        integral: Floats = self.lower * predictor + (self.upper - self.lower) / self.steepness * log_sum
        return integral

    def predictor(self, ratio: Floats) -> Floats:
        """Return log[(g-L)(U-1) / ((U-g)(1-L))] / A; infinite at and beyond the bounds."""
        inside = np.clip(ratio, self.lower, self.upper)
        with np.errstate(divide="ignore"):
            above, below = np.log(inside - self.lower), np.log(self.upper - inside)
        log_odds = above - below + np.log(self.upper - 1) - np.log(1 - self.lower)
        reached: Floats = log_odds / self.steepness
        return reached


@dataclass(frozen=True)
class Truncated:
    """Another distance cut off at bounds, which may differ from unit to unit (caps on the weight itself)."""

    distance: Distance
    lower: Floats  # (n_units,) or one number; smallest ratio
    upper: Floats  # (n_units,) or one number; largest ratio, may be infinite

    @cached_property
    def _ends(self) -> tuple[Floats, Floats]:
        """Return the predictors at which the bounds are met."""
        return self.distance.predictor(self.lower), self.distance.predictor(self.upper)

    def ratio(self, predictor: Floats) -> Floats:
        """Return F(u) cut off at the bounds."""
        return np.clip(self.distance.ratio(np.clip(predictor, *self._ends)), self.lower, self.upper)

    def slope(self, predictor: Floats) -> Floats:
        """Return F'(u) between the bounds, 0 at and beyond them."""
        low, high = self._ends
        is_free = (predictor > low) & (predictor < high)
        return np.where(is_free, self.distance.slope(np.clip(predictor, low, high)), 0.0)

    def integral(self, predictor: Floats) -> Floats:
        """Return the integral of F between the bounds, continued in straight lines beyond them."""
        inside = np.clip(predictor, *self._ends)
        beyond = predictor - inside
        is_inside = beyond == 0  # where the bound may be infinite
        line = np.where(is_inside, 0.0, np.where(beyond < 0, self.lower, self.upper))
        return np.add(self.distance.integral(inside), beyond * line)

    def predictor(self, ratio: Floats) -> Floats:
        """Return the u that leads to a ratio within the bounds."""
        return self.distance.predictor(ratio)


def distance_of(method: str, bounds: tuple[float, float] | None) -> Distance:
    """Return the distance of a method; bounds cut raking and linear off, and shape logit."""
    if method == "logit" and bounds is not None:
        return Logit(*bounds)
    plain: Distance = Linear() if method == "linear" else Raking()
    return plain if bounds is None else Truncated(plain, np.array(bounds[0]), np.array(bounds[1]))
