// SPDX-License-Identifier: MIT
// Makes the seeds of the wire and crypto harnesses from the golden vectors: node tests/fuzz/seeds.mjs
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const vectors = `${here}../vectors/`;

function seed(target, name, ...parts) {
  mkdirSync(`${here}seeds/${target}`, { recursive: true });
  writeFileSync(`${here}seeds/${target}/${name}`, Buffer.concat(parts));
}

const byte = (...values) => Buffer.from(values);
const varint = (n) => (n < 64 ? byte(n) : byte(0x40 | (n >> 8), n & 255));
const framed = (bytes) => Buffer.concat([varint(bytes.length), bytes]);
const golden = readdirSync(`${vectors}wire`).filter((name) => name.endsWith('.hex')).map((file) => ({
  name: file.slice(0, -4),
  bytes: Buffer.from(readFileSync(`${vectors}wire/${file}`, 'utf8').replace(/\s/g, ''), 'hex'),
}));
const starting = (prefix) => golden.filter(({ name }) => name.startsWith(prefix));

for (const { name, bytes } of starting('control_')) {
  seed('control', `${name}_client`, byte(0), bytes);
  seed('control', `${name}_relay`, byte(1), bytes);
}
for (const { name, bytes } of starting('chat_text_')) seed('control', name, byte(2), bytes);
for (const { name, bytes } of starting('feedback_')) seed('feedback', name, bytes);
const objects = starting('header_').map(({ name, bytes }) => ({ name, bytes: Buffer.concat([framed(bytes), Buffer.from('payload')]) }));
for (const { name, bytes } of objects) seed('object', name, bytes);
for (const { name, bytes } of starting('media_info_')) seed('media_info', name, framed(bytes), Buffer.from('codec bytes'));

const control = Buffer.concat(starting('control_').map(({ bytes }) => framed(bytes)));
seed('framer', 'control_by_1', byte(0), control);
seed('framer', 'control_by_100', byte(198), control);
seed('framer', 'run_by_7', byte(13), byte(3), ...objects.map(({ bytes }) => framed(bytes)));

seed('skim', 'run', byte(3), ...objects.map(({ bytes }) => framed(bytes)));

const { sframe } = JSON.parse(readFileSync(`${vectors}sframe.json`, 'utf8').replace(/: (\d{16,})/g, ': "$1"'));
for (const row of sframe) seed('sframe', `suite_${row.cipher_suite}`, byte(row.cipher_suite), Buffer.from(row.ct, 'hex'));
seed('sframe', 'default', byte(0), Buffer.from(JSON.parse(readFileSync(`${vectors}keys.json`, 'utf8')).sframe[0].ct, 'hex'));

const steps = (...list) => Buffer.from(list.flat());
const all = Array.from({ length: 64 }, (_, i) => i);
seed('keyring', 'in_order', steps(all.map((i) => [0, i])));
seed('keyring', 'each_twice', steps(all.map((i) => [0, i, 0, i])));
seed('keyring', 'backwards', steps(all.map((i) => [0, 63 - i])));
seed('keyring', 'altered_first', steps(all.map((i) => [1 + 4 * (i % 32), i, 0, i])));
seed('keyring', 'announced_again', steps(all.map((i) => [0, i, 2, i, 0, i])));
seed('keyring', 'foreign', steps([3, 20]), Buffer.from(JSON.parse(readFileSync(`${vectors}keys.json`, 'utf8')).sframe[2].ct, 'hex'));

