/**
 * The settings that belong to no stage: of each its type, range, default and meaning. config.yaml and its JSON schema are
 * written from here (npm run config); the sections of the stages stand in their folders.
 */
import { z } from 'zod';
import { strictnesses } from '../core/verdict.js';
import { CROPS } from '../core/eye.js';

/** Sources that the shipped net learnt from, and by what their names tell pictures that belong together. */
const knownGroups = {
  cew_closed: { pattern: '(closed_eye_\\d+)', block: 1 },
  cew_patches: { pattern: '(closed_eye_\\d+)|^(.+)_\\d+_[LR]\\.', block: 1 },
  kaggle_drowsiness: { pattern: '^_(\\d+)\\.', block: 20 },
  mrl_ir_probe: { pattern: '^(s\\d+)_', block: 1 },
  ytf68: { pattern: '^(.+)_\\d+\\.', block: 1 },
  ar_faces: { pattern: '^(ar_\\d+)_', block: 1 },
  narrow_utk: { pattern: '^(\\d+_\\d+_\\d+_\\d+)', block: 1 },
  utk_asian: { pattern: '^(\\d+_\\d+_\\d+_\\d+)', block: 1 },
  winks: { pattern: '^\\d+_(.+)\\.', block: 1 },
};

const fraction = z.number().min(0).max(1);
const pixels = z.number().int().min(1);

/** Whether a text is a regular expression that captures something. */
function isPattern(text: string): boolean {
  try {
    return (new RegExp(`${text}|`).exec('') ?? []).length > 1;
  } catch {
    return false;
  }
}

/** Whether a text is `height x width` in the shape of the packed crop, and no larger: there are no more pixels. */
function isCropSize(text: string): boolean {
  const [height = 0, width = 0] = text.split('x').map(Number);
  return height > 0 && Object.values(CROPS).some((largest) => height <= largest.height && width * largest.height === height * largest.width);
}

const stars = z.union([z.literal('none'), z.number().int().min(-1).max(5)]);
const colourLabel = z.enum(['none', 'Red', 'Yellow', 'Green', 'Blue', 'Purple']);

/** What concerns a photo before the stages see its faces. */
export const photoSections = {
  image: z.strictObject({
    decode_side: z.number().int().min(128).max(4096).default(1000)
      .describe('(px, 128-4096) large photos are shrunk while they are opened, to no less than this on the longest side'),
    max_megapixels: z.number().min(0.1).max(2000).default(250)
      .describe('(number, 0.1-2000) a photo with more pixels gets an error row'),
    max_megabytes: z.number().min(0.1).max(4000).default(500)
      .describe('(number, 0.1-4000) a larger file gets an error row'),
    timeout_seconds: z.number().min(0.1).max(600).default(60)
      .describe('(seconds, 0.1-600) a photo that takes longer to open gets an error row'),
  }),
  detect: z.strictObject({
    engine: z.enum(['auto', 'onnx', 'tfjs']).default('auto')
      .describe('(auto | onnx | tfjs) what runs the nets of this section; auto is onnx, tfjs needs packages of its own'),
    detector: z.enum(['blazeface', 'ssd-mobilenet-v1', 'tiny-face', 'portrait']).default('blazeface')
      .describe('(blazeface | ssd-mobilenet-v1 | tiny-face | portrait) the net that finds faces'),
    landmarks: z.enum(['facemesh', 'landmarks68']).default('facemesh')
      .describe('(facemesh | landmarks68) the net that finds the eyes of a face'),
    min_score: fraction.default(0.6)
      .describe('(0-1) a detection below this score is not a face'),
    min_face_score: fraction.default(0.5)
      .describe('(0-1) nor is one of which the landmark net (facemesh) is less sure than this'),
    second_look: z.boolean().default(true)
      .describe('(true | false) look again, closer, where faces are doubtful, very small or not found at all'),
    second_opinion: z.enum(['portrait', 'none']).default('portrait')
      .describe('(portrait | none) the net that is asked about small faces blazeface is unsure of; only where second_look is on'),
    portrait_model: z.string().min(1).default('models/portrait.onnx').meta({
      path: true,
      description: '(path) the portrait net, as a detector and for second opinions; pipeline train makes one from photos with boxes. A relative path starts '
        + 'at the file that says so, with --set at the current folder',
    }),
    smallest: z.number().min(0.3).max(100).default(1)
      .describe('(% of the longer side, 0.3-100) in large groups, faces down to this size are looked for'),
    min_face: pixels.default(12)
      .describe('(px) a face narrower than this, in the full-size photo, is left out'),
  }),
  eyes: z.strictObject({
    min_width: pixels.default(6)
      .describe('(px) an eye narrower than this, corner to corner in the full-size photo, is `unknown`'),
    max_turn: fraction.default(0.75)
      .describe('(0-1) how far the head may be turned before the far eye is `unknown`; 1 is full profile'),
  }),
};

