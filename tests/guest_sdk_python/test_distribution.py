"""The SDK's own wheel: everything that an author needs to write and test, and nothing of the host."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = """
from guest_sdk.testing import connector_test_runtime


def test_a_customer_arrives(tmp_path, monkeypatch):
    with connector_test_runtime(project=PROJECT) as runtime:
        assert runtime.call("POST /sync/customers").body == {"imported": 1}
        assert runtime.ingest.calls[0].source_id == "cus_1"
"""
CONFIG = """
from guest_sdk import define_connector

define_connector(
    key="acme",
    name="Acme",
    provider="acme",
    permissions={"entities": {"Customer": ["write"]}},
    streams=[{"key": "customers", "mode": "poll", "schedule": "0 * * * *"}],
)
"""
ROUTE = """
from guest_sdk import CustomerFields, ingest

config = {"auth": "api_key"}


def POST(request):
    customer: CustomerFields = {"name": "Ada"}
    ingest.canonical("customer", customer, stream="customers", source_id="cus_1", idempotency_key="acme:cus_1")
    return {"imported": 1}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make sdk` builds."""
    target = tmp_path_factory.mktemp("sdk")
    # From a copy: pip's build leaves nothing beside the sources that way.
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(target), str(ROOT / "guest_sdk")], check=True)
    (built,) = target.glob("*.whl")
    return built


def test_it_holds_the_sdk_its_types_and_the_contracts(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"guest_sdk/py.typed", "guest_sdk/records.pyi", "guest_sdk/testing/__init__.py"} <= set(names)
    assert "guest_sdk/contracts/customer.json" in names
    assert not [name for name in names if "javascript" in name or name.startswith("sandbox_host")]


def test_an_authors_test_runs_with_it_alone(wheel: Path, tmp_path: Path) -> None:
    """In an interpreter that knows this wheel and pytest, and not the host."""
    site, project = tmp_path / "site", tmp_path / "project"
    zipfile.ZipFile(wheel).extractall(site)
    (project / "src/api/sync").mkdir(parents=True)
    (project / "backfill.config.py").write_text(CONFIG)
    (project / "src/api/sync/customers.py").write_text(ROUTE)
    (project / "test_customers.py").write_text(f"PROJECT = {str(project)!r}\n{TEST}")
    code = (
        "import sys, pytest, importlib.util\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        "code = pytest.main(['-q', '-p', 'no:cacheprovider', 'test_customers.py'])\n"
        f"assert sys.modules['guest_sdk'].__file__.startswith({str(site)!r})\n"
        "assert not [name for name in sys.modules if name.startswith(('sandbox_host', 'policies'))]\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
