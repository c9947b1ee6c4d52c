/**
 * The map of the house: which room may import from which. Written once; the lint rule and CONTRIBUTING.md follow from it.
 *
 * From the ground up. A room may import from every floor below its own, and from no room of its own floor.
 */
export const floors = [
  { core: 'the vocabulary: boxes, rasters, faces, results, what a stage is. No input or output.' },
  { files: 'disk: whole or not at all, only regular files, errors in words, space, folders, locks, hashes.' },
  {
    config: 'settings: sections, loading, YAML and JSON schema.',
    image: 'the only room that opens pictures.',
    onnx: 'the only room that touches onnxruntime-node; graphs.',
  },
  { tfjs: 'the only room that touches TensorFlow.js.' },
  {
    detect: 'faces and landmarks.',
    classify: 'eyes: inference only.',
    blur: 'sharpness.',
    exposure: 'burnt out and black faces.',
    weights: 'compiles foreign nets to ONNX when the package is built.',
  },
  { pipeline: 'one photo through the stages; the verdict; all settings together.' },
  { scenes: 'frames of one moment, and which is the best.' },
  { run: 'many photos: order, journal, executors, sinks.', train: 'packed data, autodiff, backbones, loop, metrics, run folders.' },
  { queue: 'photos for the workers of other machines; the only room that touches Redis.' },
  { reports: 'CSV, JSON, HTML, sidecars.' },
  { choices: 'what a person chose, kept safe.', learn: 'packing, training and evaluation from end to end, for the command and for programs.' },
  { sort: 'photos into folders by verdict.', review: 'a page to choose by.', bench: 'measures speed.' },
  { cli: 'a file a verb: parse, plan, do, print.', library: 'the same for programs; index.ts says what of it is public.' },
];
