"""What a Python guest could reach if no policy stood before it: nothing but its own memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_host.assets import asset
from sandbox_host.kernels.instance import Ended
from sandbox_host.kernels.python import link

OUTSIDE = {
    "a file": "return open('/etc/passwd').read()",
    "a file by descriptor": "import os\nreturn os.read(0, 10)",
    "its own source": "import json\nreturn open(json.__file__).read()",
    "a file to write": "open('/tmp/x', 'w').write('x')\nreturn 'written'",
    "a folder": "import os\nreturn os.listdir('/')",
    "the folder it stands in": "import os\nreturn os.listdir('.')",
    "a process": "import os\nreturn os.fork()",
    "a command": "import os\nreturn os.system('true')",
    "an executable": "import os\nreturn os.execv('/bin/true', ['true'])",
    "a shell": "import subprocess\nreturn subprocess.run(['true'])",
    "a socket": "import socket\nreturn socket.socket()",
    "the engine's sockets": "import _socket\nreturn _socket.socket()",
    "foreign functions": "import ctypes\nreturn ctypes.CDLL(None)",
    "a thread": "import _thread\nreturn _thread.start_new_thread(print, ())",
    "a signal": "import signal\nreturn signal.raise_signal(9)",
    "a module that is not there": "import requests\nreturn requests",
    "a library": "import _imp\nreturn _imp.create_dynamic(__spec__)",
    "the terminal": "import sys\nreturn sys.stdin.read()",
}


@pytest.mark.parametrize("body", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_what_is_outside_cannot_be_reached(guest, body):
    made = guest(body)
    try:
        answer = made.run()
    except Ended as ended:
        assert ended.name == "GuestBroke"
    else:
        assert "Error" in answer
    assert made.asked == []
    assert guest("return 1").run() == 1


def test_the_engine_imports_five_functions_of_ours_and_nothing_else():
    module = asset("python.wasm").read_bytes()
    assert link.imports_of(module) == {(link.HOST, name) for name in link.IMPORTS}


def test_the_environment_of_the_build_is_not_inside(guest):
    body = "import os, sys\nreturn [dict(os.environ), sys.argv[1:], sys.path, os.getcwd()]"
    environment, arguments, path, folder = guest(body).run()
    assert (arguments, folder) == ([], "/")
    assert not environment.keys() & {"HOME", "PATH", "USER", "PWD"}
    assert not any("/" + part in entry for entry in path for part in ("home", "root", "work", "tmp", "usr"))


def test_no_folder_of_the_build_is_named_in_the_engine():
    module = asset("python.wasm").read_bytes()
    for folder in ("/tmp/pip-", str(Path(__file__).parents[3])):
        assert folder.encode() not in module


def test_an_open_that_finds_no_folders_is_an_ordinary_error(guest):
    assert guest("return open('x')").run().startswith("FileNotFoundError")


def test_without_our_answer_to_it_the_same_open_would_end_the_run(guest, kernel, monkeypatch):
    """The guard, removed: WASI's own function, which stays a trap as every other one."""

    def trap(place):
        raise Ended("GuestBroke", "unreachable")

    made = guest("return open('x')")
    monkeypatch.setattr(kernel, "_give", lambda place, text: trap(place))
    with pytest.raises(Ended):
        made.run()


@pytest.mark.parametrize(
    "body", ["import time\ntime.sleep(1)", "print('x')", "import sys\nsys.stdout.flush(); print()"]
)
def test_what_would_reach_the_system_ends_the_run_and_nothing_else(guest, body):
    with pytest.raises(Ended) as ended:
        guest(body).run()
    assert ended.value.name == "GuestBroke"
    assert guest("return 1").run() == 1
