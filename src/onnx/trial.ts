/**
 * Tries a device in a process of its own: graphics libraries write warnings straight to standard error, where no setting reaches
 * them, and a bad driver can end the process that asks it.
 */
import { execFile } from 'node:child_process';
import { workerScript } from '../files/package.js';
import type { Device } from './session.js';

const timeoutMs = 60_000;

/**
 * Runs a small net on the device, in another process.
 * @param script what that process runs
 * @throws with the reason where it does not work
 */
export function runTrial(device: Device, script = workerScript('device-trial')): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, device], { timeout: timeoutMs }, (error, stdout) => {
      if (error === null) resolve();
      else reject(new Error(stdout.trim() || howItEnded(error.killed === true, error.signal ?? undefined), { cause: error }));
    });
  });
}

function howItEnded(timedOut: boolean, signal: string | undefined): string {
  if (timedOut) return `it gave no answer for ${String(timeoutMs / 1000)} s`;
  return signal === undefined ? 'its process failed without a word' : `its driver ended the process (${signal})`;
}
