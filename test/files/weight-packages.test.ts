import { describe, expect, it } from 'vitest';
import { packageFilePath, readPackageFile } from '../../src/files/weight-packages.js';

describe('a file of a package', () => {
  it('is read from where npm put it', async () => {
    expect(new TextDecoder().decode(await readPackageFile('@vladmandic/human', 'LICENSE'))).toContain('MIT License');
    expect(packageFilePath('@vladmandic/face-api', 'demo')).toMatch(/node_modules.@vladmandic.face-api.demo$/);
  });

  it('is an error that says what to do when it is missing', async () => {
    await expect(readPackageFile('@vladmandic/human', 'models/none.bin'))
      .rejects.toThrow(/Cannot read models\/none\.bin of the npm package @vladmandic\/human.*npm install --save-dev @vladmandic\/human/);
  });
});
