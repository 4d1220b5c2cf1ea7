"""Nothing of one Python run is readable by the next; time stands still; chance comes from the run's seed."""

from __future__ import annotations

import json
import os

LEAVE = """
import builtins, sys, json, random
builtins.left = seen = getattr(builtins, "left", 0) + 1
sys.modules["left"] = json
json.left = 1
random.left = 1
return seen
"""


def test_each_run_starts_from_the_snapshot(guest):
    made = guest(LEAVE)
    assert [made.run() for _ in range(3)] == [1, 1, 1]


def test_the_snapshot_itself_never_changes(guest):
    made = guest("x.append('written')\nreturn len(x)", top="x = ['evaluated']")
    before = os.pread(made.snapshot.fd, made.snapshot.size, 0)
    assert made.run() == made.run() == 2
    assert os.pread(made.snapshot.fd, made.snapshot.size, 0) == before


def test_a_run_that_was_ended_leaves_nothing(guest, spend):
    made = guest("x.append(1)\nif len(x) == 1:\n    while ask()['n'] == 0: pass\nreturn x", top="x = []")
    made.answer = lambda message: (b'{"n":1}', 0)  # pyright: ignore
    assert made.run() == [1]
    assert made.run() == [1]


def test_the_clock_stands_still_between_host_calls(guest):
    now = "(time.time(), time.monotonic())"
    body = f"import time\nbefore = {now}\nfor i in range(100000): pass\nreturn before == {now}"
    assert guest(body).run() is True


def test_the_clock_moves_with_a_host_call(guest):
    body = "import datetime\na = datetime.datetime.now()\nask(x=1)\nreturn str(datetime.datetime.now() - a)"
    assert guest(body).run() == "0:00:00.005000"


def test_now_is_what_the_host_says_in_every_module(guest):
    body = "import datetime, time\nreturn [str(datetime.datetime.now()), str(datetime.date.today()), time.time()]"
    assert guest(body).run() == ["2026-01-01 00:00:00", "2026-01-01", 1767225600.0]


CHANCE = """
import os, random, secrets, uuid
return [random.random(), str(uuid.uuid4()), secrets.token_hex(8), os.urandom(4).hex(), random.SystemRandom().random()]
"""


def test_every_source_of_chance_is_fresh_in_each_run(guest):
    made = guest(CHANCE)
    first, second = made.run(seed=1), made.run(seed=2)
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_a_run_with_the_same_seed_draws_the_same(guest):
    made = guest(CHANCE)
    assert made.run(seed=7) == made.run(seed=7)


def test_time_zones_are_there_without_files(guest):
    there = "zoneinfo.ZoneInfo('Europe/Berlin')"
    body = f"import datetime, zoneinfo\nreturn datetime.datetime(2026, 7, 1, tzinfo={there}).isoformat()"
    assert guest(body).run() == "2026-07-01T00:00:00+02:00"
    assert (
        guest("import zoneinfo\nreturn zoneinfo.ZoneInfo('Mars/Olympus')")
        .run()
        .startswith("ZoneInfoNotFoundError")
    )


def test_a_host_call_carries_text_of_any_kind_both_ways(guest):
    made = guest("return ask(text='ä\\0\\u2028😀' * 20000)['text'] == 'ä\\0\\u2028😀' * 20000")
    assert made.run() is True
    assert made.asked[0]["text"].startswith("ä\0\u2028😀")


def test_a_host_call_while_the_code_is_evaluated_is_refused(guest):
    made = guest("return answer", top="answer = ask(capability='http')")
    assert json.dumps(made.run()).find("there is no invocation") > 0
    assert made.asked == []
