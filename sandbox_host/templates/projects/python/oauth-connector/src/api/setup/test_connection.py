from guest_sdk import ApiRequest, ApiResponse, api

from lib.provider import access_token, get

config = {"auth": "api_key"}


def POST(request: ApiRequest) -> ApiResponse:
    """Called once the provider has been connected: says whose account it is."""
    token = access_token()
    if token is None:
        return api.unauthorized("Connect this connection to its provider first")
    response = get("/account", token)
    if not response.ok:
        return api.provider_error("The account cannot be read", response)
    return api.json({"ok": True, "account": {"id": response.body["id"], "name": response.body["name"]}})
