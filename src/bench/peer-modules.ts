/**
 * The part of the peers' packages that is used here.
 */

/** A tensor that only has to be freed. */
interface Disposable {
  dispose(): void;
}

export interface TfjsModule {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor3d(values: Uint8Array, shape: [number, number, number], type: 'int32'): Disposable;
  readonly io: {
    registerLoadRouter(router: (url: unknown) => { load(): Promise<unknown> } | null): void;
  };
}

export interface WasmModule {
  setWasmPaths(folder: string): void;
}

interface FaceApiNet {
  loadFromDisk(folder: string): Promise<void>;
}

export interface FaceApiModule {
  readonly nets: { readonly ssdMobilenetv1: FaceApiNet; readonly faceLandmark68Net: FaceApiNet };
  readonly SsdMobilenetv1Options: new (options: { minConfidence: number; maxResults: number }) => object;
  detectAllFaces(input: object, options: object): { withFaceLandmarks(): PromiseLike<unknown> };
}

interface Switch {
  readonly enabled: boolean;
}

/** The settings of Human that are given a value here. */
export interface HumanSettings {
  readonly backend: 'wasm';
  readonly wasmPath: string;
  readonly modelBasePath: string;
  readonly debug: boolean;
  readonly cacheSensitivity: number;
  readonly filter: Switch;
  readonly face: Switch & {
    readonly detector: Switch & { readonly maxDetected: number; readonly rotation: boolean };
    readonly mesh: Switch;
    readonly iris: Switch;
    readonly emotion: Switch;
    readonly description: Switch;
    readonly attention: Switch;
  };
  readonly body: Switch;
  readonly hand: Switch;
  readonly gesture: Switch;
  readonly object: Switch;
  readonly segmentation: Switch;
}

export interface HumanModule {
  readonly Human: new (settings: HumanSettings) => { load(): Promise<void>; detect(input: object): Promise<unknown> };
}

export function isTfjsModule(module: unknown): module is TfjsModule {
  return has(module, ['setBackend', 'ready', 'tensor3d']) && 'io' in module && has(module.io, ['registerLoadRouter']);
}

export function isWasmModule(module: unknown): module is WasmModule {
  return has(module, ['setWasmPaths']);
}

export function isFaceApiModule(module: unknown): module is FaceApiModule {
  return has(module, ['SsdMobilenetv1Options', 'detectAllFaces']) && 'nets' in module && typeof module.nets === 'object';
}

export function isHumanModule(module: unknown): module is HumanModule {
  return has(module, ['Human']);
}

function has(module: unknown, functions: readonly string[]): module is Record<string, unknown> {
  if (typeof module !== 'object' || module === null) return false;
  const values = new Map<string, unknown>(Object.entries(module));
  return functions.every((name) => typeof values.get(name) === 'function' || typeof Reflect.get(module, name) === 'function');
}
