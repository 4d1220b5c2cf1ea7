"""Routes with parameters in their path, called as `backfill invoke` calls them."""

from __future__ import annotations

import pytest

ECHO = """import { api } from "@backfill-io/sdk";
export const GET = api(async (request) => ({ file: "%s", params: request.params }));
"""
FILES = {
    f"src/api/{name}.ts": ECHO % name for name in ("customers/new", "customers/[id]", "[kind]/of/[number]")
}


@pytest.fixture
def acme(project):
    return project(FILES, connector=False)


@pytest.mark.parametrize(
    ("path", "file", "params"),
    [
        ("/customers/cus_1", "customers/[id]", {"id": "cus_1"}),
        ("/customers/new", "customers/new", {}),
        ("/customers/a%2Fb%20%C3%A9", "customers/[id]", {"id": "a/b é"}),
        ("/customers/é", "customers/[id]", {"id": "é"}),
        ("/bills/of/%2525", "[kind]/of/[number]", {"kind": "bills", "number": "%25"}),
    ],
)
def test_a_route_is_found_by_its_path_and_gets_its_parameters(invoke, acme, path, file, params):
    assert invoke(acme, f"GET {path}")["response"]["body"] == {"file": file, "params": params}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/customers", "no route GET /customers; there are: GET /[kind]/of/[number], GET /customers/[id]"),
        ("/customers/a/b", "no route GET /customers/a/b; there are"),
        ("/customers/%zz", "holds '%zz', which is no escaped byte"),
        ("/customers/%ff", "is not UTF-8"),
        ("/customers/1?full=1", "holds a query; a path ends before its ?"),
    ],
)
def test_a_path_that_no_route_answers_is_wrong_input(invoke, acme, path, said):
    [problem] = invoke(acme, f"GET {path}")["error"]["problems"]
    assert problem["file"] == "ENTRY"
    assert said in problem["message"]


def test_the_path_is_found_before_the_method(invoke, project):
    files = {**FILES, "src/api/customers/new.ts": ECHO.replace("GET", "POST") % "new"}
    [problem] = invoke(project(files, connector=False), "GET /customers/new")["error"]["problems"]
    assert "no route GET /customers/new" in problem["message"]
