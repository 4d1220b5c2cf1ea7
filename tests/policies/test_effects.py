"""Which requests are effects, and what an observed run is answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import effects
from policies.effects import EFFECTS, is_http_effect, mentions_observed_id, observed_http_answer
from policies.manifest import parse_manifest
from policies.permissions import PermissionSet
from policies.urls import parse_url

PERMISSIONS = PermissionSet.compile(
    parse_manifest(
        {
            "key": "x",
            "name": "X",
            "permissions": {
                "http": [
                    "https://api.example.com/*",
                    {"url": "https://api.example.com/v1/search", "reads": ["POST"]},
                ]
            },
        }
    )
)


def effect(
    method: str, url: str = "https://api.example.com/v1/x", headers: Any = (), body: Any = None
) -> bool:
    return is_http_effect(method, headers, parse_url(url), body, PERMISSIONS)


@pytest.mark.parametrize("method", ["GET", "get", "Get", "HEAD", "head", "OPTIONS", "oPtIoNs"])
def test_safe_methods_are_reads_in_any_case(method: str) -> None:
    assert not effect(method)


@pytest.mark.parametrize(
    "method",
    ["POST", "PoSt", "put", "PATCH", "delete", "TRACE", "CONNECT", "PROPFIND", "", "GET ", "GETX", "optıons"],
)
def test_everything_else_is_a_write(method: str) -> None:
    assert effect(method)


def test_a_method_listed_under_reads_is_a_read_on_its_url_alone() -> None:
    search = "https://api.example.com/v1/search"
    assert not effect("POST", search)
    assert not effect("post", search + "?q=1", body={"query": "x"})
    assert effect("PUT", search)
    assert effect("POST", search + "/x")
    assert effect("POST", "https://api.example.com/v1/customers")


@pytest.mark.parametrize(
    "name",
    ["X-HTTP-Method-Override", "x-http-method", "X-METHOD-OVERRIDE", "x_http_method_override", "X-Method"],
)
def test_a_method_override_header_makes_any_request_a_write(name: str) -> None:
    for headers in ({name: "DELETE"}, ((name, "GET"),), [("accept", "*/*"), (name, "")]):
        assert effect("GET", headers=headers)
        assert effect("POST", "https://api.example.com/v1/search", headers=headers)


@pytest.mark.parametrize(
    "query",
    [
        "_method=DELETE",
        "a=1&_method=put",
        "_METHOD=x",
        "%5fmethod=DELETE",
        "_%6dethod=DELETE",
        "x-http-method-override=PUT",
    ],
)
def test_a_method_in_the_query_makes_it_a_write(query: str) -> None:
    assert effect("GET", f"https://api.example.com/v1/x?{query}")


@pytest.mark.parametrize(
    "body",
    [
        {"_method": "DELETE"},
        {"a": {"_method": "DELETE"}},
        '{"_method":"DELETE"}',
        '{"\\u005fmethod":"DELETE"}',
        "_method=DELETE&x=1",
        "x=1&%5Fmethod=DELETE",
        b"x=1&_method=DELETE",
        b'--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE',
    ],
)
def test_a_method_in_the_body_makes_it_a_write(body: Any) -> None:
    assert effect("POST", "https://api.example.com/v1/search", body=body)


@pytest.mark.parametrize(
    "field", ["payment_method", "shipping_method_id", "payment_methods", "method", "auth_method"]
)
def test_a_field_that_only_ends_in_method_is_not_an_override(field: str) -> None:
    assert not effect("GET", f"https://api.example.com/v1/x?{field}=card")
    assert not effect("POST", "https://api.example.com/v1/search", body={field: "card"})


def test_a_body_too_deep_to_read_is_a_write() -> None:
    body: list[Any] = []
    for _ in range(100_000):
        body = [body]
    assert effect("POST", "https://api.example.com/v1/search", body=body)


def test_without_the_override_check_a_delete_passes_as_a_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "_OVERRIDE_HEADERS", frozenset())
    assert not effect("GET", headers={"X-HTTP-Method-Override": "DELETE"})


def test_an_intercepted_write_is_answered_with_an_observed_id() -> None:
    assert observed_http_answer(3) == {
        "status": 202,
        "ok": True,
        "headers": {},
        "body": {"id": "observed_3"},
        "observed": True,
    }


def test_an_intercepted_write_is_answered_with_what_the_call_expects() -> None:
    answer = observed_http_answer(1, {"status": 404, "body": {"error": "x"}})
    assert (answer["status"], answer["ok"], answer["body"]) == (404, False, {"error": "x"})
    assert observed_http_answer(2, {"status": 201})["body"] == {"id": "observed_2"}
    assert observed_http_answer(2, {"body": None})["body"] is None
    assert observed_http_answer(2, {})["status"] == 202


@pytest.mark.parametrize(
    "expected", [{"status": "201"}, {"status": True}, {"status": 99}, {"status": 600}, {"stat": 1}]
)
def test_an_expectation_of_another_form_is_refused(expected: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="observed"):
        observed_http_answer(1, expected)


@pytest.mark.parametrize(
    "text",
    [
        "https://api.example.com/v1/x/observed_1",
        "https://api.example.com/v1/x?id=observed_12",
        "https://api.example.com/v1/x/observed%5F1",
        '{"id":"observed_1"}',
        '{"id":"\\u006fbserved_1"}',
        "cus_observed_1",
    ],
)
def test_an_observed_id_is_found_however_it_is_written(text: str) -> None:
    assert mentions_observed_id(text)


@pytest.mark.parametrize("text", ["", "observed", "observed_", "observed_x", "unobserved_1", "OBSERVED_1"])
def test_other_text_holds_no_observed_id(text: str) -> None:
    assert not mentions_observed_id(text)


@given(st.integers(1, 10**9), st.text(max_size=20))
def test_every_id_that_is_handed_out_is_found_again(n: int, tail: str) -> None:
    body = observed_http_answer(n)["body"]
    assert isinstance(body, dict)
    assert mentions_observed_id(f"/v1/{body['id']}/{tail}")


def test_reads_are_not_among_the_effects() -> None:
    names = {action for _, action in EFFECTS}
    assert not names & {"get", "query", "exists", "count", "has", "list", "getAll", "getCheckpoint", "write"}
    assert {capability for capability, _ in EFFECTS} == {"entity", "ingest", "sync", "secrets"}
