from guest_sdk import ApiRequest, ApiResponse, Secrets, api

from lib.stripe import Stripe, StripeError

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    entered: dict[str, str | None] = request.body or {}
    api_key = entered.get("api_key")
    if api_key is None:
        api_key = Secrets.get("api_key")
    if not api_key:
        return api.bad_request("Enter the secret API key of a Stripe account")
    try:
        balance = Stripe(api_key).get("/balance")
        return api.json({"ok": True, "livemode": balance["livemode"]})
    except StripeError as error:
        status = error.response.status
        if status in (401, 403):
            return api.bad_request("Stripe does not accept this API key", {"status": status})
        return api.provider_error(str(error), error.response)
