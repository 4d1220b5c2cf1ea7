"""Wrong custom entities, fields, pages and contributions, and what their authors are told."""

from __future__ import annotations

import json

import pytest

from policies.messages import messages_in
from sandbox_host.packages.messages import declarations

TAX = "src/entities/TaxRecord.ts"
INVOICE = "src/fields/Invoice.ts"
PAGE = "src/pages/home.tsx"
COLUMN = 'id: "a", label: "A", entity: "Invoice", lineCollection: "line_items"'


def entity(p, fields):
    text = f'export default defineEntity({{\n  name: "TaxRecord",\n  fields: {{\n    {fields},\n  }},\n}});\n'
    return p.plus(TAX, text)


def field(p, more, key="acme_code", file=INVOICE):
    return p.plus(
        file, f'export const x = defineEntityField({{\n  key: "{key}", label: "X",\n  {more},\n}});\n'
    )


def line_field(p, more, key="acme_code", file=INVOICE):
    text = (
        f'export const x = defineLineField("line_items", {{\n  key: "{key}", label: "X",\n  {more},\n}});\n'
    )
    return p.plus(file, text)


def schema(p, properties, more=""):
    return p.declaring(f"connection: {{ settingsSchema: {{ {more} properties: {{ {properties} }} }} }}")


def page(p, text="export default () => null;"):
    listed = 'pages: [{ id: "home", title: "Home", path: "home", render: "src/pages/home.tsx" }]'
    return p.declaring(listed) if text is None else p.declaring(listed).plus(PAGE, text)


def ui(p, text):
    return p.declaring(f"ui: {{ {text} }}").plus(PAGE, "export default () => null;")


TAB = 'id: "tab", label: "Tab", render: "src/pages/home.tsx"'

