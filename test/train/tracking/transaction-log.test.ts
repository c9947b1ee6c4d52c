import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTransactionLog, TransactionLog } from '../../../src/train/tracking/transaction-log.js';

const folder = mkdtempSync(join(tmpdir(), 'log-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** Sizes that meet every place of a block: pieces of one record in three blocks, and 7, 3 and 0 bytes left behind one. */
const sizes = [1, 90_000, 32_768 - 90_000 % 32_761, 32_754, 0, 32_761, 32_757, 5, 32_000];

function record(size: number, number: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + number * 7) % 256);
}

function written(name: string): string {
  const path = join(folder, name);
  const log = new TransactionLog(path);
  sizes.forEach((size, index) => { log.write(record(size, index)); });
  log.close();
  return path;
}

/** Short enough to be compared and shown. */
function told(bytes: Uint8Array): string {
  return `${String(bytes.length)} bytes, ${createHash('md5').update(bytes).digest('hex')}`;
}

function records(path: string): string[] {
  return [...readTransactionLog(readFileSync(path))].map((found) => told(found.record));
}

const whole = sizes.map((size, number) => told(record(size, number)));

describe('a log of records', () => {
  it('gives back records of any size', () => {
    expect(records(written('whole'))).toEqual(whole);
  });

  it('gives back those before the place where it was cut off, and goes on behind them', () => {
    const path = written('cut');
    truncateSync(path, 60_000);
    expect(records(path)).toEqual([told(record(1, 0))]);
    const log = new TransactionLog(path);
    log.write(record(40_000, 9));
    log.close();
    expect(records(path)).toEqual([told(record(1, 0)), told(record(40_000, 9))]);
  });

  it('gives back those before the place where a bit is wrong', () => {
    const path = written('wrong');
    const bytes = readFileSync(path);
    bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 4;
    writeFileSync(path, bytes);
    expect(records(path)).toEqual(whole.slice(0, -1));
    appendFileSync(path, 'rubbish');
    expect(records(path)).toEqual(whole.slice(0, -1));
  });

  it('drops what is not to be kept, and all that follows', () => {
    const path = written('kept');
    new TransactionLog(path, (bytes) => bytes.length !== 32_754).close();
    expect(records(path)).toEqual(whole.slice(0, 3));
  });
});
