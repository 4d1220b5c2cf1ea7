"""Caps on what a provider answers, and decompression within bounds."""

from __future__ import annotations

import gzip
import os
import random
import re
import subprocess
import sys
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_host.egress import body as body_module
from sandbox_host.egress.body import read_body, read_headers
from sandbox_host.egress.wire import Deadline
from sandbox_host.errors import EgressBlocked, HttpTimeout, ResponseTooLarge

CAP = 100_000


def read(chunks, encoding="", cap=CAP, **headers):
    named = {"content-encoding": encoding, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return read_body(iter(chunks), named, cap, Deadline(10, "late"))


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@given(st.binary(max_size=5000), st.integers(1, 700), st.integers(1, 64))
def test_what_was_compressed_comes_back_however_it_is_cut(data, size, step):
    real, body_module._STEP = body_module._STEP, step
    try:
        assert read(pieces(gzip.compress(data), size), "gzip") == data
        assert read(pieces(zlib.compress(data), size), "deflate") == data
        assert read(pieces(data, size)) == data
    finally:
        body_module._STEP = real


@pytest.mark.parametrize("data", [b"", b"a", b'{"a": [1, 2, 3]}' * 500, random.Random(1).randbytes(3000)])
def test_deflate_without_its_wrapping_is_read(data):
    assert read(pieces(raw_deflate(data), 100), "deflate") == data


def test_gzip_in_several_members_is_read_whole():
    data = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")
    for size in (1, 7, 1000):
        assert read(pieces(data, size), "gzip") == b"one two"


def test_an_empty_body_needs_no_gzip():
    assert read([], "gzip") == b""
    assert read([], "deflate") == b""


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", b"not gzip at all"),
        ("gzip", gzip.compress(b"x" * 1000)[:-9]),
        ("gzip", gzip.compress(b"x") + b"garbage"),
        ("gzip", gzip.compress(b"x")[:-4] + b"\0\0\0\0"),
        ("deflate", zlib.compress(b"x" * 1000)[:-5]),
        ("deflate", zlib.compress(b"x") + b"garbage"),
    ],
    ids=["no gzip", "gzip cut", "gzip and more", "gzip, wrong sum", "deflate cut", "deflate and more"],
)
def test_broken_compression_is_not_taken_for_a_whole_answer(encoding, data):
    with pytest.raises(EgressBlocked, match=encoding):
        read(pieces(data, 10), encoding)


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", ", ".join(["gzip"] * 50), "deflate,gzip", "identity, gzip"]
)
def test_more_than_one_encoding_is_refused(encoding):
    data = gzip.compress(gzip.compress(b"x"))
    with pytest.raises(EgressBlocked, match="more than one Content-Encoding"):
        read([data], encoding)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "x" * 5000])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding):
    with pytest.raises(EgressBlocked, match="only gzip was asked for") as caught:
        read([b"x"], encoding)
    assert len(caught.value.message) < 200


def test_exactly_the_cap_passes_and_one_byte_more_does_not():
    exact, over = b"x" * CAP, b"x" * (CAP + 1)
    for pack, encoding in ((bytes, ""), (gzip.compress, "gzip"), (zlib.compress, "deflate")):
        assert read(pieces(pack(exact), 1000), encoding) == exact
        with pytest.raises(ResponseTooLarge, match=f"over {CAP} bytes"):
            read(pieces(pack(over), 1000), encoding)


