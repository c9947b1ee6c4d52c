import { describe, expect, it } from 'vitest';
import { packageFileSize, readPackageFile } from '../../src/files/weight-packages.js';
import { createDetector, createLandmarkNet, listDetectors, listLandmarkNets } from '../../src/detect/registry.js';

describe('the lists of nets', () => {
  it('name every detector and landmark net with the size of its weights', () => {
    expect(listDetectors().map(({ name }) => name)).toEqual(['blazeface', 'ssd-mobilenet-v1', 'tiny-face']);
    expect(listLandmarkNets().map(({ name }) => name)).toEqual(['facemesh', 'landmarks68']);
    for (const net of [...listDetectors(), ...listLandmarkNets()]) expect(net.weightBytes).toBeGreaterThan(100_000);
  });
});

describe('a net by name', () => {
  it('is an error that names the known ones when there is none', () => {
    expect(() => createDetector('blazefase')).toThrow(/no detector called blazefase; there are: blazeface, ssd-mobilenet-v1/);
    expect(() => createLandmarkNet('toString')).toThrow(/no landmark net called toString/);
  });
});

describe('a file of a package', () => {
  it('is an error that says what to do when it is missing', async () => {
    await expect(readPackageFile('@vladmandic/human', 'models/none.bin'))
      .rejects.toThrow(/Cannot read models\/none\.bin of the npm package @vladmandic\/human.*npm ci/);
    expect(() => packageFileSize('@vladmandic/face-api', 'model/none.bin')).toThrow(/npm ci/);
  });
});
