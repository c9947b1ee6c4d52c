/**
 * The part of THIRD-PARTY.md about what npm installs beside this package, from package-lock.json: `npm run config` writes it.
 */

/** Where the part begins; it goes to the end of the file. */
export const heading = '## What npm installs beside it\n';

/** The licence of each package that comes with an ordinary install, on any platform, by the package's name. */
export function productionLicences(lock) {
  const entries = Object.entries(lock.packages).filter(([path, { dev, devOptional, peer }]) =>
    path.startsWith('node_modules/') && dev !== true && devOptional !== true && peer !== true);
  return new Map(entries.map(([path, { license }]) => [path.replace(/^.*node_modules\//, ''), license ?? 'unknown']).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The part, with its heading. */
export function installedPart(lock) {
  const byLicence = new Map();
  for (const [name, licence] of productionLicences(lock)) byLicence.set(licence, [...byLicence.get(licence) ?? [], name]);
  const lines = [...byLicence].sort(([a], [b]) => (a < b ? -1 : 1)).map(([licence, names]) => `- ${licence}: ${names.join(', ')}`);
  return [
    heading,
    'Not in this package: each comes from the registry with its own licence file, those of sharp (`@img/`) for one\'s own platform only. libvips,',
    'which is LGPL, is a library of its own that can be replaced. Written from package-lock.json by `npm run config`.\n',
    ...lines, '',
  ].join('\n');
}
