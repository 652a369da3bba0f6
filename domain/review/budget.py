"""How far a reviewer gets in so many minutes: what to look at first so that the most expected cost is saved."""

from __future__ import annotations

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray


def paces(groups: IntArray, seconds: FloatArray, *, least: int) -> dict[int, float]:
    """What a look takes, by what is looked at: the median, which somebody called away from their desk does not move.

    Args:
        groups: (N,) int, what each look was at.
        seconds: (N,) float, what it took.
        least: a group with fewer looks says nothing.

    Returns:
        Seconds by group.

    Raises:
        ValueError: the arrays are not two of one length.
    """
    if groups.shape != seconds.shape or groups.ndim != 1:
        raise ValueError(f"want two (N,) arrays, got {groups.shape} and {seconds.shape}")
    found, counts = np.unique(groups, return_counts=True)
    return {int(group): float(np.median(seconds[groups == group])) for group in found[counts >= least]}


def time_shares(*, audit: float, checks: float, audit_s: float, other_s: float) -> tuple[float, float]:
    """What shares of the items come to in time.

    Args:
        audit, checks: of what is handed out, how much is of the audit and how much are checks.
        audit_s, other_s: what a look at an item of the audit takes, and at any other.

    Returns:
        The share of checks in all of the time, and of the audit in the rest of it.
    """
    of_audit, of_checks = audit * audit_s, checks * other_s
    rest = of_audit + (1.0 - audit - checks) * other_s
    return of_checks / (of_checks + rest), of_audit / rest


def sequence(worth: FloatArray, seconds: FloatArray, is_audit: BoolArray, *, audit_share: float) -> IntArray:
    """The order in which items are looked at. Whatever the budget, its plan is the beginning of this.

    The audit's items come in the order given, never by their worth, and have `audit_share` of the time of every
    beginning, to within one item, for as long as there are any; in the rest come those that save most per second. An
    item of the audit may come sooner for its worth.

    Args:
        worth: (N,) float ≥ 0, the expected cost that a look at each saves.
        seconds: (N,) float > 0, what the look takes.
        is_audit: (N,) bool.
        audit_share: 0 ≤ share < 1.

    Returns:
        (N,) int64 positions of the items, first to last.

    Raises:
        ValueError: the arrays are not three of one length, a look takes no time, or the share is out of its range.
    """
    if not worth.shape == seconds.shape == is_audit.shape or worth.ndim != 1:
        raise ValueError(f"want three (N,) arrays, got {worth.shape}, {seconds.shape} and {is_audit.shape}")
    if not (seconds > 0.0).all() or not 0.0 <= audit_share < 1.0:
        raise ValueError(f"want seconds above 0 and a share from 0 to below 1, got {audit_share}")
    # When each would have its turn if its kind had its share of the time alone.
    by_saving = np.argsort(-worth / seconds, kind="stable")
    turn = np.empty(worth.shape, np.float64)
    turn[by_saving] = _began(seconds[by_saving]) / (1.0 - audit_share)
    if audit_share > 0.0:
        turn[is_audit] = np.minimum(turn[is_audit], _began(seconds[is_audit]) / audit_share)
    order: IntArray = np.lexsort((~is_audit, turn)).astype(np.int64)
    return order


def saved_within(worth: FloatArray, seconds: FloatArray, order: IntArray, budgets_s: FloatArray) -> FloatArray:
    """What the beginnings of an order save.

    Args:
        worth, seconds, order: as `sequence` takes and gives them.
        budgets_s: (M,) float ≥ 0.

    Returns:
        (M, 2) float64: how many items fit into each budget, and the cost that they save.
    """
    ends = np.cumsum(seconds[order])
    saved = np.concatenate([[0.0], np.cumsum(worth[order])])
    # Sums of many seconds are off by a little; an item is not left out for it.
    items = np.searchsorted(ends, budgets_s * (1.0 + 1e-9), side="right")
    return np.column_stack([items.astype(np.float64), saved[items]])


def _began(seconds: FloatArray) -> FloatArray:
    began: FloatArray = np.cumsum(seconds) - seconds
    return began
