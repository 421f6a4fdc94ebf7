import type { CloudLogsDestination } from '../logpush.ts';
import { broken, type Cause, doubtful, good, type LinkLook, together } from './chain.ts';

/** A service instance as the Resource Controller shows it. */
interface SeenInstance {
  readonly region: string;
  readonly state: string;
  readonly privateOnly?: boolean;
}

/** What came of a look at an instance; `missing`: it is not there, for one who would be shown it. */
export type InstanceLook =
  | { readonly seen: 'instance'; readonly instance: SeenInstance }
  | { readonly seen: 'missing' }
  | { readonly seen: 'nothing'; readonly why: string };

/**
 * Regions in which Cloud Logs takes what Logpush pushes.
 *
 * @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-regions
 */
const REGIONS: ReadonlySet<string> = new Set([
  'us-south',
  'us-east',
  'ca-tor',
  'ca-mon',
  'br-sao',
  'eu-de',
  'eu-gb',
  'eu-es',
  'au-syd',
  'jp-tok',
  'jp-osa',
  'in-che',
  'in-mum',
]);

/**
 * Whether a Cloud Logs instance is where the jobs say, and open to Logpush.
 *
 * @param hasPushed - the job was seen to push: then its region takes what Logpush pushes
 */
export function judgeLogsInstance(
  { instanceId, region }: CloudLogsDestination,
  look: InstanceLook,
  hasPushed: boolean,
): LinkLook {
  const subject = `Cloud Logs instance ${instanceId} (${region})`;
  const unproven: readonly Cause[] =
    hasPushed || REGIONS.has(region)
      ? []
      : [
          {
            code: 'logs-region-unproven',
            subject,
            detail: `${region} is not among the regions that IBM names for Cloud Logs`,
            suspected: true,
          },
        ];
  const judged = judgeInstance(subject, region, look);
  return together('destination', [judged, { causes: unproven, doubts: [] }]);
}

function judgeInstance(subject: string, region: string, look: InstanceLook): LinkLook {
  const told = (code: Cause['code'], detail: string): LinkLook =>
    broken('destination', { code, subject, detail });
  if (look.seen === 'nothing') return doubtful('destination', `${subject}: ${look.why}`, { triedAway: true });
  if (look.seen === 'missing')
    return told('logs-instance-absent', 'the Resource Controller has no such instance');
  const { state, region: actual, privateOnly } = look.instance;
  const found: readonly (LinkLook | false)[] = [
    state !== 'active' && told('logs-instance-inactive', `its state is ${state}`),
    actual !== region && told('logs-instance-elsewhere', `it is in ${actual}`),
    privateOnly === true && told('logs-instance-private', 'it has private endpoints only'),
  ];
  return together(
    'destination',
    found.filter((one) => one !== false),
  );
}

/** Whether the instance of a bucket is in use. */
export function judgeCosInstance(instanceId: string, look: InstanceLook): LinkLook {
  const subject = `COS instance ${instanceId}`;
  if (look.seen === 'nothing') return doubtful('destination', `${subject}: ${look.why}`, { triedAway: true });
  if (look.seen === 'instance' && look.instance.state === 'active') return good('destination');
  const detail =
    look.seen === 'missing'
      ? 'the Resource Controller has no such instance'
      : `its state is ${look.instance.state}`;
  return broken('destination', { code: 'cos-instance-inactive', subject, detail });
}
