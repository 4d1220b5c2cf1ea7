from guest_sdk.testing import connector_test_runtime

SETTINGS = {"paymentTermsDays": 30}


def test_an_invoice_of_the_last_of_january_is_due_thirty_days_later() -> None:
    with connector_test_runtime(settings=SETTINGS) as runtime:
        response = runtime.call("GET /due-date", search_params={"from": "2026-01-31"})
        assert response.status == 200
        assert response.body == {"from": "2026-01-31", "due_date": "2026-03-02"}


def test_a_date_that_is_none_is_refused() -> None:
    with connector_test_runtime(settings=SETTINGS) as runtime:
        response = runtime.call("GET /due-date", search_params={"from": "soon"})
        assert response.status == 400
