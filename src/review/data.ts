/**
 * What the page and the server say to each other. Types only, shared by both.
 */
import type { FaceData, PhotoData, ReportData, VerdictName } from '../reports/html/data.js';

/** What a person chose; what is absent is not chosen. */
export interface ChoiceData {
  readonly verdict?: VerdictName;
  readonly stars?: number;
  readonly colour?: 'Red' | 'Yellow' | 'Green' | 'Blue' | 'Purple';
}

/** What is to become of a choice; null takes a part of it back. */
export type ChangeData = { readonly [Part in keyof ChoiceData]?: ChoiceData[Part] | null };

/** A photo's place among the frames of its moment. */
export interface SceneData {
  readonly scene: number;
  readonly frames: number;
  /** 1 is the best; absent in an exposure bracket. */
  readonly rank?: number;
  readonly reason: string;
}

/** A photo in the list. */
export interface ItemData {
  readonly id: number;
  readonly photo: string;
  /** Absent while the photo is not judged yet. */
  readonly verdict?: VerdictName;
  /** In words, joined; what went wrong, where the photo could not be read. */
  readonly reasons: string;
  readonly failed?: true;
  readonly scene?: SceneData;
}

/** A face with what only this page shows. */
export interface ReviewFace extends FaceData {
  /** Where to look, px of the photo: between the eyes. */
  readonly look: readonly [number, number];
  /** Middles of the person's own left and right eye, px of the photo, where they are known. */
  readonly leftEye?: readonly [number, number];
  readonly rightEye?: readonly [number, number];
  /** Who it is, within the photo's scene. */
  readonly person?: number;
}

/** A photo with everything that is known of it. */
export interface ReviewPhoto extends Omit<PhotoData, 'faces'> {
  readonly faces: readonly ReviewFace[];
  readonly scene?: SceneData;
}

/** What the page begins with. */
export interface ShootData {
  readonly report: ReportData;
  readonly items: readonly ItemData[];
  readonly choices: readonly (readonly [id: number, choice: ChoiceData])[];
  readonly undo: boolean;
  readonly redo: boolean;
  readonly progress: ProgressData;
}

export interface ProgressData {
  readonly judged: number;
  readonly total: number;
  /** What went wrong with judging, for people. */
  readonly problem?: string;
}

/** What was learned from the person's choices. */
export interface LessonData {
  /** For people, line by line. */
  readonly lines: readonly string[];
  /** The settings file that the proposal can be written into; absent where nothing is proposed. */
  readonly file?: string;
  /** Photos that would be judged otherwise then. */
  readonly changed: readonly { readonly id: number; readonly photo: string; readonly said: string }[];
}

/** What the server tells every open page. */
export type NewsData =
  | { readonly kind: 'items'; readonly items: readonly ItemData[]; readonly progress: ProgressData }
  | { readonly kind: 'choices'; readonly choices: readonly (readonly [id: number, choice: ChoiceData])[]; readonly undo: boolean; readonly redo: boolean };
