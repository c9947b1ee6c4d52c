/**
 * Images that nobody waits for any more, or that cannot be shown. Taken out of the page, an image goes on loading until its memory is tidied up, and keeps the
 * server from those that are wanted.
 */

/** An image is not waited for any more, if it is not there yet. */
export function letGo(image: HTMLImageElement): void {
  if (!image.complete) image.removeAttribute('src');
}

/** Puts children in place of others; images of those are let go. */
export function replaceChildren(parent: HTMLElement, ...children: readonly Node[]): void {
  const before = parent.querySelectorAll('img');
  parent.replaceChildren(...children);
  // After the new ones have asked: an image that is in both goes on.
  for (const image of before) if (!parent.contains(image)) letGo(image);
}

/** An image that could not be read is not to be seen, until it is another one. */
export function hiddenIfUnread(image: HTMLImageElement): HTMLImageElement {
  image.addEventListener('error', () => { image.classList.add('unread'); });
  image.addEventListener('load', () => { image.classList.remove('unread'); });
  return image;
}