// Frames of other shards about the room "tea": [from or what happens, length in two bytes, frame].
{
  const room = Buffer.from('833ede412aad05219a1b924c1fe8a5cd', 'hex'); // its BLAKE2b-128
  const field = (tag, bytes) => Buffer.concat([byte((tag << 3) | 2, bytes.length), bytes]);
  const number = (tag, n) => byte(tag << 3, n);
  const frame = (from, bytes) => Buffer.concat([byte(from, bytes.length >> 8, bytes.length & 255), bytes]);
  const message = (tag, ...body) => Buffer.concat([byte(1), field(1, room), field(tag, Buffer.concat(body))]);
  const layer = Buffer.concat([number(2, 64), number(3, 36), number(4, 30), number(6, 3)]);
  const track = (id, kind, ...layers) => field(5, Buffer.concat([number(1, id), number(2, kind), ...layers.map((l) => field(4, l))]));
  const member = (id, ...rest) => field(1, Buffer.concat([number(1, id), field(2, Buffer.from('Bob')), field(4, Buffer.alloc(16, 7)), ...rest]));
  const seat = (id, order, moves) => Buffer.concat([member(id, track(1, 1), track(2, 2, layer)), number(2, order), number(3, moves), field(4, Buffer.alloc(16, id))]);
  const [ASK, STATE, PUT, GONE, DONE, INTEREST, KEY, TALK] = [2, 3, 4, 5, 6, 7, 8, 9];
  const state = (...seats) => message(STATE, ...seats.map((s) => field(1, s)), number(2, 1), number(3, 1), number(4, 1));
  const voice = Buffer.concat([byte(2), room, framed(Buffer.concat([framed(byte(8, 16, 16, 1, 40, 1, 48, 1, 72, 90)), Buffer.from('sealed')]))]);
  const picture = (seq) => Buffer.concat([byte(3), room, framed(Buffer.concat([framed(byte(8, 16, 16, 2, 40, seq, 48, 1, 56, 1)), Buffer.from('sealed')]))]);
  const own = byte(8, 0x83, 0x9c, 2); // the id that the harness is given
  const wait = (n) => frame(3 | (n << 2), byte());
  const come = [frame(0, message(ASK)), frame(0, state(seat(16, 2, 0), seat(32, 3, 0)))];
  seed('frame', 'come_and_talk', ...come, frame(0, voice), frame(0, picture(1)), frame(0, picture(2)), wait(4), frame(0, message(GONE, field(1, byte(16)))), frame(0, message(DONE)));
  seed('frame', 'moves', ...come, frame(1, message(PUT, seat(16, 2, 1))), frame(0, voice), frame(1, voice), frame(1, picture(1)), frame(0, message(PUT, seat(16, 2, 0))), wait(40));
  seed('frame', 'needs', ...come, frame(0, message(INTEREST, own, field(2, Buffer.concat([number(1, 2), number(3, 1), number(4, 2)])))), frame(0, message(KEY, own, number(2, 2))));
  seed('frame', 'no_such_layer', ...come, frame(0, message(INTEREST, own, field(2, Buffer.concat([number(1, 2), number(2, 100), number(3, 1)])), field(2, Buffer.concat([number(1, 100), number(3, 1)])))), frame(0, message(KEY, own, number(2, 2), number(3, 100))), frame(0, message(KEY, own, number(2, 100))));
  seed('frame', 'talk', ...come, frame(0, message(TALK, field(1, Buffer.concat([number(1, 16), field(2, Buffer.from('sealed'))])))));
  seed('frame', 'down_and_up', ...come, frame(8, byte()), wait(10), frame(12, byte()), frame(0, state(seat(16, 2, 0))), frame(4, byte()), wait(20), frame(8, byte()), wait(40));
  seed('frame', 'foreign', frame(0, voice), frame(1, message(PUT, seat(16, 2, 0))), frame(2, message(ASK)), frame(0, byte(9, 9)), frame(0, byte()));
}

