/**
 * Backbones by name.
 */
import { closest } from 'fastest-levenshtein';
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

/** The backbone called `name`. @throws if there is none; the message names the nearest one */
export function createBackbone(name: string): Backbone {
  const backbone = backbones.get(name);
  if (!backbone) {
    throw new Error(`There is no backbone ${name}; did you mean ${closest(name, [...backbones.keys()])}? `
      + `There are: ${[...backbones.keys()].join(', ')}.`);
  }
  return backbone;
}
