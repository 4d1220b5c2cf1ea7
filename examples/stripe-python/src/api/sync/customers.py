from guest_sdk import ApiRequest, ApiResponse

from lib.sync_page import sync_page
from lib.transforms import to_customer

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    return sync_page(
        request,
        stream="customers",
        path="/customers",
        document_type="customer",
        transform=lambda customer, stripe: to_customer(customer),
    )
