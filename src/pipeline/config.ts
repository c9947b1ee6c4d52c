/**
 * All settings of the tool: those that belong to no stage, and a section of each stage.
 */
import { z } from 'zod';
import { loadSettings } from '../config/load.js';
import { otherSections, photoSections } from '../config/schema.js';
import { DETECTOR } from '../classify/settings.js';
import type { StageSettings } from '../core/measurements.js';
import { UsageError } from '../core/usage-error.js';
import { faceStages } from './face-stages.js';

const stageSections = Object.fromEntries(faceStages.map(({ name, settings }) => [name, settings]));

/** Every section can be left out: its keys have defaults. */
function optional(sections: Readonly<Record<string, z.ZodObject>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(sections).map(([name, section]) => [name, section.prefault({})]));
}

/** The schema of the whole configuration. */
export const configSchema = z.strictObject(optional({ ...photoSections, ...stageSections, ...otherSections }));

type Sections = typeof photoSections & typeof otherSections;

/** All settings, checked. */
export type Config = { readonly [Section in keyof Sections]: z.infer<Sections[Section]> } & StageSettings;

/** Any part of the settings. */
export type SomeSettings = { readonly [Section in keyof Config]?: Partial<Config[Section]> };

/**
 * Loads the settings: the defaults, then those of the user, then single overrides.
 * @param given any part of config.yaml: a YAML file, or an object
 * @param overrides `section.key=value`, the last one wins
 * @throws UsageError that names the key or file, and what would be right
 */
export function loadConfig(given?: string | SomeSettings, overrides: readonly string[] = []): Config {
  const settings: object = loadSettings(configSchema, given, overrides);
  if (!isConfig(settings)) throw new Error('The schema of the configuration lacks a section.');
  return agreeing(settings);
}

/**
 * Settings that another process has sent, all of them.
 * @throws UsageError where they are not those of this version
 */
export function parseConfig(sent: unknown): Config {
  const { data, error } = configSchema.safeParse(sent);
  if (data === undefined || !isConfig(data)) {
    const [issue] = error?.issues ?? [];
    throw new UsageError(`The settings are not those of this version${issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`}.`);
  }
  return agreeing(data);
}

/** @throws UsageError where one section asks for what another one cannot give */
function agreeing(config: Config): Config {
  const { classify: { model }, detect: { detector } } = config;
  if (model !== DETECTOR || detector === 'portrait') return config;
  throw new UsageError(`classify.model: ${DETECTOR} takes what the detector says of eyes, and ${detector} says nothing of them. Set detect.detector=portrait.`);
}

/** What `configSchema` has parsed is a Config where no section is missing; its type cannot say so for a list of stages. */
function isConfig(settings: object): settings is Config {
  return Object.keys(configSchema.shape).every((section) => Object.hasOwn(settings, section));
}
