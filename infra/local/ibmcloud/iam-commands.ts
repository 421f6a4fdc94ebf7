import { Failure, flag, text } from './options.ts';
import { type Command, login, mustAsk, type Shell, told } from './shell.ts';

const OUTPUT = [text('output'), flag('quiet', 'q')];

/** `iam`. @see https://cloud.ibm.com/docs/cli?topic=cli-ibmcloud_commands_iam */
export const iamCommands: readonly Command[] = [
  {
    words: 'iam api-key-create',
    args: 1,
    flags: [text('d', 'description'), text('file'), text('action-if-leaked'), flag('lock'), ...OUTPUT],
    run: createKey,
  },
  {
    words: 'iam service-id-create',
    args: 1,
    flags: [text('d', 'description'), flag('lock'), ...OUTPUT],
    run: (shell) => {
      const [name = ''] = shell.options.args;
      const { accountId } = login(shell);
      const id = `ServiceId-${shell.world.random.uuid()}`;
      shell.world.iam.addServiceId({ id, name, accountId });
      const json = { id, iam_id: `iam-${id}`, name, account_id: accountId };
      return told(shell, `Creating service ID ${name}`, { text: `ID    ${id}\nName  ${name}`, json });
    },
  },
  {
    words: 'iam authorization-policy-create',
    args: 3,
    flags: [
      text('source-service-instance-id'),
      text('target-service-instance-id'),
      text('source-service-account'),
      ...OUTPUT,
    ],
    run: authorize,
  },
];

async function createKey(shell: Shell): Promise<string> {
  const { options, files } = shell;
  const [name = ''] = options.args;
  const { iamId, accountId } = login(shell);
  const key = await mustAsk(shell, 'POST', '/iam/v1/apikeys', {
    name,
    iam_id: iamId,
    account_id: accountId,
    ...(options.text('d') === undefined ? {} : { description: options.text('d') }),
    ...(options.text('action-if-leaked') === undefined
      ? {}
      : { action_when_leaked: options.text('action-if-leaked') }),
  });
  const file = options.text('file');
  if (file !== undefined) {
    const { id: uuid, apikey, created_at: createdAt } = key;
    files.write(file, JSON.stringify({ name, description: '', createdAt, apikey, uuid }, null, '\t'));
    return `Creating API key ${name}...\nOK\nAPI key ${name} was created\nSuccessfully save API key information to ${file}\n`;
  }
  return told(shell, `Creating API key ${name}`, {
    text: `Please preserve the API key! It cannot be retrieved after it's created.\n\nID       ${key.id}\nName     ${name}\nAPI Key  ${key.apikey}`,
    json: key,
  });
}

async function authorize(shell: Shell): Promise<string> {
  const { options } = shell;
  const [source, target, names] = options.args;
  if (source === undefined || target === undefined || names === undefined)
    throw new Failure('Incorrect Usage: SOURCE_SERVICE TARGET_SERVICE ROLES are needed');
  const { accountId } = login(shell);
  const known = await mustAsk(
    shell,
    'GET',
    `/iam/v2/roles?account_id=${accountId}&service_name=${target}&source_service_name=${source}&policy_type=authorization`,
  );
  const all = [...known.system_roles, ...known.service_roles, ...known.custom_roles] as readonly {
    readonly display_name: string;
    readonly crn: string;
  }[];
  const roles = names.split(',').map((name) => {
    const role = all.find(({ display_name: shown }) => shown === name.trim());
    if (role === undefined)
      throw new Failure(`Role '${name.trim()}' is not supported by service '${target}'.`);
    return { role_id: role.crn };
  });
  const policy = await mustAsk(shell, 'POST', '/iam/v2/policies', {
    type: 'authorization',
    subject: { attributes: side(accountId, source, options.text('source-service-instance-id')) },
    resource: { attributes: side(accountId, target, options.text('target-service-instance-id')) },
    control: { grant: { roles } },
  });
  return told(shell, `Creating authorization policy`, { text: `ID: ${policy.id}`, json: policy });
}

const side = (accountId: string, service: string, instance: string | undefined) =>
  Object.entries({
    accountId,
    serviceName: service,
    ...(instance === undefined ? {} : { serviceInstance: instance }),
  }).map(([key, value]) => ({ key, operator: 'stringEquals', value }));
