"""The provider's API, and its objects as canonical ones."""

from typing import TypedDict

from guest_sdk import Http, HttpResponse, NotAvailable, OAuth

API = "https://api.example.com/v1"


class ProviderCustomer(TypedDict):
    id: str
    name: str
    email: str | None


class Customer(TypedDict):
    source_id: str
    name: str
    email: str | None


def access_token() -> str | None:
    """The connection's token, refreshed where it must be; None while it is not connected."""
    try:
        return OAuth.access_token()
    except NotAvailable:
        return None


def get(path: str, token: str) -> HttpResponse:
    """GET a path of the API, such as `/account`."""
    return Http.get(f"{API}{path}", auth={"bearer": token})


def customer(given: ProviderCustomer) -> Customer:
    return {"source_id": given["id"], "name": given["name"], "email": given["email"]}
