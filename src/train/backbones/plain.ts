/**
 * Plain convolutional nets: 3x3 convolutions one after the other, some of stride 2 (VGG without pooling).
 */
import { eyeHeads, type Backbone } from './net.js';

/** Output channels and stride of a layer. */
type Layer = readonly [channels: number, stride: number];

function plain(size: string, description: string, layers: readonly Layer[]): Backbone {
  return {
    name: `plain-${size}`,
    description,
    write: (net, crops) => {
      let x = crops;
      for (const [index, [channels, stride]] of layers.entries()) {
        x = net.activate(net.convNorm(`conv${String(index + 1)}`, x, { channels, kernel: 3, stride }), 'relu');
      }
      return eyeHeads(net, net.pool(x));
    },
  };
}

export const plainBackbones: readonly Backbone[] = [
  plain('nano', 'four 3x3 convolutions: the smallest', [[8, 2], [16, 2], [24, 2], [24, 1]]),
  plain('small', 'five 3x3 convolutions', [[16, 2], [24, 1], [32, 2], [48, 2], [64, 1]]),
  plain('base', 'six 3x3 convolutions, three of stride 2', [[16, 1], [24, 2], [32, 1], [48, 2], [64, 1], [96, 2]]),
  plain('wide', 'seven 3x3 convolutions, fewer and wider maps', [[24, 2], [32, 1], [48, 2], [64, 1], [64, 1], [96, 2], [128, 1]]),
];
