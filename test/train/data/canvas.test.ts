import { describe, expect, it } from 'vitest';
import { cutEye } from '../../../src/classify/eye-crops.js';
import type { Raster } from '../../../src/core/raster.js';
import { CANVASES, canvasBytes, cutCanvas, layoutOfCanvas, patchRegion } from '../../../src/train/data/canvas.js';

describe('a canvas', () => {
  it('is one and a half crops of an eye each way, and one and a quarter of a face or a photo', () => {
    for (const [kind, share] of [['eye', 1.5], ['face', 1.25], ['photo', 1.25]] as const) {
      const { canvas, crop } = layoutOfCanvas(kind);
      expect([canvas.width / crop.width, canvas.height / crop.height]).toEqual([share, share]);
      expect(canvas).toBe(CANVASES[kind]);
      expect(canvasBytes(kind)).toBe(canvas.width * canvas.height);
    }
    expect([canvasBytes('eye'), canvasBytes('face')]).toEqual([72 * 48, 200 * 200]);
  });

  it.each(['eye', 'face'] as const)('of an image has in its middle what the classifier sees (%s)', (kind) => {
    const image: Raster = { data: Uint8Array.from({ length: 300 * 200 }, (_, i) => 128 + 60 * Math.sin((i % 300) / 9) + 50 * Math.cos(Math.floor(i / 300) / 7)), width: 300, height: 200, channels: 1 };
    const { canvas, crop } = layoutOfCanvas(kind);
    const region = { center: { x: 140, y: 96 }, width: crop.width, angle: 0.3 };
    const [whole, middle] = [cutCanvas(image, region, kind), cutEye(image, region, crop.width, crop.height).data];
    expect(whole).toHaveLength(canvasBytes(kind));
    const [left, top] = [(canvas.width - crop.width) / 2, (canvas.height - crop.height) / 2];
    const off = Array.from(middle, (value, i) =>
      Math.abs(value - (whole[(top + Math.floor(i / crop.width)) * canvas.width + left + (i % crop.width)] ?? 0)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  });
});

describe('the crop of an eye patch', () => {
  it('reaches a fifth beyond the image, around its middle, level', () => {
    expect(patchRegion(50, 40)).toEqual({ center: { x: 25, y: 20 }, width: 60, angle: 0 });
  });

  it('is made no larger by an image more than 1.8 times as wide as high', () => {
    expect(patchRegion(72, 40).width).toBeCloseTo(1.2 * 72, 9);
    expect(patchRegion(200, 40)).toEqual({ center: { x: 100, y: 20 }, width: 1.2 * 72, angle: 0 });
  });
});
