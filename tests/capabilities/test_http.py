"""`Http`: what a guest may ask, and what it is answered. Providers are stubs here; tests/egress has the wire."""

from __future__ import annotations

import base64
import json

import pytest

from policies.limits import Limits
from policies.manifest import parse_manifest
from policies.permissions import PermissionSet
from sandbox_host.capabilities import http as http_module
from sandbox_host.capabilities.base import Write
from sandbox_host.capabilities.http import HttpCapability
from sandbox_host.capabilities.http_arguments import MAX_BODY
from sandbox_host.egress import EgressRequest, EgressResponse, StubEgress, StubRow
from sandbox_host.errors import HttpTimeout, InvalidArgument, NotAvailable, PermissionDenied
from sandbox_host.redaction import Redactor

URL = "https://api.example.com/v1/x"


class Wire:
    """An egress that keeps what it is sent and hands it to another one."""

    def __init__(self, *rows: StubRow) -> None:
        self.sent: list[EgressRequest] = []
        self._egress = StubEgress(rows or [StubRow("*")])

    def send(self, request: EgressRequest) -> EgressResponse:
        self.sent.append(request)
        return self._egress.send(request)

    def close(self) -> None:
        return

    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.sent[-1].headers}


def permissions(*http, **blocks):
    manifest = {"key": "t", "name": "T", "version": "1.0.0", "permissions": {"http": list(http), **blocks}}
    return PermissionSet.compile(parse_manifest(manifest))


@pytest.fixture
def wire():
    return Wire()


def capability(wire, *, grants=("https://api.example.com/*",), limits=None, **extra):
    return HttpCapability(wire, permissions(*grants), limits or Limits(), **extra)


def call(wire, action="get", url=URL, body=None, **options):
    return capability(wire).ask(action, {"url": url, "body": body, "options": options}).perform()


def responding(body: bytes, kind: str, status: int = 200):
    return Wire(StubRow("*", status=status, headers={"content-type": kind}, body=body))


