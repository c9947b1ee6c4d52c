import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/onnx/graph.js';
import { createSession, floatsOf, floatTensor } from '../../src/onnx/session.js';
import { constantOf } from '../../src/weights/palette.js';

/** The bytes of a graph that gives out its one constant. */
function modelOf(data: Float32Array): Uint8Array {
  const graph = new GraphBuilder('palette');
  const zero = graph.input('zero', 'float32', [1]);
  graph.output(graph.op('Add', [constantOf(graph, data, [data.length]), zero]), 'y', 'float32', [data.length]);
  return graph.toModel();
}

async function valuesOf(model: Uint8Array): Promise<Float32Array> {
  const session = await createSession(model);
  const values = floatsOf(await session.run({ zero: floatTensor(Float32Array.of(0), [1]) }), 'y').slice();
  await session.release();
  return values;
}

const length = 4096;
/** As quantized weights are: few values, but not round ones. */
const quantized = Float32Array.from({ length }, (_, index) => ((index * 37) % 256) * 0.0123 - 1.7);
const continuous = Float32Array.from({ length }, (_, index) => Math.sin(index));

describe('a constant', () => {
  it('of at most 256 values is stored in a byte each, and comes back bit for bit', async () => {
    const model = modelOf(quantized);
    expect(model.length).toBeLessThan(length + 2000);
    expect(await valuesOf(model)).toEqual(quantized);
  });

  it('of more values is stored as it is', async () => {
    const model = modelOf(continuous);
    expect(model.length).toBeGreaterThan(4 * length);
    expect(await valuesOf(model)).toEqual(continuous);
  });

  it('too short for a table to pay is stored as it is', () => {
    expect(modelOf(Float32Array.of(1, 2, 3, 4)).length).toBeLessThan(300);
  });
});
