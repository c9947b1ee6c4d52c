/**
 * What tells the pictures of `--debug-crops` from photos, should they lie among them.
 */

/** EXIF data that such a picture carries. */
export const debugMark = { IFD0: { Software: 'portrait-pipeline --debug-crops' } };

/** Whether a picture is one of these, by its first few thousand bytes. */
export function isDebugPicture(beginning: Buffer): boolean {
  return beginning.includes(debugMark.IFD0.Software);
}
