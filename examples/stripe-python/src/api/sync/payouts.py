from guest_sdk import ApiRequest, ApiResponse

from lib.sync_page import sync_page
from lib.transforms import to_deposit

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    return sync_page(
        request,
        stream="payouts",
        path="/payouts",
        document_type="deposit",
        transform=lambda payout, stripe: to_deposit(payout),
    )