class TestAsking:
    def test_nothing_is_sent_before_perform(self, wire):
        ask = capability(wire).ask("get", {"url": f"{URL}?token=s3cret"})
        assert wire.sent == []
        assert ask.resource == URL
        assert [(need.capability, need.action, need.method, str(need.url)) for need in ask.needs] == [
            ("http", "get", "GET", f"{URL}?token=s3cret")
        ]
        assert ask.refused is None

    @pytest.mark.parametrize(
        ("action", "method"),
        [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")],
    )
    def test_each_action_is_its_method(self, action, method, wire):
        ask = capability(wire).ask(action, {"url": URL})
        assert ask.effect == (action != "get")
        ask.perform()
        assert wire.sent[0].method == method

    @pytest.mark.parametrize(
        "action", ["PoSt", "GET", "head", "request", "__class__", "get / HTTP/1.1\r\nX: y"]
    )
    def test_no_other_action_exists(self, action, wire):
        with pytest.raises(NotAvailable, match="it has get, post, put, patch, delete"):
            capability(wire).ask(action, {"url": URL})

    @pytest.mark.parametrize(
        ("url", "rule", "resource"),
        [
            ("http://api.example.com/", "url_grammar", "http://api.example.com/"),
            (
                "https://u:s3cret@api.example.com/x?k=s3cret#s3cret",
                "url_grammar",
                "https://api.example.com/x",
            ),
            ("https://127.1/x?k=s3cret", "private_address", "https://127.1/x"),
            ("http://localhost:8080/x", "private_address", "http://localhost:8080/x"),
            ("https://169.254.169.254/latest", "private_address", "https://169.254.169.254/latest"),
            ("https://api.example.com/a\r\nb", "url_grammar", "https://api.example.com/a\\r\\nb"),
            ("nonsense", "url_grammar", "nonsense"),
            ("", "url_grammar", ""),
        ],
    )
    def test_a_url_that_breaks_a_rule_is_a_denial_without_its_query(self, url, rule, resource, wire):
        ask = capability(wire).ask("get", {"url": url})
        assert ask.refused is not None and ask.refused[0] == rule
        assert ask.resource == resource
        assert "s3cret" not in repr(ask.refused)
        with pytest.raises(PermissionDenied):
            ask.perform()
        assert wire.sent == []

    def test_the_shown_url_is_capped(self, wire):
        ask = capability(wire).ask("get", {"url": "https://api.example.com/" + "a" * 100_000})
        assert ask.refused is not None and len(ask.resource) <= 300

    @pytest.mark.parametrize(
        ("name", "rule"),
        [("Host", "header_forbidden"), ("X-Forwarded-For", "header_forbidden"), ("X A", "header_grammar")],
    )
    def test_a_header_that_breaks_a_rule_is_a_denial(self, name, rule, wire):
        ask = capability(wire).ask("get", {"url": URL, "options": {"headers": {name: "s3cret"}}})
        assert ask.refused is not None and ask.refused[0] == rule
        assert "s3cret" not in ask.refused[1]

    def test_a_line_break_in_a_bearer_token_is_a_denial(self, wire):
        options = {"auth": {"bearer": "abc\r\nHost: evil.com"}}
        assert capability(wire).ask("get", {"url": URL, "options": options}).refused is not None


class Text(str):
    pass


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "url must be a string"),
        ({"url": None}, "url must be a string"),
        ({"url": 5}, "url must be a string"),
        ({"url": [URL]}, "url must be a string"),
        ({"url": Text(URL)}, "url must be a string"),
        ({"url": URL, "method": "DELETE"}, "unknown argument 'method'"),
        ({"url": URL, "body": 5}, "body must be"),
        ({"url": URL, "body": True}, "body must be"),
        ({"url": URL, "body": "\ud800"}, "surrogate"),
        ({"url": URL, "body": {"a": "\ud800"}}, "surrogate"),
        ({"url": URL, "body": {"a": float("nan")}}, "NaN"),
        ({"url": URL, "body": "x" * (MAX_BODY + 1)}, "over the cap of 1048576"),
        ({"url": URL, "body": "a", "options": {"body": "b"}}, "the body is given twice"),
        ({"url": URL, "options": []}, "options must be an object"),
        ({"url": URL, "options": {"follow": True}}, "options.follow is unknown"),
        ({"url": URL, "options": {"headers": "a: b"}}, "options.headers must be an object"),
        ({"url": URL, "options": {"headers": {"a": 1}}}, "the value of 'a' must be a string"),
        ({"url": URL, "options": {"headers": {"a": ["b"]}}}, "the value of 'a' must be a string"),
        ({"url": URL, "options": {"headers": {"a": Text("b")}}}, "the value of 'a' must be a string"),
        ({"url": URL, "options": {"auth": "token"}}, "options.auth must be an object"),
        ({"url": URL, "options": {"auth": {}}}, "exactly one of bearer, basic and oauth"),
        ({"url": URL, "options": {"auth": {"bearer": "a", "oauth": True}}}, "exactly one of"),
        ({"url": URL, "options": {"auth": {"digest": "a"}}}, "exactly one of"),
        ({"url": URL, "options": {"auth": {"bearer": None}}}, "options.auth.bearer must be a string"),
        ({"url": URL, "options": {"auth": {"bearer": ""}}}, "options.auth.bearer must be a string"),
        ({"url": URL, "options": {"auth": {"basic": {"user": "a"}}}}, "must be {user, pass}"),
        ({"url": URL, "options": {"auth": {"basic": {"user": "a:b", "pass": ""}}}}, "without a colon"),
        ({"url": URL, "options": {"auth": {"basic": "a:b"}}}, "options.auth.basic must be an object"),
        ({"url": URL, "options": {"auth": {"oauth": {"minTtlSeconds": -1}}}}, "minTtlSeconds"),
        ({"url": URL, "options": {"auth": {"oauth": {"ttl": 1}}}}, "minTtlSeconds"),
        (
            {"url": URL, "options": {"auth": {"bearer": "a"}, "headers": {"authorization": "b"}}},
            "both given; keep one",
        ),
        ({"url": URL, "options": {"timeout": 0}}, "from 1 to 60000"),
        ({"url": URL, "options": {"timeout": 60_001}}, "from 1 to 60000"),
        ({"url": URL, "options": {"timeout": 1.5}}, "from 1 to 60000"),
        ({"url": URL, "options": {"timeout": True}}, "from 1 to 60000"),
        ({"url": URL, "options": {"timeout": "10"}}, "from 1 to 60000"),
        ({"url": URL, "options": {"redirect": True}}, "options.redirect"),
        ({"url": URL, "options": {"redirect": []}}, "options.redirect"),
        ({"url": URL, "options": {"observed": 5}}, "options.observed must be an object"),
        ({"url": URL, "options": {"observed": {"status": 1}}}, "options.observed.status"),
        ({"url": URL, "options": {"observed": {"code": 200}}}, "options.observed: unknown key"),
    ],
)
def test_an_argument_of_the_wrong_form_is_named(args, says, wire):
    with pytest.raises(InvalidArgument) as caught:
        capability(wire).ask("post", args)
    assert says in caught.value.message
    assert wire.sent == []


