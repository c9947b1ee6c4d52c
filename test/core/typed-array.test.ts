import { describe, expect, it } from 'vitest';
import { byteAt, doubleAt, floatAt, intAt } from '../../src/core/typed-array.js';

describe('an element of a typed array', () => {
  it('is read as it is', () => {
    expect(byteAt(Uint8Array.of(0, 7), 1)).toBe(7);
    expect(byteAt(Uint8ClampedArray.of(300), 0)).toBe(255);
    expect(intAt(Int32Array.of(-3), 0)).toBe(-3);
    expect(floatAt(Float32Array.of(0.5), 0)).toBe(0.5);
    expect(doubleAt(Float64Array.of(0.1), 0)).toBe(0.1);
  });

  it.each([-1, 2, 0.5, NaN])('is an error where there is none (%s), not a black pixel', (index) => {
    expect(() => byteAt(new Uint8Array(2), index)).toThrow(/no element .* in an array of 2/);
    expect(() => intAt(new Uint16Array(2), index)).toThrow(RangeError);
    expect(() => floatAt(new Float32Array(2), index)).toThrow(RangeError);
    expect(() => doubleAt(new Float64Array(2), index)).toThrow(RangeError);
  });
});
