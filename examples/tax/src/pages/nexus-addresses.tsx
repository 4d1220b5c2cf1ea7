import { NexusAddress } from "@backfill-io/sdk";
import { Badge, Page, Section, Stack, Text } from "@backfill-io/sdk/ui";

/** Every nexus address, the newest first. */
export default function NexusAddresses() {
  const addresses = NexusAddress.query({ limit: 100 });
  return (
    <Page title="Nexus addresses" description="Places of business that make you charge tax in their state">
      <Stack gap="md">
        {addresses.map((one) => (
          <Section title={one.nexusName} description={`${one.street}, ${one.city}, ${one.state} ${one.postalCode}`}>
            <Stack direction="row" gap="sm">
              {one.status === "active" ? <Badge tone="success">active</Badge> : <Badge>{one.status}</Badge>}
              <Text tone="muted">{one.rate ? `${one.rate} %` : "the standard rate"}</Text>
            </Stack>
          </Section>
        ))}
      </Stack>
    </Page>
  );
}
