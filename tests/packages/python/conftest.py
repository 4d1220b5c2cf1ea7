"""A project in Python to build and to spoil."""

from __future__ import annotations

import pytest


class PythonProject(dict[str, str]):
    """A project's files, and the ways in which tests spoil them. Each way leaves this one as it is."""

    def changed(self, file: str, before: str, after: str) -> PythonProject:
        """One text in one file replaced."""
        assert before in self[file]
        return PythonProject(self | {file: self[file].replace(before, after)})

    def config(self, before: str, after: str) -> PythonProject:
        """One text in the manifest replaced."""
        return self.changed("backfill.config.py", before, after)

    def declaring(self, text: str) -> PythonProject:
        """More arguments in the manifest, on line 13."""
        return self.config("    streams=", f"    {text},\n    streams=")

    def plus(self, file: str, text: str) -> PythonProject:
        """One file more, or another text in one."""
        return PythonProject(self | {file: text})

    def without(self, file: str) -> PythonProject:
        """One file less."""
        return PythonProject({name: text for name, text in self.items() if name != file})

    def client(self, text: str) -> PythonProject:
        """Code before the helper that the connector's route uses."""
        return self.plus("src/lib/client.py", f"{text}\n{self['src/lib/client.py']}")

    def extension(self, text: str = "") -> PythonProject:
        """The files of a plain extension in place of all others."""
        manifest = (
            f'from guest_sdk import define_extension\ndefine_extension(key="acme", name="Acme"{text})\n'
        )
        return PythonProject({"backfill.config.py": manifest})


@pytest.fixture
def connector() -> PythonProject:
    """A small connector that builds."""
    return PythonProject(
        {
            "backfill.config.py": """\
from guest_sdk import define_connector
define_connector(
    key="acme",
    name="Acme",
    provider="acme",
    version="1.0.0",
    permissions={
        "http": ["https://api.acme.example/*", "https://*.files.acme.example/*"],
        "entities": {"Customer": ["write"], "Invoice": ["read", "write"]},
        "secrets": {"api_key": ["read"]},
    },
    webhooks={"endpoint": "/webhooks/acme", "auth": "hmac_sha256"},
    streams=[{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}, {"key": "events", "mode": "webhook"}],
)
""",
            "src/api/sync/customers.py": """\
from guest_sdk import api, ingest
from lib.client import page
config = {"auth": "api_key"}
def POST(request):
    customers = page("customers")
    for customer in customers:
        ingest.canonical("customer", customer, stream="customers", idempotency_key=customer["id"])
    return api.json({"imported": len(customers)})
""",
            "src/api/webhooks/acme.py": """\
from guest_sdk import api
config = {"auth": "hmac_sha256"}
def POST(request):
    return api.json({"ok": True}, status=202)
""",
            "src/lib/client.py": '''\
"""See https://docs.undeclared.example/ for the API."""
from guest_sdk import Http
def page(stream):
    return Http.get(f"https://api.acme.example/v1/{stream}").body["data"]
''',
            "src/hooks/invoice/before-save.py": "def before_save(ctx):\n    return {'memo': ctx.entity['memo']}\n",
            "src/jobs/nightly.py": """\
from guest_sdk import Log
schedule = "0 2 * * *"
timezone = "Europe/Berlin"
def run():
    Log.info("done")
""",
        }
    )
