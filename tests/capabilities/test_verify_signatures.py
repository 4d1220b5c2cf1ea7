"""Signature schemes, against vectors from outside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from sandbox_host import signatures
from sandbox_host.signatures import SCHEMES, Refused, SecretError, Verified, check_secret, sign, verify

CORPORA = Path(os.environ.get("BACKFILL_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
VECTORS = CORPORA / "wycheproof" / "hmac_sha256_test.json"

NOW = 1_614_265_330.0
SECRETS = dict.fromkeys(SCHEMES, "a-shared-secret") | {
    "standard_webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
}
TIMED = {
    "stripe_signature": "Stripe-Signature",
    "slack_signature": "X-Slack-Request-Timestamp",
    "standard_webhook": "webhook-timestamp",
}
BODY = b'{"id": "evt_1", "amount": 1.0, "name": "Zo\xc3\xab"}'


def refused(outcome) -> str:
    assert isinstance(outcome, Refused)
    return outcome.error


STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


class TestPublishedVectors:
    def test_standard_webhooks(self):
        outcome = verify(
            "standard_webhook", SECRETS["standard_webhook"], b'{"test": 2432232314}', STANDARD, NOW
        )
        assert outcome == Verified({"id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": 1614265330})

    def test_standard_webhooks_with_another_last_character(self):
        headers = {**STANDARD, "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="}
        outcome = verify(
            "standard_webhook", SECRETS["standard_webhook"], b'{"test": 2432232314}', headers, NOW
        )
        assert refused(outcome) == "no_match"

    def test_slack(self):
        body = (
            b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
            b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
            b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
            b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
        )
        headers = {
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            "X-Slack-Request-Timestamp": "1531420618",
        }
        secret = "8f742231b10e8888abcd99yyyzzz85a5"
        assert verify("slack_signature", secret, body, headers, 1531420618) == Verified(
            {"timestamp": 1531420618}
        )
        assert refused(verify("slack_signature", secret, body + b" ", headers, 1531420618)) == "no_match"

    def test_github(self):
        # docs.github.com, "Validating webhook deliveries", testing the validation.
        headers = {
            "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        }
        assert (
            verify("github_signature", "It's a Secret to Everybody", b"Hello, World!", headers, NOW)
            == Verified()
        )

    @pytest.mark.skipif(
        not VECTORS.exists(), reason="the Wycheproof corpus is not here; set BACKFILL_CORPORA"
    )
    def test_wycheproof(self):
        outcomes = {"valid": 0, "invalid": 0}
        for group in json.loads(VECTORS.read_text())["testGroups"]:
            for test in group["tests"]:
                key, body = bytes.fromhex(test["key"]), bytes.fromhex(test["msg"])
                tag = base64.b64encode(bytes.fromhex(test["tag"])).decode()
                whole = group["tagSize"] == 256
                delivery = signatures._Delivery(key, body, {"x-shopify-hmac-sha256": tag}, NOW, 300)
                try:
                    signatures._shopify(delivery)
                    accepted = True
                except signatures._Refusal:
                    accepted = False
                # A tag that was cut to 128 bits is genuine for others, never for us.
                assert accepted == (test["result"] == "valid" and whole), test["tcId"]
                outcomes[test["result"]] += 1
        assert outcomes["valid"] > 50 and outcomes["invalid"] > 50

    def test_the_standard_library_accepts_what_we_sign(self, monkeypatch):
        monkeypatch.setattr("standardwebhooks.webhooks.datetime", _clock(NOW))
        headers = sign("standard_webhook", SECRETS["standard_webhook"], BODY, NOW)
        assert Webhook(SECRETS["standard_webhook"]).verify(BODY, headers) == json.loads(BODY)


def _clock(now: float):
    from datetime import datetime

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now, tz)

    return Clock


@pytest.mark.parametrize("scheme", SCHEMES)
class TestEveryScheme:
    def test_what_was_signed_verifies(self, scheme):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        assert isinstance(verify(scheme, SECRETS[scheme], BODY, headers, NOW), Verified)
        shouted = {name.upper(): value for name, value in headers.items()}
        assert isinstance(verify(scheme, SECRETS[scheme], BODY, shouted, NOW), Verified)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            BODY[:-1],
            BODY + b"\n",
            b"\xef\xbb\xbf" + BODY,
            BODY.replace(b" ", b""),
            BODY.replace(b"1.0", b"1"),
            BODY.replace(b"Zo\xc3\xab", b"Zo\\u00eb"),
            json.dumps(dict(reversed(json.loads(BODY).items()))).encode(),
            BODY.replace(b",", b",\r\n"),
        ],
    )
    def test_a_body_that_was_written_again_does_not(self, scheme, body):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        assert refused(verify(scheme, SECRETS[scheme], body, headers, NOW)) == "no_match"

    def test_another_secret_does_not(self, scheme):
        other = (
            "whsec_" + base64.b64encode(b"other").decode()
            if scheme == "standard_webhook"
            else "a-shared-secreT"
        )
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        assert refused(verify(scheme, other, BODY, headers, NOW)) == "no_match"
        if scheme != "standard_webhook":
            assert refused(verify(scheme, "a-shared-secret-2", BODY, headers, NOW)) == "no_match"

    def test_changed_signatures_do_not(self, scheme):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        name = next(name for name in headers if "signature" in name.lower() or "hmac" in name.lower())
        value = headers[name]
        flipped = value[:-3] + ("A" if value[-3] != "A" else "B") + value[-2:]
        changed = [
            value[:-1],
            value[:-2],
            value + "0",
            "x" + value,
            flipped,
            "",
            " ",
            "\0",
            "ü",
            "=",
        ]
        changed += [value.replace("=", ""), value[: len(value) // 2]]
        for other in set(changed) - {value}:
            outcome = verify(scheme, SECRETS[scheme], BODY, {**headers, name: other}, NOW)
            assert isinstance(outcome, Refused), other

    def test_without_the_comparison_anything_would_pass(self, scheme, monkeypatch):
        monkeypatch.setattr(signatures.hmac, "compare_digest", lambda a, b: True)
        headers = sign(scheme, SECRETS[scheme], b"another body", NOW)
        assert isinstance(verify(scheme, SECRETS[scheme], BODY, headers, NOW), Verified)

    def test_no_header_at_all_is_named(self, scheme):
        outcome = verify(scheme, SECRETS[scheme], BODY, {}, NOW)
        assert isinstance(outcome, Refused)
        assert outcome.error == "missing_header" and outcome.header

    def test_a_header_given_twice_is_refused(self, scheme):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        doubled = {**headers, **{name.swapcase(): value for name, value in headers.items()}}
        assert refused(verify(scheme, SECRETS[scheme], BODY, doubled, NOW)) == "malformed_header"

    @pytest.mark.parametrize(
        "secret", [None, "", " ", "\n", " a-shared-secret", "a-shared-secret\n", "\ud800"]
    )
    def test_a_secret_that_cannot_be_is_refused_before_and_at_every_delivery(self, scheme, secret):
        with pytest.raises(SecretError) as caught:
            check_secret(scheme, secret)
        assert "a-shared" not in str(caught.value)
        key = b""
        forged = {
            "Stripe-Signature": f"t={int(NOW)},v1={hmac.new(key, b'1614265330.' + BODY, 'sha256').hexdigest()}",
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(key, BODY, hashlib.sha256)).decode(),
            "X-Hub-Signature-256": "sha256=" + hmac.new(key, BODY, "sha256").hexdigest(),
            "X-Signature": hmac.new(key, BODY, "sha256").hexdigest(),
        }
        assert refused(verify(scheme, secret, BODY, forged, NOW)) == "invalid_secret"


@pytest.mark.parametrize(
    "secret",
    ["whsec_", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_a-b_", "whsec_ü", "whsec_!!!!", "whsec_=="],
)
def test_a_standard_secret_must_be_padded_base64(secret):
    with pytest.raises(SecretError):
        check_secret("standard_webhook", secret)


def test_good_secrets_pass():
    for scheme in SCHEMES:
        check_secret(scheme, SECRETS[scheme])
    check_secret("standard_webhook", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@pytest.mark.parametrize("scheme", TIMED)
class TestTime:
    @pytest.mark.parametrize(
        ("age", "error"),
        [
            (0, None),
            (300, None),
            (-300, None),
            (300.9, None),
            (301, "timestamp_too_old"),
            (-301, "timestamp_too_new"),
            (10**6, "timestamp_too_old"),
        ],
    )
    def test_it_is_within_300_seconds_on_both_sides(self, scheme, age, error):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        outcome = verify(scheme, SECRETS[scheme], BODY, headers, NOW + age)
        assert isinstance(outcome, Verified) if error is None else refused(outcome) == error

    def test_milliseconds_are_too_new_even_when_signed(self, scheme):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW * 1000)
        assert refused(verify(scheme, SECRETS[scheme], BODY, headers, NOW)) == "timestamp_too_new"

    @pytest.mark.parametrize(
        "text", ["", "x", "-5", "+5", "1e9", "1614265330.0", " 1614265330", "01614265330", "１６", "9" * 400]
    )
    def test_what_is_no_time_is_refused(self, scheme, text):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        name = TIMED[scheme]
        value = headers[name].replace("t=1614265330", f"t={text}") if scheme == "stripe_signature" else text
        assert refused(verify(scheme, SECRETS[scheme], BODY, {**headers, name: value}, NOW)) in (
            "malformed_header",
            "missing_header",
        )

    def test_it_is_part_of_what_is_signed(self, scheme):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        later = {name: value.replace("1614265330", "1614265331") for name, value in headers.items()}
        assert refused(verify(scheme, SECRETS[scheme], BODY, later, NOW)) == "no_match"

    def test_without_the_tolerance_an_old_delivery_is_replayed(self, scheme):
        headers = sign(scheme, SECRETS[scheme], BODY, NOW)
        outcome = verify(scheme, SECRETS[scheme], BODY, headers, NOW + 10**6, tolerance_s=float("inf"))
        assert isinstance(outcome, Verified)


class TestStripe:
    def test_one_of_several_signatures_suffices(self):
        header = sign("stripe_signature", "new", BODY, NOW)["Stripe-Signature"]
        mine = header.partition("v1=")[2]
        for value in (f"t=1614265330,v1={'0' * 64},v1={mine}", f"t=1614265330, v1={mine} ,v1={'0' * 64}"):
            assert isinstance(
                verify("stripe_signature", "new", BODY, {"stripe-signature": value}, NOW), Verified
            )

    @pytest.mark.parametrize(
        "form", ["t={t},v0={s}", "t={t},v2={s}", "t={t},sha1={s}", "t={t}", "t={t},v1=none"]
    )
    def test_only_v1_counts(self, form):
        good = sign("stripe_signature", "x", BODY, NOW)["Stripe-Signature"].partition("v1=")[2]
        headers = {"Stripe-Signature": form.format(t=1614265330, s=good)}
        assert refused(verify("stripe_signature", "x", BODY, headers, NOW)) == "no_match"

    @pytest.mark.parametrize("form", ["v1={s}", "t=1614265330,t=1614265330,v1={s}", "", "{s}"])
    def test_the_form_is_needed(self, form):
        good = sign("stripe_signature", "x", BODY, NOW)["Stripe-Signature"].partition("v1=")[2]
        outcome = verify("stripe_signature", "x", BODY, {"Stripe-Signature": form.format(s=good)}, NOW)
        assert refused(outcome) in ("malformed_header", "missing_header")

    def test_thousands_of_signatures_are_refused_at_once(self):
        value = "t=1614265330" + ",v1=" * 5000
        assert (
            refused(verify("stripe_signature", "x", BODY, {"stripe-signature": value}, NOW))
            == "malformed_header"
        )


def test_a_weaker_algorithm_is_no_substitute():
    digest = hmac.new(b"x", BODY, "sha1").hexdigest()
    for headers in (
        {"X-Hub-Signature": f"sha1={digest}"},
        {"X-Hub-Signature-256": f"sha1={digest}"},
        {"X-Hub-Signature-256": hmac.new(b"x", BODY, "sha256").hexdigest()},
        {"X-Hub-Signature-256": "none="},
    ):
        assert isinstance(verify("github_signature", "x", BODY, headers, NOW), Refused)


def test_hex_is_read_in_either_case_and_base64_only_as_it_is():
    upper = {"X-Signature": hmac.new(b"x", BODY, "sha256").hexdigest().upper()}
    assert isinstance(verify("hmac_sha256", "x", BODY, upper, NOW), Verified)
    body = next(
        b"%d" % n for n in range(99) if b"+" in base64.b64encode(hmac.digest(b"x", b"%d" % n, "sha256"))
    )
    good = base64.b64encode(hmac.digest(b"x", body, "sha256")).decode()
    for other in (good.replace("+", "-"), good.rstrip("="), good + "=", good.lower(), good + "\n"):
        outcome = verify("shopify_hmac", "x", body, {"X-Shopify-Hmac-Sha256": other}, NOW)
        assert isinstance(outcome, Refused)


def test_an_unknown_scheme_is_a_mistake_of_the_caller():
    for use in (lambda: verify("md5", "x", b"", {}, NOW), lambda: sign("md5", "x", b"", NOW)):
        with pytest.raises(ValueError, match="unknown signature scheme 'md5'; there are stripe_signature"):
            use()
