/**
 * ConvNeXt-like nets (Liu et al. 2022): wide depthwise kernels, normalization over channels, GELU, patches instead of
 * strided convolutions inside blocks. Kernels are 5x5, not 7x7: the maps are small.
 */
import { eyeHeads, type Backbone, type Features, type NetWriter } from './net.js';

/** Channels of a stage and how many blocks it has; each stage after the first starts by halving the map. */
type Stage = readonly [channels: number, blocks: number];

const EXPANSION = 3;

function block(net: NetWriter, name: string, x: Features): Features {
  const mixed = net.conv(`${name}.depthwise`, x, { channels: x.channels, kernel: 5, depthwise: true });
  const normalized = net.channelNorm(`${name}.norm`, mixed);
  const wide = net.activate(net.conv(`${name}.expand`, normalized, { channels: x.channels * EXPANSION, kernel: 1 }), 'gelu');
  return net.add(x, net.conv(`${name}.project`, wide, { channels: x.channels, kernel: 1 }));
}

function convnext(size: string, description: string, stages: readonly Stage[]): Backbone {
  return {
    name: `convnext-${size}`,
    description,
    write: (net, crops) => {
      let x = crops;
      for (const [index, [channels, blocks]] of stages.entries()) {
        x = net.conv(`stage${String(index + 1)}.halve`, x, { channels, kernel: 3, stride: 2 });
        x = net.channelNorm(`stage${String(index + 1)}.norm`, x);
        for (let b = 1; b <= blocks; b += 1) x = block(net, `stage${String(index + 1)}.block${String(b)}`, x);
      }
      return eyeHeads(net, net.pool(x));
    },
  };
}

export const convnextBackbones: readonly Backbone[] = [
  convnext('small', '5x5 depthwise kernels, channel norm, GELU (ConvNeXt style)', [[16, 1], [32, 2], [64, 2]]),
];