/** What concerns verdicts, learning, and a run as a whole. */
export const otherSections = {
  verdict: z.strictObject({
    min_relative_area: fraction.default(0.25)
      .describe('(0-1) a face smaller than this share of the largest face is a bystander: reported, no veto'),
    strictness: z.enum(strictnesses).default('normal')
      .describe('(lenient | normal | strict) how much doubt about eyes and sharpness sends a photo to review, and how much rejects it'),
  }),
  data: z.strictObject({
    validation: z.number().min(0).max(0.5).default(0.15)
      .describe('(0-0.5) share of the eyes kept to choose by'),
    test: z.number().min(0).max(0.5).default(0.15)
      .describe('(0-0.5) share of the eyes kept to report on, never to choose by'),
    split: z.enum(['group', 'random']).default('group')
      .describe('(group | random) random deals out single eyes and leaks: only to show by how much that flatters'),
    split_seed: z.number().int().min(0).max(2147483647).default(1)
      .describe('(number, 0-2147483647) another seed gives another split'),
    holdout: z.array(z.string()).default([])
      .describe('(list of source names) sources that are not trained on, only tested on'),
    validate_on: z.array(z.string()).default([])
      .describe('(list of source names) sources that are neither trained on nor reported on, only chosen by'),
    duplicate_correlation: z.number().min(0.5).max(1).default(0.93)
      .describe('(0.5-1) eyes whose pixels correlate at least this much are the same picture'),
    misplaced: fraction.default(0.25)
      .describe('(0-1) for this share of the faces, packing adds a crop beside the eyes, in which there is none'),
    groups: z.record(z.string(), z.strictObject({
      pattern: z.string().refine(isPattern, 'must be a regular expression with one capture, as in "^(.+)_\\d+"'),
      block: z.number().int().min(1).default(1),
    })).default(knownGroups)
      .describe('(source: pattern, block) what must stay together, read from the file\'s name; see data/README.md'),
  }),
  train: z.strictObject({
    backbone: z.string().min(1).default('plain-wide')
      .describe('(name | path) the net to train; `pipeline models` lists them; ./mine.js is one of your own, see docs/training.md'),
    name: z.string().regex(/^[\w.-]+$/, 'must be letters, digits, ".", "_" and "-"').default('eyes')
      .describe('(name) goes into the run folder\'s name: workdir/001-eyes'),
    workdir: z.string().min(1).default('workdir')
      .describe('(path) where run folders are made'),
    init: z.string().min(1).default('none')
      .meta({ path: true, description: '(none | path) train on from this .onnx that `pipeline train` wrote' }),
    epochs: z.number().int().min(1).max(1000).default(16)
      .describe('(number, 1-1000) rounds through the training part'),
    batch_size: z.union([z.literal('auto'), z.number().int().min(1).max(4096)]).default(64)
      .describe('(auto | 1-4096) eyes a step; auto: the size with the best throughput within memory_limit'),
    accumulate: z.number().int().min(1).max(1024).default(1)
      .describe('(number, 1-1024) batches whose gradients make one step: the memory of one, the step of a batch so many times as large'),
    memory_limit: z.number().min(100).max(100_000).default(2000)
      .describe('(MB, 100-100000) what batch_size: auto may use'),
    lr: z.union([z.literal('auto'), z.number().gt(0).max(1)]).default(0.004)
      .describe('(auto | 0-1) highest learning rate; auto: found by a short sweep before the first epoch'),
    optimizer: z.enum(['adamw', 'sgd']).default('adamw')
      .describe('(adamw | sgd) sgd has momentum 0.9'),
    weight_decay: fraction.default(0.02)
      .describe('(0-1) share of each weight, times the learning rate, that a step takes away'),
    clip: z.number().min(0).max(1000).default(1)
      .describe('(number, 0-1000) longer gradients are shortened to this; 0: never'),
    schedule: z.enum(['one-cycle', 'cosine', 'constant']).default('one-cycle')
      .describe('(one-cycle | cosine | constant) learning rate over the run'),
    label_smoothing: z.number().min(0).max(0.5).default(0.02)
      .describe('(0-0.5) labels are drawn towards "cannot tell" by this share'),
    sizes: z.array(z.string().regex(/^\d+x\d+$/, 'must be height x width, as in 32x48')
      .refine(isCropSize, `must be 1.5 times as wide as high, and ${String(CROPS.eye.height)}x${String(CROPS.eye.width)} at most, as packed eyes are; or square, `
        + `and ${String(CROPS.face.height)}x${String(CROPS.face.width)} at most, as packed faces and photos are`)).min(1)
      .default(['16x24', '24x36', '24x36', '24x36'])
      .describe('(list of height x width, px, 3:2, 32x48 at most; faces and photos square, 160x160) each for an equal share of the epochs, the last for the rest'),
    grow_batch: z.boolean().default(false)
      .describe('(true | false) smaller images make larger batches: about as many px a step at every size'),
    strength: z.tuple([fraction, fraction]).default([0.3, 0.7])
      .describe('(two numbers, 0-1) strength of the augmentation at the first and at the last size'),
    balance: z.enum(['sampling', 'weights', 'none']).default('sampling')
      .describe('(sampling | weights | none) how unequal classes and sources are evened out'),
    patience: z.number().int().min(0).max(1000).default(0)
      .describe('(epochs, 0-1000) stop when that many epochs at the last size bring nothing better; 0: never'),
    top_k: z.number().int().min(1).max(100).default(1)
      .describe('(number, 1-100) checkpoints of so many best epochs are kept'),
    save_seconds: z.number().int().min(1).max(86_400).default(60)
      .describe('(seconds, 1-86400) a checkpoint at least this often, within an epoch too'),
    freeze: z.array(z.string().min(1)).default([])
      .describe('(list of layers, as in [conv1, conv2]) what stays as it is, where training goes on from a model'),
    callbacks: z.string().min(1).default('none')
      .describe('(none | path) a module of your own that is told of each step and epoch, see docs/training.md'),
    logger: z.enum(['none', 'wandb']).default('none')
      .describe('(none | wandb) wandb: write a run folder that `wandb sync` uploads, too; this tool sends nothing'),
    wandb_project: z.string().min(1).default('portrait-pipeline')
      .describe('(name) the project under which wandb shows the run'),
    right_share: z.number().min(0.5).max(1).default(0.99)
      .describe('(0.5-1) thresholds are chosen so that this share of what is not `unsure` is right on validation'),
    limit_batches: z.number().int().min(0).max(1_000_000).default(0)
      .describe('(number, 0-1000000) steps an epoch at most, to try things out; 0: no limit'),
    seed: z.number().int().min(0).max(2147483647).default(1)
      .describe('(number, 0-2147483647) the same seed gives the same run on the same machine'),
    threads: z.number().int().min(1).max(64).default(2)
      .describe('(1-64) threads of a step, each with its part of every batch; another number gives other weights'),
    loader_threads: z.number().int().min(1).max(16).default(1)
      .describe('(1-16) threads that prepare batches'),
    emphasis: z.record(z.string(), z.number().min(0).max(100)).default({})
      .describe('(source: number, 0-100) how many times the attention a source gets that its size would give it'),
  }),
  train_detector: z.strictObject({
    name: z.string().regex(/^[\w.-]+$/, 'must be letters, digits, ".", "_" and "-"').default('portrait')
      .describe('(name) goes into the name of the run folder: workdir/001-portrait'),
    epochs: z.number().int().min(1).max(1000).default(24)
      .describe('(number, 1-1000) parts of the run; after each the net is validated'),
    crops: z.number().int().min(1).max(10_000_000).default(4000)
      .describe('(number, 1-10000000) training crops an epoch'),
    batch_size: z.number().int().min(1).max(4096).default(8)
      .describe('(number, 1-4096) crops a step, dealt out to the threads'),
    sizes: z.array(z.number().int().min(64).max(1024).multipleOf(32)).min(1).default([256])
      .describe('(list of px, multiples of 32) side of the crops, each for an equal share of the epochs'),
    lr: z.number().gt(0).max(1).default(0.0025)
      .describe('(0-1) highest learning rate'),
    weight_decay: fraction.default(0.02)
      .describe('(0-1) share of each weight, times the learning rate, that a step takes away'),
    clip: z.number().min(0).max(1000).default(5)
      .describe('(number, 0-1000) longer gradients are shortened to this; 0: never'),
    threads: z.number().int().min(1).max(64).default(2)
      .describe('(1-64) threads, each with its part of every batch'),
  }).describe('for photos with boxes (pipeline pack --kind boxes); seed, schedule, optimizer and workdir are those of train'),
  runtime: z.strictObject({
    device: z.enum(['cpu', 'cuda', 'webgpu', 'auto']).default('cpu')
      .describe('(cpu | cuda | webgpu | auto) where the onnx engine runs the nets of detect; auto: the first that starts'),
    threads: z.number().int().min(1).max(64).default(1)
      .describe('(1-64) threads inside one inference; the workers are where the speed comes from'),
  }),
  xmp: z.strictObject({
    keep_stars: stars.default('none')
      .describe('(none | -1-5) stars of a photo to keep'),
    review_stars: stars.default(2)
      .describe('(none | -1-5) stars of a photo to review'),
    reject_stars: stars.default(-1)
      .describe('(none | -1-5) stars of a photo to reject; editors show -1 as rejected'),
    keep_label: colourLabel.default('none')
      .describe('(none | Red | Yellow | Green | Blue | Purple) colour label of a photo to keep'),
    review_label: colourLabel.default('Yellow')
      .describe('(none | Red | Yellow | Green | Blue | Purple) colour label of a photo to review'),
    reject_label: colourLabel.default('Red')
      .describe('(none | Red | Yellow | Green | Blue | Purple) colour label of a photo to reject'),
  }).describe('stars and colour labels for --xmp'),
  run: z.strictObject({
    workers: z.union([z.literal('auto'), z.number().int().min(1).max(256)]).default('auto')
      .describe('(auto | 1-256) photos worked on at once; auto: one a core'),
    photo_seconds: z.number().min(1).max(3600).default(60)
      .describe('(seconds, 1-3600) a photo that takes longer, all in all, gets an error row; its process is ended'),
    photo_megabytes: z.number().min(300).max(1_000_000).default(3000)
      .describe('(MB, 300-1000000) a worker process that grows beyond this is ended; the photo that did it gets an error row'),
  }),
  queue: z.strictObject({
    batch: z.number().int().min(1).max(256).default(8)
      .describe('(photos, 1-256) what a worker is handed at once, and what is judged again where it is lost'),
    ahead: z.number().int().min(256).max(100_000).default(4096)
      .describe('(photos, 256-100000) handed out before the first of them is back: two for each worker process of all machines'),
    lost_seconds: z.number().min(1).max(3600).default(30)
      .describe('(seconds, 1-3600) a worker that is not heard of for so long has lost its photos: others get them'),
    tries: z.number().int().min(1).max(20).default(3)
      .describe('(number, 1-20) workers that a batch may be lost with, and then each of its photos alone, before it gets an error row'),
  }).describe('for many machines (--queue), see docs/cluster.md'),
};
