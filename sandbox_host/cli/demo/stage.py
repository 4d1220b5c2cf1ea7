"""Where the demo takes place: the example, who answers on loopback, a state folder that goes away."""

from __future__ import annotations

import importlib.util
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import sandbox_host
from sandbox_host.cli.demo.books import Books
from sandbox_host.cli.demo.invoice_helper import THIEF
from sandbox_host.cli.inputs import Entry
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.egress import MappedEgress, parse_egress_map
from sandbox_host.invocation import Mode
from sandbox_host.packages import Package, build
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

STRIPE = "https://api.stripe.com"
CONNECTOR = "stripe"
"""The example's extension key."""
WRONG_KEY = "sk_test_mistyped"


class DemoFailed(Exception):
    """Something did not happen as the demo says it does."""


@dataclass(slots=True)
class Stage:
    """What the steps share.

    stand_in: the example's provider module. provider: what answers for Stripe; its `requests` are what it saw.
    thief: what answers where the hostile extension wants to send a secret, and keeps what it gets. projects: by
    the key of their extension. reports: every run so far.
    """

    example: Path
    folder: Path
    stand_in: ModuleType
    provider: Any
    thief: Any
    egress_map: dict[str, str]
    state: State
    books: Books
    api_key: str
    webhook_secret: str
    projects: dict[str, LocalProject] = field(default_factory=dict[str, LocalProject])
    reports: list[RunReport] = field(default_factory=list[RunReport])
    _sandbox: Sandbox = field(kw_only=True)
    _egress: MappedEgress = field(kw_only=True)

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Stage]:
        """Start everything; at the end all of it is stopped and removed. Raises DemoFailed."""
        example = find_example()
        stand_in = load_provider(example)
        with ExitStack() as closing:
            folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="backfill-demo-")))
            sandbox = closing.enter_context(Sandbox(size=2))
            state = closing.enter_context(State.open(folder / "state"))
            # The thief needs a server that keeps what it is sent, and this one does.
            provider, thief = (closing.enter_context(stand_in.StripeProvider()) for _ in range(2))
            egress_map = {STRIPE: provider.url, THIEF: thief.url}
            egress = MappedEgress(
                dict(parse_egress_map(f"{source}={target}") for source, target in egress_map.items())
            )
            closing.callback(egress.close)
            yield cls(
                example,
                folder,
                stand_in,
                provider,
                thief,
                egress_map,
                state,
                Books(folder / "state"),
                stand_in.API_KEY,
                f"whsec_{secrets.token_hex(16)}",
                _sandbox=sandbox,
                _egress=egress,
            )

    def post(
        self,
        project: str,
        path: str,
        body: bytes = b"",
        *,
        mode: Mode = "live",
        headers: Mapping[str, str] | None = None,
        sign: bool = False,
    ) -> RunReport:
        """Run one route of an installed project, with the secrets that its admin entered."""
        ask = Ask(
            entry=Entry("route", "POST", path),
            mode=mode,
            body=body,
            headers={"Content-Type": "application/json", **(headers or {})},
            sign=sign,
            secrets={"api_key": self.api_key, "webhook_secret": self.webhook_secret},
        )
        report = self.projects[project].run(ask)
        self.reports.append(report)
        return report

    def build(self, path: Path) -> Package:
        """Build a project. Raises BuildFailed."""
        return build(path, evaluator(self._sandbox))

    def install(self, package: Package) -> None:
        """Make a package ready to run."""
        project = LocalProject(package, self.state, self._sandbox, self._egress)
        self.projects[package.manifest.key] = project


def find_example() -> Path:
    """The Stripe example: installed with the code, else in the checkout. Raises DemoFailed."""
    host = Path(sandbox_host.__file__).resolve().parent
    places = (host / "examples" / "stripe", host.parent / "examples" / "stripe")
    for place in places:
        if (place / "provider.py").is_file():
            return place
    raise DemoFailed(f"the Stripe example is missing; looked in {places[0]} and {places[1]}: install again")


def load_provider(example: Path) -> ModuleType:
    """The module `provider.py` of an example. Raises DemoFailed."""
    path = example / "provider.py"
    spec = importlib.util.spec_from_file_location("backfill_example_provider", path)
    if spec is None or spec.loader is None:
        raise DemoFailed(f"{path} cannot be loaded: install again")
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look up their own module while it loads.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
