import {line} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {XfrmState} from '../../model/xfrm.js';
import {dockerXfrm, spiText} from '../../services/encryption.js';
import {defineCheck} from '../check.js';

/** The only cipher of Docker's states, and the bits of its check value (moby overlay encryption.go buildAeadAlgo). */
const cipher = {name: 'rfc4106(gcm(aes))', icvBits: 64};

/**
 * Whether the states with Docker's request id are as the engine makes them. The other nodes have theirs so: a packet that was
 * sealed in another way is dropped by the receiver.
 */
export const stateSettings = defineCheck({
  name: 'state-settings',
  codes: ['xfrm-state-odd'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost({name, model}, report) {
    const odd = (dockerXfrm(model)?.states ?? []).flatMap((state) => {
      const why = whyOdd(state);
      return why === undefined ? [] : [{state, why}];
    });
    const [first] = odd;
    if (!first) return undefined;
    const isMany = odd.length > 1;
    report.found({
      code: 'xfrm-state-odd',
      severity: 'error',
      host: name,
      network: null,
      subject: isMany ? `${odd.length} states` : `state ${spiText(first.state.spi)}`,
      evidence: odd
        .slice(0, 5)
        .map(
          ({state: {src, dst, spi, mode, aead}}) =>
            `src ${src} dst ${dst} proto esp spi ${spiText(spi)} reqid 0xd0c4e3 mode ${mode}${aead ? ` aead ${aead.name} ${aead.icvBits}` : ''}`,
        ),
      cause: `${isMany ? `${odd.length} IPsec states` : 'an IPsec state'} of encrypted overlays ${isMany ? 'are' : 'is'} not as the engine makes them: ${first.why}. Packets between the two nodes are dropped by the receiver`,
      check: look(
        line('ip -d xfrm state list nokeys'),
        `mode transport, and aead ${cipher.name} with ${cipher.icvBits}`,
      ),
      fix: fixBy({
        commands: [line('systemctl restart docker')],
        affects:
          'the engine and all containers of the node: the engine makes its states again when it starts',
      }),
      basis: 'one-host',
      at: {host: name, netns: '@host'},
    });
    return undefined;
  },
});

function whyOdd({mode, protocol, aead}: XfrmState): string | undefined {
  if (protocol !== 'esp') return `the protocol is ${protocol}, not esp`;
  if (mode !== 'transport') return `the mode is ${mode}, not transport`;
  if (!aead) return undefined;
  if (aead.name !== cipher.name) return `the cipher is ${aead.name}, not ${cipher.name}`;
  return aead.icvBits === cipher.icvBits
    ? undefined
    : `the check value has ${aead.icvBits} bits, not ${cipher.icvBits}`;
}