class TestSending:
    def test_an_object_is_sent_as_json(self, wire):
        call(wire, "post", body={"name": "Zoë", "n": 1, "list": [None, True]})
        assert wire.sent[0].body == '{"name":"Zoë","n":1,"list":[null,true]}'.encode()
        assert wire.headers() == {"content-type": "application/json"}

    def test_an_array_is_json_too_and_a_content_type_of_the_guests_is_kept(self, wire):
        call(wire, "post", body=[1], headers={"content-type": "application/vnd.api+json"})
        assert wire.headers() == {"content-type": "application/vnd.api+json"}

    def test_a_string_is_sent_as_it_is(self, wire):
        call(wire, "post", body="a=1&b=ü")
        assert wire.sent[0].body == "a=1&b=ü".encode()
        assert wire.headers() == {}

    def test_a_body_may_stand_in_the_options(self, wire):
        call(wire, "delete")
        capability(wire).ask("delete", {"url": URL, "options": {"body": {"a": 1}}}).perform()
        assert [request.body for request in wire.sent] == [None, b'{"a":1}']

    def test_credentials_become_an_authorization_header(self, wire):
        call(wire, auth={"bearer": "sk_test_1"})
        assert wire.headers() == {"authorization": "Bearer sk_test_1"}
        call(wire, auth={"basic": {"user": "sk_test_1", "pass": "pä:ss"}})
        scheme, _, value = wire.headers()["authorization"].partition(" ")
        assert (scheme, base64.b64decode(value).decode()) == ("Basic", "sk_test_1:pä:ss")

    def test_an_oauth_token_is_fetched_when_the_call_is_performed(self, wire):
        asked: list[int] = []

        def token(min_ttl: int) -> str:
            asked.append(min_ttl)
            return "at_1"

        http = capability(wire, oauth=token)
        ask = http.ask("get", {"url": URL, "options": {"auth": {"oauth": {"minTtlSeconds": 60}}}})
        assert asked == []
        ask.perform()
        assert (asked, wire.headers()) == ([60], {"authorization": "Bearer at_1"})
        http.ask("get", {"url": URL, "options": {"auth": {"oauth": True}}}).perform()
        http.ask("get", {"url": URL, "options": {"auth": {"oauth": False}}}).perform()
        assert (asked, wire.headers()) == ([60, 0], {})

    def test_oauth_outside_of_an_oauth_connection_is_not_available(self, wire):
        with pytest.raises(NotAvailable, match=r"connection\.oauth"):
            capability(wire).ask("get", {"url": URL, "options": {"auth": {"oauth": True}}})

    def test_the_runs_limits_go_along(self, wire):
        limits = Limits(response_bytes=1000, http_ms=4000, http_connect_ms=2000)
        capability(wire, limits=limits).ask("get", {"url": URL}).perform()
        sent = wire.sent[0]
        assert (sent.max_bytes, sent.connect_timeout_s) == (1000, 2.0)
        assert 3.9 < sent.timeout_s <= 4.0

    @pytest.mark.parametrize(("asked", "wall", "sent"), [(500, 9, 0.5), (60_000, 99, 10), (None, 0.25, 0.25)])
    def test_a_request_outlasts_neither_its_own_limit_nor_the_run(self, asked, wall, sent, wire):
        http = capability(wire, remaining_s=lambda: wall)
        http.ask("get", {"url": URL, "options": {"timeout": asked}}).perform()
        assert sent - 0.1 < wire.sent[0].timeout_s <= sent

    def test_a_run_without_time_sends_nothing(self, wire):
        with pytest.raises(HttpTimeout):
            capability(wire, remaining_s=lambda: 0.0).ask("get", {"url": URL}).perform()
        assert wire.sent == []


