import {shellQuote, shellWord} from '../base/shell.js';

/** Where tcpdump is to listen. */
export interface Place {
  /** A namespace file or /proc/PID/ns/net; undefined for dockerd's own network namespace. */
  netns: string | undefined;
  /** The name of a network device, or `any`. */
  device: string;
  /** In libpcap's language (pcap-filter(7)); empty for all packets. */
  filter: string;
}

/**
 * The shell text that runs tcpdump there, for `sh -s`. Its standard input is a lifeline: when it ends, because we end
 * it or because we are gone, tcpdump is interrupted and prints its counts.
 */
export function captureScript({netns, device, filter}: Place): string {
  return `main() {
  exec 3<&0
  netns=${netns === undefined ? '' : shellQuote(netns)}
  if [ -z "$netns" ]; then
    pid=$(cat /run/docker.pid 2>/dev/null || cat /var/run/docker.pid 2>/dev/null)
    [ -n "$pid" ] && [ -e "/proc/$pid/ns/net" ] && netns=/proc/$pid/ns/net
  fi
  user=
  # tcpdump gives up root for its own user, and refuses to run where there is none.
  id tcpdump >/dev/null 2>&1 || user='-Z root'
  # Without immediate mode the kernel holds packets back for up to a second, and an interrupt loses them.
  set -- tcpdump -i ${shellQuote(device)} --immediate-mode -n -U -s 262144 $user -w - ${filter === '' ? '' : shellQuote(filter)}
  [ -n "$netns" ] && set -- nsenter --net="$netns" -- "$@"
  "$@" </dev/null &
  child=$!
  { cat <&3 >/dev/null; kill -INT "$child"; } >/dev/null 2>&1 &
  watch=$!
  trap 'kill -INT "$child"' INT TERM HUP
  wait "$child"
  status=$?
  kill "$watch" 2>/dev/null
  exit "$status"
}
main
`;
}

/** The same in one line for people: what is about to be run. */
export function captureCommand({netns, device, filter}: Place): string {
  const tcpdump = `tcpdump -i ${shellWord(device)} --immediate-mode -n -U -w -${filter === '' ? '' : ` ${shellQuote(filter)}`}`;
  return netns === undefined ? tcpdump : `nsenter --net=${shellWord(netns)} -- ${tcpdump}`;
}
