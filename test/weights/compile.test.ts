import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { netPath } from '../../src/files/package.js';
import { readMetadata } from '../../src/onnx/model-file.js';
import { compileNets, type NetFile } from '../../src/weights/compile.js';
import { matching } from '../support/matchers.js';

let files: NetFile[];
beforeAll(async () => { files = await compileNets(); });

describe('the foreign nets', () => {
  it('are five, with the licences of both packages beside them', () => {
    expect(files.map(({ name }) => name)).toEqual([
      'blazeface.onnx', 'facemesh.onnx', 'ssd-mobilenet-v1.onnx', 'tiny-face.onnx', 'landmarks68.onnx',
      'LICENSE-vladmandic-human', 'LICENSE-vladmandic-face-api',
    ]);
    for (const { content } of files.slice(5)) {
      expect(new TextDecoder().decode(content)).toMatch(/MIT License[^]*Vladimir Mandic[^]*permission notice shall be included/);
    }
  });

  it('are in dist as they are compiled: the same weights give the same bytes', () => {
    for (const { name, content } of files) {
      const path = join(dirname(netPath('')), name);
      expect(existsSync(path), `${path}: npm run build`).toBe(true);
      expect(readFileSync(path).equals(content), name).toBe(true);
    }
  });

  it('say which package and version they come from, and its licence', () => {
    const onnx = files.filter(({ name }) => name.endsWith('.onnx'));
    for (const { content } of onnx) {
      expect(readMetadata(content)).toEqual({ source: matching(/^@vladmandic\/.* \d+\.\d+\.\d+$/), license: 'MIT' });
    }
  });

  it('are about as small as their weights are in the packages', () => {
    expect(files.reduce((sum, { content }) => sum + content.length, 0)).toBeLessThan(10e6);
  });
});
