from guest_sdk import ApiRequest, ApiResponse, api

from lib.due_date import due_date

config = {"auth": "api_key"}


def GET(request: ApiRequest) -> ApiResponse:
    """GET /due-date?from=2026-01-31: the due date that an invoice of that day would get."""
    issued = str(request.search_params.get("from", ""))
    try:
        return api.json({"from": issued, "due_date": due_date(issued)})
    except ValueError:
        return api.bad_request("Give a date, as in ?from=2026-01-31")
