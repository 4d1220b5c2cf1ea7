"""`Crypto`, against vectors from outside."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import uuid
from pathlib import Path

import pytest

from sandbox_host.capabilities.crypto import CryptoCapability
from sandbox_host.errors import InvalidArgument, NotAvailable

CORPORA = Path(os.environ.get("BACKFILL_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
VECTORS = CORPORA / "wycheproof" / "hmac_sha256_test.json"


def work(action, **args):
    return CryptoCapability().ask(action, args).perform()


def test_sha256_in_each_encoding():
    # FIPS 180-2, appendix B.1.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    raw = bytes.fromhex(digest)
    assert work("sha256", data="abc") == digest
    assert work("sha256", data="abc", encoding="hex") == digest
    assert work("sha256", data="abc", encoding=None) == digest
    assert work("sha256", data="abc", encoding="base64") == base64.b64encode(raw).decode()
    assert work("sha256", data="abc", encoding="base64url") == base64.urlsafe_b64encode(raw).decode().rstrip(
        "="
    )
    assert work("sha256", data="ü") == hashlib.sha256("ü".encode()).hexdigest()


def test_hmac_of_a_published_vector():
    # RFC 4231, test case 2.
    assert work("hmacSha256", key="Jefe", data="what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.skipif(not VECTORS.exists(), reason="the Wycheproof corpus is not here; set BACKFILL_CORPORA")
def test_hmac_agrees_with_wycheproof_where_its_inputs_are_text():
    checked = 0
    for group in json.loads(VECTORS.read_text())["testGroups"]:
        for test in group["tests"]:
            try:
                key, data = bytes.fromhex(test["key"]).decode(), bytes.fromhex(test["msg"]).decode()
            except UnicodeDecodeError:
                continue
            if not key:
                continue
            tag = work("hmacSha256", key=key, data=data)[: group["tagSize"] // 4]
            assert (tag == test["tag"]) == (test["result"] == "valid"), test["tcId"]
            checked += 1
    assert checked >= 1


def test_equality_is_of_bytes_and_lengths_may_differ():
    assert work("timingSafeEqual", a="ü", b="ü") is True
    assert work("timingSafeEqual", a="a", b="b") is False
    assert work("timingSafeEqual", a="a", b="aa") is False
    assert work("timingSafeEqual", a="", b="") is True


def test_a_uuid_is_a_version_4_and_comes_from_the_source_given():
    assert uuid.UUID(work("randomUUID")).version == 4
    assert work("randomUUID") != work("randomUUID")
    seeded = CryptoCapability(lambda n: bytes(range(n)))
    assert seeded.ask("randomUUID", {}).perform() == "00010203-0405-4607-8809-0a0b0c0d0e0f"


@pytest.mark.parametrize(
    ("action", "args", "says"),
    [
        ("sha256", {}, "data must be a string"),
        ("sha256", {"data": 5}, "data must be a string"),
        ("sha256", {"data": "\ud800"}, "surrogate"),
        ("sha256", {"data": "a", "encoding": "utf8"}, "encoding must be one of hex, base64, base64url"),
        ("sha256", {"data": "a", "encoding": []}, "encoding must be one of"),
        ("hmacSha256", {"data": "a"}, "key must be a string"),
        ("hmacSha256", {"key": None, "data": "a"}, "key must be a string"),
        ("hmacSha256", {"key": "", "data": "a"}, "key must not be empty"),
        ("timingSafeEqual", {"a": "a"}, "b must be a string"),
        ("timingSafeEqual", {"a": None, "b": None}, "a must be a string"),
    ],
)
def test_a_wrong_argument_is_named(action, args, says):
    with pytest.raises(InvalidArgument, match=says):
        CryptoCapability().ask(action, args)


def test_there_is_no_other_action():
    with pytest.raises(NotAvailable, match="it has hmacSha256"):
        CryptoCapability().ask("md5", {"data": "a"})


def test_nothing_of_the_arguments_is_in_the_record():
    ask = CryptoCapability().ask("hmacSha256", {"key": "s3cret", "data": "d"})
    assert ask.resource == ""
    assert [(need.capability, need.action) for need in ask.needs] == [("crypto", "hmacSha256")]
    assert ask.effect is False
