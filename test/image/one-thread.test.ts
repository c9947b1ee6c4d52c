import sharp from 'sharp';
import { expect, it } from 'vitest';

it('is left to the processes of the tool: opening photos alone changes nothing of sharp', async () => {
  sharp.concurrency(3);
  await import('../../src/image/decode.js');
  expect(sharp.concurrency()).toBe(3);
  await import('../../src/image/one-thread.js');
  expect(sharp.concurrency()).toBe(1);
  expect(sharp.cache().items.max).toBe(0);
});
