"""A good project in Python becomes a package that says what is in it."""

from __future__ import annotations

import json
import os

import pytest

from sandbox_host.packages import BuildFailed, Evaluation, Package, build
from sandbox_host.packages.python_bundle import read_python_bundle


def test_a_connector_builds_into_its_entrypoints(build_files, connector):
    package = build_files(connector)
    found = package.entrypoints
    assert [(r.path, r.methods, r.auth) for r in found.routes] == [
        ("/sync/customers", ("POST",), "api_key"),
        ("/webhooks/acme", ("POST",), "hmac_sha256"),
    ]
    assert [(h.entity, h.event, h.file) for h in found.hooks] == [
        ("Invoice", "before_save", "src/hooks/invoice/before-save.py")
    ]
    assert [(j.name, j.schedule, j.timezone, j.retry, j.timeout_ms) for j in found.jobs] == [
        ("nightly", "0 2 * * *", "Europe/Berlin", 1, 30_000)
    ]
    assert package.manifest.provider == "acme"
    assert package.language.name == "Python"


def test_the_bundle_is_the_source_as_it_was_written(build_files, connector):
    bundle = build_files(connector).bundle
    assert read_python_bundle(bundle) == dict(connector)
    assert json.loads(bundle)["modules"] == [
        "backfill.config.py", "src/api/sync/customers.py", "src/api/webhooks/acme.py",
        "src/hooks/invoice/before-save.py", "src/jobs/nightly.py",
    ]  # fmt: skip


def test_entities_are_loaded_before_what_uses_them(build_files, connector):
    entity = """\
from guest_sdk import define_entity
TaxRecord = define_entity(name="TaxRecord", fields={"a": {"type": "string"}})
"""
    use = "from entities.TaxRecord import TaxRecord\ndef GET(request):\n    return TaxRecord.count()\n"
    project = connector.plus("src/entities/TaxRecord.py", entity).plus("src/api/tax.py", use)
    package = build_files(project)
    assert [one.name for one in package.entrypoints.entities] == ["TaxRecord"]
    assert json.loads(package.bundle)["modules"][:2] == ["backfill.config.py", "src/entities/TaxRecord.py"]


def test_fields_are_read_with_their_keys_in_camel_case(build_files, connector):
    fields = """\
from guest_sdk import define_entity_field, define_line_field
_CURRENCY = "currency"
fee = define_entity_field(key="acme_fee", label="Fee", type="currency", currency_field=_CURRENCY)
define_line_field("line_items", key="acme_code", label="Code", type="select", options=["a", "b"])
"""
    package = build_files(connector.plus("src/fields/Invoice.py", fields))
    assert package.fields == {
        "entity": {
            "Invoice": {"acme_fee": {"label": "Fee", "type": "currency", "currencyField": "currency"}}
        },
        "line": {
            "Invoice": {
                "line_items": {"acme_code": {"label": "Code", "type": "select", "options": ["a", "b"]}}
            }
        },
    }


def test_tests_and_what_is_outside_of_src_and_lib_are_no_part_of_it(build_files, connector):
    beside = {
        "test/test_customers.py": "import pytest",
        "src/lib/test_client.py": "import pytest",
        "src/lib/client_test.py": "import pytest",
        "src/conftest.py": "import pytest",
        "scripts/release.py": "import os",
        "node_modules/x/src/a.py": "import os",
        "venv/lib/site.py": "import os",
    }
    assert build_files(connector).digest == build_files(connector | beside).digest


def test_a_route_may_be_named_like_a_test(build_files, connector):
    project = connector.plus("src/api/setup/test_connection.py", "def POST(request):\n    return {}\n")
    assert "/setup/test_connection" in [route.path for route in build_files(project).entrypoints.routes]


def test_lib_beside_src_is_a_place_for_modules_too(build_files, connector):
    project = connector.without("src/lib/client.py").plus("lib/client.py", connector["src/lib/client.py"])
    assert "lib/client.py" in read_python_bundle(build_files(project).bundle)


def test_modules_import_each_other_as_the_layout_says(build_files, connector):
    use = "from ...lib.client import page\nfrom lib import client\nimport lib.client\ndef GET(request):\n    return 1\n"
    project = connector.plus("src/api/sync/more.py", use).plus("src/lib/__init__.py", "")
    assert build_files(project)


def test_a_byte_order_mark_is_no_part_of_the_source(build_files, connector):
    marked = connector | {"src/jobs/nightly.py": b"\xef\xbb\xbf" + connector["src/jobs/nightly.py"].encode()}
    assert build_files(marked).digest == build_files(connector).digest


def test_the_package_is_the_same_wherever_it_is_built(connector, evaluate, tmp_path):
    made = []
    for name in ("one", "two"):
        for file, text in connector.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.utime(path, (1, 1) if name == "one" else None)
        made.append(build(tmp_path / name, evaluate))
    assert made[0].archive == made[1].archive


def test_nothing_of_it_is_run_or_parsed_by_the_host(connector, write, monkeypatch):
    def refused(*_: object) -> None:
        raise AssertionError("the host has read it as Python")

    import ast
    import builtins

    from sandbox_host.packages.python_instead import offers

    offers()
    monkeypatch.setattr(ast, "parse", refused)
    monkeypatch.setattr(builtins, "compile", refused)
    monkeypatch.setattr(builtins, "exec", refused)
    with pytest.raises(BuildFailed, match="it declares nothing"):
        build(write(connector), lambda bundle, runtime="javascript": Evaluation())


def test_an_evaluation_that_leaves_a_module_out_is_no_package(connector, write, evaluate):
    def forgets(bundle: bytes, runtime: str = "javascript") -> Evaluation:
        whole = evaluate(bundle, runtime)
        kept = {file: one for file, one in whole.modules.items() if file != "src/jobs/nightly.py"}
        return Evaluation(kept, whole.errors, whole.facts)

    with pytest.raises(BuildFailed, match="cannot be evaluated"):
        build(write(connector), forgets)


def test_a_package_over_the_limit_names_its_largest_file(connector, write, evaluate):
    words = "WORDS = [\n" + '    "word",\n' * 20_000 + "]\n"
    with pytest.raises(
        BuildFailed, match=r"src/lib/words\.py: the package is .* this file alone is 0\.2 MiB"
    ):
        build(write(connector.plus("src/lib/words.py", words)), evaluate, max_bytes=100_000)


def test_it_is_loaded_again_as_it_was_saved(build_files, connector, tmp_path):
    package = build_files(connector)
    assert Package.load(package.save(tmp_path)) == package


def test_a_module_may_hold_a_large_table(build_files, connector):
    rows = "".join(f'    "key{n}": ["a", {n}, "{"x" * 500}"],\n' for n in range(2_000))
    project = connector.changed("src/jobs/nightly.py", "def run", f"TABLE = {{\n{rows}}}\ndef run")
    assert build_files(project).entrypoints.job("nightly")
