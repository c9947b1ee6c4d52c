interface Lock {
  readonly packages: Readonly<Record<string, { readonly license?: string }>>;
}
export const heading: string;
export function productionLicences(lock: Lock): Map<string, string>;
export function installedPart(lock: Lock): string;
