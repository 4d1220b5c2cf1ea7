from typing import Any

from guest_sdk.testing import connector_test_runtime

WEBHOOK = "POST /webhooks/stripe"
SECRETS = {"api_key": "sk_test_123", "webhook_secret": "whsec_test_123"}
PAYOUT: dict[str, Any] = {
    "id": "po_1", "amount": 9_950, "currency": "usd", "status": "paid", "arrival_date": 1767225600,
    "created": 1767139200, "description": None, "metadata": {},
}  # fmt: skip


def event(id: str, type: str, item: dict[str, Any], created: int = 1767225600) -> dict[str, Any]:
    return {"id": id, "type": type, "created": created, "data": {"object": item}}


def test_a_paid_payout_becomes_a_deposit() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        response = runtime.call(WEBHOOK, body=event("evt_1", "payout.paid", PAYOUT))

        assert response.status == 202
        [call] = runtime.ingest.calls
        assert call.document_type == "deposit"
        assert call.idempotency_key == "stripe:event:evt_1:deposit:po_1"
        assert (call.payload["total_amount"], call.payload["status"]) == ("99.50", "deposited")


def test_the_same_delivery_twice_is_one_record_and_an_older_event_changes_nothing() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        delivery = event("evt_2", "payout.paid", PAYOUT)
        older = event("evt_1", "payout.created", {**PAYOUT, "status": "pending"}, 1767139200)

        runtime.call(WEBHOOK, body=delivery)
        runtime.call(WEBHOOK, body=delivery)
        late = runtime.call(WEBHOOK, body=older)

        statuses = [call.result.status for call in runtime.ingest.calls if call.result]
        assert statuses == ["created", "duplicate", "duplicate"]
        assert late.body["results"][0]["reason"] == "stale"
        assert [deposit["status"] for deposit in runtime.records.all("Deposit")] == ["deposited"]


def test_an_event_of_another_kind_is_acknowledged_and_leaves_nothing() -> None:
    with connector_test_runtime(secrets=SECRETS) as runtime:
        response = runtime.call(WEBHOOK, body=event("evt_3", "account.updated", {}))
        assert response.status == 202
        assert response.body["ignored"] is True
        assert runtime.ingest.calls == []
