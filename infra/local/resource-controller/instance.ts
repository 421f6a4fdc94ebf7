/** What becomes of a service instance: deleted, it waits in reclamation, and is gone at the end. */
export const INSTANCE_STATES = ['active', 'pending_reclamation', 'removed'] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

/** How a service instance is now. */
export interface InstanceCondition {
  readonly state: InstanceState;
  /** Of a Cloud Logs instance: its public host takes nothing. */
  readonly privateOnly?: boolean;
}

/** A service instance as the Resource Controller knows it. */
export interface ServiceInstance {
  /** `internet-svcs`, `logs`, `secrets-manager`, `cloud-object-storage` */
  readonly service: string;
  readonly guid: string;
  readonly name: string;
  readonly accountId: string;
  /** `global` for services without regions. */
  readonly region: string;
  readonly condition: () => InstanceCondition;
}

export const instanceCrn = ({ service, region, accountId, guid }: ServiceInstance): string =>
  `crn:v1:bluemix:public:${service}:${region}:a/${accountId}:${guid}::`;
