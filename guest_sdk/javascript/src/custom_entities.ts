/** The classes of custom entities, typed by their declarations. */

import type { EntityClass } from "./capabilities";
import type { EntityDeclaration } from "./declarations";
import type { DateString, DateTimeString, DecimalString, Id, SystemFields } from "./records";

/** What a field of each type holds. */
interface Values {
  string: string;
  number: number;
  boolean: boolean;
  json: any;
  date: DateString;
  datetime: DateTimeString;
  enum: string;
  reference: Id;
  decimal: DecimalString;
}

type FieldValue<Field> = Field extends { type: "enum"; values: readonly (infer Value)[] }
  ? Value
  : Field extends { type: infer Type extends keyof Values }
    ? Values[Type]
    : never;

/** What may be written to it: a decimal may be a number too. */
type FieldInput<Field> = FieldValue<Field> | (Field extends { type: "decimal" } ? number : never);

type HasDefault = { default: {} };

/** The fields that every record has. */
type Present<Fields> = {
  [Name in keyof Fields]: Fields[Name] extends { required: true } | HasDefault ? Name : never;
}[keyof Fields];

/** The fields that whoever creates a record must give. */
type Needed<Fields> = {
  [Name in keyof Fields]: Fields[Name] extends HasDefault ? never : Name;
}[Present<Fields>];

/** A record of a custom entity, as it is read: `CustomRecord<typeof declaration>`. */
export type CustomRecord<Declaration extends EntityDeclaration, Fields = Declaration["fields"]> = SystemFields & {
  [Name in Present<Fields>]: FieldValue<Fields[Name]>;
} & { [Name in Exclude<keyof Fields, Present<Fields>>]?: FieldValue<Fields[Name]> | null };

/** What creates one. */
export type CustomAttributes<Declaration extends EntityDeclaration, Fields = Declaration["fields"]> = {
  [Name in Needed<Fields>]: FieldInput<Fields[Name]>;
} & { [Name in Exclude<keyof Fields, Needed<Fields>>]?: FieldInput<Fields[Name]> | null };

/** The class of a custom entity: `CustomEntity<typeof declaration>`. */
export type CustomEntity<Declaration extends EntityDeclaration> = EntityClass<
  CustomRecord<Declaration>,
  CustomAttributes<Declaration>
>;
