"""A version that is ready to run: everything that its package settles, worked out once."""

from __future__ import annotations

from dataclasses import dataclass

from policies.limits import Limits
from policies.manifest import Permissions
from policies.permissions import PermissionSet
from sandbox_host.capabilities.base import Json
from sandbox_host.packages.package import Package
from sandbox_host.records.schema import ExtensionSchema
from sandbox_host.workers.run import SnapshotFile
from sandbox_host.workers.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Version:
    """A package with its permissions compiled, its fields and entities read and its snapshot at hand.

    defaults: the settings that the manifest gives, before an admin's.
    """

    package: Package
    permissions: PermissionSet
    schema: ExtensionSchema
    snapshot: SnapshotFile
    streams: frozenset[str]
    defaults: dict[str, Json]

    @classmethod
    def load(
        cls,
        sandbox: Sandbox,
        package: Package,
        accepted: Permissions | None = None,
        limits: Limits | None = None,
    ) -> Version:
        """accepted: what the admin accepted of the manifest; None where it was accepted as it is.

        Raises LimitError where the bundle cannot be evaluated within `limits`.
        """
        manifest = package.manifest
        return cls(
            package=package,
            permissions=PermissionSet.compile(manifest, accepted),
            schema=ExtensionSchema.from_deployment(package.deployment),
            snapshot=sandbox.prepare(package.bundle, limits, package.language.runtime).snapshot,
            streams=frozenset(stream.key for stream in manifest.streams),
            defaults=_defaults(package),
        )


def _defaults(package: Package) -> dict[str, Json]:
    defaults: dict[str, Json] = dict(package.manifest.config)
    connection = package.manifest.connection
    schema = connection.settings_schema if connection else None
    properties = schema.get("properties") if schema else None
    if isinstance(properties, dict):
        for name, one in properties.items():
            if isinstance(one, dict) and "default" in one and one.get("x-secret") is not True:
                defaults.setdefault(name, one["default"])
    return defaults
