"""What an extension reads of the records, as they will be after the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox_host.db import TenantSession
from sandbox_host.errors import NotAvailable, PermissionDenied
from sandbox_host.records import registry, store
from sandbox_host.records.contract import Contract
from sandbox_host.records.ingest import required_text
from sandbox_host.records.query import Query, parse_include, parse_query
from sandbox_host.records.row import SYSTEM_TYPES, Content, Identity, Row
from sandbox_host.records.store import Version
from sandbox_host.records.values import Json
from sandbox_host.records.view import View
from sandbox_host.records.work import Work
from sandbox_host.records.writing import Record


@dataclass
class Records:
    """The records of a tenant, read through what a run staged, as one extension sees them."""

    work: Work
    view: View

    def contract(self, entity: str) -> Contract:
        """What a record of `entity` holds for this run: the platform's entities, and the extension's own.
        Raises InvalidArgument."""
        return self.view.contract(entity)

    def get(self, entity: str, id: str, include: Sequence[str] | None = None) -> Record | None:
        """The record of that id, with what `include` names beside it. Raises InvalidArgument."""
        contract = self.contract(entity)
        related = parse_include(contract, include)
        record = required_text("id", id)
        with self.work.reading(self.view) as session:
            self._own(session, contract)
            row = self.work.staging.record(session, self.view, record)
            if row is None or row.deleted or row.entity != entity:
                return None
            return self._shown(session, contract, [row], related)[0]

    def query(
        self,
        entity: str,
        where: Json = None,
        order_by: Json = None,
        limit: Json = None,
        offset: Json = None,
        include: Sequence[str] | None = None,
    ) -> list[Record]:
        """One page of records: 50 unless `limit` says otherwise, newest first unless `order_by` does. Raises
        InvalidArgument naming the argument."""
        query = parse_query(self.contract(entity), self.view.extension, where, order_by, limit, offset)
        related = parse_include(query.contract, include)
        with self.work.reading(self.view) as session:
            return self._shown(session, query.contract, self._matching(session, query), related)

    def exists(self, entity: str, where: Json = None) -> bool:
        """Whether any record matches."""
        query = parse_query(self.contract(entity), self.view.extension, where, limit=1)
        with self.work.reading(self.view) as session:
            return bool(self._matching(session, query))

    def count(self, entity: str, where: Json = None) -> int:
        """How many records match."""
        query = parse_query(self.contract(entity), self.view.extension, where)
        with self.work.reading(self.view) as session:
            if self._is_indexed(session, query):
                return self.work.staging.count(session, self.view, query)
            return len(self.work.staging.scan(session, self.view, query))

    def history(self, entity: str, id: str) -> list[Version]:
        """Every version of a record, oldest first, those of this run included."""
        contract = self.contract(entity)
        record = required_text("id", id)
        with self.work.reading(self.view) as session:
            self._own(session, contract)
            staged = self.work.staging.records.get(record)
            versions = [*store.load_versions(session, record), *(staged.versions if staged else ())]
        return [self._version(contract, each) for each in versions]

    def _version(self, contract: Contract, version: Version) -> Version:
        seen = self.view.seen(contract, version.content)
        return replace(version, content=Content(seen.native, {self.view.extension: seen.declared}))

    def _own(self, session: TenantSession, contract: Contract) -> registry.CustomEntity | None:
        """A custom entity as the tenant knows it. Raises PermissionDenied where it is somebody else's, and
        NotAvailable where it is nobody's yet; an observed run finds it empty then."""
        if not contract.custom:
            return None
        known = self.view.known(session).entities.get(contract.entity)
        if known is not None:
            if known.owner != store.publisher_of(session, self.view.origin.install):
                raise PermissionDenied(f"{contract.entity} belongs to another extension of this workspace")
        elif not self.work.observe:
            raise NotAvailable(
                f"{contract.entity} has no place in this workspace yet; it gets one when the version that"
                " declares it becomes the one that runs"
            )
        return known

    def _matching(self, session: TenantSession, query: Query) -> list[Row]:
        if self._is_indexed(session, query):
            return self.work.staging.matching(session, self.view, query)
        rows = self.work.staging.scan(session, self.view, query)
        return rows[query.offset : query.offset + query.limit]

    def _is_indexed(self, session: TenantSession, query: Query) -> bool:
        """Whether the indexes on what the query names are built: those of a version that is only observed may not
        be."""
        contract = query.contract
        names = query.names() - SYSTEM_TYPES.keys()
        own = names & contract.own.keys()
        if contract.custom:
            custom = self._own(session, contract)
            if custom is None or names - own - custom.indexed().keys():
                return False
        return not own or own <= self.view.known(session).indexed_on(contract.entity).keys()

    def _shown(
        self,
        session: TenantSession,
        contract: Contract,
        rows: list[Row],
        related: Mapping[str, tuple[str, str]],
    ) -> list[Record]:
        self.work.staging.remember(rows)
        records = [self.view.shown(contract, row) for row in rows]
        found: dict[Identity, Record | None] = {}
        for name, (field, entity) in related.items():
            self._own(session, self.contract(entity))
            for row, record in zip(rows, records, strict=True):
                reference = record.get(field)
                identity = (entity, row.source_system, row.connection, str(reference))
                if reference is not None and identity not in found:
                    found[identity] = self._related(session, identity)
                record[name] = found.get(identity)
        return records

    def _related(self, session: TenantSession, identity: Identity) -> Record | None:
        """The record a reference means: its own id, else the provider's id under the same connection."""
        entity, _, _, reference = identity
        row = self.work.staging.record(session, self.view, reference)
        if row is None or row.deleted or row.entity != entity:
            row = self.work.staging.of_identity(session, self.view, identity)
        if row is None or row.deleted:
            return None
        self.work.staging.remember([row])
        return self.view.shown(self.contract(entity), row)
