/**
 * Options that choose the configuration, the same for every verb.
 */
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { UsageError } from '../core/usage-error.js';
import { kindOf } from '../files/regular-file.js';
import { loadConfig } from '../pipeline/config.js';
import type { Config } from '../pipeline/config.js';

/** The options' values, as commander gives them. */
export interface SettingsOptions {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Adds `--config` and `--set` to a verb. */
export function addSettingsOptions(command: Command): Command {
  return command
    .option('--config <file>', 'your own settings: a YAML file with any part of config.yaml')
    .addOption(new Option('--set <key=value>', 'change one setting, as in detect.min_score=0.6 (repeatable)')
      .argParser(collect));
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/**
 * Loads the settings that the options ask for.
 * @param shortcuts `key=value` settings from options of the verb's own; `--set` wins over them
 * @throws UsageError as `loadConfig` does
 */
export function settingsFrom(options: SettingsOptions, shortcuts: readonly (string | undefined)[] = []): Config {
  const chosen = shortcuts.filter((shortcut) => shortcut !== undefined);
  return loadConfig(options.config, [...chosen, ...(options.set ?? [])]);
}

/** Where settings that are learned from a person's choices go: the person's own file, or else `pipeline.yaml` beside the report. */
export function learnedPath({ config }: SettingsOptions, report: string): string {
  return config ?? join(dirname(resolve(report)), 'pipeline.yaml');
}

/** The settings with what was learned before. @throws UsageError as `loadConfig` does, and where a pipe or folder lies in their place */
export function learnedSettings(options: SettingsOptions, report: string): Config {
  if (options.config !== undefined) return settingsFrom(options);
  const config = learnedPath(options, report);
  const stats = statSync(config, { throwIfNoEntry: false });
  if (stats === undefined) return settingsFrom(options);
  // Nobody has named it: what lies there may have come along with a report, and a pipe would be waited for.
  if (!stats.isFile()) throw new UsageError(`${config}, where settings are that were learned: ${kindOf(stats)}`);
  return settingsFrom({ ...options, config });
}

/** `key=value` for a verb's own option, or nothing where it was not given. */
export function shortcut(key: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${key}=${value}`;
}
