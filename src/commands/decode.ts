import {Args, Flags} from '@oclif/core';
import {usageError} from '../base/errors.js';
import {HostCommand} from '../cli/host-command.js';
import {namesSource} from '../cli/host-selection.js';
import {packetFlags} from '../decode/flags.js';

export default class Decode extends HostCommand {
  static override summary = 'Show the overlay traffic in a capture';

  static override description = [
    `Reads pcap and pcapng files, gzipped or not, and shows what VXLAN carries: the overlay's VNI, the inner frames and their conversations. A capture comes from the underlay, for example:`,
    `  tcpdump -ni eth0 -w FILE 'udp port 4789 or esp'`,
  ].join('\n\n');

  static override examples = [
    {description: 'One line a packet', command: '<%= config.bin %> <%= command.id %> capture.pcap'},
    {
      description: 'Who talked to whom on the overlay with VNI 4097',
      command: '<%= config.bin %> <%= command.id %> --flows --vni 4097 capture.pcap',
    },
    {description: 'Totals', command: '<%= config.bin %> <%= command.id %> --stats capture.pcap.gz'},
    {
      description: 'Packets as they come',
      command: "tcpdump -U -w - 'udp port 4789' | <%= config.bin %> <%= command.id %> -",
    },
    {
      description: 'With the names of networks, containers and nodes',
      command: '<%= config.bin %> <%= command.id %> --flows --snapshot node1.json.gz capture.pcap',
    },
    {
      description: 'The inner frames as a capture of their own',
      command: '<%= config.bin %> <%= command.id %> capture.pcap --write-inner inner.pcap',
    },
  ];

  static override strict = false;

  static override args = {
    file: Args.string({
      description: 'Capture to read, or several; - is standard input',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...packetFlags,
    since: Flags.string({
      description: 'Only packets from this time on: 14:05:30, a date and time, or +SECONDS after the first',
      helpValue: 'TIME',
      helpGroup: 'FILTER',
    }),
    until: Flags.string({
      description: 'Only packets up to this time',
      helpValue: 'TIME',
      helpGroup: 'FILTER',
    }),
    names: Flags.boolean({
      description: 'Name networks, containers and nodes from this host as it is now (--snapshot: from files)',
      helpGroup: 'SOURCE',
    }),
    'write-inner': Flags.string({
      description: 'Save the inner frames as a capture; gzipped where the name ends in .gz',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<void> {
    const {argv, flags} = await this.parse(Decode);
    if (argv.length === 0) {
      throw usageError('missing-argument', 'decode needs a capture: a file, or - for standard input.', [
        "tcpdump -ni eth0 -w FILE 'udp port 4789 or esp'",
        'ovdiag decode FILE',
      ]);
    }
    const {readOptions} = await import('../decode/options.js');
    const options = readOptions(flags, this.jsonEnabled());
    const {packetEvidence, readNames} = await import('../decode/names.js');
    const isNamed = flags.names || namesSource(flags);
    if (flags.record !== undefined && !isNamed) {
      throw usageError(
        'nothing-to-record',
        '--record keeps the evidence behind names, and none was asked for.',
        ['ovdiag decode FILE --names --record SNAPSHOT'],
      );
    }
    const readings = isNamed ? await this.readHosts(flags, packetEvidence) : undefined;
    const {decode} = await import('../decode/decode.js');
    const {onInterrupt} = await import('../decode/interrupt.js');
    const interrupt = onInterrupt();
    process.exitCode = await decode({
      files: argv as string[],
      options,
      ...(await readNames(readings)),
      noColour: flags['no-color'],
      wide: flags.wide,
      writeInner: flags['write-inner'],
      interrupt,
    });
    interrupt.release();
  }
}
