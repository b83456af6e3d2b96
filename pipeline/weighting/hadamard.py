"""Hadamard matrices for balanced half samples: Paley's and Sylvester's constructions."""

import numpy as np
from numpy.typing import NDArray

LARGEST_ORDER = 1 << 16


def hadamard(smallest: int) -> NDArray[np.float64]:
    """Return a Hadamard matrix of the smallest order these constructions give that is at least `smallest`.

    Its rows are orthogonal and its first row is all ones. Orders are those of Paley's first construction, p + 1
    for primes p of the form 4k - 1, and their doublings; the smallest order is 4.
    """
    order = max(4, -(-smallest // 4) * 4)
    while order <= LARGEST_ORDER:
        core = order
        while core % 8 == 0 and not _is_paley(core):
            core //= 2
        if core == 4 or _is_paley(core):
            return _doubled(_paley(core), order)
        order += 4
    raise ValueError(f"no Hadamard matrix of order {smallest} or more was found")


def _is_paley(order: int) -> bool:
    prime = order - 1
    return prime % 4 == 3 and all(prime % divisor for divisor in range(2, int(prime**0.5) + 1))


def _paley(order: int) -> NDArray[np.float64]:
    """Return Paley's matrix I + S over the residues modulo the prime order - 1, with a first row of ones."""
    prime = order - 1
    character = -np.ones(prime)
    character[np.unique(np.arange(1, prime) ** 2 % prime)] = 1
    character[0] = 0
    residues = character[(np.arange(prime)[:, None] - np.arange(prime)) % prime]
    skew = np.zeros((order, order))
    skew[0, 1:], skew[1:, 0], skew[1:, 1:] = 1, -1, residues
    matrix = np.eye(order) + skew
    turned: NDArray[np.float64] = matrix * matrix[0]  # so that the first row is ones
    return turned


def _doubled(matrix: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Return Sylvester's doubling of a matrix up to an order."""
    while matrix.shape[0] < order:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix
