/** Where a gateway and what it stands on keep their files, and where they listen. */
export interface CephPlace {
  /** Absolute path. */
  readonly folder: string;
  readonly clusterId: string;
  readonly monitorPort: number;
  readonly gatewayPort: number;
}

/**
 * The configuration of a Ceph cluster of one monitor, one storage daemon that keeps all in memory, and one S3 gateway, on
 * loopback and without logins among them. What begins with a dollar sign, Ceph fills in.
 *
 * @see https://docs.ceph.com/en/pacific/rados/configuration/
 */
export const cephConf = ({ folder, clusterId, monitorPort, gatewayPort }: CephPlace): string => `[global]
fsid = ${clusterId}
mon host = [v2:127.0.0.1:${monitorPort}/0]
auth cluster required = none
auth service required = none
auth client required = none
ms bind ipv6 = false
ms bind msgr1 = false
# Without this the gateway hangs for ever when there are no logins.
ms mon client mode = crc secure
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
paxos propose interval = 0.02
paxos min wait = 0.01
mon tick interval = 1
run dir = ${folder}/sock
admin socket = ${folder}/sock/$name.$pid.asok
log file = ${folder}/log/$name.log
keyring = ${folder}/keyring
[mon.a]
mon data = ${folder}/mon
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
[client.rgw]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1
`;
