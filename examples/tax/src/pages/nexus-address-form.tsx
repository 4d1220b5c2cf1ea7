import { Field, Form, Page, SubmitButton, TextInput } from "@backfill-io/sdk/ui";
import { FIELDS } from "../lib/nexus-address";

/** Enter a nexus address; the action `save-nexus-address` stores it. */
export default function NexusAddressForm() {
  return (
    <Page title="Nexus address">
      <Form action="save-nexus-address">
        {FIELDS.map(({ name, label, required }) => (
          <Field label={label}>
            <TextInput name={name} required={required} />
          </Field>
        ))}
        <SubmitButton>Save</SubmitButton>
      </Form>
    </Page>
  );
}
