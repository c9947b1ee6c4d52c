/**
 * The foreign nets, compiled to ONNX from the weights that two npm packages carry.
 */
import { z } from 'zod';
import { readPackageFile, type WeightPackage } from '../files/weight-packages.js';
import type { GraphBuilder } from '../onnx/graph.js';
import { graphModels } from '../tfjs/graph-model-specs.js';
import type { ForeignNetName } from '../tfjs/nets.js';
import { compileGraphModel } from './graph-model.js';
import { compileLandmarks68 } from './landmarks68.js';
import { compileSsdMobileNet } from './ssd-mobilenet.js';
import { compileTinyFace } from './tiny-face.js';

const opset = 13;

const descriptionSchema = z.object({ version: z.string(), license: z.string() });

const nets: Readonly<Record<ForeignNetName, { readonly from: WeightPackage; readonly compile: () => Promise<GraphBuilder> }>> = {
  'blazeface': { from: '@vladmandic/human', compile: () => compileGraphModel(graphModels.blazeface) },
  'facemesh': { from: '@vladmandic/human', compile: () => compileGraphModel(graphModels.facemesh) },
  'ssd-mobilenet-v1': { from: '@vladmandic/face-api', compile: compileSsdMobileNet },
  'tiny-face': { from: '@vladmandic/face-api', compile: compileTinyFace },
  'landmarks68': { from: '@vladmandic/face-api', compile: compileLandmarks68 },
};

/** A file of the folder that all nets are in. */
export interface NetFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * All nets, and the licences that their weights are under. The same packages give the same bytes. Each net's metadata name
 * its `source` (package and version) and its `license`.
 * @throws if one of the packages is not installed or has other models than it is known to have
 */
export async function compileNets(): Promise<NetFile[]> {
  const files: NetFile[] = [];
  for (const [name, { from, compile }] of Object.entries(nets)) {
    const { version, license } = await describePackage(from);
    const graph = await compile();
    files.push({ name: `${name}.onnx`, content: graph.toModel(opset, { source: `${from} ${version}`, license }) });
  }
  for (const from of new Set(Object.values(nets).map((net) => net.from))) {
    files.push({ name: `LICENSE-${from.replace('@', '').replace('/', '-')}`, content: await readPackageFile(from, 'LICENSE') });
  }
  return files;
}

async function describePackage(name: WeightPackage): Promise<{ version: string; license: string }> {
  return descriptionSchema.parse(JSON.parse(new TextDecoder().decode(await readPackageFile(name, 'package.json'))));
}
