import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sidecarPath, writeSidecar } from '../../../src/reports/xmp/sidecars.js';
import { demoPhotos } from '../../support/shared-data.js';

const hasDarktable = spawnSync('darktable-cli', ['--version']).status === 0;
const withoutDarktable = hasDarktable ? '' : ' (skipped: no darktable-cli; apt-get install darktable)';

/** What darktable makes of a photo with its sidecar, as it says itself in the picture that it exports. */
function exported(photo: string, base: string): string {
  const picture = join(base, 'out.jpg');
  rmSync(picture, { force: true });
  execFileSync('darktable-cli', [photo, sidecarPath(photo, 'darktable'), picture, '--width', '64',
    '--core', '--configdir', join(base, 'config'), '--cachedir', join(base, 'cache'), '--library', ':memory:'], { stdio: 'ignore', timeout: 50_000 });
  return readFileSync(picture, 'latin1');
}

describe.skipIf(!hasDarktable)(`darktable${withoutDarktable}`, () => {
  let base: string;
  let photo: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'darktable-'));
    photo = join(base, 'a.jpg');
    copyFileSync(demoPhotos[0] ?? '', photo);
  });
  afterEach(() => { rmSync(base, { recursive: true }); });

  it.each<[string, number, 'Red' | 'Yellow' | 'Green', number]>([
    ['four stars in green', 4, 'Green', 2], ['a reject in red', -1, 'Red', 0], ['two stars in yellow', 2, 'Yellow', 1],
  ])('reads the sidecars that are written for it: %s', async (_, rating, label, color) => {
    await writeSidecar(sidecarPath(photo, 'darktable'), { rating, label }, { editor: 'darktable', force: false, within: undefined });
    const said = exported(photo, base);
    expect(/xmp:Rating="([^"]*)"/.exec(said)?.[1]).toBe(String(rating));
    expect(/<darktable:colorlabels>\s*<rdf:Seq>\s*<rdf:li>([^<]*)<\/rdf:li>\s*<\/rdf:Seq>/.exec(said)?.[1]).toBe(String(color));
  });
});
