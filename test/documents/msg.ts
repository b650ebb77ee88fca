// Outlook messages (msg) made in memory for the tests. [MS-OXMSG] 2.2 to 2.4.
import iconv from 'iconv-lite';
import { ole } from './ole.ts';

/** PSETID_Appointment, as its bytes stand in the file. */
const APPOINTMENT = Buffer.from('0220060000000000c000000000000046', 'hex');

export interface MsgAttachment {
  name: string;
  type: string;
  bytes: Uint8Array;
}

export interface MsgContent {
  /** Like IPM.Note, IPM.Appointment, IPM.Note.SMIME.MultipartSigned. */
  kind: string;
  subject: string;
  body?: string;
  place?: string;
  starts?: Date;
  ends?: Date;
  attachments?: readonly MsgAttachment[];
  /** Body as HTML, in these bytes. */
  html?: Uint8Array;
  /** Texts as bytes of this charset rather than UTF-16. */
  charset?: string;
  /** Code pages that the message names: of its texts, of its body. */
  pages?: { message?: number; internet?: number };
}

const LOCATION = 0;
const START = 1;
const END = 2;
/** PidLidLocation, PidLidAppointmentStartWhole, PidLidAppointmentEndWhole: the properties 8000, 8001 and 8002 of the file. */
const NAMED = [0x8208, 0x820d, 0x820e];

export function msg(content: MsgContent): Buffer {
  const { kind, subject, body, place, starts, ends, attachments = [], html, charset, pages = {} } = content;
  const text = (tag: string, value: string | undefined): [string, Buffer][] =>
    value === undefined
      ? []
      : charset === undefined
        ? [[`__substg1.0_${tag}001F`, Buffer.from(value, 'utf16le')]]
        : [[`__substg1.0_${tag}001E`, iconv.encode(value, charset)]];
  const times = [
    [START, starts],
    [END, ends],
  ] as const;
  const fixed = times.flatMap(([number, time]) => (time === undefined ? [] : [timeProperty(number, time)]));
  const named = [
    [0x3ffd, pages.message],
    [0x3fde, pages.internet],
  ] as const;
  fixed.push(...named.flatMap(([tag, page]) => (page === undefined ? [] : [numberProperty(tag, page)])));
  const streams: [string, Buffer][] = [
    ['__properties_version1.0', Buffer.concat([Buffer.alloc(32), ...fixed])],
    ['__nameid_version1.0/__substg1.0_00020102', APPOINTMENT],
    ['__nameid_version1.0/__substg1.0_00030102', Buffer.concat(NAMED.map(nameEntry))],
    ['__nameid_version1.0/__substg1.0_00040102', Buffer.alloc(4)],
    ...text('001A', kind),
    ...text('0037', subject),
    ...text('1000', body),
    ...(html === undefined ? [] : [['__substg1.0_10130102', Buffer.from(html)] as [string, Buffer]]),
    ...text((0x8000 + LOCATION).toString(16), place),
  ];
  attachments.forEach(({ name, type, bytes }, i) => {
    const folder = `__attach_version1.0_#${i.toString(16).padStart(8, '0')}`;
    const own: [string, Buffer][] = [
      ['__properties_version1.0', Buffer.alloc(8)],
      ...text('3707', name),
      ...text('370E', type),
      ['__substg1.0_37010102', Buffer.from(bytes)],
    ];
    for (const [stream, content] of own) streams.push([`${folder}/${stream}`, content]);
  });
  return ole(Object.fromEntries(streams));
}

/** Key, index of the property set (3 is the first of the file's own) and number of the property. */
function nameEntry(key: number, index: number): Buffer {
  const entry = Buffer.alloc(8);
  entry.writeUInt32LE(key, 0);
  entry.writeUInt16LE(3 << 1, 4);
  entry.writeUInt16LE(index, 6);
  return entry;
}

/** A whole number (PtypInteger32). */
function numberProperty(tag: number, value: number): Buffer {
  const entry = Buffer.alloc(16);
  entry.writeUInt32LE((tag * 0x10000 + 3) >>> 0, 0);
  entry.writeUInt32LE(6, 4);
  entry.writeUInt32LE(value, 8);
  return entry;
}

/** A time (PtypTime): 100 ns since 1601. */
function timeProperty(number: number, time: Date): Buffer {
  const entry = Buffer.alloc(16);
  entry.writeUInt32LE(((0x8000 + number) * 0x10000 + 0x40) >>> 0, 0);
  entry.writeUInt32LE(6, 4);
  entry.writeBigUInt64LE((BigInt(time.getTime()) + 11_644_473_600_000n) * 10_000n, 8);
  return entry;
}
