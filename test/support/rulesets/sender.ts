import {type ChildProcess, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

/**
 * Sends what it is told, a line each, and answers each line: `frame DEVICE-INDEX HEX`, `ip4 ADDRESS-HEX HEX`, `ip6 ADDRESS-HEX HEX`.
 * Perl is on every Debian, and Node.js has no raw sockets (packet(7), raw(7)).
 */
const program = String.raw`
use Socket; $| = 1;
socket(my $frames, 17, SOCK_RAW, 0) or die "packet socket: $!";
socket(my $short, AF_INET, SOCK_RAW, 255) or die "raw socket: $!";
socket(my $long, 10, SOCK_RAW, 255) or die "raw socket: $!";
while (<STDIN>) {
  my ($how, $to, $hex) = split;
  my $bytes = pack('H*', $hex);
  my $sent = $how eq 'frame' ? send($frames, $bytes, 0, pack('SnlSCCa8', 17, 0, $to, 0, 0, 6, substr($bytes, 0, 6)))
    : $how eq 'ip4' ? send($short, $bytes, 0, pack('Sna4x8', AF_INET, 0, pack('H*', $to)))
    : send($long, $bytes, 0, pack('SnNa16N', 10, 0, 0, pack('H*', $to), 0));
  print $sent ? "sent\n" : "refused $!\n";
}
`;

/** A process in a network namespace that sends packets as they are given to it. */
export class Sender {
  private readonly child: ChildProcess;
  private readonly waiting: ((answer: string) => void)[] = [];

  constructor(netns: string) {
    this.child = spawn('ip', ['netns', 'exec', netns, 'perl', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({input: this.child.stdout as NodeJS.ReadableStream});
    lines.on('line', (line) => this.waiting.shift()?.(line));
    lines.on('close', () => {
      for (const answer of this.waiting.splice(0)) answer('ended');
    });
  }

  /** Resolves when the kernel has taken it; what is on a veth pair has then arrived. A rule that drops it refuses it. */
  async frame(device: number, bytes: Buffer): Promise<void> {
    await this.tell(`frame ${device} ${bytes.toString('hex')}`);
  }

  async packet(to: Buffer, bytes: Buffer): Promise<void> {
    await this.tell(`${to.length === 4 ? 'ip4' : 'ip6'} ${to.toString('hex')} ${bytes.toString('hex')}`);
  }

  private async tell(line: string): Promise<void> {
    const answer = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.child.stdin?.write(`${line}\n`);
    if ((await answer) === 'ended') throw new Error('the process that sends packets has ended');
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
