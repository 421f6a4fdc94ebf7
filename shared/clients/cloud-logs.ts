import * as z from 'zod';
import { jsonIn } from '../domain/json.ts';
import { ApiError } from '../errors.ts';
import type { CloudLogsPort, SendVerdict } from '../ports.ts';
import { cloudLogsUrl, type Endpoints } from './endpoints.ts';
import type { HttpClient } from './http.ts';
import { redactMessage } from './redact.ts';

const EmptyObject = z.strictObject({});

/** Sending to IBM Cloud Logs. @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs */
export const createCloudLogs = (http: HttpClient, endpoints: Endpoints): CloudLogsPort => ({
  async greet(destination) {
    await http.exchange({
      service: 'cloud-logs',
      operation: 'greet',
      method: 'GET',
      url: cloudLogsUrl(endpoints, destination),
      headers: { accept: 'application/json' },
    });
  },
  async send(destination, token, record) {
    try {
      const response = await http.exchange({
        service: 'cloud-logs',
        operation: 'sendRecords',
        method: 'POST',
        url: cloudLogsUrl(endpoints, destination),
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          'content-type': 'application/json',
          accept: 'application/json',
        },
        body: JSON.stringify([record]),
      });
      return judge(response.status, response.body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { verdict: 'unknown', reason: error.message };
    }
  },
});

/** A 200 may say in its body that records were not accepted: then the key is good, and the record not delivered. */
function judge(status: number, body: string): SendVerdict {
  if (status === 403) return { verdict: 'no', status };
  if (status < 200 || status > 299) return { verdict: 'unknown', reason: `Cloud Logs answered ${status}` };
  const text = body.trim();
  if (text === '' || EmptyObject.safeParse(jsonIn(text)).success) return { verdict: 'yes' };
  return {
    verdict: 'unknown',
    reason: `Cloud Logs answered ${status} with a message: ${redactMessage(text)}`,
  };
}