def test_a_raw_body_over_the_cap_is_refused_whatever_it_decodes_to():
    members = gzip.compress(b"") * (CAP // 20 + 1)
    with pytest.raises(ResponseTooLarge):
        read(pieces(members, 1000), "gzip")


def test_the_decoded_cap_alone_would_read_empty_members_for_ever():
    decoder = body_module._decoder("gzip", CAP)
    for piece in pieces(gzip.compress(b"") * (CAP // 20 + 1), 1000):
        decoder.feed(piece)
    assert decoder.finish() == b""


def test_a_length_over_the_cap_is_refused_before_the_body():
    def body():
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(ResponseTooLarge):
        read(body(), content_length=str(10 * 1024**3))
    with pytest.raises(ResponseTooLarge):
        read(body(), "gzip", content_length=str(CAP + 1))


def test_ten_gigabytes_announced_and_dripped_end_at_the_header(provider, request_to, mapped):
    def answer(sock, request):
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
        while True:
            sock.sendall(b"x")
            time.sleep(0.05)

    server = provider(answer)
    began = time.monotonic()
    with pytest.raises(ResponseTooLarge):
        mapped(server.port).send(request_to())
    assert time.monotonic() - began < 0.5


def test_without_the_look_at_the_length_it_drips_until_the_deadline(
    provider, request_to, mapped, monkeypatch
):
    def answer(sock, request):
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
        while True:
            sock.sendall(b"x")
            time.sleep(0.05)

    monkeypatch.setattr(body_module, "_DIGITS", re.compile("never"))
    server = provider(answer)
    with pytest.raises(HttpTimeout):
        mapped(server.port).send(request_to(timeout_s=0.5))


def test_a_body_without_a_length_is_cut_at_the_cap(provider, request_to, mapped):
    def answer(sock, request):
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65536)

    server = provider(answer)
    with pytest.raises(ResponseTooLarge):
        mapped(server.port).send(request_to(max_bytes=CAP))


def test_chunks_that_are_all_framing_are_cut(provider, request_to, mapped):
    def answer(sock, request):
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            sock.sendall(b"1;" + b"x" * 9000 + b"\r\na\r\n")

    server = provider(answer)
    with pytest.raises(ResponseTooLarge, match="framing"):
        mapped(server.port).send(request_to(max_bytes=CAP))


@pytest.mark.parametrize(
    "lines",
    [
        b"X-Big: " + b"a" * 1_000_000 + b"\r\n",
        b"".join(b"a%d: b\r\n" % n for n in range(10_000)),
        b"".join(b"a%d: b\r\n" % n for n in range(201)),
        b"X-Big: " + b"a" * 66_000 + b"\r\n",
    ],
)
def test_too_many_or_too_large_headers_are_refused(lines, provider, request_to, mapped):
    server = provider(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + b"\r\n")
    with pytest.raises(ResponseTooLarge):
        mapped(server.port).send(request_to())


def test_headers_at_the_cap_pass():
    assert len(read_headers((b"a%d" % n, b"b") for n in range(200))) == 200
    assert len(read_headers([(b"x", b"a" * (64 * 1024 - 1))])["x"]) == 64 * 1024 - 1


def test_without_the_caps_ten_thousand_headers_come_through(monkeypatch):
    monkeypatch.setattr(body_module, "MAX_RESPONSE_HEADERS", 1_000_000)
    monkeypatch.setattr(body_module, "MAX_RESPONSE_HEADER_BYTES", 1_000_000)
    assert len(read_headers((b"a%d" % n, b"b") for n in range(10_000))) == 10_000


BOMB = """
import socket, sys, threading, zlib
from policies.urls import parse_url
from sandbox_host.egress import EgressRequest, NetworkEgress, parse_egress_map
from sandbox_host.egress import body
from sandbox_host.errors import ResponseTooLarge

CAP = 5 * 1024 * 1024
packer = zlib.compressobj(9, wbits=31)
zeros = bytes(1024 * 1024)
bomb = b"".join(packer.compress(zeros) for _ in range(200)) + packer.flush()
def serve(listener):
    while True:
        sock, _ = listener.accept()
        sock.recv(65536)
        head = b"HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(bomb)
        try:
            sock.sendall(head + bomb)
        except OSError:
            pass
        sock.close()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
port = listener.getsockname()[1]
egress = NetworkEgress(mapping=dict([parse_egress_map(f"https://api.example.com=http://127.0.0.1:{port}")]))

def attack(cap):
    try:
        egress.send(EgressRequest("GET", parse_url("https://api.example.com/"), max_bytes=cap))
    except ResponseTooLarge:
        return True

assert attack(len(bomb))
if sys.argv[1] == "unbounded":
    body._STEP = 1 << 30
def peak():
    # Of this program alone: ru_maxrss remembers what the process was before it became this program.
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1])

before = peak()
assert attack(CAP)
growth = (peak() - before) * 1024
print(len(bomb), growth, growth < 2 * CAP)
"""


@pytest.mark.parametrize(("mode", "within"), [("bounded", "True"), ("unbounded", "False")])
def test_a_bomb_of_200_mib_costs_less_than_twice_the_cap_and_without_bounds_more(mode, within):
    done = subprocess.run(
        [sys.executable, "-c", BOMB, mode], capture_output=True, text=True, timeout=60, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    size, growth, verdict = done.stdout.split()
    assert int(size) < 250_000
    assert verdict == within, f"{growth} bytes"
