from guest_sdk.testing import connector_test_runtime


def test_a_changed_customer_is_ingested_under_the_events_key() -> None:
    with connector_test_runtime() as runtime:
        response = runtime.call(
            "POST /webhooks/events",
            body={
                "id": "evt_1",
                "type": "customer.updated",
                "occurred_at": "2026-01-31T12:00:00Z",
                "data": {"id": "cus_123", "name": "Ada Lovelace", "email": None},
            },
        )
        assert response.status == 202
        assert runtime.ingest.calls[0].document_type == "customer"
        assert runtime.ingest.calls[0].source_id == "cus_123"
        assert runtime.ingest.calls[0].idempotency_key == "{{name}}:event:evt_1"


def test_an_event_of_another_type_is_acknowledged_and_leaves_nothing() -> None:
    with connector_test_runtime() as runtime:
        response = runtime.call(
            "POST /webhooks/events", body={"id": "evt_2", "type": "invoice.paid", "data": {}}
        )
        assert response.status == 202
        assert response.body["ignored"] is True
        assert runtime.ingest.calls == []
