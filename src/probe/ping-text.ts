/** What iputils' ping prints (ping/ping_common.c and ping/ping.c of 2015 to 2025; its words are not translated with LC_ALL=C). */

export interface PingText {
  /** Packets that it says it has sent. */
  transmitted: number;
  /** Sequence number → round-trip time in milliseconds; undefined where none was measured. */
  replies: Map<number, number | undefined>;
  /** The smaller MTU that somebody on the way, or the own route, has told. */
  mtu?: number;
  /** Why nothing could be sent or come back, in ping's own words. */
  said: string[];
  status?: number;
}

export function newPingText(): PingText {
  return {transmitted: 0, replies: new Map(), said: []};
}

/** Takes one line. */
export function readPingLine(text: PingText, line: string): void {
  const reply = /^\d+ bytes from .*icmp_seq=(\d{1,6}) .*?(?:time[=<]([\d.]+) ms)?$/.exec(line.trim());
  if (reply && !line.includes('(DUP!)')) {
    text.replies.set(Number(reply[1]), reply[2] === undefined ? undefined : Number(reply[2]));
    return;
  }
  const summary = /^(\d+) packets transmitted/.exec(line);
  if (summary) {
    text.transmitted = Number(summary[1]);
    return;
  }
  const status = /^exit (\d{1,3})$/.exec(line);
  if (status) {
    text.status = Number(status[1]);
    return;
  }
  const mtu = /mtu ?= ?(\d{2,6})/.exec(line);
  if (mtu) text.mtu = Number(mtu[1]);
  if (/^(From |\S*ping: |.*[Uu]nreachable|.*too long|the namespace )/.test(line))
    text.said.push(line.trim().replace(/^\S*\/ping: /, 'ping: '));
}
