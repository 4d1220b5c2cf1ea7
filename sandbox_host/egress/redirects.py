"""What a redirect asks for, hop by hop (RFC 9110, 15.4; the method changes as the Fetch standard has it)."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from policies.urls import UrlError, parse_url
from sandbox_host.egress.base import EgressRequest, EgressResponse
from sandbox_host.egress.headers import safe_across_hosts
from sandbox_host.egress.mapping import Origin
from sandbox_host.errors import EgressBlocked, PermissionDenied

MAX_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OF_THE_BODY = frozenset({"content-type", "content-encoding", "content-language"})


def next_hop(request: EgressRequest, response: EgressResponse) -> EgressRequest | None:
    """The request that the answer redirects to, None where it redirects nowhere. Nothing is decided yet: the
    policy must be asked about it like about a new call.

    Another origin gets no header but the safe ones, and neither a body nor a method other than GET: that
    raises EgressBlocked. A target that is not a URL of our grammar raises PermissionDenied.
    """
    location = response.headers.get("location")
    if response.status not in _REDIRECTS or location is None:
        return None
    if any(c <= " " or c > "~" or c == "\\" for c in location):
        raise PermissionDenied("the redirect's target holds a character that no URL has")
    try:
        url = parse_url(urljoin(str(request.url), location))
    except (UrlError, ValueError) as error:
        raise PermissionDenied(f"the redirect's target was refused: {error}") from None

    hop = replace(request, url=url)
    if response.status == 303 or (response.status in (301, 302) and request.method == "POST"):
        headers = tuple(pair for pair in request.headers if pair[0].lower() not in _OF_THE_BODY)
        hop = replace(hop, method="GET", body=None, headers=headers)
    if Origin.of(url) == Origin.of(request.url):
        return hop
    if hop.method != "GET" or hop.body is not None:
        raise EgressBlocked(
            f"a redirect of this {hop.method} to another host ({url.host}) is not followed: it would send "
            "there what was meant for the first; call it directly"
        )
    return replace(hop, headers=safe_across_hosts(hop.headers))