class TestAnswering:
    def test_an_answer_is_plain_data(self):
        answer = call(responding(b'{"data": [{"id": "cus_1"}]}', "application/json; charset=utf-8"))
        assert answer == {
            "status": 200,
            "headers": {"content-type": "application/json; charset=utf-8"},
            "body": {"data": [{"id": "cus_1"}]},
            "ok": True,
        }
        assert json.loads(json.dumps(answer)) == answer

    @pytest.mark.parametrize(
        ("status", "ok"), [(200, True), (204, True), (299, True), (302, False), (404, False), (500, False)]
    )
    def test_a_status_is_returned_and_never_thrown(self, status, ok):
        answer = call(responding(b"", "text/plain", status))
        assert (answer["status"], answer["ok"]) == (status, ok)

    @pytest.mark.parametrize(
        ("body", "kind", "expected"),
        [
            (b'{"a": 1}', "application/problem+json", {"a": 1}),
            (b'{"a": 1}', "APPLICATION/JSON", {"a": 1}),
            (b'{"a": 1}', "text/plain", '{"a": 1}'),
            (b'{"a": 1', "application/json", '{"a": 1'),
            (b"", "application/json", ""),
            (b"null", "application/json", None),
            (b'{"a": NaN}', "application/json", '{"a": NaN}'),
            (b"[Infinity]", "application/json", "[Infinity]"),
            (b"[1e999]", "application/json", "[1e999]"),
            (b'"\\ud800"', "application/json", '"\\ud800"'),
            (b'"\\ud83d\\ude00"', "application/json", "\U0001f600"),
            (b"[" * 100_000, "application/json", "[" * 100_000),
            (b"9" * 5000, "application/json", "9" * 5000),
            (b"caf\xe9", "text/html; charset=ISO-8859-1", "café"),
            (b"caf\xe9", "text/html", "caf\ufffd"),
            (b"caf\xc3\xa9", "text/html; charset=zip", "café"),
            (b"caf\xc3\xa9", "text/html; charset=unicode_escape", "café"),
            (b"\x00\xff", "application/octet-stream", "\x00\ufffd"),
        ],
    )
    def test_json_is_parsed_where_it_is_json_and_the_rest_is_text(self, body, kind, expected):
        assert call(responding(body, kind))["body"] == expected


class TestSecretsBoundToHosts:
    """The redactor knows what the run has read, in every form in which it may be sent."""

    @pytest.fixture
    def http(self, wire):
        redactor = Redactor()
        redactor.learn("api_key", "sk_test_0123456789")
        redactor.learn("other", "other_0123456789")
        granted = permissions(
            "https://api.example.com/*",
            "https://log.example.org/*",
            secrets={"api_key": ["read"], "other": ["read"]},
            secretHosts={"api_key": ["api.example.com"]},
        )
        return HttpCapability(wire, granted, Limits(), secrets_in=redactor.names_in)

    CARRIERS = (
        {"options": {"auth": {"bearer": "sk_test_0123456789"}}},
        {"options": {"auth": {"basic": {"user": "sk_test_0123456789", "pass": ""}}}},
        {"options": {"headers": {"X-Debug": "key=sk_test_0123456789"}}},
        {"body": {"leak": ["sk_test_0123456789"]}},
        {"body": "leak=sk_test_0123456789"},
    )

    @pytest.mark.parametrize("args", CARRIERS)
    def test_a_bound_secret_goes_to_its_host_only(self, args, http):
        assert http.ask("post", {"url": "https://api.example.com/x", **args}).refused is None
        refused = http.ask("post", {"url": "https://log.example.org/x", **args}).refused
        assert refused is not None and refused[0] == "secret_host"
        assert "the secret api_key may not be sent to log.example.org" in refused[1]

    def test_a_query_carries_it_too(self, http):
        ask = http.ask("get", {"url": "https://log.example.org/x?k=sk_test_0123456789"})
        assert ask.refused is not None and ask.resource == "https://log.example.org/x"

    def test_a_secret_that_nothing_binds_goes_anywhere_granted(self, http):
        assert (
            http.ask("post", {"url": "https://log.example.org/x", "body": "other_0123456789"}).refused is None
        )

    def test_without_the_look_at_what_is_sent_it_leaves(self, http, wire, monkeypatch):
        monkeypatch.setattr(HttpCapability, "_misdirected_secret", lambda self, request: None)
        http.ask("post", {"url": "https://log.example.org/x", "body": "sk_test_0123456789"}).perform()
        assert wire.sent[0].body == b"sk_test_0123456789"

    def test_a_redirect_does_not_carry_it_on(self, http, wire):
        location = {"location": "https://log.example.org/?k=sk_test_0123456789"}
        wire._egress = StubEgress([StubRow("https://api.example.com/*", status=302, headers=location)])
        ask = http.ask("get", {"url": "https://api.example.com/x", "options": {"redirect": "follow"}})
        with pytest.raises(PermissionDenied, match="the secret api_key may not be sent to"):
            ask.perform()
        assert len(wire.sent) == 1


