import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBackbone } from '../../../src/train/backbones/index.js';
import { weightsFile } from '../../../src/train/loop/export-weights.js';
import { initialState, layoutOf } from '../../../src/train/loop/step.js';

const folder = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const python = process.env['WANDB_PYTHON'] ?? 'python3';
const hasSafetensors = spawnSync(python, ['-c', 'import safetensors.numpy']).status === 0;

const layout = layoutOf(createBackbone('plain-nano'));
const { parameters, statistics } = initialState(layout, 'adamw', 1);
const file = Buffer.from(weightsFile(layout, { parameters, statistics }, { backbone: 'plain-nano', note: 'größer' }));
const entries = z.record(z.string(), z.unknown());

describe('weights for Python', () => {
  it('hold each tensor where the header says', () => {
    const length = Number(file.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    const header = entries.parse(JSON.parse(file.toString('utf8', 8, 8 + length)));
    expect(header['__metadata__']).toEqual({ backbone: 'plain-nano', note: 'größer' });
    let end = 0;
    for (const { name, shape, offset, size } of layout.parameters) {
      expect(header[name]).toEqual({ dtype: 'F32', shape, data_offsets: [end, end + 4 * size] });
      expect(file.readFloatLE(8 + length + end)).toBe(parameters[offset]);
      end += 4 * size;
    }
    expect(file.length).toBe(8 + length + 4 * (parameters.length + statistics.length));
  });

  it.skipIf(!hasSafetensors)(`are read by the safetensors package${hasSafetensors ? '' : ' (skipped: it is not in WANDB_PYTHON or python3)'}`, () => {
    const path = join(folder, 'weights.safetensors');
    writeFileSync(path, file);
    const script = 'import sys, json; from safetensors.numpy import load_file; '
      + 'print(json.dumps({name: [list(t.shape), float(t.reshape(-1)[0])] for name, t in load_file(sys.argv[1]).items()}))';
    const read = entries.parse(JSON.parse(spawnSync(python, ['-c', script, path], { encoding: 'utf8' }).stdout));
    expect(Object.keys(read)).toHaveLength(layout.parameters.length + layout.statistics.length);
    for (const { name, shape, offset } of layout.parameters) expect(read[name]).toEqual([shape, parameters[offset]]);
  });
});
