/**
 * What is wanted of the graph models that @vladmandic/human carries: read by their compiler to ONNX and by the engine that
 * runs them as they are.
 */

/** Which part of a GraphModel is wanted, and how its input is scaled. */
export interface GraphModelSpec {
  /** Name under `models/` of @vladmandic/human. */
  readonly name: string;
  /** Side of the square input, px. */
  readonly inputSize: number;
  /** The net sees `byte * scale + offset`. */
  readonly scale: number;
  readonly offset: number;
  /** Node of the model -> name of the output, and its shape without the batch. What no output needs is left out. */
  readonly outputs: readonly { readonly node: string; readonly name: string; readonly shape: readonly number[] }[];
}

export const graphModels = {
  blazeface: {
    name: 'blazeface',
    inputSize: 256,
    scale: 1 / 127.5,
    offset: -1,
    outputs: [
      { node: 'Identity', name: 'scores16', shape: [512, 1] },
      { node: 'Identity_2', name: 'boxes16', shape: [512, 16] },
      { node: 'Identity_1', name: 'scores8', shape: [384, 1] },
      { node: 'Identity_3', name: 'boxes8', shape: [384, 16] },
    ],
  },
  facemesh: {
    name: 'facemesh',
    inputSize: 192,
    scale: 1 / 255,
    offset: 0,
    outputs: [
      { node: 'Identity_2', name: 'points', shape: [1404] },
      { node: 'Identity_1', name: 'face', shape: [1] },
    ],
  },
} as const satisfies Readonly<Record<string, GraphModelSpec>>;

export type GraphModelName = keyof typeof graphModels;
