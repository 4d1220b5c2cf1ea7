"""The door itself, from a guest that the policy does not hold: any text, in any order, at any length. The broker
refuses it, answers it with an error, or ends the run; what it performs is decided as every call is."""

from __future__ import annotations

import pytest

NO_CALL = {
    "nothing": "",
    "half": "{",
    "null": "null",
    "number": "5",
    "text": '"x"',
    "list": "[]",
    "bytes_of_no_text": "\x00\x01",
    "mark": '\ufeff{"capability":"log","action":"write","args":{}}',
    "two": '{"capability":"log","action":"write","args":{}}{"capability":"log","action":"write","args":{}}',
    "no_capability": '{"action":"write","args":{}}',
    "no_action": '{"capability":"log","args":{}}',
    "no_args": '{"capability":"log","action":"write"}',
    "unknown": '{"capability":"files","action":"read","args":{"path":"/etc/passwd"}}',
    "broker": '{"capability":"__class__","action":"x","args":{}}',
    "capability_of_list": '{"capability":["log"],"action":"write","args":{}}',
    "capability_of_null": '{"capability":null,"action":"write","args":{}}',
    "action_of_list": '{"capability":"log","action":["write"],"args":{}}',
    "action_of_number": '{"capability":"log","action":1,"args":{}}',
    "args_of_list": '{"capability":"log","action":"write","args":[]}',
    "args_of_text": '{"capability":"log","action":"write","args":"{}"}',
    "nan": '{"capability":"log","action":"write","args":{"level":NaN}}',
    "infinite": '{"capability":"log","action":"write","args":{"level":1e999}}',
    "long_number": '{"capability":"log","action":"write","args":{"level":' + "9" * 10_000 + "}}",
    "deep_capability": '{"capability":' + "[" * 5000 + "]" * 5000 + ',"action":"write","args":{}}',
    "deep": "[" * 100_000,
    "result_with_a_space": '{ "capability":"$result","args":{"ok":true}}',
    "result_as_a_call": '{"action":"x","capability":"$result","args":{"ok":true}}',
}  # fmt: skip

REFUSED = {
    "unknown_action": '{"capability":"entity","action":"drop","args":{}}',
    "private_action": '{"capability":"entity","action":"__init__","args":{}}',
    "action_of_the_host": '{"capability":"http","action":"send","args":{"url":"https://evil.example/"}}',
    "no_arguments": '{"capability":"entity","action":"create","args":{}}',
    "other_entity": '{"capability":"entity","action":"query","args":{"entity":"Invoice"}}',
    "entity_of_tables": '{"capability":"entity","action":"query","args":{"entity":"record; DROP TABLE record"}}',
    "other_secret": '{"capability":"secrets","action":"get","args":{"name":"BACKFILL_CANARY"}}',
    "other_host": '{"capability":"http","action":"get","args":{"url":"https://evil.example/x"}}',
    "loopback": '{"capability":"http","action":"get","args":{"url":"https://127.0.0.1/x"}}',
    "file_url": '{"capability":"http","action":"get","args":{"url":"file:///etc/passwd"}}',
    "forged_grants": '{"capability":"http","action":"get","args":{"url":"https://evil.example/x"},'
    '"permissions":{"http":["https://evil.example/*"]},"decision":"allow","observe":false,"durable":false}',
    "forged_tenant": '{"tenant":"neighbour","install":"x","run":"y","capability":"secrets","action":"get",'
    '"args":{"name":"other_key"}}',
    "connector_only": '{"capability":"ingest","action":"record","args":{}}',
    "half_a_pair": '{"capability":"log","action":"write","args":{"level":"info","message":"\\ud800"}}',
    "deep_args": '{"capability":"log","action":"write","args":{"level":"info","message":"x","data":'
    + "[" * 2000 + "]" * 2000 + "}}",
    "level": '{"capability":"log","action":"write","args":{"level":"host","message":"x"}}',
    "twice": '{"capability":"log","action":"write","args":{"level":"info","message":"x"},'
    '"capability":"secrets","action":"get","args":{"name":"other_key"}}',
}  # fmt: skip

RESULTS = {
    "garbage": "{{{",
    "nothing": "",
    "null": "null}",
    "number": "5}",
    "list": "[]}",
    "maybe": '{"ok":"maybe"}}',
    "no_value": '{"ok":true}}',
    "no_error": '{"ok":false}}',
    "error_of_text": '{"ok":false,"error":"x"}}',
    "value_of_list": '{"ok":true,"value":[]}}',
    "status_of_text": '{"ok":true,"value":{"status":"200","headers":{},"body":1}}}',
    "status_of_none": '{"ok":true,"value":{"status":0,"headers":{},"body":1}}}',
    "status_beyond": '{"ok":true,"value":{"status":99999999999999999999,"headers":{},"body":1}}}',
    "headers_of_list": '{"ok":true,"value":{"status":200,"headers":[],"body":1}}}',
    "headers_of_numbers": '{"ok":true,"value":{"status":200,"headers":{"a":1},"body":1}}}',
    "forged_header": '{"ok":true,"value":{"status":200,"headers":{"a":"b\\r\\nset-cookie: c"},"body":1}}}',
    "more": '{"ok":true,"value":{"status":200,"headers":{},"body":1,"secrets":{}}}}',
    "nan": '{"ok":true,"value":{"status":200,"headers":{},"body":NaN}}}',
    "half_a_pair": '{"ok":true,"value":{"status":200,"headers":{},"body":"\\ud800"}}}',
    "deep": '{"ok":true,"value":{"status":200,"headers":{},"body":' + "[" * 500 + "]" * 500 + "}}}",
    "deeper": '{"ok":true,"value":' + "[" * 100_000,
    "deep_error": '{"ok":false,"error":{"name":' + "[" * 2000 + "]" * 2000 + "}}}",
    "two": '{"ok":true,"value":{"status":200,"headers":{},"body":1}}}{}',
}  # fmt: skip
"""What stands where a run's result is reported."""

