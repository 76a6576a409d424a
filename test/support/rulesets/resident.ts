import {type ChildProcess, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

/**
 * Does what it is told, a line each, and answers each line: `frame DEVICE-INDEX HEX`, `ip4 ADDRESS-HEX HEX`, `ip6 ADDRESS-HEX HEX`
 * send a packet; `run ARGV-HEX INPUT-HEX` runs a program, and answers with its status and what it printed.
 * Perl is on every Debian, and Node.js has no raw sockets (packet(7), raw(7)); in a User-mode Linux guest it forks several times
 * quicker than Node.js.
 */
const program = String.raw`
use Socket; $| = 1;
socket(my $frames, 17, SOCK_RAW, 0) or die "packet socket: $!";
socket(my $short, AF_INET, SOCK_RAW, 255) or die "raw socket: $!";
socket(my $long, 10, SOCK_RAW, 255) or die "raw socket: $!";
sub printed { my ($file) = @_; seek($file, 0, 0); local $/; return unpack('H*', <$file> // ''); }
sub run {
  my ($argv, $input) = map { pack('H*', $_ // '') } @_;
  my @files = map { open(my $file, '+>', undef) or die "temporary file: $!"; $file } 0 .. 2;
  syswrite($files[0], $input); sysseek($files[0], 0, 0);
  my $child = fork() // die "fork: $!";
  if (!$child) {
    open(STDIN, '<&', $files[0]); open(STDOUT, '>&', $files[1]); open(STDERR, '>&', $files[2]);
    exec(split(/\0/, $argv)) or exit(127);
  }
  waitpid($child, 0);
  return 'ran ' . ($? >> 8 || $?) . ' o' . printed($files[1]) . ' e' . printed($files[2]) . "\n";
}
while (<STDIN>) {
  my ($how, $to, $hex) = split;
  if ($how eq 'run') { print run($to, $hex); next; }
  my $bytes = pack('H*', $hex);
  my $sent = $how eq 'frame' ? send($frames, $bytes, 0, pack('SnlSCCa8', 17, 0, $to, 0, 0, 6, substr($bytes, 0, 6)))
    : $how eq 'ip4' ? send($short, $bytes, 0, pack('Sna4x8', AF_INET, 0, pack('H*', $to)))
    : send($long, $bytes, 0, pack('SnNa16N', 10, 0, 0, pack('H*', $to), 0));
  print $sent ? "sent\n" : "refused $!\n";
}
`;

export interface Ran {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** A process in a network namespace that sends packets and runs programs there, one after the other. */
export class Resident {
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

  /** Runs a program to its end, whatever its status. */
  async run(argv: readonly string[], input = ''): Promise<Ran> {
    const hex = (text: string) => Buffer.from(text).toString('hex');
    const answer = await this.tell(`run ${hex(argv.join('\0'))} ${hex(input)}`);
    const [, status, stdout = '', stderr = ''] = answer.split(' ');
    const text = (marked: string) => Buffer.from(marked.slice(1), 'hex').toString();
    return {stdout: text(stdout), stderr: text(stderr), exitCode: Number(status)};
  }

  private async tell(line: string): Promise<string> {
    const answered = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.child.stdin?.write(`${line}\n`);
    const answer = await answered;
    if (answer === 'ended') throw new Error('the process in the network namespace has ended');
    return answer;
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
