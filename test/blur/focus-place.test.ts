import { describe, expect, it } from 'vitest';
import { gaussian } from '../../bench/blur/degrade.js';
import { focusPlace } from '../../src/blur/focus-place.js';
import { faceWidth } from '../../src/blur/region.js';
import { scoreBlur } from '../../src/blur/sharpness.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import type { BlurSettings } from '../../src/blur/settings.js';
import type { Box, Raster } from '../../src/core/raster.js';
import { frontalView } from '../support/views.js';
import { discs } from './pictures.js';

const settings: BlurSettings = { for: 'print', second_decode: false, region: 'face', blurred_below: 45, sharp_above: 55 };

describe('where the focus is instead', () => {
  const side = 400;
  const box: Box = { x: 120, y: 110, width: 160, height: 160 };
  const large = discs(side);
  const soft = gaussian(large, 5);
  const view = frontalView(large, box);
  const width = faceWidth(view);
  /** The middle of what is measured of the face, px. */
  const middle = { x: 200, y: 110 + 160 * (0.33 + 0.35 * 0.24) };
  /** The picture, sharp where it is said so; places in widths of the face from its middle. */
  const sharpWhere = (isSharp: (across: number, down: number) => boolean): Raster => ({
    ...large, data: Uint8Array.from(large.data, (value, i) =>
      (isSharp((i % side - middle.x) / width, (Math.floor(i / side) - middle.y) / width) ? value : soft.data[i] ?? 0)),
  });
  const place = (picture: Raster): BlurScore['focusAt'] => scoreBlur(frontalView(picture, box), settings).focusAt;

  it('is told where the background is sharp and the face is not', () => {
    expect(place(sharpWhere((across) => Math.abs(across) > 0.68))).toBe('background');
  });

  it('is told where the background is sharp to one side of the head alone', () => {
    expect(place(sharpWhere((across) => across > 0.68))).toBe('background');
    expect(place(sharpWhere((across) => across < -0.68))).toBe('background');
  });

  it('is told where the ears are sharp, and neither the eyes nor the background', () => {
    const isEar = (across: number): boolean => Math.abs(across) > 0.46 && Math.abs(across) < 0.6;
    expect(place(sharpWhere(isEar))).toBe('ears');
    expect(place(sharpWhere((across) => across > 0 && isEar(across)))).toBe('ears');
    expect(place(sharpWhere((across) => across < 0 && isEar(across)))).toBe('ears');
    expect(place(sharpWhere((across, down) => isEar(across) && down > -0.36 && down < 0.26))).toBe('ears');
  });

  it('is not told by what is sharp above the head or below the chin', () => {
    expect(place(sharpWhere((_, down) => down < -0.62 || down > 0.62))).toBeUndefined();
    expect(place(sharpWhere((across, down) => Math.abs(across) < 0.68 && (down < -0.4 || down > 0.3)))).toBeUndefined();
  });

  it('is not told by what is sharp far from the head', () => {
    expect(place(sharpWhere((across) => Math.abs(across) > 1.02))).toBeUndefined();
  });

  it('is not told where all is soft, or the face is sharp', () => {
    expect(place(soft)).toBeUndefined();
    expect(place(large)).toBeUndefined();
  });

  it('is somewhere that has two and a half times the detail of the face, and what was asked of it', () => {
    const beside = frontalView(sharpWhere((across) => Math.abs(across) > 0.68), box);
    expect(focusPlace(beside, width / 3, width / 2)).toBe('background');
    expect(focusPlace(beside, width, width / 2)).toBeUndefined();
    expect(focusPlace(beside, width / 3, 5 * width)).toBeUndefined();
  });
});
