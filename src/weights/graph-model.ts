/**
 * Compiles tfjs GraphModels (as @vladmandic/human carries them) to ONNX.
 *
 * Knows the eleven ops that BlazeFace and FaceMesh are made of; an unknown one is an error that names it.
 */
import { z } from 'zod';
import { readPackageFile } from '../files/weight-packages.js';
import { GraphBuilder, type Value } from '../onnx/graph.js';
import type { GraphModelSpec } from '../tfjs/graph-model-specs.js';
import { add, conv, depthwiseConv, flatten, imageInput, maxPool, padChannels, pointwise, prelu, type FeatureMap } from './layers.js';
import { decodeWeights, manifestSchema, weightOf, type Weight, type Weights } from './manifest.js';

const attributeSchema = z.object({
  s: z.string().optional(),
  list: z.object({ i: z.array(z.coerce.number()).optional(), s: z.array(z.string()).optional() }).optional(),
});

const modelSchema = z.object({
  modelTopology: z.object({
    node: z.array(z.object({
      name: z.string(),
      op: z.string(),
      input: z.array(z.string()).default([]),
      attr: z.record(z.string(), attributeSchema).default({}),
    })),
  }),
  weightsManifest: manifestSchema,
});

type Node = z.infer<typeof modelSchema>['modelTopology']['node'][number];

/**
 * The model as an ONNX graph: input `pixels` (uint8, batch x size x size x 3), the outputs asked for (float32).
 * @throws if the package is not installed, or the model has an op that is not known here
 */
export async function compileGraphModel(spec: GraphModelSpec): Promise<GraphBuilder> {
  const file = `models/${spec.name}`;
  const [json, bytes] = await Promise.all([
    readPackageFile('@vladmandic/human', `${file}.json`),
    readPackageFile('@vladmandic/human', `${file}.bin`),
  ]);
  const model = modelSchema.parse(JSON.parse(new TextDecoder().decode(json)));
  const weights = decodeWeights(model.weightsManifest, bytes);
  return new GraphModelCompiler(spec, model.modelTopology.node, weights).compile();
}

/** Follows the graph backwards from its outputs, so that nodes are written in topological order and only once. */
class GraphModelCompiler {
  private readonly graph: GraphBuilder;
  private readonly nodes: ReadonlyMap<string, Node>;
  private readonly maps = new Map<string, FeatureMap>();

  constructor(
    private readonly spec: GraphModelSpec,
    nodes: readonly Node[],
    private readonly weights: Weights,
  ) {
    this.graph = new GraphBuilder(spec.name);
    this.nodes = new Map(nodes.map((node) => [node.name, node]));
  }

  compile(): GraphBuilder {
    for (const { node, name, shape } of this.spec.outputs) {
      this.graph.output(this.flat(node, shape), name, 'float32', ['batch', ...shape]);
    }
    return this.graph;
  }

  /** The value of a node behind the point where the net leaves the image plane: a Reshape or what follows it. */
  private flat(name: string, shape: readonly number[]): Value {
    const node = this.node(name);
    if (node.op === 'Identity') return this.flat(this.input(node, 0), shape);
    if (node.op === 'Reshape') return flatten(this.graph, this.map(this.input(node, 0)), shape);
    throw new Error(`${this.spec.name}: output ${name} is a ${node.op}, not a Reshape`);
  }

  /** The feature map that a node gives. */
  private map(name: string): FeatureMap {
    const known = this.maps.get(name);
    if (known !== undefined) return known;
    const made = this.make(this.node(name));
    this.maps.set(name, made);
    return made;
  }

  private make(node: Node): FeatureMap {
    const { graph } = this;
    if (node.op === 'Placeholder') {
      return imageInput(graph, this.spec.inputSize, this.spec.scale, [this.spec.offset]);
    }
    const x = this.map(this.input(node, 0));
    switch (node.op) {
      case 'Identity': return x;
      case '_FusedConv2D': return this.fusedConv(node, x);
      case 'DepthwiseConv2dNative':
        return depthwiseConv(graph, x, this.weight(node, 1), { stride: strideOf(node), padding: paddingOf(node) });
      case 'AddV2': return add(graph, x, this.map(this.input(node, 1)));
      case 'Relu': case 'Sigmoid': return pointwise(graph, node.op, x);
      case 'Prelu': return prelu(graph, x, this.weight(node, 1));
      case 'MaxPool':
        return maxPool(graph, x, node.attr['ksize']?.list?.i?.[1] ?? 1, strideOf(node), paddingOf(node));
      case 'Pad': return this.padChannels(node, x);
      default: throw new Error(`${this.spec.name}: the op ${node.op} is not known`);
    }
  }

  private fusedConv(node: Node, x: FeatureMap): FeatureMap {
    const [first, activation] = (node.attr['fused_ops']?.list?.s ?? []).map(decodeText);
    if (first !== 'BiasAdd') throw new Error(`${this.spec.name}: a convolution fused with ${first ?? 'nothing'} is not known`);
    const y = conv(this.graph, x, this.weight(node, 1), {
      bias: this.weight(node, 2), stride: strideOf(node), padding: paddingOf(node),
    });
    if (activation === undefined) return y;
    if (activation === 'Relu') return pointwise(this.graph, 'Relu', y);
    if (activation === 'Prelu') return prelu(this.graph, y, this.weight(node, 3));
    throw new Error(`${this.spec.name}: the activation ${activation} is not known`);
  }

  /** The nets pad only channels, where a block has more of them than its input. */
  private padChannels(node: Node, x: FeatureMap): FeatureMap {
    const [n0, n1, top, bottom, left, right, before, after] = this.weight(node, 1).data;
    if (n0 || n1 || top || bottom || left || right || before || after === undefined) {
      throw new Error(`${this.spec.name}: only padding behind the channels is known`);
    }
    return padChannels(this.graph, x, after);
  }

  private node(name: string): Node {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`${this.spec.name}: there is no node ${name}`);
    return node;
  }

  private input(node: Node, index: number): string {
    const name = node.input[index];
    if (name === undefined) throw new Error(`${this.spec.name}: node ${node.name} has no input ${String(index)}`);
    return name;
  }

  private weight(node: Node, index: number): Weight {
    return weightOf(this.weights, this.input(node, index));
  }
}

function decodeText(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function strideOf(node: Node): number {
  return node.attr['strides']?.list?.i?.[1] ?? 1;
}

function paddingOf(node: Node): 'same' | 'valid' {
  return decodeText(node.attr['padding']?.s ?? '') === 'SAME' ? 'same' : 'valid';
}
