/**
 * A net of one's own, for `pipeline train eyes.arrow --backbone ./backbone.js`: two kinds of kernels side by side.
 *
 * The same description is written twice by the tool, with gradients for training and as a plain model; so it may only use
 * what `net` offers.
 */

/** @type {import('portrait-pipeline/extend').Backbone} */
const backbone = {
  name: 'two-scales',
  description: 'wide and narrow kernels, added',
  write: (net, crops) => {
    let x = net.activate(net.convNorm('stem', crops, { channels: 16, kernel: 3, stride: 2 }), 'relu');
    for (const [index, channels] of [24, 48].entries()) {
      const narrow = net.convNorm(`stage${index + 1}.narrow`, x, { channels, kernel: 3, stride: 2 });
      const wide = net.convNorm(`stage${index + 1}.wide`, x, { channels, kernel: 5, stride: 2 });
      x = net.activate(net.add(narrow, wide), 'silu');
    }
    const pooled = net.pool(x);
    return { open: net.dense('open', pooled, 1), visible: net.dense('visible', pooled, 1) };
  },
};

export default backbone;
