from guest_sdk.testing import connector_test_runtime


def test_a_page_of_customers_is_read_with_the_connections_token() -> None:
    with connector_test_runtime(oauth={"access_token": "token_123"}) as runtime:
        runtime.http.get_once(
            body={"data": [{"id": "cus_123", "name": "Ada Lovelace", "email": None}], "next_cursor": "2"}
        )
        response = runtime.call("POST /sync/customers")
        assert response.status == 200
        assert response.body["hasMore"] is True
        assert runtime.ingest.calls[0].source_id == "cus_123"


def test_the_account_that_was_connected_is_named() -> None:
    with connector_test_runtime(oauth={"access_token": "token_123"}) as runtime:
        runtime.http.get_once(body={"id": "acct_1", "name": "Analytical Engines"})
        response = runtime.call("POST /setup/test_connection")
        assert response.body == {"ok": True, "account": {"id": "acct_1", "name": "Analytical Engines"}}


def test_before_it_is_connected_nothing_is_asked_of_the_provider() -> None:
    with connector_test_runtime() as runtime:
        response = runtime.call("POST /sync/customers")
        assert response.status == 401
        assert runtime.http.calls == []
