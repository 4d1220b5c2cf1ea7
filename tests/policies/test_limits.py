"""Limits and what is counted against them."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from policies.limits import CEILINGS, Budget, BudgetExceeded, Limits, LimitsError


def test_the_defaults_are_within_their_ceilings() -> None:
    for key, value in asdict(Limits()).items():
        assert 1 <= value <= getattr(CEILINGS, key), key


def test_the_published_defaults_and_ceilings() -> None:
    limits = Limits()
    assert (limits.cpu_ms, limits.wall_ms, limits.memory_mb) == (1_000, 30_000, 64)
    assert (limits.host_calls, limits.http_requests, limits.log_lines) == (1_000, 50, 100)
    assert (limits.response_bytes, limits.result_bytes, limits.call_bytes) == (5 << 20, 1 << 20, 1 << 20)
    assert (limits.log_line_bytes, limits.log_bytes) == (8 << 10, 200 << 10)
    assert (limits.http_connect_ms, limits.http_ms) == (6_000, 10_000)
    assert (CEILINGS.cpu_ms, CEILINGS.wall_ms, CEILINGS.memory_mb) == (10_000, 300_000, 256)
    assert (CEILINGS.host_calls, CEILINGS.http_requests, CEILINGS.log_lines) == (10_000, 1_000, 1_000)
    assert (CEILINGS.response_bytes, CEILINGS.result_bytes) == (20 << 20, 6 << 20)


def test_an_override_changes_its_key_alone() -> None:
    assert Limits.with_overrides({"cpu_ms": 200}) == Limits(cpu_ms=200)
    assert Limits.with_overrides({}) == Limits()
    assert Limits.with_overrides({"memory_mb": 256}).memory_mb == 256


@pytest.mark.parametrize("value", [0, -1, 10_001, 1.5, "100", True, None, 2**70])
def test_a_value_out_of_range_names_key_value_and_ceiling(value: object) -> None:
    with pytest.raises(LimitsError, match="cpu_ms") as refused:
        Limits.with_overrides({"cpu_ms": value})  # type: ignore[dict-item]
    assert (refused.value.key, refused.value.value, refused.value.ceiling) == ("cpu_ms", value, 10_000)
    assert "10000" in str(refused.value)


def test_an_unknown_limit_lists_the_known_ones() -> None:
    with pytest.raises(LimitsError, match="host_calls") as refused:
        Limits.with_overrides({"cpu": 5})
    assert refused.value.ceiling is None


def test_the_first_call_too_many_ends_the_run_and_so_does_each_after_it() -> None:
    budget = Budget(Limits(host_calls=2))
    budget.spend_call()
    budget.spend_call()
    for _ in range(2):
        with pytest.raises(BudgetExceeded) as exceeded:
            budget.spend_call()
        assert exceeded.value.limit == "CallLimit"
    assert budget.host_calls == 2


def test_http_requests_have_a_count_of_their_own() -> None:
    budget = Budget(Limits(http_requests=1))
    budget.spend_http()
    with pytest.raises(BudgetExceeded) as exceeded:
        budget.spend_http()
    assert exceeded.value.limit == "SubrequestLimit"
    assert (budget.host_calls, budget.http_requests) == (0, 1)


def test_logs_over_their_lines_are_cut_with_one_last_line() -> None:
    budget = Budget(Limits(log_lines=2))
    assert [budget.spend_log(10) for _ in range(5)] == ["keep", "keep", "last", "drop", "drop"]


def test_logs_over_their_bytes_are_cut_for_good() -> None:
    budget = Budget(Limits(log_bytes=100))
    assert [budget.spend_log(size) for size in (60, 40, 1, 0)] == ["keep", "keep", "last", "drop"]
    assert (budget.log_lines, budget.log_bytes) == (2, 100)
