/**
 * What a face-level stage is: one thing that is measured of each face, with all that the tool has to know of it.
 *
 * A stage lives in a folder of its own and stands in the list of stages (pipeline/face-stages.ts). Settings, the resume
 * fingerprint, columns, JSON, the verdict and the page are derived from that list.
 */
import type { z } from 'zod';
import type { FaceView } from './face.js';
import type { Measurements, StageSettings } from './measurements.js';
import type { FaceResult } from './result.js';
import type { Reason, Strictness, Verdict } from './verdict.js';

/** Name of a stage: of its section in the configuration, of its times, and of its key in what is measured. */
export type StageName = keyof Measurements & keyof StageSettings;

/** What a stage needs in order to measure well. A face that has less in a shrunk photo is decoded again, at full size. */
export interface WantedPixels {
  /** px across the shorter side of the face's box. */
  readonly face: number;
  /** px across an eye's region. */
  readonly eye: number;
}

/** What stages are opened with. */
export interface StageContext {
  /** Threads inside one inference. */
  readonly threads: number;
}

/** A stage with what it loaded. One instance serves one caller at a time. */
export interface OpenStage<Measurement> {
  readonly wants: WantedPixels;
  /** Measures the faces of one photo, in their order. */
  measure(faces: readonly FaceView[]): Promise<readonly Measurement[]>;
  release(): Promise<void>;
}

/** How a measured value is drawn on the page: a bar with words, below a picture of the eye where it belongs to one. */
export interface Meter {
  readonly name: string;
  /** How much of the bar is filled, 0 to 1; without it there is no bar. */
  readonly share?: number;
  /** The value in words. */
  readonly text: string;
  readonly tone: Verdict | 'unknown';
  /** Whose picture it stands below. */
  readonly picture?: 'leftEye' | 'rightEye';
  /** Shown where a person points at it. */
  readonly hint?: string;
}

/** How the page orders photos by a stage: by the face that counts and has the lowest rank. */
export interface PageOrder {
  readonly value: string;
  readonly text: string;
  /** Undefined where the face says nothing. */
  rank(face: FaceResult): number | undefined;
}

/** What the page draws of a stage. */
export interface StagePage<Settings> {
  meters(face: FaceResult): readonly Meter[];
  /** By name of a meter: marks on its bar, 0 to 1, where words change. */
  marks(settings: Settings): Promise<Readonly<Record<string, readonly number[]>>>;
  readonly order?: PageOrder;
  /** What is said of a face that nothing speaks against. */
  readonly praise?: string;
}

/** A stage as its folder defines it. */
export interface StageDefinition<Name extends StageName> {
  readonly name: Name;
  /** Its section of the configuration, with default and meaning of each key. */
  readonly settings: z.ZodType<StageSettings[Name]> & z.ZodObject;
  /** What it measures, for reading it back from a file. */
  readonly measurement: z.ZodType<Measurements[Name]>;
  /** What it measures of a face that nothing is to be said about: for documents, and for tests of what is done with results. */
  readonly example: Measurements[Name];
  /** Files other than the settings that measurements depend on. */
  files?(settings: StageSettings[Name]): readonly string[];
  /**
   * Whether the settings can be used, asked before any work.
   * @throws UsageError
   */
  check?(settings: StageSettings[Name]): Promise<void>;
  /** @throws if what it needs is missing or damaged */
  open(settings: StageSettings[Name], context: StageContext): Promise<OpenStage<Measurements[Name]>>;
  /** What is to be said about a face, worst first. Whoever measured it fills in `measured`. */
  reasons(measured: Measurements): readonly Reason[];
  /**
   * What the stage makes of a whole photo; a photo's verdict is the strictest of all stages'.
   * @param faces those that count: bystanders are left out
   * @param strictness how much doubt the photographer bears
   */
  weigh(faces: readonly FaceResult[], strictness: Strictness): Verdict;
  /** Columns of the CSV report, in order, and how a face's cell is written; what is not known is empty. */
  readonly columns: Readonly<Record<string, (face: FaceResult) => string>>;
  /** Keys of the face in the JSON report. */
  json(face: FaceResult): Readonly<Record<string, unknown>>;
  /** What `json` gives, with the meaning of each key, for the published schema of the report. */
  readonly jsonSchema: z.ZodObject;
  readonly page?: StagePage<StageSettings[Name]>;
}

/** A stage as the tool handles it, whichever it is: settings and measurements go through it as they are. */
export interface FaceStage extends Omit<StageDefinition<StageName>, 'name' | 'settings' | 'measurement' | 'example' | 'files' | 'check' | 'open' | 'page'> {
  readonly name: string;
  readonly settings: z.ZodObject;
  readonly measurement: z.ZodType;
  readonly example: unknown;
  files(settings: unknown): readonly string[];
  check(settings: unknown): Promise<void>;
  open(settings: unknown, context: StageContext): Promise<OpenStage<unknown>>;
  readonly page: StagePage<unknown>;
}

/** Makes a stage of its definition: from here on its settings are parsed wherever they come in. */
export function defineStage<Name extends StageName>(definition: StageDefinition<Name>): FaceStage {
  const { settings, page } = definition;
  return {
    ...definition,
    files: (value) => definition.files?.(settings.parse(value)) ?? [],
    check: async (value) => { await definition.check?.(settings.parse(value)); },
    open: (value, context) => definition.open(settings.parse(value), context),
    page: page === undefined
      ? { meters: () => [], marks: () => Promise.resolve({}) }
      : { ...page, marks: (value) => page.marks(settings.parse(value)) },
  };
}
