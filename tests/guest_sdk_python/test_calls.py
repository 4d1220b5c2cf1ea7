"""What each name asks the host for: the same call that the TypeScript prelude makes, member by member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Python = Callable[..., Any]
Javascript = Callable[..., Any]

OWN = 'OWN = define_entity(name="Own", fields={})'
ANSWERS: dict[str, Any] = {"list": [], "query": []}


def answer(call: dict[str, Any]) -> dict[str, Any]:
    return {"ok": ANSWERS.get(call["action"], {})}


def test_every_call_is_the_one_that_typescript_makes(
    python: Python, javascript: Javascript, calls: list[dict[str, str]]
) -> None:
    ours = python("\n".join(one["python"] for one in calls), top=OWN)
    ours.body(answer=answer)
    theirs = javascript("".join(f"{one['typescript']};\n" for one in calls))
    theirs.body(answer=answer)
    asked = [f"{one['capability']}.{one['action']}" for one in ours.asked]
    assert asked == [one["asks"] for one in calls]
    for one, our, their in zip(calls, ours.asked, theirs.asked, strict=True):
        assert our == their, one["python"]


def test_a_page_of_a_backfill_commits_with_its_window_in_both_languages(
    python: Python, javascript: Javascript
) -> None:
    request = {"searchParams": {"from": "2026-01-01", "to": "2026-02-01", "cursor": "c"}}
    ours = python('sync.list_page(request, "s").commit(has_more=False)')
    theirs = javascript('sync.listPage(request, "s").commit({hasMore: false})')
    for guest in (ours, theirs):
        guest.body(request=request)
    assert ours.asked == theirs.asked
    assert ours.asked[0]["args"]["from"] == "2026-01-01"


def test_what_is_left_out_is_not_sent(python: Python) -> None:
    guest = python('Http.post("https://a.test/", None)\nCustomer.query(limit=None)\nLog.info("m", None)')
    guest.body(answer=answer)
    assert [one["args"] for one in guest.asked] == [
        {"url": "https://a.test/"},
        {"entity": "Customer"},
        {"level": "info", "message": "m"},
    ]


def test_the_hosts_answer_is_what_the_call_returns(python: Python) -> None:
    made = python('return [Secrets.get("a"), Http.get("https://a.test/").body]')
    answers: dict[str, Any] = {
        "secrets": "v",
        "http": {"status": 200, "headers": {}, "body": [1], "ok": True},
    }
    assert made.body(answer=lambda call: {"ok": answers[call["capability"]]}) == ["v", [1]]


def test_an_answer_has_attributes_and_is_its_json_where_it_is_handed_on(python: Python) -> None:
    made = python("""
        batch = ingest.batch("customer", [], stream="s", idempotency_key=str)
        failure = batch.failed_records[0]
        Log.warn("refused", {"stream": "s", **failure})
        return [failure.idempotency_key, failure.error.code, batch.failed_records, batch.results[0].source_id]
    """)
    error = {"name": "Conflict", "code": "conflict", "message": "m"}
    failed = {"index": 0, "idempotencyKey": "k", "error": error}
    result = {"status": "created", "sourceId": "c"}
    answers = {
        "ingest": {
            "imported": 1, "failed": 1, "duplicates": 0, "results": [result], "failedRecords": [failed],
        },
        "log": None,
    }  # fmt: skip
    body = made.body(answer=lambda call: {"ok": answers[call["capability"]]})
    assert body == ["k", "conflict", [failed], "c"]
    assert made.asked[1]["args"]["data"] == {"stream": "s", **failed}


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ({"ok": True, "metadata": {"id": "m"}}, [True, True, {"id": "m"}, None]),
        ({"ok": False, "error": "bad", "message": "m"}, [False, False, {}, "bad"]),
    ],
)
def test_a_verification_is_true_only_where_the_signature_is_good(
    python: Python, answered: dict[str, Any], expected: list[Any]
) -> None:
    made = python('v = verify.hmac_sha256(request, "s")\nreturn [bool(v), v.ok, v.metadata, v.error]')
    assert made.body(answer=lambda _: {"ok": answered}) == expected


def test_without_its_truth_a_forged_delivery_would_pass_a_careless_check(
    python: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guest_sdk import Verification

    made = python('return "accepted" if verify.hmac_sha256(request, "s") else "refused"')
    forged = {"ok": {"ok": False, "error": "bad", "message": "m"}}
    assert made.body(answer=lambda _: forged) == "refused"
    monkeypatch.delattr(Verification, "__bool__")
    assert made.body(answer=lambda _: forged) == "accepted"


def test_an_exception_in_log_data_keeps_its_message(python: Python) -> None:
    made = python("""
        try:
            raise ValueError("too far")
        except ValueError as error:
            Log.error("failed", {"error": error, "n": 1})
            Log.error("again", error)
    """)
    made.body()
    first, second = (call["args"]["data"] for call in made.asked)
    assert (first["error"]["name"], first["error"]["message"], first["n"]) == ("ValueError", "too far", 1)
    assert first["error"] == second
    assert second["stack"] == '  File "src/api/x.py", line 5, in POST\n'


def test_an_unknown_option_is_pythons_own_error(python: Python) -> None:
    error = python("Customer.query(orderBy=1)").error()
    assert error["name"] == "TypeError" and "orderBy" in error["message"]


def test_a_host_call_while_loading_says_where_it_belongs(python: Python) -> None:
    from guest_sdk import NotAvailable

    with pytest.raises(NotAvailable, match=r"secrets\.get: there is no invocation while a module is loaded"):
        python("return 1", top='Secrets.get("k")')


def test_a_host_call_after_the_run_is_refused(python: Python) -> None:
    made = python("return 1")
    made.body()
    from guest_sdk import NotAvailable, Secrets

    with pytest.raises(NotAvailable, match="the handler has already returned"):
        Secrets.get("k")


def test_without_a_host_every_call_says_what_to_do() -> None:
    from guest_sdk import NotAvailable, Secrets
    from guest_sdk._runtime import door, host

    door.connect(None)
    host.enter("running")
    with pytest.raises(NotAvailable, match=r"guest_sdk\.testing"):
        Secrets.get("k")
