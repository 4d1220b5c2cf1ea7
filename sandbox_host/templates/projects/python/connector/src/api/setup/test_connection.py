from guest_sdk import ApiRequest, ApiResponse, api

from lib.provider import get

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    """Called with what an admin entered, before it is stored: 200 means that it works."""
    entered: dict[str, object] = request.body or {}
    api_key = entered.get("api_key")
    if not isinstance(api_key, str) or not api_key:
        return api.bad_request("Enter the API key")
    response = get("/account", api_key)
    if response.status in (401, 403):
        return api.bad_request("This API key is not accepted")
    if not response.ok:
        return api.provider_error("The account cannot be read", response)
    return api.json({"ok": True})
