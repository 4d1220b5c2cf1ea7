"""What a run writes is counted in bytes, over all its calls."""

from __future__ import annotations

import pytest

from policies.limits import CEILINGS, Budget, BudgetExceeded, Limits


def test_writes_are_counted_together():
    budget = Budget(Limits(write_bytes=10))
    budget.spend_write(6)
    budget.spend_write(4)
    for _ in range(2):
        with pytest.raises(BudgetExceeded) as over:
            budget.spend_write(1)
        assert over.value.limit == "ResultTooLarge"
    assert Limits().write_bytes <= CEILINGS.write_bytes
