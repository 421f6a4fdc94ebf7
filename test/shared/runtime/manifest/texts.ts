import { ConfigError } from '../../../../shared/errors.ts';
import { type Manifest, readManifest } from '../../../../shared/runtime/manifest/manifest.ts';

export const GOOD = `schema: code-engine/v1
project:
  name: edge
  region: eu-de
  packages:
    keeper:
      secrets: { notify: { keys: { WEBHOOK_URL: "\${WEBHOOK_URL}" } } }
      rings: { bucket: acme-rings, instance: 33333333-1111-4222-8333-444444444444 }
      actions:
        look:
          kind: job
          function: functions/check-logpush.ts
          image: \${IMAGE}
          runtime: nodejs-24
          cpu: 0.25
          memory: 1G
          timeout: 900
          env: { LOG_LEVEL: info }
          envFrom: [notify]
        hook:
          kind: function
          function: functions/webhook.ts
          runtime: nodejs-24
          cpu: 0.25
          memory: 1G
          timeout: 30
      triggers:
        often: { schedule: "*/5 * * * *" }
        alert: { source: rings, kind: alert }
      rules:
        look-often: { trigger: often, action: look }
        look-by-alert: { trigger: alert, action: look }
`;

/** A value that must show nowhere. */
export const TRACER = 'https://hooks.example/TRACER-c0ffee-0123456789abcdef0123456789abcdef';

export const ENV = { IMAGE: 'icr.io/acme/keeper@sha256:abc', WEBHOOK_URL: TRACER };

/** The good manifest with some of its text replaced. @throws {Error} when that does not stand in it */
export function changed(...changes: readonly (readonly [string, string])[]): string {
  let text = GOOD;
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the manifest has no ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}

export const read = (text: string, env: Readonly<Record<string, string>> = ENV): Manifest =>
  readManifest({ text, source: 'manifest.yml', env });

/** What is wrong with a manifest, a line each. */
export function problemsOf(text: string, env: Readonly<Record<string, string>> = ENV): string {
  try {
    read(text, env);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems
      .map(({ line, column, message, fix }) => `${line}:${column} ${message} (${fix})`)
      .join('\n');
  }
}
