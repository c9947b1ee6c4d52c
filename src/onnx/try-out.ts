/**
 * Runs a small net on a device, to see whether it works there.
 */
import { GraphBuilder } from './graph.js';
import { createSession, floatsOf, floatTensor, type Device } from './session.js';

/**
 * Runs a convolution: libraries that are missing often show only when the first real kernel is asked for.
 * @throws with the reason where the device does not start or computes something else
 */
export async function tryOut(device: Device, create: typeof createSession = createSession): Promise<void> {
  const graph = new GraphBuilder('try-out');
  const x = graph.input('x', 'float32', [1, 1, 4, 4]);
  const filter = graph.constant(Float32Array.of(2), [1, 1, 1, 1]);
  graph.output(graph.op('Conv', [x, filter], { kernel_shape: { ints: [1, 1] } }), 'y', 'float32', [1, 1, 4, 4]);
  const session = await create(graph.toModel(), { device });
  try {
    const y = floatsOf(await session.run({ x: floatTensor(new Float32Array(16).fill(3), [1, 1, 4, 4]) }), 'y');
    if (!y.every((value) => Math.abs(value - 6) < 1e-3)) throw new Error(`2 x 3 gave ${String(y[0] ?? 'nothing')}`);
  } finally {
    await session.release();
  }
}
