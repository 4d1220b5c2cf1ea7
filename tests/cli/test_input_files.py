"""Files that an option names: read once, never more of them than is wanted, and nothing waits for ever."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from sandbox_host import input_files
from sandbox_host.cli import inputs
from sandbox_host.input_files import InputFileError, read_file

MIB = 1 << 20
ECHO = "return [request.body, request.rawBody.length];"


@pytest.fixture
def said(invoke, guest):
    """`said(option, text)`: the one problem with that option, as a message."""

    def run(*options):
        report = invoke(guest(ECHO), "POST /run", *options)
        assert report["error"] and report["error"]["name"] == "InvalidInput", report
        [problem] = report["error"]["problems"]
        return problem["message"]

    return run


@pytest.mark.parametrize("option", ["--body", "--raw-body", "--entity", "--previous"])
def test_a_device_without_an_end_is_refused(said, option):
    assert said(option, "@/dev/zero") == "/dev/zero: larger than 1 MiB"


def test_a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not(invoke, guest, said, tmp_path):
    file = tmp_path / "body.json"
    file.write_text(f'"{"x" * (MIB - 2)}"')
    path = guest("return request.rawBody.length;")
    assert invoke(path, "POST /run", "--body", f"@{file}")["response"]["body"] == MIB
    file.write_text(f'"{"x" * (MIB - 1)}"')
    assert said("--body", f"@{file}") == f"{file}: larger than 1 MiB"


@pytest.mark.parametrize("options", [["--records"], ["--stub"], ["--body", "--raw-body"]])
def test_a_pipe_that_nobody_writes_to_is_given_up(said, tmp_path, monkeypatch, options):
    monkeypatch.setattr(input_files, "WAIT_S", 0.1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    started = time.monotonic()
    name = f"@{pipe}" if "body" in options[0] else pipe
    assert "nobody wrote it to its end within 0.1 seconds" in said(options[0], name)
    assert time.monotonic() - started < 20


@pytest.fixture
def pipe(tmp_path):
    """A pipe that one writer fills once and closes."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text('{"a": 1}'))
    writer.start()
    yield path
    writer.join()


def test_a_body_is_read_once_so_that_it_may_come_through_a_pipe(invoke, guest, pipe):
    assert invoke(guest(ECHO), "POST /run", "--body", f"@{pipe}")["response"]["body"] == [{"a": 1}, 8]


def test_what_is_checked_is_what_is_sent(monkeypatch, tmp_path):
    """A file that changes between two looks would be checked as one body and sent as another."""
    looks = []
    monkeypatch.setattr(
        inputs, "read_file", lambda path, most: looks.append(path) or b'{"look": %d}' % len(looks)
    )
    assert inputs.Inputs().body("--body", "@body.json") == b'{"look": 1}'
    assert looks == [Path("body.json")]


def test_records_and_stubs_have_caps_of_their_own(said, monkeypatch, tmp_path):
    monkeypatch.setattr(inputs, "MAX_RECORDS", MIB)
    monkeypatch.setattr("sandbox_host.egress.stubs.MAX_STUB_BYTES", MIB)
    large = tmp_path / "large.json"
    large.write_text(" " * (MIB + 1))
    assert "larger than 1 MiB" in said("--records", large)
    assert said("--stub", large) == "cannot be read: larger than 1 MiB"


@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "No such file"), ("", "directory"), ("\0", "null byte")]
)
def test_what_cannot_be_opened_is_said(tmp_path, name, reason):
    with pytest.raises(InputFileError, match=reason):
        read_file(tmp_path / name, MIB)


def test_a_file_is_not_read_past_what_is_wanted(tmp_path):
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputFileError, match="larger than 2 MiB"):
        read_file(sparse, 2 * MIB)
