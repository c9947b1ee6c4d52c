/**
 * The marks that editors read from XMP: stars and a colour label, put into a packet without touching what else it holds.
 * Properties as in the XMP specification, part 2 (xmp:Rating, xmp:Label); flags as Lightroom Classic writes them (xmpDM:pick and
 * xmpDM:good); colour numbers as darktable does.
 */
import { DOMParser, XMLSerializer, type Document, type Element } from '@xmldom/xmldom';

export const colours = ['Red', 'Yellow', 'Green', 'Blue', 'Purple'] as const;
export type Colour = (typeof colours)[number];

export interface Marks {
  /** Stars, 1 to 5; -1: rejected; undefined: no mark. */
  readonly rating: number | undefined;
  readonly label: Colour | undefined;
  /** The flag of a person's own choice; absent: none. */
  readonly pick?: 'pick' | 'reject';
}

export type Editor = 'lightroom' | 'darktable';

const xmpNamespace = 'http://ns.adobe.com/xap/1.0/';
const mediaNamespace = 'http://ns.adobe.com/xmp/1.0/DynamicMedia/';
const rdfNamespace = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const darktableNamespace = 'http://darktable.sf.net/';

const emptyPacket = `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="${rdfNamespace}">
  <rdf:Description rdf:about="" xmlns:xmp="${xmpNamespace}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
`;

/**
 * A packet with the marks in it.
 * @param existing the sidecar that is there, if there is one
 * @param force put the marks in place of others; else a mark that is there stays
 * @returns undefined where nothing changes
 * @throws if `existing` is not XMP, or would not be any more with the marks
 */
export function mergeMarks(existing: string | undefined, marks: Marks, editor: Editor, force: boolean): string | undefined {
  const document = parsePacket(existing ?? emptyPacket);
  const descriptions = [...document.getElementsByTagNameNS(rdfNamespace, 'Description')];
  const [first] = descriptions;
  if (first === undefined) throw new Error('it holds no rdf:Description');
  const packet = { document, descriptions, first };
  let changed = false;
  if (marks.rating !== undefined) changed = setText(packet, ratingProperty, String(marks.rating), force);
  if (marks.label !== undefined) {
    changed = (editor === 'lightroom'
      ? setText(packet, labelProperty, marks.label, force)
      : setColour(packet, colours.indexOf(marks.label), force)) || changed;
  }
  if (marks.pick !== undefined && editor === 'lightroom') {
    // The two stand for each other: where one stays, so does the other.
    const isSet = setText(packet, pickProperty, marks.pick === 'pick' ? '1' : '-1', force);
    if (isSet) setText(packet, goodProperty, marks.pick === 'pick' ? 'True' : 'False', true);
    changed = isSet || changed;
  }
  if (!changed) return undefined;
  const text = new XMLSerializer().serializeToString(document);
  // Read once more before it takes the place of somebody's edits.
  parsePacket(text);
  return text;
}

/** A property that holds a text. */
interface Property {
  readonly namespace: string;
  /** Wanted where the packet has none for the namespace. */
  readonly prefix: string;
  readonly name: string;
}
const ratingProperty: Property = { namespace: xmpNamespace, prefix: 'xmp', name: 'Rating' };
const labelProperty: Property = { namespace: xmpNamespace, prefix: 'xmp', name: 'Label' };
const pickProperty: Property = { namespace: mediaNamespace, prefix: 'xmpDM', name: 'pick' };
const goodProperty: Property = { namespace: mediaNamespace, prefix: 'xmpDM', name: 'good' };

interface Packet {
  readonly document: Document;
  readonly descriptions: readonly Element[];
  /** Where new properties go. */
  readonly first: Element;
}

function parsePacket(text: string): Document {
  return new DOMParser({ onError: (_level, message) => { throw new Error(message); } })
    .parseFromString(text.replace(/^\uFEFF/, ''), 'text/xml');
}

/** XMP allows a property as an attribute and as an element; the form that is there is kept. @returns whether it changed */
function setText({ descriptions, first }: Packet, property: Property, value: string, force: boolean): boolean {
  const { namespace, name } = property;
  for (const description of descriptions) {
    const [child] = childrenNamed(description, namespace, name);
    const current = child?.textContent ?? description.getAttributeNS(namespace, name);
    if (current === null) continue;
    if (current === value || (!force && current !== '' && current !== '0')) return false;
    if (child !== undefined) child.textContent = value;
    else setAttribute(description, property, value);
    return true;
  }
  setAttribute(first, property, value);
  return true;
}

/**
 * The prefix is free to choose, but not one that stands for something else where the attribute goes: two namespaces of one
 * prefix are no XML any more. One that the packet binds to ours already is the best.
 */
function setAttribute(description: Element, { namespace, prefix, name }: Property, value: string): void {
  // An attribute of that name keeps its prefix.
  if (description.hasAttributeNS(namespace, name)) {
    description.setAttributeNS(namespace, description.getAttributeNodeNS(namespace, name)?.name ?? name, value);
    return;
  }
  description.setAttributeNS(namespace, `${freePrefix(description, namespace, prefix)}:${name}`, value);
}

/** A prefix that means `namespace` at an element, or nothing yet. */
function freePrefix(element: Element, namespace: string, wanted: string): string {
  const bound = element.lookupPrefix(namespace);
  if (bound !== null && bound !== '' && element.lookupNamespaceURI(bound) === namespace) return bound;
  for (let number = 1; ; number += 1) {
    const prefix = number === 1 ? wanted : `${wanted}${String(number)}`;
    if ([null, namespace].includes(element.lookupNamespaceURI(prefix))) return prefix;
  }
}

function setColour({ document, descriptions, first }: Packet, colour: number, force: boolean): boolean {
  const present = descriptions.flatMap((description) => childrenNamed(description, darktableNamespace, 'colorlabels'));
  const items = present.flatMap((element) => [...element.getElementsByTagNameNS(rdfNamespace, 'li')]);
  if (items.length > 0 && !force) return false;
  if (items.length === 1 && items[0]?.textContent === String(colour)) return false;
  for (const element of present) element.parentNode?.removeChild(element);
  const darktable = freePrefix(first, darktableNamespace, 'darktable');
  const rdf = freePrefix(first, rdfNamespace, 'rdf');
  const labels = document.createElementNS(darktableNamespace, `${darktable}:colorlabels`);
  const sequence = document.createElementNS(rdfNamespace, `${rdf}:Seq`);
  const item = document.createElementNS(rdfNamespace, `${rdf}:li`);
  item.textContent = String(colour);
  sequence.appendChild(item);
  labels.appendChild(sequence);
  first.appendChild(labels);
  return true;
}

function childrenNamed(parent: Element, namespace: string, name: string): Element[] {
  return [...parent.getElementsByTagNameNS(namespace, name)].filter((element) => element.parentNode === parent);
}
