/**
 * Training: where the time of a step goes, by kinds of operations of its graph, on one thread. Prints for each net the least milliseconds of
 * each kind over some steps (other work on the machine only ever adds to a time), and how many operations there are.
 *
 * Run `npm run build` first. `--backbones` with commas between, `--steps`. Some seconds a net.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession } from 'onnxruntime-node';
import { createBackbone } from '../dist/train/backbones/index.js';
import { madeUpInput } from '../dist/train/loop/step-input.js';
import { createTrainingStep, initialState, layoutOf } from '../dist/train/loop/step.js';

const { values: { backbones, steps } } = parseArgs({ options: {
  backbones: { type: 'string', default: 'plain-small,plain-base,mobile-small,residual-small' }, steps: { type: 'string', default: '20' },
} });
const [batch, height, width, warmUp] = [64, 32, 48, 3];
const optimizer = { name: 'adamw', weightDecay: 0.02, clip: 1 };

/** What operations do; those of other types are elementwise and sums: batch norm, activations, loss. */
const kinds = {
  'convolutions, forward and to the input': ['Conv', 'FusedConv', 'ConvTranspose'],
  'products of the kernels\' gradients': ['MatMul', 'FusedMatMul', 'Gemm'],
  'copies': ['Slice', 'Transpose', 'Pad', 'Concat', 'Reshape', 'Split', 'Gather', 'Expand'],
  'to and from the blocked layout': ['ReorderInput', 'ReorderOutput'],
};

const folder = mkdtempSync(join(tmpdir(), 'profile-'));
const create = InferenceSession.create.bind(InferenceSession);
let profiled;
InferenceSession.create = async (model, options) => {
  profiled = await create(model, { ...options, enableProfiling: true, profileFilePrefix: join(folder, 'step') });
  return profiled;
};

/** Least microseconds of each node, and its type. */
function leastOf(events, runs) {
  const nodes = new Map();
  for (const { cat, name, dur, args: { op_name: type } = {} } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const { times = [] } = nodes.get(name) ?? {};
    nodes.set(name, { type, times: [...times, dur] });
  }
  return [...nodes.values()].map(({ type, times }) => ({ type, least: Math.min(...times) * (times.length / runs) }));
}

async function profile(name) {
  const step = await createTrainingStep(createBackbone(name), { batch, height, width, optimizer, labelSmoothing: 0, threads: 1 });
  const data = madeUpInput(batch, height, width);
  let state = initialState(layoutOf(createBackbone(name)), optimizer.name, 1);
  const runs = warmUp + Number(steps);
  for (let index = 0; index < runs; index += 1) ({ state } = await step.run(state, data, 0.001));
  profiled.endProfiling();
  await step.release();
  const [file] = readdirSync(folder);
  const nodes = leastOf(JSON.parse(readFileSync(join(folder, file), 'utf8')), runs);
  rmSync(join(folder, file));
  return nodes;
}

const named = new Set(Object.values(kinds).flat());
process.stdout.write(`| kind of operations | ${backbones.split(',').join(' | ')} |\n| --- |${' --- |'.repeat(backbones.split(',').length)}\n`);
const all = [];
for (const name of backbones.split(',')) all.push(await profile(name));
const sum = (nodes, chosen) => nodes.filter(chosen).reduce((total, { least }) => total + least, 0);
for (const [kind, types] of [...Object.entries(kinds), ['elementwise and sums']]) {
  const chosen = ({ type }) => (types === undefined ? !named.has(type) : types.includes(type));
  const cells = all.map((nodes) => `${(sum(nodes, chosen) / 1000).toFixed(1)} ms, ${(100 * sum(nodes, chosen) / sum(nodes, () => true)).toFixed(0)} % (${nodes.filter(chosen).length})`);
  process.stdout.write(`| ${kind} | ${cells.join(' | ')} |\n`);
}
rmSync(folder, { recursive: true });