// What NATS brings to relay 3: beats and batches as they are, such with a good beginning, and what happens meanwhile.
{
  const move = (what, bytes = Buffer.alloc(0)) => Buffer.concat([byte(what, bytes.length >> 8, bytes.length & 255), bytes]);
  const big = (size, n) => { const b = Buffer.alloc(size); b.writeBigUInt64BE(BigInt(n), size - 8); return b; };
  const short = (n) => byte(n >> 8, n & 255);
  const long = (n) => byte(n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255);
  const beat = (instance, node, address, { flags = 0, threads = 2, cpu = 10, sessions = 4 } = {}) =>
    Buffer.concat([Buffer.from('PBT1'), big(8, instance), big(8, 1_000_000_000), short(node), byte(flags, threads, cpu), long(sessions), long(1), Buffer.from(address)]);
  const batch = (from, to, instance, epoch, frames = Buffer.from('frames')) =>
    Buffer.concat([Buffer.from('PBX1'), short(from), short(to), byte(2), big(8, instance), long(epoch), frames]);
  const [BEAT, BATCH, GOOD_BEAT, GOOD_BATCH, TIME, SILENT, NUMBER] = Array.from({ length: 7 }, (_, i) => i);
  const wait = (tenths) => move(TIME + 7 * tenths);
  const [lose, win] = [move(NUMBER), move(NUMBER + 7)];
  seed('bus', 'two_come_and_go', move(BEAT, beat(1, 1, 'a.example:4443')), move(BEAT, beat(2, 1023, '[::1]:4443')), move(BATCH, batch(1, 3, 1, 0)), wait(14), move(BEAT, beat(1, 1, 'a.example:4443')), wait(3), move(SILENT), move(BEAT, beat(1, 1, '', { flags: 2 })));
  seed('bus', 'restarts', move(BEAT, beat(1, 1, 'a:1')), move(BEAT, beat(9, 1, 'a:1')), move(BATCH, batch(1, 3, 1, 0)), move(BATCH, batch(1, 3, 9, 1)), move(BATCH, batch(1, 3, 9, 1)), wait(20), move(BATCH, batch(1, 3, 7, 0)));
  seed('bus', 'batch_first', move(BATCH, batch(5, 3, 1, 0)), move(BEAT, beat(1, 5, 'a:1', { sessions: 0xffffffff, cpu: 255 })), wait(16), move(SILENT), move(BATCH, batch(5, 3, 1, 1)));
  seed('bus', 'rival', move(BEAT, beat(1, 3, 'a:1')), lose, move(BEAT, beat(1, 2, 'a:1')), win, move(BEAT, beat(1, 2, 'a:1')), lose, win);
  seed('bus', 'foreign', move(BEAT, beat(1, 0, '')), move(BEAT, beat(1, 1024, '')), move(BEAT, beat(1, 1, '<b>')), move(BEAT, beat(1, 1, '', { threads: 17 })), move(BEAT, beat(1, 1, 'a'.repeat(256))), move(BATCH, batch(1, 4, 1, 0)), move(BATCH, batch(3, 3, 1, 0)), move(BATCH, batch(0, 3, 1, 0)), move(BATCH, Buffer.from('PBX1')), move(BATCH));
  seed('bus', 'many', ...Array.from({ length: 12 }, (_, i) => Buffer.concat([move(GOOD_BEAT, byte(i, i, i, i % 4, 97, 58, 49)), move(GOOD_BATCH, byte(i, i, i % 3, 1)), wait(2), move(SILENT)])));

  const entry = (threads, media, frame) => Buffer.concat([varint((threads << 1) | media), framed(frame)]);
  const numbered = (shard, n, ...entries) => Buffer.concat([byte(1), long(shard), long(n), ...entries]);
  const [ANY, GOOD, OTHER_GOOD, WHOLE, NODE] = Array.from({ length: 5 }, (_, i) => i);
  const hello = Buffer.from('hello');
  seed('batch', 'in_order', move(ANY, numbered(16, 1, entry(3, 0, hello), entry(1, 1, hello))), move(ANY, numbered(16, 2, entry(2, 0, hello))), move(ANY, numbered(17, 1, entry(3, 1, hello))));
  seed('batch', 'gap', move(ANY, numbered(16, 1, entry(3, 0, hello))), move(ANY, numbered(16, 3, entry(3, 0, hello))), move(ANY, numbered(16, 0xffffffff)), move(ANY, numbered(16, 1)));
  seed('batch', 'foreign', move(ANY, numbered(48, 1, entry(3, 0, hello))), move(ANY, numbered(5, 1)), move(ANY, numbered(1 << 20, 1)), move(ANY, numbered(16, 0)), move(ANY, numbered(16, 1, byte(2, 0))), move(ANY, numbered(16, 2, byte(2, 9, 1))), move(ANY, byte(2)), move(ANY));
  seed('batch', 'there_and_back', ...[0, 1, 4, 5].map((how) => move(WHOLE + 5 * how, Buffer.alloc(40, how + 1))), move(WHOLE, Buffer.alloc(4000, 7)));
  seed('batch', 'come_and_go', ...[1, 2, 3, 16, 19].map((n) => move(NODE + 5 * n, byte(n))), move(GOOD + 5 * 16, entry(3, 0, hello)), move(OTHER_GOOD, Buffer.concat([byte(0x21), entry(3, 0, hello)])));
}

