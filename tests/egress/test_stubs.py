"""Answers from a file, and a way out that is closed."""

from __future__ import annotations

import json
import threading

import pytest

from sandbox_host.egress import ClosedEgress, StubEgress, StubError, read_stubs
from sandbox_host.errors import EgressBlocked, ResponseTooLarge

URL = "https://api.example.com/v1/customers"


@pytest.fixture
def stubs(tmp_path):
    """stubs(rows): a StubEgress made from a file with these rows."""

    def make(*rows):
        path = tmp_path / "stubs.json"
        path.write_text(json.dumps(rows), "utf-8")
        return StubEgress(read_stubs(path))

    return make


@pytest.fixture
def problems(tmp_path):
    """problems(text): what read_stubs says about a file with this text."""

    def read(text: str | bytes):
        path = tmp_path / "stubs.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(StubError) as caught:
            read_stubs(path)
        return [str(problem) for problem in caught.value.problems]

    return read


def test_a_row_answers_with_what_it_says(stubs, request_to):
    response = stubs({"url": URL, "status": 201, "headers": {"X-Id": "1"}, "body": {"ä": [1]}}).send(
        request_to(URL)
    )
    assert response.status == 201
    assert response.headers == {"x-id": "1", "content-type": "application/json"}
    assert json.loads(response.body) == {"ä": [1]}


def test_a_string_body_is_sent_as_it_is_and_an_absent_one_is_empty(stubs, request_to):
    assert stubs({"url": URL, "body": "<a/>"}).send(request_to(URL)).body == b"<a/>"
    empty = stubs({"url": URL}).send(request_to(URL))
    assert (empty.status, empty.headers, empty.body) == (200, {}, b"")


def test_a_content_type_in_the_row_is_kept(stubs, request_to):
    row = {"url": URL, "headers": {"Content-Type": "application/problem+json"}, "body": {}}
    assert stubs(row).send(request_to(URL)).headers == {"content-type": "application/problem+json"}


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        (URL, URL, True),
        (URL, f"{URL}?limit=1", True),
        (URL, f"{URL}/1", False),
        (f"{URL}?limit=1", f"{URL}?limit=1", True),
        (f"{URL}?limit=1", f"{URL}?limit=2", False),
        (f"{URL}?limit=1", URL, False),
        (f"{URL}?*", f"{URL}?limit=2", True),
        (f"{URL}?*", URL, False),
        (f"{URL}?*starting_after=c1*", f"{URL}?limit=2&starting_after=c1&x=y", True),
        (f"{URL}/*", f"{URL}/1/sources?x=1", True),
        (f"{URL}/*/sources", f"{URL}/1/sources", True),
        ("*", "https://other.example.com:8443/?a=b", True),
        ("https://*.example.com/v1/*", URL, True),
        ("https://api.example.com/v1/c.stomers", URL, False),
        ("https://api.example.com/v1/[a-z]*", URL, False),
    ],
)
def test_urls_match_with_stars_and_the_query_counts_where_the_row_has_one(
    pattern, url, matches, stubs, request_to
):
    egress = stubs({"url": pattern})
    if matches:
        assert egress.send(request_to(url)).status == 200
    else:
        with pytest.raises(EgressBlocked):
            egress.send(request_to(url))


def test_a_method_counts_where_the_row_has_one_in_any_case(stubs, request_to):
    egress = stubs({"url": URL, "method": "post", "status": 201}, {"url": URL, "status": 299})
    assert egress.send(request_to(URL, "POST")).status == 201
    assert egress.send(request_to(URL, "GET")).status == 299


def test_the_first_row_with_uses_left_answers(stubs, request_to):
    egress = stubs(
        {"url": URL, "status": 500, "times": 2},
        {"url": URL, "status": 429, "times": 1},
        {"url": URL, "status": 200},
    )
    assert [egress.send(request_to(URL)).status for _ in range(5)] == [500, 500, 429, 200, 200]


def test_a_call_that_no_row_answers_names_method_and_url(stubs, request_to):
    egress = stubs({"url": URL, "times": 1})
    egress.send(request_to(URL))
    with pytest.raises(EgressBlocked, match=r"no stub answers GET https://api\.example\.com/v1/customers;"):
        egress.send(request_to(URL))


def test_uses_are_counted_across_threads(stubs, request_to):
    egress = stubs({"url": URL, "times": 50}, {"url": URL, "status": 404})
    statuses: list[int] = []

    def work():
        for _ in range(25):
            statuses.append(egress.send(request_to(URL)).status)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(200), statuses.count(404)) == (50, 50)


def test_the_response_cap_holds_for_stubs(stubs, request_to):
    egress = stubs({"url": URL, "body": "x" * 101})
    with pytest.raises(ResponseTooLarge):
        egress.send(request_to(URL, max_bytes=100))


def test_all_problems_of_a_file_are_named_with_their_rows(problems):
    rows = [
        {"url": URL},
        "a row",
        {"url": "http://api.example.com/", "method": "TRACE", "status": "200", "headers": [], "times": 0},
        {"metod": "GET", "url": URL, "status": True},
        {"headers": {"a": 1}, "status": 99, "times": 1.5},
    ]
    assert problems(json.dumps(rows)) == [
        "stubs.json: row 2: must be an object",
        "stubs.json: row 3: method must be one of GET, POST, PUT, PATCH, DELETE, or absent for any",
        "stubs.json: row 3: url must start with https:// (or with *): guests reach nothing else",
        "stubs.json: row 3: status must be a whole number from 200 to 599",
        "stubs.json: row 3: headers must be an object of strings",
        "stubs.json: row 3: times must be a whole number from 1, or absent for always",
        "stubs.json: row 4: unknown key 'metod'; did you mean 'method'?",
        "stubs.json: row 4: status must be a whole number from 200 to 599",
        "stubs.json: row 5: url must be a string, such as https://api.example.com/v1/*",
        "stubs.json: row 5: status must be a whole number from 200 to 599",
        "stubs.json: row 5: headers must be an object of strings",
        "stubs.json: row 5: times must be a whole number from 1, or absent for always",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "stubs.json:1: is not JSON"),
        ('[\n{"url": }]', "stubs.json:2: is not JSON"),
        ("{}", "must be an array of rows"),
        (b"\xff\xfe", "is not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"url": "*", "body": NaN}]', "row 1: body holds NaN"),
        ('[{"url": "*", "body": "\\ud800"}]', "row 1: body holds NaN, Infinity or half a surrogate"),
    ],
)
def test_a_file_that_is_no_stub_file_says_where(text, says, problems):
    assert says in problems(text)[0]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StubError, match=r"none\.json: cannot be read: No such file"):
        read_stubs(tmp_path / "none.json")


def test_a_closed_egress_says_how_to_open_one(request_to):
    egress = ClosedEgress()
    with pytest.raises(EgressBlocked, match=r"^no network for this run; pass --stub FILE or --network$"):
        egress.send(request_to())
    egress.close()
