"""Sync routes: the page that a run is asked for, and the checkpoint that it leaves for the next one."""

from __future__ import annotations

import json

import pytest

STREAMS = [{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}]
PERMISSIONS = {"entities": {"Customer": ["write"]}}


@pytest.fixture
def acme(project):
    """A connector whose sync route has this body."""

    def make(body: str):
        source = f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"
        return project({"src/api/sync/customers.ts": source}, streams=STREAMS, permissions=PERMISSIONS)

    return make


@pytest.fixture
def poll(invoke, state):
    def run(path, *options):
        return invoke(path, "POST /sync/customers", "--state", state, *options)

    return run


ECHO = "const { searchParams, body } = request; return { searchParams, body };"


def test_the_page_is_in_the_query_as_text_and_in_the_body_with_its_types(poll, acme):
    options = ["page=2", "page_size=50", "cursor=c9", "from=2026-01-01", "to=2026-02-01"]
    asked = poll(acme(ECHO), *(part for option in options for part in ("--query", option)))["response"][
        "body"
    ]
    assert asked["searchParams"] == dict(option.split("=") for option in options)
    run = asked["body"].pop("run_id")
    assert run and asked["body"] == {
        "stream": "customers",
        "mode": "poll",
        "page": 2,
        "page_size": 50,
        "cursor": "c9",
        "from": "2026-01-01",
        "to": "2026-02-01",
    }


def test_a_body_of_the_caller_s_own_is_left_alone(poll, acme):
    asked = poll(acme(ECHO), "--body", '{"mine":1}')["response"]["body"]
    assert asked["body"] == {"mine": 1}


def test_list_page_reads_what_was_asked_for(poll, acme):
    body = 'const { cursor, page, pageSize, from, to } = sync.listPage(request, "customers");\n'
    body += "return { cursor, page, pageSize, from, to };"
    assert poll(acme(body))["response"]["body"] == {
        "cursor": None, "page": 1, "pageSize": 100, "from": None, "to": None,
    }  # fmt: skip
    asked = poll(acme(body), "--query", "page=3", "--query", "page_size=7", "--query", "cursor=x")
    assert asked["response"]["body"] == {"cursor": "x", "page": 3, "pageSize": 7, "from": None, "to": None}


NEXT = """\
const before = request.searchParams.cursor ?? null;
ingest.canonical("customer", { id: "c1" }, { stream: "customers", idempotencyKey: `k${before}` });
"""


def test_the_cursor_of_an_answer_is_what_the_next_run_starts_from(poll, acme):
    path = acme(NEXT + "return { before, cursor: String(Number(before ?? 0) + 1), hasMore: true };")
    assert [poll(path)["response"]["body"]["before"] for _ in range(3)] == [None, "1", "2"]


def test_the_checkpoint_of_an_answer_is_a_write_like_any_other(poll, acme):
    report = poll(acme('return { cursor: "1", hasMore: false };'))
    [written] = report["writes"]
    assert (written["kind"], written["data"], written["committed"]) == (
        "checkpoint",
        {"cursor": "1", "hasMore": False},
        True,
    )


def test_a_committed_page_wins_over_the_answer(poll, acme):
    path = acme(
        NEXT + 'sync.listPage(request, "customers").commit({ cursor: "committed" });\n'
        'return { before, cursor: "answered" };'
    )
    assert [poll(path)["response"]["body"]["before"] for _ in range(2)] == [None, "committed"]


COMMITS = {
    "commit": 'sync.listPage(request, "customers").commit(page);\nreturn { before, saved };',
    "answer": "return { before, saved, ...page };",
}


@pytest.mark.parametrize("end", COMMITS.values(), ids=COMMITS.keys())
def test_a_cursor_and_a_checkpoint_are_both_kept(poll, acme, end):
    path = acme(
        NEXT + 'const saved = sync.getCheckpoint("customers");\n'
        'const page = { cursor: before ? null : "c1", hasMore: !before, checkpoint: { cursor: "own", n: 1 } };\n'
        + end
    )
    bodies = [poll(path)["response"]["body"] for _ in range(3)]
    assert [body["before"] for body in bodies] == [None, "c1", None]
    assert [body["saved"] for body in bodies] == [None, *[{"cursor": "own", "n": 1}] * 2]


