from guest_sdk import ApiRequest, ApiResponse, Secrets, api

from lib.stripe import Stripe, StripeError

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    entered = (request.body or {}).get("api_key")
    api_key = Secrets.get("api_key") if entered is None else entered
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
