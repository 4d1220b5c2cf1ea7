from guest_sdk import ApiRequest, ApiResponse

from lib.sync_page import sync_page
from lib.transforms import to_invoice

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    return sync_page(
        request,
        stream="invoices",
        path="/invoices",
        document_type="invoice",
        transform=lambda invoice, stripe: to_invoice(invoice, stripe.invoice_lines(invoice)),
    )
