"""Each guard matters: without it the attack that it stops gets through the language. The wall stands all the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

REFUSED = {
    "RefusedCode", "AttributeError", "TypeError", "NameError", "ValueError", "ImportError", "ModuleNotFoundError",
    "NotImplementedError",
}  # fmt: skip

_PARTS = re.compile(r"^### (.+)\n", re.MULTILINE)


def holes() -> dict[str, tuple[list[str], str, object]]:
    """rule → (the edits that take its guard away, an attack, what the attack then gets).

    Of `holes.txt`: `### rule`, then for each edit `@ module`, the lines it takes away after `- `, those it puts there
    after `+ `; then the attack, and its loot as JSON after `#=> `.
    """
    _, *parts = _PARTS.split((Path(__file__).parent / "holes.txt").read_text(encoding="utf-8"))
    return {name: hole(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def hole(text: str) -> tuple[list[str], str, object]:
    edits: list[str] = []
    attack, loot = "", ""
    for line in text.splitlines(keepends=True):
        if line.startswith("@ "):
            edits += [line[2:].strip(), "", ""]
        elif line.startswith(("- ", "+ ")):
            edits[-2 if line[0] == "-" else -1] += line[2:]
        elif line.startswith("#=> "):
            loot = line[4:]
        else:
            attack += line
    return [edit.removesuffix("\n") for edit in edits], attack, json.loads(loot)


HOLES = holes()


@pytest.mark.parametrize("rule", HOLES)
def test_without_a_guard_its_attack_gets_through(rule, language, language_with_hole):
    edits, attack, loot = HOLES[rule]
    assert language.run(attack).error in REFUSED
    answer = language_with_hole(*edits).run(attack)
    assert (answer.error, answer.result) == (None, loot), answer.message


NO_POLICY = [
    "restricted", "tree = policy.visit(tree)", "pass",
    "modules", "self._builtins = guest_builtins(self._import, write)",
    "import builtins; self._builtins = vars(builtins)",
]  # fmt: skip

BEYOND = {
    "a file": "r = open('/etc/passwd').read()",
    "a file that would be written": "open('/tmp/escaped', 'w').write('x')\nr = 'written'",
    "a folder": "import os\nr = os.listdir('/')",
    "a process": "import os\nr = os.fork()",
    "a command": "import os\nr = os.system('true')",
    "a socket": "import socket\nr = socket.socket()",
    "a thread": "import _thread\nr = _thread.start_new_thread(print, ())",
    "foreign functions": "import ctypes\nr = ctypes.CDLL(None)",
}


@pytest.mark.parametrize("name", BEYOND)
def test_with_the_policy_switched_off_the_wall_still_holds(name, language, language_with_hole):
    hole = language_with_hole(*NO_POLICY)
    assert hole.run("r = ().__class__.__base__.__name__").result == "object"
    answer = hole.run(BEYOND[name])
    assert answer.error is not None and answer.asked == []
    assert hole.run("r = 1").result == 1
