"""The policy switched off: modules are compiled as they are, with Python's own builtins and every module of the engine.

What the language refused is now done, and nothing comes of it: the file, the variable, the listener, the other tenant
and the audit are as they were. What is left of an attack is a call through the door, where the broker decides.
"""

from __future__ import annotations

import pytest

REACHING = {
    "the_canary": "return open(PATH).read()",
    "the_canary_by_descriptor": "import os\nreturn os.read(os.open(PATH, os.O_RDONLY), 100)",
    "every_descriptor": "import os\nfound = []\nfor fd in range(256):\n    try: found.append(os.read(fd, 100))\n"
    "    except OSError: pass\nif found: return found\nraise OSError",
    "the_canary_by_path": "import pathlib\nreturn pathlib.Path(PATH).read_text()",
    "the_canary_by_io": "import _io\nreturn _io.FileIO(PATH).read()",
    "the_canary_by_linecache": "import linecache\nfound = linecache.getlines(PATH)\n"
    "if found: return found\nraise OSError",
    "the_canary_by_import": "import importlib.machinery\n"
    "return importlib.machinery.SourceFileLoader('canary', PATH).get_data(PATH)",
    "the_canary_by_zones": "import zoneinfo\nreturn zoneinfo.ZoneInfo.from_file(open(PATH, 'rb'))",
    "overwriting": "open(PATH, 'w').write('gone')\nreturn 'written'",
    "appending": "import os\nos.write(os.open(PATH, os.O_WRONLY | os.O_APPEND), b'x')\nreturn 'written'",
    "removing": "import os\nos.remove(PATH)\nreturn 'removed'",
    "renaming": "import os\nos.rename(PATH, PATH + '.gone')\nreturn 'renamed'",
    "a_new_file": "open(PATH + '.new', 'x').write('x')\nreturn 'written'",
    "a_new_folder": "import os\nos.mkdir(PATH + '.d')\nreturn 'made'",
    "the_folder": "import os\nreturn os.listdir(os.path.dirname(PATH))",
    "the_environment": "import os\nreturn os.environ['BACKFILL_CANARY']",
    "the_environment_of_posix": "import posix\nreturn posix.environ[b'BACKFILL_CANARY']",
    "the_process": "import os\nreturn open('/proc/self/environ').read()",
    "the_parent": "import os\nreturn os.getppid()",
    "the_listener": "import socket\nreturn socket.create_connection(('127.0.0.1', PORT))",
    "the_listener_by_engine": "import _socket\ns = _socket.socket()\ns.connect(('127.0.0.1', PORT))\nreturn 'there'",
    "the_listener_by_http": "import http.client\nc = http.client.HTTPConnection('127.0.0.1', PORT)\n"
    "c.request('GET', '/')\nreturn c.getresponse().status",
    "the_listener_by_urllib": "import urllib.request\nreturn urllib.request.urlopen(f'http://127.0.0.1:{PORT}/').status",
    "a_process_of_its_own": "import os\nreturn os.fork()",
    "a_command": "import os\nreturn os.system('touch ' + PATH + '.new')",
    "a_spawned_command": "import os\nreturn os.posix_spawn('/bin/true', ['true'], {})",
    "a_shell": "import subprocess\nreturn subprocess.run(['true'])",
    "a_signal": "import os, signal\nreturn os.kill(1, signal.SIGKILL)",
    "a_thread": "import _thread\nreturn _thread.start_new_thread(print, ())",
    "foreign_functions": "import ctypes\nreturn ctypes.CDLL(None)",
    "a_library": "import _imp\nreturn _imp.create_dynamic(__spec__)",
    "shared_memory": "import mmap\nreturn mmap.mmap(-1, 100)",
    "the_terminal": "import sys\nreturn sys.stdin.read()",
    "standard_output": "import sys\nsys.stdout.write('{\"ok\":true}\\n' * 1000)\nsys.stdout.flush()",
    "standard_error": "import os\nos.write(2, b'x')",
    "an_exit": "import os\nos._exit(0)",
    "an_abort": "import os\nos.abort()",
    "a_sleep": "import time\ntime.sleep(100)",
    "a_crash": "import types\ncode = (lambda: 0).__code__.replace(co_code=b'\\x64\\xff' * 50, co_stacksize=1)\n"
    "return types.FunctionType(code, {})()",
    "faults": "import faulthandler\nfaulthandler._sigsegv()",
    "frozen_clocks": "import time\nend = time.time() + 1\nwhile time.time() < end: pass",
}  # fmt: skip
"""PATH is the host's canary file, PORT its listener's."""

UNTYPED = {"GuestBroke", "CpuLimit", "MemoryLimit", "StackLimit", "NotSettled"}

INSIDE = {
    "classes": "return len(().__class__.__base__.__subclasses__()) > 100",
    "frames": "import sys\nreturn sys._getframe(1).f_code.co_name",
    "globals": "return 'connect' in sorted(__import__('guest_sdk')._runtime.door.__dict__)",
    "code": "return eval('1 + 1')",
    "changed_sdk": "import guest_sdk\nguest_sdk.Http.__class__.get = lambda *a: 'mine'\nreturn guest_sdk.Http.get('x')",
    "changed_builtins": "__builtins__['len'] = lambda x: 5\nreturn len([])",
    "changed_host": "from guest_sdk._runtime import host\nhost.enter('ended')\nhost.enter('running')\nreturn 'mine'",
    "changed_json": "import json, sys\nsys.modules['json'] = 5\njson.loads = None\nreturn 'mine'",
    "changed_modules": "import sys\nfor name in list(sys.modules):\n    if name != 'wit_world': del sys.modules[name]\n"
    "return 'mine'",
    "seeded": "import random\nrandom.seed(0)\nreturn random.random()",
    "kept": "import gc, sys\nfrom lib import kept\nkept.seen.append(1)\nsys.setrecursionlimit(10 ** 9)\ngc.disable()\n"
    "return 'mine'",
}
"""What the language refuses and the instance does not mind: it belongs to the run."""

FREE = "import wit_world\nfrom guest_sdk import Customer, Http, Log, Secrets"


@pytest.fixture(scope="module")
def attacks(canary, listener):
    top = f"PATH = {str(canary)!r}\nPORT = {listener.port}\n"
    return {name: top + body for name, body in REACHING.items()}


@pytest.fixture(scope="module")
def guest(open_ground, attacks):
    return open_ground.routes({**attacks, **INSIDE})


@pytest.mark.parametrize("name", INSIDE)
def test_the_language_no_longer_refuses(open_ground, guest, name):
    report = open_ground.attack(guest, name)
    assert report.ok and report.response.body, report.error


@pytest.mark.parametrize("name", REACHING)
def test_nothing_outside_is_reached(open_ground, guest, canary, name):
    report = open_ground.attack(guest, name, cpu_ms=100)
    assert report.ok is False, report.response
    assert report.error.name in UNTYPED or report.error.code == "handler_error"
    assert report.calls == []
    assert [one.name for one in canary.parent.iterdir()] == [canary.name]


def test_with_the_policy_the_same_modules_are_not_built(ground, attacks):
    from sandbox_host.packages import BuildFailed

    with pytest.raises(BuildFailed) as failed:
        ground.routes(
            {name: body for name, body in INSIDE.items() if name in {"classes", "code", "changed_json"}}
        )
    assert {one.file for one in failed.value.problems} >= {"src/api/classes.py", "src/api/code.py"}