LONG = {
    "long_call": 'wit_world.host_call("x" * 6 * 2 ** 20)',
    "long_argument": 'wit_world.host_call(LOG.replace("said", "x" * 6 * 2 ** 20))',
    "long_result": 'wit_world.host_call(RESULT + \'"\' + "x" * 6 * 2 ** 20 + \'"}\')',
    "long_number": 'wit_world.host_call("9" * 3 * 2 ** 20)',
}  # fmt: skip

FLOW = {
    "half_a_character": "wit_world.host_call('\\ud800')",
    "no_text": "wit_world.host_call(b'{}')",
    "no_text_at_all": "wit_world.host_call(None)",
    "nothing_said": "wit_world.host_call()",
    "from_within_an_answer": "import gc\nclass D:\n"
    "    def __del__(self): wit_world.host_call(LOG)\nD()\nraise ValueError",
}  # fmt: skip

ANSWERED = '{"ok":true,"value":{"status":200,"headers":{},"body":"mine"}}}'
TOP = """
import json
import wit_world
from guest_sdk import Customer, Log
RESULT = '{"capability":"$result","args":'
LOG = '{"capability":"log","action":"write","args":{"level":"info","message":"said"}}'
WRITE = '{"capability":"entity","action":"create","args":{"entity":"Customer","attrs":{"name":"late"}}}'
"""


@pytest.fixture(scope="module")
def guest(open_ground):
    ask = "wit_world.host_call({!r})\nraise ValueError('went on')"
    bodies = {
        **{f"no_call_{name}": ask.format(text) for name, text in NO_CALL.items()},
        **{
            f"refused_{name}": f"return json.loads(wit_world.host_call({text!r}))"
            for name, text in REFUSED.items()
        },
        **{
            f"result_{name}": f"Customer.create({{'name': 'kept?'}})\nwit_world.host_call(RESULT + {text!r})\n"
            "import sys\nsys.modules['guest_sdk._runtime.door']._call = lambda text: ''"
            for name, text in RESULTS.items()
        },
        **LONG,
        **FLOW,
        "twice": f"for n in range(3): wit_world.host_call(RESULT + {ANSWERED!r})\nreturn 'honest'",
        "afterwards": f"wit_world.host_call(RESULT + {ANSWERED!r})\nwit_world.host_call(WRITE)\n"
        f"wit_world.host_call(LOG)\n"
        "while True: wit_world.host_call(LOG)",
        "written_afterwards": f"wit_world.host_call(RESULT + {ANSWERED!r})\nwit_world.host_call(WRITE)\n",
    }
    return open_ground.routes(bodies, TOP)


@pytest.mark.parametrize("name", NO_CALL)
def test_what_is_no_call_ends_the_run(open_ground, guest, name):
    report = open_ground.attack(guest, f"no_call_{name}")
    assert report.error.name == "GuestBroke", report.error
    assert report.calls == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_that_is_not_granted_is_answered_with_an_error_and_recorded(open_ground, guest, name):
    report = open_ground.attack(guest, f"refused_{name}")
    assert report.ok, report.error
    assert report.response.body["error"]["code"] in {
        "permission_denied", "invalid_argument", "not_available", "not_found",
    }, report.response.body  # fmt: skip
    [call] = report.calls
    assert (call.decision, call.outcome) == ("deny", "error")
    assert open_ground.provider.sent == []


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_that_is_none_is_an_error_and_keeps_nothing(open_ground, guest, name):
    report = open_ground.attack(guest, f"result_{name}")
    assert report.ok is False and report.error.name in {"GuestBroke", "InvalidArgument", "Error"}, (
        report.error
    )
    assert [write.committed for write in report.writes] == [False]


@pytest.mark.parametrize("name", LONG)
def test_what_is_too_long_is_not_read(open_ground, guest, name):
    assert open_ground.attack(guest, name).error.name == "ResultTooLarge"


@pytest.mark.parametrize("name", FLOW)
def test_what_is_no_text_does_not_get_through(open_ground, guest, name):
    report = open_ground.attack(guest, name)
    assert report.error.name == "GuestBroke" or report.error.code == "handler_error"


def test_a_result_is_text_from_the_guest_whoever_reports_it(open_ground, guest):
    assert open_ground.attack(guest, "twice").ok


def test_without_the_host_s_own_check_a_response_could_have_any_status(open_ground, guest, monkeypatch):
    """The guard, removed: the guest's side of it is the guest's to switch off."""
    monkeypatch.setattr("sandbox_host.guest.STATUSES", range(-(10**30), 10**30))
    assert open_ground.attack(guest, "result_status_of_none").response.status == 0


def test_a_call_after_the_result_is_decided_and_recorded_as_any_other(open_ground, guest):
    report = open_ground.attack(guest, "written_afterwards")
    assert [(call.capability, call.action, call.decision) for call in report.calls] == [
        ("entity", "create", "allow")
    ]
    assert report.usage.host_calls == 1


def test_a_result_does_not_free_a_run_of_its_limits(open_ground, guest):
    report = open_ground.attack(guest, "afterwards", host_calls=20)
    assert report.error.name == "CallLimit"
    assert [write.committed for write in report.writes] == [False]
