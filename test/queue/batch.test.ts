import { describe, expect, it } from 'vitest';
import { batchText, parseBatch } from '../../src/queue/batch.js';
import { loadConfig } from '../../src/pipeline/config.js';

describe('a batch', () => {
  const photos = (count: number): { photo: string; path: string }[] => Array.from({ length: count }, (_, number) => ({ photo: 'a', path: `${String(number)}.jpg` }));

  it('of the largest size that settings allow is read as it was written', () => {
    const { queue } = loadConfig({ queue: { batch: 256 } });
    expect(parseBatch(batchText(photos(queue.batch)))).toEqual(photos(256));
    expect(() => loadConfig({ queue: { batch: 257 } })).toThrow();
  });

  it('is none where it is larger: one of 100,000 photos ended every worker that took it', () => {
    expect(parseBatch(batchText(photos(257)))).toBeUndefined();
    expect(parseBatch(batchText([]))).toBeUndefined();
  });
});
