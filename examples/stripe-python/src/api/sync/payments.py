from guest_sdk import ApiRequest, ApiResponse

from lib.sync_page import sync_page
from lib.transforms import to_payment

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    return sync_page(
        request,
        stream="payments",
        path="/charges",
        document_type="payment",
        query={"expand[]": "data.balance_transaction"},
        transform=lambda charge, stripe: to_payment(charge),
    )
