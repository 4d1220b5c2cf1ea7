"""Cron expressions."""

from __future__ import annotations

import pytest

from policies.schedules import cron_problem


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/15 * * * *",
        "0 6 * * 1",
        "0,30 9-17 * * mon-fri",
        "5 4 1 JAN *",
        "0 0 1,15 */2 0-7/2",
        "59 23 31 12 7",
    ],
)
def test_an_expression_of_five_fields_is_a_schedule(text: str) -> None:
    assert cron_problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "* * * *",
        "* * * * * *",
        "*  * * * *",
        " * * * * *",
        "*\t* * * *",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "-1 * * * *",
        "5-1 * * * *",
        "1- * * * *",
        ", * * * *",
        "1,, * * * *",
        "x * * * *",
        "* * * mon *",
        "٣ * * * *",
        "*/" + "9" * 500 + " * * * *",
    ],
)
def test_anything_else_is_a_problem(text: str) -> None:
    assert cron_problem(text)


def test_the_problem_names_the_field() -> None:
    assert "hour" in str(cron_problem("0 25 * * *"))


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30-31 feb *", "0 0 31 4,6,9,11 *", "0 0 31 feb-feb *"])
def test_a_day_that_never_comes_is_a_problem(text: str) -> None:
    assert "it would never run" in str(cron_problem(text))


@pytest.mark.parametrize(
    "text", ["0 0 29 2 *", "0 0 31 */2 *", "0 0 31 2 mon", "0 0 30 2-3 *", "0 0 1/30 2 *"]
)
def test_a_day_that_comes_now_and_then_is_none(text: str) -> None:
    assert cron_problem(text) is None
