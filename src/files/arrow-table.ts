/**
 * Reads Apache Arrow IPC files that may be damaged, or made to be.
 */
import { types } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { tableFromIPC, type Table } from 'apache-arrow';

const magic = Buffer.from('ARROW1');

/** Whether bytes begin as an Arrow file does. */
export function isArrowFile(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

/** Whether they end as one does. */
export function isWholeArrowFile(bytes: Uint8Array): boolean {
  return isArrowFile(bytes) && bytes.length > 2 * magic.length && magic.equals(bytes.subarray(-magic.length));
}

/** Milliseconds. Nothing is copied while a table is opened: a file of a million eyes takes a hundredth of it. */
const patience = 2000;

/**
 * The table of an Arrow file.
 *
 * The library believes what an index says of its own lengths, and would count to two thousand million, or lead in a circle. It is
 * therefore read under a deadline.
 * @throws if the bytes are no such file
 */
export function readArrowTable(bytes: Uint8Array): Table {
  if (!isWholeArrowFile(bytes)) throw new Error('it does not begin and end as an Arrow file does');
  let table: Table | undefined;
  const context = createContext({ read: () => { table = tableFromIPC(bytes); } });
  try {
    runInContext('read()', context, { timeout: patience });
  } catch (error) {
    // Not an instance of our Error: it comes from the other context.
    if (types.isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new Error('its index has no end', { cause: error });
    throw error;
  }
  // A row takes a byte at least in any table of ours; a number of rows may be written down without any.
  if (table === undefined || table.numRows > bytes.length) throw new Error('it has more rows than bytes');
  return table;
}