// Whole engines: steps of [what, with, bytes]; the length is given in units of eight bytes.
const step = (what, withWhat, bytes = Buffer.alloc(0)) => {
  const padded = Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
  return Buffer.concat([byte(what, withWhat, padded.length / 8), padded]);
};
const media = Buffer.concat([byte(2, 8, 3), Buffer.from('codec bytes')]);
const TICK = 0;
{
  const [OPEN, CLOSED, WELCOME, CONTROL, DATAGRAM, RUN, MESSAGE, OBJECT, PUBLISH, SEND, SUBSCRIBE, CHAT] = Array.from({ length: 12 }, (_, i) => i + 1);
  const call = (transport) => [
    step(OPEN, transport), step(WELCOME, 0), step(PUBLISH, 1), step(PUBLISH, 2 | 16 | 64), step(SUBSCRIBE, 3),
    step(OBJECT, 1, media), step(OBJECT, 2, media), step(TICK, 20), step(OBJECT, 0, media), step(OBJECT, 4, media), step(TICK, 33),
    step(SEND, 1, media), step(SEND, 2 | 64, media), step(TICK, 100), step(SEND, 2, media), step(CHAT, 0, Buffer.from('hello...')), step(TICK, 0),
  ];
  seed('client', 'webtransport', ...call(0), ...call(0));
  seed('client', 'websocket', ...call(1));
  seed('client', 'reconnect', ...call(0), step(CLOSED, 0), step(TICK, 0), step(TICK, 140), ...call(1), step(16, 255), step(TICK, 255));
  seed('client', 'gaps', ...call(0), ...[2, 192, 0, 64, 128, 6, 0].map((w) => Buffer.concat([step(OBJECT, w, media), step(TICK, 90)])));
  for (const { name, bytes } of starting('control_')) {
    seed('client', `message_${name}`, ...call(1), step(MESSAGE, 0, Buffer.concat([byte(1), bytes])), step(TICK, 50));
  }
  seed('client', 'stream', ...call(0), step(CONTROL, 0, control), step(DATAGRAM, 0, Buffer.concat([byte(4), starting('feedback_')[0].bytes])),
    step(RUN, 0, Buffer.concat([byte(3), ...objects.map(({ bytes }) => framed(bytes))])), step(TICK, 0));
}
{
  const [OPEN, CLOSED, HELLO, PUBLISH, SUBSCRIBE, OBJECT, CONTROL, DATAGRAM, RUN, MESSAGE, PATH] = Array.from({ length: 11 }, (_, i) => i + 1);
  const join = (who, transport = 0) => Buffer.concat([step(OPEN, who | transport), step(HELLO, who), step(PUBLISH, who), step(PUBLISH, who | 64 | 8)]);
  const talk = (who) => Buffer.concat([step(OBJECT, who | 4, media), step(OBJECT, who | 8, media), step(TICK, 20), step(OBJECT, who, media), step(OBJECT, who | 24, media)]);
  const three = [join(0), join(1, 4), join(2), ...[0, 1, 2].map((who) => step(SUBSCRIBE, 64 | who))];
  seed('relay', 'three', ...three, talk(0), talk(1), talk(2), step(TICK, 100), talk(0), step(TICK, 0));
  seed('relay', 'nobody_reads', ...three, ...Array.from({ length: 8 }, () => Buffer.concat([step(OBJECT + 195, 8, media), step(TICK, 30)])), step(TICK, 255));
  seed('relay', 'come_and_go', ...three, talk(0), step(CLOSED, 0), talk(1), step(TICK, 148), join(0), talk(0), step(14, 255), step(TICK, 0));
  seed('relay', 'paths', ...three, step(PATH, 4), talk(1), step(TICK, 200), step(PATH, 252), talk(1), step(12, 1), talk(1));
  for (const { name, bytes } of starting('control_')) {
    seed('relay', `message_${name}`, ...three, step(MESSAGE, 1, Buffer.concat([byte(1), bytes])), step(TICK, 50));
  }
  seed('relay', 'stream', ...three, step(CONTROL, 0, control), step(DATAGRAM, 2, Buffer.concat([byte(4), starting('feedback_')[0].bytes])),
    step(RUN, 2, Buffer.concat([byte(3), ...objects.map(({ bytes }) => framed(bytes))])), step(TICK, 0));
}