class TestObserving:
    def test_a_write_is_listed_with_its_body(self, wire):
        ask = capability(wire).ask("post", {"url": f"{URL}?k=v", "body": {"name": "Ada"}})
        assert ask.writes == Write("http", "post", None, URL, {"name": "Ada"})
        assert capability(wire).ask("get", {"url": URL}).writes is None

    def test_an_intercepted_write_is_answered_with_a_numbered_id(self, wire):
        http = capability(wire)
        first = http.ask("post", {"url": URL, "body": {}})
        second = http.ask("put", {"url": URL, "body": {}})
        assert first.effect and first.intercept is not None and second.intercept is not None
        assert first.intercept() == {
            "status": 202,
            "ok": True,
            "headers": {},
            "body": {"id": "observed_1"},
            "observed": True,
        }
        assert second.intercept()["body"] == {"id": "observed_2"}
        assert wire.sent == []

    def test_a_call_may_say_what_it_expects(self, wire):
        options = {"observed": {"status": 201, "body": {"id": "cus_x"}}}
        ask = capability(wire).ask("post", {"url": URL, "options": options})
        answer = ask.intercept()
        assert (answer["status"], answer["body"], answer["observed"]) == (201, {"id": "cus_x"}, True)

    @pytest.mark.parametrize(
        ("action", "url", "body"),
        [
            ("get", f"{URL}/observed_1", None),
            ("get", f"{URL}?customer=observed_1", None),
            ("get", f"{URL}?customer=%6fbserved_1", None),
            ("get", URL, {"ids": ["observed_1"]}),
            ("get", URL, "id=observed_1"),
        ],
    )
    def test_a_later_read_about_an_observed_id_does_not_leave(self, action, url, body, wire):
        http = capability(wire)
        http.ask("post", {"url": URL}).intercept()
        answer = http.ask(action, {"url": url, "body": body}).perform()
        assert (answer["status"], answer["ok"], answer["observed"]) == (404, False, True)
        assert wire.sent == []

    def test_a_later_write_about_an_observed_id_is_a_404_too(self, wire):
        http = capability(wire)
        http.ask("post", {"url": URL}).intercept()
        assert http.ask("post", {"url": f"{URL}/observed_1/cards"}).intercept()["status"] == 404

    def test_without_that_rule_the_placeholder_would_be_sent(self, wire, monkeypatch):
        monkeypatch.setattr(http_module, "mentions_observed_id", lambda text: False)
        http = capability(wire)
        http.ask("post", {"url": URL}).intercept()
        http.ask("get", {"url": f"{URL}/observed_1"}).perform()
        assert [str(request.url) for request in wire.sent] == [f"{URL}/observed_1"]

    def test_a_live_run_may_speak_of_such_ids(self, wire):
        assert call(wire, url=f"{URL}/observed_1")["status"] == 200

    def test_other_reads_of_an_observed_run_are_sent(self, wire):
        http = capability(wire)
        http.ask("post", {"url": URL}).intercept()
        assert http.ask("get", {"url": f"{URL}/cus_1"}).perform()["status"] == 200

    @pytest.mark.parametrize(
        ("action", "args", "effect"),
        [
            ("get", {}, False),
            ("get", {"options": {"headers": {"X-HTTP-Method-Override": "DELETE"}}}, True),
            ("get", {"url": f"{URL}?_method=delete"}, True),
            ("get", {"body": "_method=DELETE"}, True),
            ("post", {"url": "https://api.example.com/search"}, False),
            ("post", {"url": "https://api.example.com/search", "body": {"_method": "DELETE"}}, True),
            ("put", {"url": "https://api.example.com/search"}, True),
            ("post", {"url": "https://api.example.com/graphql", "body": {"query": "{ me }"}}, True),
        ],
    )
    def test_what_is_a_write_is_judged_by_the_whole_request(self, action, args, effect, wire):
        grants = ({"url": "https://api.example.com/search", "reads": ["POST"]}, "https://api.example.com/*")
        ask = capability(wire, grants=grants).ask(action, {"url": URL, **args})
        assert ask.effect is effect
