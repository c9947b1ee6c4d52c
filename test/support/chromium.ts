/**
 * A headless Chromium for tests that look at pages. Debian's package has it; without it those tests are skipped.
 */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

/** Whether tests can look at pages; to be shown in the name of what is skipped. */
export const hasChromium = executablePath !== undefined;
export const withoutChromium = hasChromium ? '' : ' (skipped: no Chromium; apt-get install chromium)';

/** Starts the browser. It talks to nobody. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}
