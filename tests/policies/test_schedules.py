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
