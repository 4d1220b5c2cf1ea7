"""`verify`: what a handler is answered, whatever it gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_host.capabilities.verify import VerifyCapability
from sandbox_host.errors import NotAvailable
from sandbox_host.signatures import sign

NOW = 1_614_265_330.0
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"name": "Zoë"}'


def ask(action, **args):
    return VerifyCapability(lambda: NOW).ask(action, args).perform()


def signed(scheme, secret):
    return {"rawBody": BODY, "headers": sign(scheme, secret, BODY.encode(), NOW)}


def test_a_genuine_standard_webhook_answers_its_id_and_time():
    request = signed("standard_webhook", SECRET)
    assert ask("standardWebhook", request=request, secret=SECRET) == {
        "ok": True,
        "metadata": {"id": request["headers"]["webhook-id"], "timestamp": 1614265330},
    }


def test_a_forged_one_answers_why():
    request = {**signed("standard_webhook", SECRET), "rawBody": "{}"}
    assert ask("standardWebhook", request=request, secret=SECRET) == {
        "ok": False,
        "error": "no_match",
        "message": "no signature matches the body and the secret",
        "header": "webhook-signature",
    }


def test_the_handler_may_set_tolerance_and_clock():
    request = signed("standard_webhook", SECRET)
    late = {"nowSeconds": NOW + 400}
    assert (
        ask("standardWebhook", request=request, secret=SECRET, options=late)["error"] == "timestamp_too_old"
    )
    patient = {"nowSeconds": NOW + 400, "toleranceSeconds": 400}
    assert ask("standardWebhook", request=request, secret=SECRET, options=patient)["ok"] is True


def test_an_hmac_is_looked_for_in_the_headers_named():
    headers = {"X-Provider-Sign": sign("hmac_sha256", "s", BODY.encode(), NOW)["X-Signature"]}
    request = {"rawBody": BODY, "headers": headers}
    assert ask("hmacSha256", request=request, secret="s")["error"] == "missing_header"
    named = {"headers": ["x-other", "x-provider-sign"]}
    assert ask("hmacSha256", request=request, secret="s", options=named) == {"ok": True, "metadata": {}}
    prefixed = {"rawBody": BODY, "headers": {"X-Signature": "sha256=" + headers["X-Provider-Sign"]}}
    assert ask("hmacSha256", request=prefixed, secret="s")["ok"] is True


def test_headers_may_be_arrays_null_or_absent():
    request = signed("hmac_sha256", "s")
    value = request["headers"]["X-Signature"]
    for headers, ok in (
        ({"X-Signature": [value], "X-None": None}, True),
        ({"X-Signature": []}, False),
        ({"X-Signature": None}, False),
        ({"X-Signature": [value, value]}, False),
        ({"X-Signature": [1]}, False),
        (None, False),
    ):
        assert ask("hmacSha256", request={"rawBody": BODY, "headers": headers}, secret="s")["ok"] is ok


@pytest.mark.parametrize("secret", [None, "", "whsec_", 5])
def test_a_secret_that_is_not_set_refuses_everything(secret):
    request = signed("standard_webhook", SECRET)
    assert ask("standardWebhook", request=request, secret=secret)["ok"] is False
    assert ask("hmacSha256", request=signed("hmac_sha256", "x"), secret=None)["error"] == "invalid_secret"


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"request": None, "secret": "s"},
        {"request": {"rawBody": {"a": 1}, "headers": {}}, "secret": "s"},
        {"request": {"rawBody": "\ud800", "headers": {}}, "secret": "s"},
        {"request": {"rawBody": ""}, "secret": "s"},
        {"request": {"rawBody": "", "headers": {}}, "secret": "s", "options": []},
        {"request": {"rawBody": "", "headers": {}}, "secret": "s", "options": {"algorithm": "none"}},
        {"request": {"rawBody": "", "headers": {}}, "secret": "s", "options": {"headers": []}},
        {"request": {"rawBody": "", "headers": {}}, "secret": "s", "options": {"headers": [1]}},
    ],
)
def test_wrong_arguments_are_an_answer_and_not_an_exception(args):
    answer = ask("hmacSha256", **args)
    assert (answer["ok"], answer["error"]) == (False, "invalid_argument")
    assert isinstance(answer["message"], str)


@pytest.mark.parametrize(
    "options",
    [
        {"toleranceSeconds": -1},
        {"toleranceSeconds": 1e9},
        {"toleranceSeconds": "300"},
        {"toleranceSeconds": True},
        {"nowSeconds": float("nan")},
        {"headers": ["x"]},
    ],
)
def test_a_tolerance_or_clock_that_makes_no_sense_refuses(options):
    request = signed("standard_webhook", SECRET)
    assert (
        ask("standardWebhook", request=request, secret=SECRET, options=options)["error"] == "invalid_argument"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "request": JSON | st.fixed_dictionaries({"rawBody": JSON, "headers": JSON}),
            "secret": JSON | st.just("s"),
            "options": JSON,
        },
    ),
    st.sampled_from(["standardWebhook", "hmacSha256"]),
)
def test_nothing_that_a_guest_gives_throws_or_passes(args, action):
    answer = ask(action, **args)
    assert answer["ok"] is False
    json.dumps(answer)


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)
    )
)
def test_no_text_in_the_headers_throws(headers):
    request = {"rawBody": BODY, "headers": headers}
    assert ask("standardWebhook", request=request, secret=SECRET)["ok"] is False


def test_there_is_no_other_verifier():
    with pytest.raises(NotAvailable, match="it has standardWebhook, hmacSha256"):
        ask("stripe")
