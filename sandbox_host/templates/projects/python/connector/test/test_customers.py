from guest_sdk.testing import connector_test_runtime


def test_a_page_of_customers_is_ingested_under_their_own_ids() -> None:
    with connector_test_runtime(secrets={"api_key": "sk_test_123"}) as runtime:
        runtime.http.get_once(
            body={"data": [{"id": "cus_123", "name": "Ada Lovelace", "email": None}], "next_cursor": None}
        )
        response = runtime.call("POST /sync/customers")
        assert response.status == 200
        assert runtime.ingest.calls[0].document_type == "customer"
        assert runtime.ingest.calls[0].source_id == "cus_123"
        assert runtime.ingest.calls[0].idempotency_key == "{{name}}:customer:cus_123"


def test_without_an_api_key_nothing_is_asked_of_the_provider() -> None:
    with connector_test_runtime() as runtime:
        response = runtime.call("POST /sync/customers")
        assert response.status == 400
        assert runtime.http.calls == []