@pytest.mark.parametrize("end", COMMITS.values(), ids=COMMITS.keys())
def test_the_cursor_of_a_window_is_neither_a_polls_nor_another_windows(poll, acme, end):
    path = acme(
        NEXT + "const saved = 0, { from = null } = request.searchParams;\n"
        'const page = { cursor: `${from}+`, checkpoint: { cursor: "polled" } };\n' + end
    )
    asked = [["from=2025"], ["from=2025"], ["from=2025", "to=2026"], [], []]
    answers = [poll(path, *(part for one in each for part in ("--query", one))) for each in asked]
    assert [one["response"]["body"]["before"] for one in answers] == [None, "2025+", None, "polled", "null+"]


def test_a_commit_answers_the_checkpoint_and_its_write_shows_both(poll, acme):
    report = poll(
        acme(
            'const page = sync.listPage(request, "customers");\n'
            'return page.commit({ cursor: "c", hasMore: true, checkpoint: { n: 1 } }) as any;'
        )
    )
    assert report["response"]["body"] == {"n": 1}
    [written] = report["writes"]
    assert written["data"] == {"n": 1, "$page": {"cursor": "c", "hasMore": True}}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('.commit({ cursor: "c", checkpoint: { $page: 1 } })', "a checkpoint has no $page"),
        (".commit({ checkpoint: { $page: 1 } })", "a checkpoint has no $page"),
        (".commit({ cursor: { a: 1 }, checkpoint: {} })", "cursor must be a string, a number or null"),
        (".commit({ cursor: 'c', checkpoint: [] })", "checkpoint must be an object"),
    ],
)
def test_a_page_that_cannot_be_kept_is_refused(poll, acme, call, said):
    error = poll(acme(f'return (sync.listPage(request, "customers") as any){call};'))["error"]
    assert (error["code"], said in error["message"]) == ("invalid_argument", True)


@pytest.mark.parametrize(
    "end",
    [
        'throw new Error("after the page");',
        'return api.json({ cursor: "2" }, { status: 502 });',
    ],
)
def test_a_page_that_fails_is_asked_for_again(poll, acme, end):
    path = acme(NEXT + f'if (request.searchParams.fail) {{ {end} }}\nreturn {{ before, cursor: "1" }};')
    poll(path)
    poll(path, "--query", "fail=1")
    assert poll(path)["response"]["body"]["before"] == "1"


def test_each_connection_has_its_own_cursor(poll, acme):
    path = acme(NEXT + "return { before, cursor: request.searchParams.connection_id };")
    for name in ("berlin", "paris", "berlin", "paris"):
        answer = poll(path, "--query", f"connection_id={name}")["response"]["body"]
    assert answer["before"] == "paris"


def test_an_observed_page_moves_no_cursor(poll, acme):
    path = acme(NEXT + "return { before, cursor: String(Number(before ?? 0) + 1) };")
    poll(path)
    observed = poll(path, "--observe")
    assert observed["response"]["body"]["before"] == "1"
    assert [write["kind"] for write in observed["writes"]] == ["ingest", "checkpoint"]
    assert poll(path)["response"]["body"]["before"] == "1"


def test_a_raw_body_reaches_the_guest_as_it_is(guest, invoke, tmp_path):
    raw = '{ "a" : 1,\r\n "ü": 2 }'
    (tmp_path / "raw").write_bytes(raw.encode())
    path = guest("return [request.rawBody, request.json(), request.headers['x-a']];")
    report = invoke(path, "POST /run", "--raw-body", f"@{tmp_path / 'raw'}", "--header", "X-A=b")
    assert report["response"]["body"] == [raw, json.loads(raw), "b"]
