/**
 * The `portrait` net: one look at a photo of any size, a face for each cell of three grids.
 *
 * A fully convolutional single-shot detector in the manner of FCOS (Tian et al. 2019) and YuNet (Wu et al. 2023): features
 * at strides 8, 16 and 32, what the coarse ones know handed down to the fine ones (Lin et al. 2017), one small head a level.
 */
import type { Features, NetWriter } from '../backbones/net.js';
import { VALUES_PER_CELL } from '../../detect/portrait-cells.js';

/** Channels of each part. */
const WIDTHS = { stem: 16, quarter: 32, eighth: 48, sixteenth: 64, last: 96, pyramid: 48 } as const;

/**
 * Writes the net.
 * @param photos three channels, -1 to 1; height and width are multiples of 32
 * @returns a map a level, finest first, with `VALUES_PER_CELL` channels: see `portrait-cells.ts` for what they mean
 */
export function writePortraitNet(net: NetWriter, photos: Features): Features[] {
  // No norm at the largest map: it would cost more time than all convolutions of the coarsest level.
  const stem = net.activate(net.conv('stem', photos, { channels: WIDTHS.stem, kernel: 3, stride: 2 }), 'relu');
  const quarter = layer(net, 'quarter', stem, WIDTHS.quarter, 2);
  const eighth = residual(net, 'eighth.2', layer(net, 'eighth.1', quarter, WIDTHS.eighth, 2), 1);
  const sixteenth = residual(net, 'sixteenth.2', layer(net, 'sixteenth.1', eighth, WIDTHS.sixteenth, 2), 2);
  const last = residual(net, 'last.2', layer(net, 'last.1', sixteenth, WIDTHS.last, 2), 2);
  const coarse = layer(net, 'pyramid.3', last, WIDTHS.pyramid, 1, 1);
  const middle = handDown(net, 'pyramid.2', sixteenth, coarse);
  const fine = handDown(net, 'pyramid.1', eighth, middle);
  return [fine, middle, coarse].map((features, level) => head(net, `head.${String(level + 1)}`, features));
}

function layer(net: NetWriter, name: string, x: Features, channels: number, stride: number, kernel = 3): Features {
  return net.activate(net.convNorm(name, x, { channels, kernel, stride }), 'relu');
}

/** `depth` convolutions beside a shortcut. */
function residual(net: NetWriter, name: string, x: Features, depth: number): Features {
  let y = x;
  for (let index = 1; index < depth; index += 1) y = layer(net, `${name}.${String(index)}`, y, x.channels, 1);
  return net.activate(net.add(x, net.convNorm(`${name}.${String(depth)}`, y, { channels: x.channels, kernel: 3 })), 'relu');
}

function handDown(net: NetWriter, name: string, x: Features, coarser: Features): Features {
  const own = net.convNorm(name, x, { channels: coarser.channels, kernel: 1 });
  return net.activate(net.add(own, net.double(coarser)), 'relu');
}

function head(net: NetWriter, name: string, x: Features): Features {
  return net.conv(`${name}.values`, layer(net, `${name}.features`, x, x.channels, 1), { channels: VALUES_PER_CELL, kernel: 1 });
}
