import {Args, Flags} from '@oclif/core';
import type {TraceDocument} from '../answers/trace.js';
import {HostCommand} from '../cli/host-command.js';
import {traceQuestion} from '../cli/questions/trace.js';
import {verboseFlag, watchFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/trace.js';

export default class Trace extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override usage = texts.usage;
  static override examples = texts.examples;
  static override args = {
    source: Args.string({
      description:
        'Sending container: name, id prefix, task:NAME, service:NAME, address or NAME@HOST; with --published: address of the client',
      ignoreStdin: true,
    }),
    destination: Args.string({
      description: 'Container, task, service or address to reach',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    network: Flags.string({
      description: 'Use this network, if they share several',
      helpValue: 'NETWORK',
    }),
    port: Flags.string({
      description: 'Trace a TCP or UDP packet to this port instead of an ICMP echo',
      helpValue: 'PORT/tcp',
    }),
    published: Flags.string({
      description: 'Trace a request from outside to this published port, on every host that is read',
      helpValue: 'PORT/tcp',
      exclusive: ['network', 'port', 'probe'],
    }),
    probe: Flags.boolean({
      description:
        'Also send real packets: a DNS query, ICMP echoes, or TCP connections with --port; needs root and live hosts',
    }),
    count: Flags.integer({
      description: 'With --probe, how many echo requests (20); 500 show a loss of 1 %',
      helpValue: 'N',
      min: 1,
      // A run of the far sides ends by itself after two minutes; these take 100 s.
      max: 2000,
      dependsOn: ['probe'],
    }),
    mtu: Flags.boolean({
      description: 'With --probe, find the largest packet that passes unfragmented',
      dependsOn: ['probe'],
    }),
    ...verboseFlag('Show entries, links and rules behind every hop'),
    ...watchFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Trace);
    const question = traceQuestion(args, flags);
    const {statusOfTrace, traceAnswer} = await import('../answers/trace.js');
    await this.answer<TraceDocument>(flags, async (reader) => {
      const document = await traceAnswer(reader, question);
      return {
        document,
        status: statusOfTrace(document),
        shown: {
          data: () => document,
          view: async (shown, terminal, paint) => {
            const {renderTraceAnswer} = await import('../render/trace.js');
            return renderTraceAnswer(shown, flags.verbose, terminal, paint);
          },
        },
      };
    });
  }
}
