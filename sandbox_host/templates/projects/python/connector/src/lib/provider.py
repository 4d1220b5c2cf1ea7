"""The provider's API, and its objects as canonical ones."""

from typing import TypedDict

from guest_sdk import Http, HttpResponse

API = "https://api.example.com/v1"


class ProviderCustomer(TypedDict):
    id: str
    name: str
    email: str | None


class Customer(TypedDict):
    source_id: str
    name: str
    email: str | None


def get(path: str, api_key: str) -> HttpResponse:
    """GET a path of the API, such as `/account`."""
    return Http.get(f"{API}{path}", auth={"bearer": api_key})


def customer(given: ProviderCustomer) -> Customer:
    return {"source_id": given["id"], "name": given["name"], "email": given["email"]}
