import { expect, test } from 'vitest';
import { FINDING_CODES } from '../../../shared/domain/finding.ts';
import { COMMANDS, runCli } from '../../../shared/runtime/cli.ts';
import { OPTIONS } from '../../../shared/runtime/commands/command.ts';
import { FUNCTION_NAMES } from '../../../shared/runtime/invocation.ts';
import { TRACER_KEY } from '../../support/keeper-yml.ts';

/** The command line without a configuration: none of these may need one. */
async function keeper(...args: readonly string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(
    args,
    {},
    { out: (text) => void (out += text), err: (text) => void (err += text) },
  );
  return { code, out, err };
}

test.each([['--help'], ['-h'], ['rotate-keys', '--help']])(
  '%j names every function and every option',
  async (...args) => {
    const { code, out, err } = await keeper(...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of FUNCTION_NAMES) expect(out).toContain(name);
    for (const name of Object.keys(OPTIONS)) expect(out).toContain(`--${name}`);
    for (const code of ['0', '1', '2']) expect(out).toMatch(new RegExp(`^(Exit code:| +) ${code} \\w`, 'm'));
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  },
);

test('without words all of it is told, as an error', async () => {
  const { code, out, err } = await keeper();
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^no function was named\n\nusage: keeper /);
});

test('what is not a command or an option is told in a line or two, with what was meant', async () => {
  const told: string[] = [];
  for (const args of [
    ['rotat-keys'],
    ['rotate-keys', 'edge-logs'],
    ['rotation', 'abandon'],
    ['rotation'],
    ['config', 'chekc'],
    ['make', 'coffee'],
    ['status', '--confg', 'keeper.yml'],
    ['status', '--config'],
    ['status', '-x'],
    [TRACER_KEY],
  ]) {
    const { code, out, err } = await keeper(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).not.toContain(TRACER_KEY);
    told.push(`${args.join(' ').replace(TRACER_KEY, 'KEY')}\n  ${err.trim().replaceAll('\n', '\n  ')}`);
  }
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "rotat-keys
      there is no command "rotat-keys": did you mean "rotate-keys"?
    rotate-keys edge-logs
      there is no command "rotate-keys edge-logs": "rotate-keys" takes no more words; keeper --help lists all commands and options
    rotation abandon
      there is no command "rotation abandon": "rotation abandon" takes one more word; keeper --help lists all commands and options
    rotation
      there is no command "rotation": keeper --help lists all commands and options
    config chekc
      there is no command "config chekc": did you mean "config check"?
    make coffee
      there is no command "make coffee": keeper --help lists all commands and options
    status --confg keeper.yml
      there is no option --confg: did you mean "--config"?
      keeper --help lists all commands and options
    status --config
      Option '--config <value>' argument missing
      keeper --help lists all commands and options
    status -x
      there is no option -x
      keeper --help lists all commands and options
    KEY
      there is no command of this name: keeper --help lists all commands and options"
  `);
});

test('a code is explained: how urgent, who says it, who mends it, what it means, what to do, where more is', async () => {
  expect(await keeper('explain', 'secret-ttl-too-short')).toMatchInlineSnapshot(`
    {
      "code": 0,
      "err": "",
      "out": "secret-ttl-too-short
    critical; said by rotate-keys; mended by a person

    When Secrets Manager replaces the key of this secret, the one before lives only to the end of its own lease: less than the week that is needed to move and prove all jobs. Nothing is rotated for this binding, because jobs would be cut off.

    To do: lengthen the lease of the secret, or let it rotate more often.

    More: docs/runbook.md, "secret-ttl-too-short" and "The lease of the secret is too short"
    ",
    }
  `);
});

test('every code is explained, to people and to programs', async () => {
  for (const finding of FINDING_CODES) {
    const { code, out, err } = await keeper('explain', finding);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      new RegExp(
        `^${finding}\n.+; said by .+; mended by .+\n[^]*\nTo do: .+\\.\n\nMore: docs/runbook.md, "${finding}"`,
      ),
    );
    const json = JSON.parse((await keeper('explain', finding, '--json')).out) as object;
    expect(json).toMatchObject({
      code: finding,
      todo: expect.stringMatching(/./),
      runbook: `docs/runbook.md#${finding}`,
    });
  }
});

test('explain alone lists all codes, by function', async () => {
  const { code, out } = await keeper('explain');
  expect(code).toBe(0);
  for (const name of FUNCTION_NAMES) expect(out).toMatch(new RegExp(`^${name}$`, 'm'));
  for (const finding of FINDING_CODES)
    expect(out).toMatch(new RegExp(`^  (critical|warning |info    )  ${finding}$`, 'm'));
  expect(JSON.parse((await keeper('explain', '--json')).out)).toHaveLength(FINDING_CODES.length);
});

test('what is no code is told with the code that was meant', async () => {
  const told: string[] = [];
  for (const given of ['job-failling', 'quota', 'Mint-Limit', 'coffee', 'ok', TRACER_KEY]) {
    const { code, out, err } = await keeper('explain', given);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).not.toContain(TRACER_KEY);
    told.push(err.trim());
  }
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "there is no finding "job-failling": did you mean "job-failing"?
    there is no finding "quota": there is key-quota-full, bucket-quota-reached, bucket-quota-near, declared-quota
    there is no finding "Mint-Limit": did you mean "mint-limit"?
    there is no finding "coffee": \`keeper explain\` lists all codes
    there is no finding "ok": \`keeper explain\` lists all codes
    there is no finding of this name: \`keeper explain\` lists all codes"
  `);
});

test.each(COMMANDS.map((command) => ({ name: command.words.join(' '), ...command })))(
  '$name: an option that it does not take is refused, and any other is not',
  async ({ words, takes, takesArgument = false }) => {
    const argument = takesArgument ? ['job-failing'] : [];
    for (const [option, { type }] of Object.entries(OPTIONS)) {
      if (option === 'help') continue;
      const value = type === 'string' ? ['x'] : [];
      const { code, out, err } = await keeper(...words, ...argument, `--${option}`, ...value);
      if (takes.some((taken) => taken === option)) {
        expect(err).not.toContain(`not with ${words.join(' ')}`);
        expect(err).not.toContain('does not go with');
      } else {
        expect([option, code, out]).toEqual([option, 1, '']);
        expect(err).toMatch(
          new RegExp(`^--${option} (goes|does not go) with .*${words.join(' ')}, which takes `),
        );
      }
    }
  },
);

test('what would have done nothing is told with where it belongs', async () => {
  const told: string[] = [];
  for (const args of [
    ['doctor', '--plan', '--out', 'F', '--force', 'foo'],
    ['check-logpush', '--text', '--out', 'F'],
    ['config', 'init', '--plan'],
    ['config', 'schema', '--json'],
    ['config', 'init', '--overwrite'],
  ])
    told.push((await keeper(...args)).err.trim());
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "--plan goes with check-logpush, reenable-logpush, rotate-keys, verify-buckets, ensure-logpush, rotation abandon, not with doctor, which takes --config, --verbose, --json, --alone
    --text goes with report, not with check-logpush, which takes --config, --verbose, --plan, --json
    --plan goes with check-logpush, reenable-logpush, rotate-keys, verify-buckets, ensure-logpush, rotation abandon, not with config init, which takes --account, --account-id, --api-key-env, --instance, --endpoints, --ledger, --read-secrets, --alone, --out, --overwrite, --verbose
    --json does not go with config schema, which takes no options
    --overwrite goes with --out FILE"
  `);
});
