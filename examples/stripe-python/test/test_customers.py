from typing import Any

from guest_sdk.testing import connector_test_runtime

SYNC = "POST /sync/customers"
SECRETS = {"api_key": "sk_test_123"}


def customer(id: str, created: int) -> dict[str, Any]:
    return {
        "id": id,
        "created": created,
        "name": "Ada Lovelace",
        "email": None,
        "currency": "usd",
        "balance": -1230,
        "tax_exempt": "none",
    }


def test_a_page_of_customers_is_ingested_under_stripes_ids() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        runtime.http.get_once(body={"data": [customer("cus_1", 1767225600)], "has_more": False})

        response = runtime.call(SYNC)

        assert response.status == 200
        assert response.body["imported"] == 1
        [call] = runtime.ingest.calls
        assert (call.document_type, call.source_id) == ("customer", "cus_1")
        assert call.idempotency_key == "stripe:customer:cus_1"
        assert call.payload["balance"] == "-12.30"
        assert runtime.http.calls[0].headers["authorization"] == "Bearer sk_test_123"


def test_the_next_poll_goes_on_where_the_last_page_ended_and_then_asks_for_what_is_new() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        runtime.http.get_once(body={"data": [customer("cus_2", 200)], "has_more": True})
        runtime.http.get_once(body={"data": [customer("cus_1", 100)], "has_more": False})
        runtime.http.get_once(body={"data": [], "has_more": False})

        runtime.call(SYNC)
        assert runtime.checkpoints.get("customers") == {"cursor": "cus_2", "newest": 200, "since": None}
        runtime.call(SYNC)
        assert runtime.checkpoints.get("customers") == {"cursor": None, "newest": 200, "since": 200}
        runtime.call(SYNC)

        _, second, third = runtime.http.calls
        assert "starting_after=cus_2" in second.url
        assert "created%5Bgte%5D=200" in third.url


def test_a_record_that_is_refused_is_logged_and_the_others_come_in() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        runtime.http.get_once(body={"data": [customer("cus_1", 1), customer("cus_2", 2)], "has_more": False})
        runtime.ingest.fail_next(source_id="cus_1", message="name: refused")

        body = runtime.call(SYNC).body

        assert (body["imported"], body["failed"]) == (1, 1)
        assert body["failedRecords"][0]["error"]["message"] == "name: refused"
        assert (runtime.logs[0].level, runtime.logs[0].message) == ("error", "record_refused")


def test_a_throttled_page_leaves_nothing_behind_and_says_when_to_come_back() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        slow_down = {"error": {"message": "Slow down"}}
        runtime.http.get_once(status=429, headers={"Retry-After": "7"}, body=slow_down)

        response = runtime.call(SYNC)

        assert response.status == 429
        assert response.headers["retry-after"] == "7"
        assert runtime.ingest.calls == []
        assert runtime.checkpoints.get("customers") is None


def test_without_an_api_key_stripe_is_not_asked() -> None:
    with connector_test_runtime() as runtime:
        assert runtime.call(SYNC).status == 400
        assert runtime.http.calls == []
