"""What a run stages is small in the host, whatever it is made of: measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.errors import ResultTooLarge
from sandbox_host.records.memory import memory_of
from sandbox_host.records.unit_of_work import ROOM

MOST = 200 * 1024 * 1024

STAGES = """
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from sandbox_host.db import Database
from sandbox_host.errors import ResultTooLarge
from sandbox_host.installs import ensure_install
from sandbox_host.records import ExtensionFields, Origin, UnitOfWork
from sandbox_host.report import WriteReport

SHAPES = {
    "many keys": lambda n: {"metadata": {f"k{n}_{i}": i + 300 for i in range(5000)}},
    "empty lists": lambda n: {"metadata": {"a": [[] for _ in range(300_000)]}},
    "long text": lambda n: {"notes": "x" * 1_000_000},
    "wide text": lambda n: {"notes": "x" * 1_000_000 + "\\U0001f600"},
    "tiny records": lambda n: {"name": "a"},
}


def peak():
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def now():
    return datetime.now(UTC)


folder, shape, room = Path(sys.argv[1]), SHAPES[sys.argv[2]], int(sys.argv[3])
db = Database.open(folder)
install = ensure_install(db, "acme", "tax", publisher="p", now=now())
origin = Origin("acme", install.id, None, "tax", "tax", "user:ada")
unit = UnitOfWork(db, origin, ExtensionFields(), ends="atomic", observe=False, now=now, room=room)
before, text = peak(), 0
try:
    for number in range(300 if room > 2**30 else 10**6):
        body = json.dumps(shape(number))
        text += len(body)
        if text > 64 * 2**20:
            break
        unit.create("Customer", json.loads(body))
except ResultTooLarge:
    pass
unit.commit()
report = [
    WriteReport(kind=one.kind, action=one.action, entity=one.entity, id=one.id, data=one.data, committed=one.committed)
    for one in unit.writes
]
print(len(report), peak() - before)
"""


def grown(folder: Path, shape: str, room: int = ROOM) -> tuple[int, int]:
    """How many records it took until there was no room, and by how many bytes the process grew: staged, committed
    and reported."""
    command = [sys.executable, "-c", STAGES, str(folder), shape, str(room)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    records, grew = ended.stdout.split()
    return int(records), int(grew)


@pytest.mark.parametrize("shape", ["many keys", "empty lists", "long text", "wide text"])
def test_the_host_grows_by_less_than_200_mb_whatever_is_staged(tmp_path: Path, shape: str) -> None:
    records, grew = grown(tmp_path, shape)
    assert records and grew < MOST


def test_a_record_takes_room_however_little_it_holds(tmp_path: Path) -> None:
    """An eighth of the room, because so many records take their time."""
    records, grew = grown(tmp_path, "tiny records", room=ROOM // 8)
    assert records < 10_000 and grew < MOST // 8


def test_without_counting_memory_many_small_keys_take_many_times_their_text(tmp_path: Path) -> None:
    """The guard removed: 300 records of 5,000 keys are under 26 MiB of text."""
    _, grew = grown(tmp_path, "many keys", room=2**40)
    assert grew > MOST


def test_a_value_that_is_shared_is_counted_once() -> None:
    shared = {"a": ["text" * 100]}
    once = memory_of([shared], set())
    assert memory_of([shared, shared, [shared]], set()) < once + 200
    assert memory_of([shared], {id(shared)}) == 0


def roomy(world: Any, ends: str = "atomic") -> Any:
    unit = world.unit(ends)
    unit.work.writer.room = 100_000
    return unit


def test_a_write_without_room_says_so_and_leaves_nothing(world: Any) -> None:
    unit = roomy(world)
    unit.create("Customer", {"name": "Ada"})
    with pytest.raises(
        ResultTooLarge, match=r"takes over 100000 bytes of memory, where a small value takes many"
    ):
        unit.create("Customer", {"metadata": {f"k{n}": n for n in range(1000)}})
    assert unit.count("Customer") == 1 and len(unit.writes) == 1
    unit.create("Customer", {"name": "Bob"})


def test_what_was_taken_back_or_committed_makes_room_again(world: Any) -> None:
    unit = roomy(world)
    many = {"metadata": {f"k{n}": n for n in range(300)}}
    for _ in range(5):
        with pytest.raises(KeyError), unit.together():
            unit.create("Customer", many)
            raise KeyError
    job = roomy(world, "immediate")
    record = job.create("Customer", many)["id"]
    for number in range(20):
        job.update("Customer", record, {"name": str(number)})
    assert job.get("Customer", record)["name"] == "19"


def test_an_update_of_a_staged_record_counts_what_it_adds_and_one_of_a_stored_record_all_of_it(
    world: Any,
) -> None:
    many = {"metadata": {f"k{n}": n for n in range(500)}}
    unit = roomy(world)
    record = unit.create("Customer", many)["id"]
    for number in range(10):
        unit.update("Customer", record, {"name": str(number)})
    unit.commit()
    records = [record]
    for _ in range(4):
        made = roomy(world)
        records.append(made.create("Customer", many)["id"])
        made.commit()
    unit = roomy(world)
    with pytest.raises(ResultTooLarge):
        for each in records:
            unit.update("Customer", each, {"name": "x"})
