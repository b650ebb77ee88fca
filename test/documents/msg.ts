// Outlook messages (msg) made in memory for the tests. [MS-OXMSG] 2.2 to 2.4.
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
}

const LOCATION = 0;
const START = 1;
const END = 2;
/** PidLidLocation, PidLidAppointmentStartWhole, PidLidAppointmentEndWhole: the properties 8000, 8001 and 8002 of the file. */
const NAMED = [0x8208, 0x820d, 0x820e];

export function msg({ kind, subject, body, place, starts, ends, attachments = [] }: MsgContent): Buffer {
  const text = (tag: string, value: string | undefined): [string, Buffer][] =>
    value === undefined ? [] : [[`__substg1.0_${tag}001F`, Buffer.from(value, 'utf16le')]];
  const times = [
    [START, starts],
    [END, ends],
  ] as const;
  const fixed = times.flatMap(([number, time]) => (time === undefined ? [] : [timeProperty(number, time)]));
  const streams: [string, Buffer][] = [
    ['__properties_version1.0', Buffer.concat([Buffer.alloc(32), ...fixed])],
    ['__nameid_version1.0/__substg1.0_00020102', APPOINTMENT],
    ['__nameid_version1.0/__substg1.0_00030102', Buffer.concat(NAMED.map(nameEntry))],
    ['__nameid_version1.0/__substg1.0_00040102', Buffer.alloc(4)],
    ...text('001A', kind),
    ...text('0037', subject),
    ...text('1000', body),
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

/** A time (PtypTime): 100 ns since 1601. */
function timeProperty(number: number, time: Date): Buffer {
  const entry = Buffer.alloc(16);
  entry.writeUInt32LE(((0x8000 + number) * 0x10000 + 0x40) >>> 0, 0);
  entry.writeUInt32LE(6, 4);
  entry.writeBigUInt64LE((BigInt(time.getTime()) + 11_644_473_600_000n) * 10_000n, 8);
  return entry;
}