// HTTP/3: [server or client], then steps of [what, which stream, length, bytes].
{
  const move = (what, which, bytes = Buffer.alloc(0)) => Buffer.concat([byte(what, which, bytes.length), bytes]);
  const [UNI, BIDI, NEW_UNI, NEW_BIDI, DATA, END, PIECES, RESET, CLOSED, DATAGRAM, SETTINGS, SESSION] = Array.from({ length: 12 }, (_, i) => i);
  const CLOSE = 10 + 12 * 12; // with the high bit: we close
  const wtUni = (session) => Buffer.concat([byte(0x40, 0x54, session), Buffer.from('a run')]);
  const wtBidi = (session) => Buffer.concat([byte(0x40, 0x41, session), Buffer.from('control')]);
  const closeCapsule = Buffer.concat([byte(0, 11), byte(0x68, 0x43, 8, 0, 0, 0, 7), Buffer.from('bye!')]);
  const all = Array.from({ length: 24 }, (_, i) => i);
  for (const role of [0, 1]) {
    const who = role ? 'client' : 'server';
    seed('h3', `${who}_session`, byte(role), move(SETTINGS, 0), move(SESSION, 0), move(NEW_UNI, 0, wtUni(0)), move(NEW_BIDI, 0, wtBidi(0)),
      move(DATAGRAM, 0, Buffer.from('\0hello')), ...all.map((s) => move(DATA, s, Buffer.from('more'))));
    seed('h3', `${who}_early`, byte(role), move(NEW_UNI, 0, wtUni(0)), move(NEW_BIDI, 0, wtBidi(0)), move(DATAGRAM, 0, Buffer.from('\0early')),
      move(NEW_UNI, 0, wtUni(4)), move(SETTINGS, 0), move(SESSION, 0), ...all.map((s) => move(END, s, Buffer.from('end'))));
    seed('h3', `${who}_closed`, byte(role), move(SETTINGS, 0), move(SESSION, 0), ...all.map((s) => move(PIECES, s, closeCapsule)), move(CLOSE, 0), move(RESET, 1), move(CLOSED, 2));
    seed('h3', `${who}_connect_closed`, byte(role), move(SETTINGS, 0), move(SESSION, 0), move(CLOSED, 1), move(SESSION, 0));
    seed('h3', `${who}_grease`, byte(role), move(SETTINGS, 0), move(NEW_UNI, 0, byte(0x40, 0x5f, 1, 2, 3)), move(UNI, 0), move(BIDI, 0), move(SESSION, 0),
      ...all.map((s) => move(DATA, s, byte(0x40, 0x5f, 3, 1, 2, 3, 0, 3, 0x40, 0x5f, 0))));
  }
}
seed('qpack', 'indexed', byte(0, 0, 0xd1, 0xd7, 0xc1));
seed('qpack', 'literal', byte(0, 0, 0x50, 3), Buffer.from('a:1'), byte(0x27, 0), Buffer.from(':protocol'.slice(0, 7)), byte(3), Buffer.from('web'));
seed('config', 'many', Buffer.from('--port=4443\n--log=json\n--max-members=20\n--origin=https://a.example,https://b.example\n--no-udp\n--plain-port=off\n'));
seed('config', 'wrong', Buffer.from('--port=99999\n--log=xml\nextra\n--max-object-bytes=1\n--nothing=3\n'));
seed('url', 'https', Buffer.from('https://relay.example:4443/wt?x=1'));
seed('url', 'ipv6', Buffer.from('wss://[2001:db8::1]:443/ws'));
seed('url', 'addr', Buffer.from('[::ffff:192.0.2.1]'));
seed('url', 'origin', Buffer.from('https://meet.example:8443\nmeet.example\nhttps://other.example, *'));
