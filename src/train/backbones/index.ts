/**
 * Backbones by name.
 */
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { UsageError } from '../../core/usage-error.js';
import { importModule } from '../../files/import-module.js';
import { convnextBackbones } from './convnext.js';
import { mobileBackbones } from './mobile.js';
import type { Backbone } from './net.js';
import { plainBackbones } from './plain.js';
import { residualBackbones } from './residual.js';

export type { Backbone } from './net.js';

const backbones = new Map([...plainBackbones, ...mobileBackbones, ...residualBackbones, ...convnextBackbones]
  .map((backbone) => [backbone.name, backbone]));

/** The names that `createBackbone` knows. */
export function listBackbones(): readonly string[] {
  return [...backbones.keys()];
}

/**
 * The backbone called `name`, or the one that a module of the user's own exports as its default: a `Backbone`, whose name
 * must be its own.
 * @param name a name, or a path that ends in .js or .mjs, looked for in the working directory
 * @throws UsageError if there is none, or the module gives none
 */
export async function loadBackbone(name: string): Promise<Backbone> {
  if (!/\.m?js$/.test(name)) {
    try {
      return createBackbone(name);
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
  }
  const backbone = backboneIn(await importModule(name, 'train.backbone'));
  if (backbone === undefined) throw new UsageError(`${name} (train.backbone) must export { name, description, write } as its default.`);
  const taken = backbones.get(backbone.name);
  if (taken !== undefined && taken.write !== backbone.write) {
    throw new UsageError(`${name} (train.backbone) calls its net ${backbone.name}, as one that comes with the tool is called. Choose another name.`);
  }
  backbones.set(backbone.name, backbone);
  return backbone;
}

const backboneSchema = z.object({
  default: z.object({
    name: z.string().regex(/^[\w.-]+$/), description: z.string(),
    write: z.custom<Backbone['write']>((value) => typeof value === 'function'),
  }),
});

function backboneIn(module: unknown): Backbone | undefined {
  return backboneSchema.safeParse(module).data?.default;
}

/** The backbone called `name`. @throws if there is none; the message names the nearest one */
export function createBackbone(name: string): Backbone {
  const backbone = backbones.get(name);
  if (!backbone) {
    throw new Error(`There is no backbone ${name}; did you mean ${closest(name, [...backbones.keys()])}? `
      + `There are: ${[...backbones.keys()].join(', ')}.`);
  }
  return backbone;
}
