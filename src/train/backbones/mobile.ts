/**
 * Depthwise-separable nets: inverted bottlenecks as in MobileNetV2 (Sandler et al. 2018).
 */
import { eyeHeads, type Backbone, type Features, type NetWriter } from './net.js';

interface Block {
  readonly channels: number;
  readonly stride: number;
  /** Channels inside the block, as a multiple of those that come in. */
  readonly expansion: number;
}

function bottleneck(net: NetWriter, name: string, x: Features, { channels, stride, expansion }: Block): Features {
  const inner = x.channels * expansion;
  const wide = net.activate(net.convNorm(`${name}.expand`, x, { channels: inner, kernel: 1 }), 'relu');
  const mixed = net.activate(
    net.convNorm(`${name}.depthwise`, wide, { channels: inner, kernel: 3, stride, depthwise: true }), 'relu');
  const narrow = net.convNorm(`${name}.project`, mixed, { channels, kernel: 1 });
  return stride === 1 && channels === x.channels ? net.add(x, narrow) : narrow;
}

function mobile(size: string, description: string, stem: number, blocks: readonly Block[], last: number): Backbone {
  return {
    name: `mobile-${size}`,
    description,
    write: (net, crops) => {
      let x = net.activate(net.convNorm('stem', crops, { channels: stem, kernel: 3, stride: 2 }), 'relu');
      for (const [index, block] of blocks.entries()) x = bottleneck(net, `block${String(index + 1)}`, x, block);
      x = net.activate(net.convNorm('last', x, { channels: last, kernel: 1 }), 'relu');
      return eyeHeads(net, net.pool(x));
    },
  };
}

export const mobileBackbones: readonly Backbone[] = [
  mobile('small', 'inverted bottlenecks with depthwise 3x3 convolutions (MobileNetV2 style)', 16, [
    { channels: 16, stride: 1, expansion: 2 },
    { channels: 24, stride: 2, expansion: 3 },
    { channels: 24, stride: 1, expansion: 3 },
    { channels: 40, stride: 2, expansion: 3 },
    { channels: 40, stride: 1, expansion: 3 },
  ], 96),
];
