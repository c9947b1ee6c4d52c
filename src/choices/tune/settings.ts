/**
 * The settings that are learned from a person's own choices, and those that are tried.
 */
import type { SettingChange } from '../../config/change-file.js';
import { readThresholds, type EyeThresholds } from '../../classify/thresholds.js';
import { strictnesses, type Strictness } from '../../core/verdict.js';
import { UsageError } from '../../core/usage-error.js';
import type { Config } from '../../pipeline/config.js';

/** What is learned. The words for eyes above `closed_below` change no verdict, so `open_above` only makes room for it. */
export interface TunedSettings {
  readonly strictness: Strictness;
  /** Sharpness, 0 to 100. */
  readonly blurred_below: number;
  readonly sharp_above: number;
  /** Chances that an eye is open, 0 to 1. */
  readonly closed_below: number;
  readonly open_above: number;
}

/** What the settings are now, with the eye net's own thresholds where they say auto. @throws UsageError where that net is missing */
export async function presentSettings({ verdict, blur, classify }: Config): Promise<TunedSettings> {
  const thresholds: EyeThresholds | undefined = await readThresholds(classify);
  if (thresholds === undefined) throw new UsageError(`There is no eye-state model ${classify.model} (classify.model).`);
  return { strictness: verdict.strictness, blurred_below: blur.blurred_below, sharp_above: blur.sharp_above, ...thresholds };
}

const tried = {
  blurred: Array.from({ length: 13 }, (_, index) => 15 + 5 * index),
  /** Between blurred and sharp. */
  doubt: [0, 5, 10, 15, 25],
  closed: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5],
};

/** The values of each part that are tried, those of now first. */
export interface Candidates {
  readonly strictness: readonly Strictness[];
  readonly blur: readonly Pick<TunedSettings, 'blurred_below' | 'sharp_above'>[];
  readonly eyes: readonly EyeThresholds[];
}

export function candidatesFrom(present: TunedSettings): Candidates {
  const { strictness, blurred_below, sharp_above, closed_below, open_above } = present;
  return {
    strictness: [strictness, ...strictnesses.filter((each) => each !== strictness)],
    blur: [
      { blurred_below, sharp_above },
      ...tried.blurred.flatMap((below) => tried.doubt.map((doubt) => ({ blurred_below: below, sharp_above: Math.min(100, below + doubt) }))),
    ],
    eyes: [{ closed_below, open_above }, ...tried.closed.map((below) => ({ closed_below: below, open_above: Math.max(open_above, below) }))],
  };
}

/** The settings that differ, as a settings file has them. */
export function changesBetween(present: TunedSettings, proposed: TunedSettings): SettingChange[] {
  const all: SettingChange[] = [
    { section: 'verdict', key: 'strictness', value: proposed.strictness },
    { section: 'blur', key: 'blurred_below', value: proposed.blurred_below },
    { section: 'blur', key: 'sharp_above', value: proposed.sharp_above },
    { section: 'classify', key: 'closed_below', value: proposed.closed_below },
    { section: 'classify', key: 'open_above', value: proposed.open_above },
  ];
  const before = new Map<string, string | number>(Object.entries(present));
  const isChanged = ({ key, value }: SettingChange): boolean => before.get(key) !== value;
  // Two that belong together: one of them alone could be in the wrong order with the other.
  return all.filter((change) => isChanged(change) || (change.section !== 'verdict' && all.some((other) => other.section === change.section && isChanged(other))));
}