WRONG = {
    "a manifest that is not declared": (
        lambda p: p.extension().plus("backfill.config.ts", 'export default { key: "acme", name: "Acme" };'),
        "backfill.config.ts:1: export default defineExtension({…}) or defineConnector({…}) is missing",
    ),
    "a connector without a provider": (
        lambda p: p.config('  provider: "acme",\n', ""),
        'backfill.config.ts:2: provider: a connector names its provider, as in provider: "stripe"',
    ),
    "an extension with a provider": (
        lambda p: p.config("default defineConnector", "default defineExtension"),
        "backfill.config.ts:5: provider: only a connector has one; use defineConnector",
    ),
    "an unknown entity in the permissions": (
        lambda p: p.config('Customer: ["write"]', 'Custmer: ["write"]'),
        (
            "backfill.config.ts:9: permissions.entities.Custmer: unknown entity Custmer; did you mean "
            '"Customer"?'
        ),
    ),
    "a tab of an unknown entity": (
        lambda p: ui(p, f'tabs: [{{ {TAB}, entity: "TaxRecord" }}]'),
        "backfill.config.ts:13: ui.tabs[0].entity: unknown entity TaxRecord",
    ),
    "a panel of an unknown entity": (
        lambda p: ui(p, f'panels: [{{ {TAB}, entity: "Invoices" }}]'),
        'backfill.config.ts:13: ui.panels[0].entity: unknown entity Invoices; did you mean "Invoice"?',
    ),
    "an action of an unknown entity": (
        lambda p: ui(p, f'actions: [{{ {TAB}, entity: "Employee" }}]'),
        "backfill.config.ts:13: ui.actions[0].entity: unknown entity Employee",
    ),
    "a page that is not there": (
        lambda p: page(p, None),
        "backfill.config.ts:13: pages[0].render: there is no file src/pages/home.tsx in the project",
    ),
    "an action whose script is not there": (
        lambda p: p.declaring(
            'ui: { actions: [{ id: "go", label: "Go", entity: "Invoice", run: "src/go.ts" }] }'
        ),
        "backfill.config.ts:13: ui.actions[0].run: there is no file src/go.ts in the project",
    ),
    "a page that exports nothing": (
        lambda p: page(p, "export const Home = () => null;"),
        "src/pages/home.tsx: has no default export; pages[0].render of backfill.config.ts names it",
    ),
    "a column without its field": (
        lambda p: p.declaring(f'ui: {{ lineColumns: [{{ {COLUMN}, field: "acme_code" }}] }}'),
        (
            "backfill.config.ts:13: ui.lineColumns[0].field: src/fields/Invoice.ts declares no line field "
            '"acme_code"'
        ),
    ),
    "a column of a field that is on the record": (
        lambda p: field(
            p.declaring(f'ui: {{ lineColumns: [{{ {COLUMN}, field: "acme_code" }}] }}'), 'type: "string"'
        ),
        (
            "backfill.config.ts:13: ui.lineColumns[0].field: src/fields/Invoice.ts declares no line field "
            '"acme_code"'
        ),
    ),
    "a column of a misspelt field": (
        lambda p: line_field(
            p.declaring(f'ui: {{ lineColumns: [{{ {COLUMN}, field: "acme_cod" }}] }}'), 'type: "string"'
        ),
        (
            "backfill.config.ts:13: ui.lineColumns[0].field: src/fields/Invoice.ts declares no line field "
            '"acme_cod"; did you mean "acme_code"?'
        ),
    ),
    "a condition on a field that is not there": (
        lambda p: entity(
            ui(
                p, f'tabs: [{{ {TAB}, entity: "TaxRecord", visibleWhen: {{ field: "staet", equals: "x" }} }}]'
            ),
            'state: { type: "string" }',
        ),
        (
            'backfill.config.ts:13: ui.tabs[0].visibleWhen.field: TaxRecord has no field "staet"; did you '
            'mean "state"?'
        ),
    ),
    "a condition on a field that no invoice has": (
        lambda p: ui(
            p, f'panels: [{{ {TAB}, entity: "Invoice", visibleWhen: {{ field: "statsu", in: ["open"] }} }}]'
        ),
        (
            'backfill.config.ts:13: ui.panels[0].visibleWhen.field: Invoice has no field "statsu"; did you '
            'mean "status"?'
        ),
    ),
    "a condition on a misspelt field of the extension": (
        lambda p: field(
            ui(
                p,
                f'tabs: [{{ {TAB}, entity: "Invoice", visibleWhen: {{ field: "acme_cod", equals: "x" }} }}]',
            ),
            'type: "string"',
        ),
        (
            'backfill.config.ts:13: ui.tabs[0].visibleWhen.field: Invoice has no field "acme_cod"; did you '
            'mean "acme_code"?'
        ),
    ),
    "a condition of an action on a field of another entity": (
        lambda p: field(
            ui(
                p,
                'actions: [{ id: "act", label: "Act", entity: "Customer", run: "src/pages/home.tsx", '
                'visibleWhen: { field: "acme_code", equals: "x" } }]',
            ),
            'type: "string"',
        ),
        'backfill.config.ts:13: ui.actions[0].visibleWhen.field: Customer has no field "acme_code"',
    ),
    "a condition of a tab on a field of lines": (
        lambda p: line_field(
            ui(
                p,
                f'tabs: [{{ {TAB}, entity: "Invoice", visibleWhen: {{ field: "acme_code", equals: "x" }} }}]',
            ),
            'type: "string"',
        ),
        'backfill.config.ts:13: ui.tabs[0].visibleWhen.field: Invoice has no field "acme_code"',
    ),
    "a condition of a column on a field that neither line nor document has": (
        lambda p: line_field(
            p.declaring(
                f'ui: {{ lineColumns: [{{ {COLUMN}, field: "acme_code", '
                'visibleWhen: { field: "acme_cod", equals: "x" } }] }'
            ),
            'type: "string"',
        ),
        (
            'backfill.config.ts:13: ui.lineColumns[0].visibleWhen.field: Invoice has no field "acme_cod"; did you '
            'mean "acme_code"?'
        ),
    ),
    "a field of a type that is none": (
        lambda p: schema(p, 'region: { type: "text" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region.type: must be string, "
            "number, integer, boolean, object, array or null, or a list of some of these"
        ),
    ),
    "a minimum that is a text": (
        lambda p: schema(p, 'days: { type: "integer", minimum: "1" }'),
        (
            'backfill.config.ts:13: connection.settingsSchema.properties.days.minimum: "1" is not of type '
            '"number"'
        ),
    ),
    "an enum that is a text": (
        lambda p: schema(p, 'region: { enum: "EU" }'),
        (
            'backfill.config.ts:13: connection.settingsSchema.properties.region.enum: "EU" is not of type '
            '"array"'
        ),
    ),
    "a negative length": (
        lambda p: schema(p, "region: { minLength: -1 }"),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region.minLength: -1 is less than "
            "the minimum of 0"
        ),
    ),
    "required that is a text in a field": (
        lambda p: schema(p, 'account: { type: "object", required: "id" }'),
        (
            'backfill.config.ts:13: connection.settingsSchema.properties.account.required: "id" is not of '
            'type "array"'
        ),
    ),
    "a pattern that looks ahead": (
        lambda p: schema(p, 'region: { pattern: "^(?!US)" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region.pattern: '^(?!US)' is not a "
            "pattern that can be checked in linear time"
        ),
    ),
    "a pattern that does not end": (
        lambda p: schema(p, 'region: { pattern: "(" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region.pattern: '(' is not a "
            "pattern that can be checked in linear time"
        ),
    ),
    "a pattern for names that looks back": (
        lambda p: schema(p, "region: {}", 'patternProperties: { "(?<=a)b": {} },'),
        (
            "backfill.config.ts:13: connection.settingsSchema.patternProperties['(?<=a)b']: '(?<=a)b' is "
            "not a pattern that can be checked in linear time"
        ),
    ),
    "a default of another type": (
        lambda p: schema(p, 'days: { type: "integer", default: "7" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.days.default: the default does not "
            'pass its own field: "7" is not of type "integer"'
        ),
    ),
    "a default that is not listed": (
        lambda p: schema(
            p, 'currency: { $ref: "#/$defs/c", default: "DM" }', '$defs: { c: { enum: ["EUR"] } },'
        ),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.currency.default: the default does "
            'not pass its own field: "DM" is not one of "EUR"'
        ),
    ),
    "a custom entity in lower case": (
        lambda p: p.plus("src/entities/tax-record.ts", "export {};"),
        (
            'src/entities/tax-record.ts: "tax-record" cannot be the name of a custom entity; name the file '
            "like src/entities/TaxRecord.ts"
        ),
    ),
    "fields of an entity in lower case": (
        lambda p: p.plus("src/fields/invoice.ts", "export {};"),
        (
            'src/fields/invoice.ts: "invoice" cannot be the name of an entity; name the file like '
            "src/fields/Invoice.ts"
        ),
    ),
    "a custom entity that takes a platform's name": (
        lambda p: p.plus(
            "src/entities/Log.ts",
            'export default defineEntity({ name: "Log", fields: { a: { type: "string" } } });',
        ),
        "src/entities/Log.ts: Log is a name of the platform; give the custom entity another one",
    ),
    "fields of an unknown entity": (
        lambda p: field(p, 'type: "string"', file="src/fields/Invoices.ts"),
        'src/fields/Invoices.ts: unknown entity Invoices; did you mean "Invoice"?',
    ),
    "a custom entity that is not declared": (
        lambda p: p.plus(TAX, 'export default { name: "TaxRecord" };'),
        (
            'src/entities/TaxRecord.ts:1: export default defineEntity({ name: "TaxRecord", fields: {…} }) '
            "is missing"
        ),
    ),
    "a custom entity without a default export": (
        lambda p: p.plus(TAX, "export const a = 1;"),
        (
            'src/entities/TaxRecord.ts: export default defineEntity({ name: "TaxRecord", fields: {…} }) is '
            "missing"
        ),
    ),
    "a custom entity with another name": (
        lambda p: p.plus(
            TAX, 'export default defineEntity({ name: "Tax", fields: { a: { type: "string" } } });'
        ),
        'src/entities/TaxRecord.ts:1: name is "Tax", but the file is TaxRecord; write name: "TaxRecord"',
    ),
    "a custom entity with a key that is none": (
        lambda p: p.plus(
            TAX,
            'export default defineEntity({ name: "TaxRecord", feilds: {}, fields: { a: { type: "string" } } });',
        ),
        'src/entities/TaxRecord.ts:1: feilds: unknown key; did you mean "fields"?',
    ),
    "a custom entity without fields": (
        lambda p: p.plus(TAX, 'export default defineEntity({ name: "TaxRecord", fields: {} });'),
        "src/entities/TaxRecord.ts:1: fields: must be an object with at least one field",
    ),
    "a field in PascalCase": (
        lambda p: entity(p, 'Rate: { type: "decimal" }'),
        (
            "src/entities/TaxRecord.ts:4: fields.Rate: a field's name is camelCase letters and digits, and "
            "not a system field's"
        ),
    ),
    "a field that the system has": (
        lambda p: entity(p, 'source_id: { type: "string" }'),
        (
            "src/entities/TaxRecord.ts:4: fields.source_id: a field's name is camelCase letters and digits, "
            "and not a system field's"
        ),
    ),
    "two fields that differ by case": (
        lambda p: entity(p, 'taxRate: { type: "decimal" }, taxrate: { type: "decimal" }'),
        "src/entities/TaxRecord.ts:4: fields.taxrate: is the same name as taxRate but for case; keep one",
    ),
    "a type that no entity has": (
        lambda p: entity(p, 'rate: { type: "money" }'),
        (
            "src/entities/TaxRecord.ts:4: fields.rate.type: must be 'string', 'number', 'boolean', 'json', "
            "'date', 'datetime', 'enum', 'reference' or 'decimal', not 'money'"
        ),
    ),
    "a field without a type": (
        lambda p: entity(p, "rate: { required: true }"),
        "src/entities/TaxRecord.ts:4: fields.rate.type: is required",
    ),
    "a field that is a text": (
        lambda p: entity(p, 'rate: "decimal"'),
        "src/entities/TaxRecord.ts:4: fields.rate: must be an object, not 'decimal'",
    ),
    "an option that no field has": (
        lambda p: entity(p, 'rate: { type: "decimal", indexed: true }'),
        (
            "src/entities/TaxRecord.ts:4: fields.rate.indexed: unknown key; did you mean 'index'?; allowed "
            "here: type, required, default, index, values, entity"
        ),
    ),
    "required that is a text": (
        lambda p: entity(p, 'rate: { type: "decimal", required: "yes" }'),
        "src/entities/TaxRecord.ts:4: fields.rate.required: must be true or false, not 'yes'",
    ),
    "index that is a number": (
        lambda p: entity(p, 'rate: { type: "decimal", index: 1 }'),
        "src/entities/TaxRecord.ts:4: fields.rate.index: must be true or false, not 1",
    ),
    "an index on JSON": (
        lambda p: entity(p, 'rate: { type: "json", index: true }'),
        "src/entities/TaxRecord.ts:4: fields.rate.index: a field of type json cannot be indexed",
    ),
    "an enum without values": (
        lambda p: entity(p, 'state: { type: "enum" }'),
        "src/entities/TaxRecord.ts:4: fields.state: an enum has values, and nothing else does",
    ),
    "values of a text": (
        lambda p: entity(p, 'state: { type: "string", values: ["a"] }'),
        "src/entities/TaxRecord.ts:4: fields.state: an enum has values, and nothing else does",
    ),
    "values that are numbers": (
        lambda p: entity(p, 'state: { type: "enum", values: [1] }'),
        "src/entities/TaxRecord.ts:4: fields.state.values[0]: must be a string, not 1",
    ),
    "a value twice": (
        lambda p: entity(p, 'state: { type: "enum", values: ["a", "b", "a"] }'),
        'src/entities/TaxRecord.ts:4: fields.state.values: "a" is there twice, or is empty',
    ),
    "an empty value": (
        lambda p: entity(p, 'state: { type: "enum", values: ["a", ""] }'),
        'src/entities/TaxRecord.ts:4: fields.state.values: "" is there twice, or is empty',
    ),
    "a reference to nothing said": (
        lambda p: entity(p, 'customer: { type: "reference" }'),
        "src/entities/TaxRecord.ts:4: fields.customer: a reference has an entity, and nothing else does",
    ),
    "an entity of a text": (
        lambda p: entity(p, 'customer: { type: "string", entity: "Customer" }'),
        "src/entities/TaxRecord.ts:4: fields.customer: a reference has an entity, and nothing else does",
    ),
    "a reference to an unknown entity": (
        lambda p: entity(p, 'customer: { type: "reference", entity: "Custmer" }'),
        (
            "src/entities/TaxRecord.ts:4: fields.customer.entity: unknown entity Custmer; did you mean "
            '"Customer"?'
        ),
    ),
    "a default text that is a number": (
        lambda p: entity(p, 'a: { type: "string", default: 1 }'),
        "src/entities/TaxRecord.ts:4: fields.a.default: 1 is not text (string)",
    ),
    "a default number that is a text": (
        lambda p: entity(p, 'a: { type: "number", default: "1" }'),
        'src/entities/TaxRecord.ts:4: fields.a.default: "1" is not a number (number)',
    ),
    "a default boolean that is a text": (
        lambda p: entity(p, 'a: { type: "boolean", default: "true" }'),
        'src/entities/TaxRecord.ts:4: fields.a.default: "true" is not true or false (boolean)',
    ),
    "a default date that is none": (
        lambda p: entity(p, 'a: { type: "date", default: "2026-02-30" }'),
        (
            'src/entities/TaxRecord.ts:4: fields.a.default: "2026-02-30" is not a date such as 2026-01-31 '
            "(date)"
        ),
    ),
    "a default time that is none": (
        lambda p: entity(p, 'a: { type: "datetime", default: "noon" }'),
        (
            'src/entities/TaxRecord.ts:4: fields.a.default: "noon" is not an ISO 8601 time such as '
            "2026-01-31T12:00:00Z (datetime)"
        ),
    ),
    "a default decimal that is none": (
        lambda p: entity(p, 'a: { type: "decimal", default: "8,25" }'),
        ('src/entities/TaxRecord.ts:4: fields.a.default: "8,25" is not a decimal such as "12.30" (decimal)'),
    ),
    "a default that is not among the values": (
        lambda p: entity(p, 'a: { type: "enum", values: ["draft", "active"], default: "archived" }'),
        'src/entities/TaxRecord.ts:4: fields.a.default: "archived" is not one of draft, active (enum)',
    ),
    "a default reference that is no id": (
        lambda p: entity(p, 'a: { type: "reference", entity: "Customer", default: {} }'),
        (
            "src/entities/TaxRecord.ts:4: fields.a.default: {} is not the id of a record: text that is not "
            "empty, or a number (reference)"
        ),
    ),
    "a file without fields": (
        lambda p: p.plus(INVOICE, "export {};"),
        "src/fields/Invoice.ts: exports no field; write export const … = defineEntityField({…})",
    ),
    "a field that is not declared": (
        lambda p: p.plus(INVOICE, 'export const x = { key: "x", label: "X", type: "string" };'),
        "src/fields/Invoice.ts:1: x is not made by defineEntityField or defineLineField",
    ),
    "a helper among the fields": (
        lambda p: p.plus(INVOICE, "\nexport const label = () => 'x';"),
        "src/fields/Invoice.ts:2: label is not made by defineEntityField or defineLineField",
    ),
    "a collection that is none": (
        lambda p: p.plus(
            INVOICE,
            'export const x = defineLineField("lines", { key: "acme_x", label: "X", type: "string" });',
        ),
        'src/fields/Invoice.ts:1: x: the first argument of defineLineField is "line_items"',
    ),
    "a line field on a record without lines": (
        lambda p: line_field(p, 'type: "string"', file="src/fields/Customer.ts"),
        (
            "src/fields/Customer.ts:1: x: Customer has no lines; documents with lines are Invoice, "
            "CreditMemo, SalesReceipt, RefundReceipt, VendorBill, Expense, PurchaseOrder, Quote, "
            "VendorCredit, SalesOrder, Deposit"
        ),
    ),
    "a key in camel case": (
        lambda p: field(p, 'type: "string"', key="taxCode"),
        'src/fields/Invoice.ts:2: x: key must be lower snake case, as in tax_code, not "taxCode"',
    ),
    "a key with a leading underscore": (
        lambda p: field(p, 'type: "string"', key="_version"),
        'src/fields/Invoice.ts:2: x: key must be lower snake case, as in tax_code, not "_version"',
    ),
    "a key that is a number": (
        lambda p: p.plus(
            INVOICE, 'export const x = defineEntityField({ key: 1, label: "X", type: "string" });'
        ),
        "src/fields/Invoice.ts:1: x: key must be lower snake case, as in tax_code, not 1",
    ),
    "a key twice": (
        lambda p: p.plus(
            INVOICE,
            'export const x = defineEntityField({ key: "acme_x", label: "X", type: "string" });\n'
            'export const y = defineEntityField({ key: "acme_x", label: "Y", type: "string" });\n',
        ),
        'src/fields/Invoice.ts:2: y: the key "acme_x" is declared twice; keep one',
    ),
    "a native field of a record": (
        lambda p: field(p, 'type: "string"', key="memo"),
        'src/fields/Invoice.ts:2: x: Invoice has a native field "memo"; give yours another key',
    ),
    "a native field of a line": (
        lambda p: line_field(p, 'type: "string"', key="quantity"),
        (
            'src/fields/Invoice.ts:2: x: lines of Invoice have a native field "quantity"; give yours '
            "another key"
        ),
    ),
    "a name that every line has": (
        lambda p: line_field(p, 'type: "string"', key="line_key"),
        (
            'src/fields/Invoice.ts:2: x: lines of Invoice have a native field "line_key"; give yours '
            "another key"
        ),
    ),
    "a field of a custom entity's own": (
        lambda p: field(
            entity(p, 'rate: { type: "decimal" }'), 'type: "string"', "rate", "src/fields/TaxRecord.ts"
        ),
        'src/fields/TaxRecord.ts:2: x: TaxRecord has a native field "rate"; give yours another key',
    ),
    "a type that no field has": (
        lambda p: field(p, 'type: "money"'),
        (
            "src/fields/Invoice.ts:3: x.type: must be 'string', 'text', 'number', 'decimal', 'currency', "
            "'boolean', 'date', 'datetime', 'select' or 'json', not 'money'"
        ),
    ),
    "a field without a label": (
        lambda p: p.plus(INVOICE, 'export const x = defineEntityField({ key: "acme_x", type: "string" });'),
        "src/fields/Invoice.ts:1: x.label: is required",
    ),
    "an empty label": (
        lambda p: p.plus(
            INVOICE, 'export const x = defineEntityField({ key: "acme_x", label: "", type: "string" });'
        ),
        "src/fields/Invoice.ts:1: x.label: must have at least 1 character",
    ),
    "a default of a field": (
        lambda p: field(p, 'type: "string", default: "x"'),
        (
            "src/fields/Invoice.ts:3: x.default: unknown key; allowed here: label, type, options, "
            "currencyField, index"
        ),
    ),
    "a misspelt option of a field": (
        lambda p: line_field(p, 'type: "select", option: ["a"]'),
        (
            "src/fields/Invoice.ts:3: x.option: unknown key; did you mean 'options'?; allowed here: label, "
            "type, options, currencyField, index"
        ),
    ),
    "options that are a text": (
        lambda p: field(p, 'type: "select", options: "a"'),
        "src/fields/Invoice.ts:3: x.options: must be a list, not 'a'",
    ),
    "a select without options": (
        lambda p: line_field(p, 'type: "select"'),
        "src/fields/Invoice.ts:1: x: a select has options, and nothing else does",
    ),
    "options of a text": (
        lambda p: field(p, 'type: "string", options: ["a"]'),
        "src/fields/Invoice.ts:3: x: a select has options, and nothing else does",
    ),
    "an option twice": (
        lambda p: field(p, 'type: "select", options: ["a", "a"]'),
        'src/fields/Invoice.ts:3: x.options: "a" is there twice, or is empty',
    ),
    "a currency of a number": (
        lambda p: field(p, 'type: "number", currencyField: "currency"'),
        "src/fields/Invoice.ts:3: x: only a currency has a currencyField",
    ),
    "a currency in a field that is not there": (
        lambda p: line_field(p, 'type: "currency", currencyField: "curency"'),
        (
            'src/fields/Invoice.ts:3: x.currencyField: Invoice has no field "curency"; did you mean '
            '"currency"?'
        ),
    ),
    "an index on a line": (
        lambda p: line_field(p, 'type: "string", index: true'),
        "src/fields/Invoice.ts:3: x.index: fields of lines cannot be indexed",
    ),
    "an index on a long text": (
        lambda p: field(p, 'type: "text", index: true'),
        "src/fields/Invoice.ts:3: x.index: a field of type text cannot be indexed",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_author_is_told(name, connector, problems_of):
    change, message = WRONG[name]
    assert problems_of(change(connector)) == [message]


def test_a_schema_with_two_kinds_of_mistakes_is_told_of_both(connector, problems_of):
    fields = (
        'key: { type: "number", minLength: "8", "x-secret": true }, keys: { type: "strng" },\n'
        'far: { $ref: "https://example.com/far.json", default: 1 }'
    )
    said = "\n".join(problems_of(schema(connector, fields)))
    assert said.count("\n") == 2
    assert "properties.key: a secret is entered as text" in said
    assert "properties.keys.type: must be string, number" in said
    assert "properties.far['$ref']: may only point into this schema" in said


@pytest.mark.parametrize("message", messages_in(vars(declarations).values()), ids=lambda one: one.code)
def test_every_message_is_provoked(message):
    assert message.example in {expected for _, expected in WRONG.values()}


GOOD = {
    "string": '"US"',
    "number": "1.5",
    "boolean": "false",
    "json": "{ a: [1, null] }",
    "date": '"2026-02-28"',
    "datetime": '"2026-02-28T12:00"',
    "decimal": '"8.250"',
    "enum": '"draft"',
    "reference": '"cus_1"',
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_type_of_an_entity_s_field_has_its_default(kind, connector, build_files):
    more = {"enum": ', values: ["draft"]', "reference": ', entity: "Customer"'}.get(kind, "")
    fields = f'a: {{ type: "{kind}", required: true, default: {GOOD[kind]}{more} }}'
    (found,) = build_files(entity(connector, fields)).entrypoints.entities
    assert found.fields["a"].type == kind
    assert found.fields["a"].default is not None


@pytest.mark.parametrize(
    "kind",
    ["string", "text", "number", "decimal", "currency", "boolean", "date", "datetime", "select", "json"],
)
@pytest.mark.parametrize("helper", [field, line_field])
def test_every_type_of_an_extension_s_field_is_kept(kind, helper, connector, build_files):
    more = {"select": ', options: ["a"]', "currency": ', currencyField: "currency"'}.get(kind, "")
    fields = build_files(helper(connector, f'type: "{kind}"{more}')).fields
    place = fields["entity"]["Invoice"] if helper is field else fields["line"]["Invoice"]["line_items"]
    assert place["acme_code"]["type"] == kind


def test_a_currency_may_be_in_a_field_of_the_extension(connector, problems_of):
    text = (
        'export const c = defineLineField("line_items", { key: "acme_currency", label: "C", type: "string" });\n'
        'export const x = defineLineField("line_items", '
        '{ key: "acme_fee", label: "X", type: "currency", currencyField: "acme_currency" });\n'
    )
    assert problems_of(connector.plus(INVOICE, text)) == []


def test_a_page_may_pass_its_component_on(connector, problems_of):
    assert (
        problems_of(page(connector, 'export { default } from "./inner";').plus("src/pages/inner.tsx", ""))
        == []
    )


def test_entities_may_refer_to_each_other(connector, problems_of):
    project = entity(connector, 'nexus: { type: "reference", entity: "Nexus", index: true }').plus(
        "src/entities/Nexus.ts",
        'export default defineEntity({ name: "Nexus", fields: { a: { type: "reference", entity: "TaxRecord" } } });',
    )
    assert problems_of(project) == []


@pytest.mark.parametrize("name", ["status", "source_system", "acme_code"])
def test_a_condition_may_be_on_a_field_of_the_entity_of_the_host_or_of_the_project(
    name, connector, problems_of
):
    condition = f'visibleWhen: {{ field: "{name}", equals: "x" }}'
    project = field(ui(connector, f'tabs: [{{ {TAB}, entity: "Invoice", {condition} }}]'), 'type: "string"')
    assert problems_of(project) == []


@pytest.mark.parametrize("name", ["status", "source_system", "quantity", "acme_code"])
def test_a_condition_of_a_column_may_be_on_the_document_or_on_the_line(name, connector, problems_of):
    condition = f'visibleWhen: {{ field: "{name}", equals: "x" }}'
    column = f'ui: {{ lineColumns: [{{ {COLUMN}, field: "acme_code", {condition} }}] }}'
    assert problems_of(line_field(connector.declaring(column), 'type: "string"')) == []


def test_a_condition_may_be_on_a_field_that_is_declared_on_an_entity_of_the_project(connector, problems_of):
    tab = f'tabs: [{{ {TAB}, entity: "TaxRecord", visibleWhen: {{ field: "acme_code", equals: "x" }} }}]'
    project = entity(ui(connector, tab), 'state: { type: "string" }')
    assert problems_of(field(project, 'type: "string"', file="src/fields/TaxRecord.ts")) == []


@pytest.mark.parametrize("default", [None, 7, "7"])
def test_a_setting_s_default_is_one_that_it_would_accept(default, connector, problems_of):
    good = schema(
        connector, f'days: {{ type: ["integer", "string", "null"], default: {json.dumps(default)} }}'
    )
    assert problems_of(good) == []
