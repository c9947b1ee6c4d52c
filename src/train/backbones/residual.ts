/**
 * Residual nets (He et al. 2016), with or without squeeze-and-excite (Hu et al. 2018).
 */
import { eyeHeads, type Backbone, type Features, type NetWriter } from './net.js';

/** Channels and stride of a block of two 3x3 convolutions. */
type Block = readonly [channels: number, stride: number];

/** Squeeze-and-excite narrows to this share of the channels in between. */
const SQUEEZE = 1 / 4;

function block(net: NetWriter, name: string, x: Features, [channels, stride]: Block, excite: boolean): Features {
  const first = net.activate(net.convNorm(`${name}.conv1`, x, { channels, kernel: 3, stride }), 'relu');
  const second = net.convNorm(`${name}.conv2`, first, { channels, kernel: 3 });
  const body = excite ? squeezeAndExcite(net, `${name}.excite`, second) : second;
  const same = stride === 1 && channels === x.channels;
  const shortcut = same ? x : net.convNorm(`${name}.shortcut`, x, { channels, kernel: 1, stride });
  return net.activate(net.add(body, shortcut), 'relu');
}

function squeezeAndExcite(net: NetWriter, name: string, x: Features): Features {
  const squeezed = net.dense(`${name}.squeeze`, net.pool(x), Math.round(x.channels * SQUEEZE));
  const excited = net.dense(`${name}.excite`, net.activate(squeezed, 'relu'), x.channels);
  return net.gate(x, net.activate(excited, 'sigmoid'));
}

interface ResidualOptions {
  readonly stem: readonly [channels: number, stride: number];
  readonly blocks: readonly Block[];
  readonly excite: boolean;
}

function residual(name: string, description: string, { stem, blocks, excite }: ResidualOptions): Backbone {
  return {
    name,
    description,
    write: (net, crops) => {
      const [channels, stride] = stem;
      let x = net.activate(net.convNorm('stem', crops, { channels, kernel: 3, stride }), 'relu');
      for (const [index, shape] of blocks.entries()) x = block(net, `block${String(index + 1)}`, x, shape, excite);
      return eyeHeads(net, net.pool(x));
    },
  };
}

export const residualBackbones: readonly Backbone[] = [
  residual('residual-small', 'residual blocks of two 3x3 convolutions',
    { stem: [16, 2], blocks: [[16, 1], [32, 2], [48, 2]], excite: false }),
  residual('squeeze-small', 'residual blocks with squeeze-and-excite',
    { stem: [16, 2], blocks: [[16, 1], [32, 2], [48, 2]], excite: true }),
  residual('squeeze-base', 'residual blocks with squeeze-and-excite, wider and deeper',
    { stem: [24, 2], blocks: [[24, 1], [48, 2], [48, 1], [64, 2]], excite: true }),
  residual('residual-large', 'residual blocks, the largest: what more parameters would bring',
    { stem: [32, 1], blocks: [[48, 2], [80, 2], [112, 1], [160, 2]], excite: false }),
];
