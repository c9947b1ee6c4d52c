/**
 * What the choices so far teach: a proposal, what it would change, and a button to write it.
 */
import { button, element } from '../../reports/html/page/dom.js';
import type { LessonData } from '../data.js';
import { learn, writeLearned } from './api.js';

export class LessonDialog {
  readonly root = element('dialog', { class: 'help lesson', 'aria-label': 'Learn from my choices' });
  private readonly body = element('div', { 'aria-live': 'polite' });

  /** @param open called with a photo that is to be looked at */
  constructor(private readonly open: (id: number) => void) {
    this.root.append(
      element('header', {}, element('h2', {}, 'Learn from my choices'), button('✕', 'Close (Esc)', () => { this.root.close(); }, 'close')),
      this.body);
  }

  show(): void {
    this.root.showModal();
    this.body.replaceChildren(element('p', {}, 'The photos that you chose for are judged again …'));
    learn().then((lesson) => { this.fill(lesson); }, (error: unknown) => { this.say(error); });
  }

  private fill({ lines, file, changed }: LessonData): void {
    this.body.replaceChildren(
      element('pre', {}, lines.join('\n')),
      ...(file === undefined ? [] : [this.writeButton(file)]),
      element('ul', {}, ...changed.map(({ id, photo, said }) => element('li', {}, button(photo, `Show ${photo}`, () => {
        this.root.close();
        this.open(id);
      }), ` ${said}`))));
  }

  private writeButton(file: string): HTMLButtonElement {
    const write = button(`Write into ${file}`, `Write into ${file}`, () => {
      write.disabled = true;
      writeLearned().then(() => { write.textContent = `Written: ${file}. Use it with --config ${file}.`; }, (error: unknown) => { this.say(error); });
    });
    return write;
  }

  private say(error: unknown): void {
    this.body.replaceChildren(element('p', { class: 'problem' }, error instanceof Error ? error.message : String(error)));
  }
}
