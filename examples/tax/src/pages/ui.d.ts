// The components of @backfill-io/sdk/ui that the pages here use.

declare module "@backfill-io/sdk/ui" {
  interface Container {
    children?: unknown;
  }
  export function Page(props: Container & { title: string; description?: string }): unknown;
  export function Section(props: Container & { title?: string; description?: string }): unknown;
  export function Stack(props: Container & { direction?: "row" | "column"; gap?: "xs" | "sm" | "md" | "lg" }): unknown;
  export function Text(props: Container & { tone?: "muted" }): unknown;
  export function Badge(props: Container & { tone?: "success" }): unknown;
  export function Form(props: Container & { action: string }): unknown;
  export function Field(props: Container & { label: string }): unknown;
  export function TextInput(props: { name: string; required?: boolean }): unknown;
  export function SubmitButton(props: Container): unknown;
}
