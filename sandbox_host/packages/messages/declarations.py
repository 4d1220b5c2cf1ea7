"""What can be wrong with custom entities, fields and pages, and with the manifest beside the files."""

from __future__ import annotations

from policies.messages import Message

NO_DECLARATION = Message(
    "no-declaration",
    "export default defineExtension({{…}}) or defineConnector({{…}}) is missing",
    "backfill.config.ts:1: export default defineExtension({…}) or defineConnector({…}) is missing",
    "Export what one of the two helpers returns.",
)
NO_PROVIDER = Message(
    "no-provider",
    'a connector names its provider, as in provider: "stripe"',
    'backfill.config.ts:2: provider: a connector names its provider, as in provider: "stripe"',
    "Add `provider`: it is what records carry as `source_system`.",
)
PROVIDER_OF_EXTENSION = Message(
    "provider-of-extension",
    "only a connector has one; use defineConnector",
    "backfill.config.ts:5: provider: only a connector has one; use defineConnector",
    "Use `defineConnector`, or remove `provider`.",
)
UNKNOWN_ENTITY = Message(
    "unknown-entity",
    "unknown entity {name}{guess}",
    'backfill.config.ts:9: permissions.entities.Custmer: unknown entity Custmer; did you mean "Customer"?',
    "Use an entity of the platform, or define it in `src/entities`.",
)
NO_SCRIPT = Message(
    "no-script",
    "there is no file {file} in the project",
    "backfill.config.ts:13: pages[0].render: there is no file src/pages/home.tsx in the project",
    "Correct the path, or add the file.",
)
SCRIPT_EXPORT = Message(
    "script-export",
    "has no default export; {path} of backfill.config.ts names it",
    "src/pages/home.tsx: has no default export; pages[0].render of backfill.config.ts names it",
    "Export the component or the handler as default.",
)
UNKNOWN_LINE_FIELD = Message(
    "unknown-line-field",
    'src/fields/{entity}.ts declares no line field "{field}"{guess}',
    "backfill.config.ts:13: ui.lineColumns[0].field: src/fields/Invoice.ts declares no line field "
    '"acme_code"',
    "Declare it with `defineLineField`, or correct the key.",
)
UNKNOWN_FIELD = Message(
    "unknown-field",
    '{entity} has no field "{field}"{guess}',
    'backfill.config.ts:13: ui.tabs[0].visibleWhen.field: TaxRecord has no field "staet"; did you '
    'mean "state"?',
    "Use a field of the entity, or one that the project declares on it; a column of lines may use one of the line too.",
)
SETTINGS_SCHEMA = Message(
    "settings-schema",
    "{reason}",
    "backfill.config.ts:13: connection.settingsSchema.properties.region.type: must be string, "
    "number, integer, boolean, object, array or null, or a list of some of these",
    "The form is described in JSON Schema, draft 2020-12.",
)
SETTINGS_PATTERN = Message(
    "settings-pattern",
    "{pattern} is not a pattern that can be checked in linear time",
    "backfill.config.ts:13: connection.settingsSchema.properties.region.pattern: '^(?!US)' is not a "
    "pattern that can be checked in linear time",
    "Patterns have no look-around and no back-references.",
)
SETTINGS_DEFAULT = Message(
    "settings-default",
    "the default does not pass its own field: {reason}",
    "backfill.config.ts:13: connection.settingsSchema.properties.days.default: the default does not "
    'pass its own field: "7" is not of type "integer"',
    "Give a default that the form would accept.",
)
ENTITY_FILE_NAME = Message(
    "entity-file-name",
    '"{name}" cannot be the name of {what}; name the file like {example}',
    'src/entities/tax-record.ts: "tax-record" cannot be the name of a custom entity; name the file '
    "like src/entities/TaxRecord.ts",
    "The file is named after the entity, in PascalCase.",
)
PLATFORM_NAME = Message(
    "platform-name",
    "{name} is a name of the platform; give the custom entity another one",
    "src/entities/Log.ts: Log is a name of the platform; give the custom entity another one",
    "Rename the file and the entity in it.",
)
FIELDS_ENTITY = Message(
    "fields-entity",
    "unknown entity {name}{guess}",
    'src/fields/Invoices.ts: unknown entity Invoices; did you mean "Invoice"?',
    "The file is named after the entity whose records get the fields.",
)
NO_ENTITY = Message(
    "no-entity",
    'export default defineEntity({{ name: "{name}", fields: {{…}} }}) is missing',
    'src/entities/TaxRecord.ts:1: export default defineEntity({ name: "TaxRecord", fields: {…} }) is missing',
    "Export what `defineEntity` returns.",
)
ENTITY_RENAMED = Message(
    "entity-renamed",
    'name is {found}, but the file is {name}; write name: "{name}"',
    'src/entities/TaxRecord.ts:1: name is "Tax", but the file is TaxRecord; write name: "TaxRecord"',
    "The file and the entity have the same name.",
)
ENTITY_KEY = Message(
    "entity-key",
    "{key}: unknown key{guess}",
    'src/entities/TaxRecord.ts:1: feilds: unknown key; did you mean "fields"?',
    "`name` and `fields` are the only keys.",
)
NO_FIELDS = Message(
    "no-fields",
    "fields: must be an object with at least one field",
    "src/entities/TaxRecord.ts:1: fields: must be an object with at least one field",
    "Declare a field.",
)
FIELD_NAME = Message(
    "field-name",
    "{where}: a field's name is camelCase letters and digits, and not a system field's",
    "src/entities/TaxRecord.ts:4: fields.Rate: a field's name is camelCase letters and digits, and "
    "not a system field's",
    "Rename the field.",
)
SAME_FIELD = Message(
    "same-field",
    "{where}: is the same name as {other} but for case; keep one",
    "src/entities/TaxRecord.ts:4: fields.taxrate: is the same name as taxRate but for case; keep one",
    "Rename one of the two.",
)
FIELD_FORM = Message(
    "field-form",
    "{where}: {reason}",
    "src/entities/TaxRecord.ts:4: fields.rate.type: must be 'string', 'number', 'boolean', 'json', "
    "'date', 'datetime', 'enum', 'reference' or 'decimal', not 'money'",
    "Write the options that the message names.",
)
ENUM_VALUES = Message(
    "enum-values",
    "{where}: an enum has values, and nothing else does",
    "src/entities/TaxRecord.ts:4: fields.state: an enum has values, and nothing else does",
    'Write `values: ["draft", "active"]` for an enum, and only there.',
)
REFERENCE_ENTITY = Message(
    "reference-entity",
    "{where}: a reference has an entity, and nothing else does",
    "src/entities/TaxRecord.ts:4: fields.customer: a reference has an entity, and nothing else does",
    'Write `entity: "Customer"` for a reference, and only there.',
)
REFERENCE_UNKNOWN = Message(
    "reference-unknown",
    "{where}.entity: unknown entity {name}{guess}",
    'src/entities/TaxRecord.ts:4: fields.customer.entity: unknown entity Custmer; did you mean "Customer"?',
    "Point to an entity of the platform or of this extension.",
)
FIELD_DEFAULT = Message(
    "field-default",
    "{where}.default: {reason}",
    "src/entities/TaxRecord.ts:4: fields.a.default: 1 is not text (string)",
    "Give a default that the field itself would accept.",
)
LINE_INDEX = Message(
    "line-index",
    "{name}: a field of a line cannot be indexed; leave out index",
    "src/fields/Invoice.ts:3: x.index: fields of lines cannot be indexed",
    "Declare the field on the record with `defineEntityField` to query by it.",
)
FIELD_INDEX = Message(
    "field-index",
    "{where}.index: a field of type {type} cannot be indexed",
    "src/entities/TaxRecord.ts:4: fields.rate.index: a field of type json cannot be indexed",
    "Index a field that has an order.",
)
REPEATED_OPTION = Message(
    "repeated-option",
    "{where}: {value} is there twice, or is empty",
    'src/entities/TaxRecord.ts:4: fields.state.values: "a" is there twice, or is empty',
    "List each value once, as text that is not empty.",
)
NO_FIELD = Message(
    "no-field",
    "exports no field; write export const … = defineEntityField({{…}})",
    "src/fields/Invoice.ts: exports no field; write export const … = defineEntityField({…})",
    "Export a field, or remove the file.",
)
NOT_A_FIELD = Message(
    "not-a-field",
    "{name} is not made by defineEntityField or defineLineField",
    "src/fields/Invoice.ts:1: x is not made by defineEntityField or defineLineField",
    "Move helpers to `src/lib`.",
)
LINE_COLLECTION = Message(
    "line-collection",
    '{name}: the first argument of defineLineField is "line_items"',
    'src/fields/Invoice.ts:1: x: the first argument of defineLineField is "line_items"',
    "It is the only collection of lines.",
)
NO_LINES = Message(
    "no-lines",
    "{name}: {entity} has no lines; documents with lines are {known}",
    "src/fields/Customer.ts:1: x: Customer has no lines; documents with lines are Invoice, "
    "CreditMemo, SalesReceipt, RefundReceipt, VendorBill, Expense, PurchaseOrder, Quote, "
    "VendorCredit, SalesOrder, Deposit",
    "Use `defineEntityField`, or another document.",
)
FIELD_KEY = Message(
    "field-key",
    "{name}: key must be lower snake case, as in tax_code, not {found}",
    'src/fields/Invoice.ts:2: x: key must be lower snake case, as in tax_code, not "taxCode"',
    "Rename the key; the export's own name is free.",
)
KEY_TWICE = Message(
    "key-twice",
    '{name}: the key "{key}" is declared twice; keep one',
    'src/fields/Invoice.ts:2: y: the key "acme_x" is declared twice; keep one',
    "Rename or remove one.",
)
SELECT_OPTIONS = Message(
    "select-options",
    "{name}: a select has options, and nothing else does",
    "src/fields/Invoice.ts:1: x: a select has options, and nothing else does",
    'Write `options: ["a", "b"]` for a select, and only there.',
)
CURRENCY_OF_OTHER = Message(
    "currency-of-other",
    "{name}: only a currency has a currencyField",
    "src/fields/Invoice.ts:3: x: only a currency has a currencyField",
    "Make it a currency, or remove `currencyField`.",
)
CURRENCY_FIELD = Message(
    "currency-field",
    '{name}.currencyField: {entity} has no field "{field}"{guess}',
    'src/fields/Invoice.ts:3: x.currencyField: Invoice has no field "curency"; did you mean "currency"?',
    "Name the field that holds the currency, on the line, else on the document.",
)
NATIVE_FIELD = Message(
    "native-field",
    '{name}: {what} a native field "{key}"; give yours another key',
    'src/fields/Invoice.ts:2: x: Invoice has a native field "memo"; give yours another key',
    "Prefix the key with the extension's: `acme_status`.",
)
LINE_INDEX = Message(
    "line-index",
    "{name}.index: fields of lines cannot be indexed",
    "src/fields/Invoice.ts:3: x.index: fields of lines cannot be indexed",
    "Queries are over records; index a field of the document itself.",
)
