// AWS services that know nothing of the gateway's own code, for tests/e2e/aws:
//   fauxqs       queues "orders", "commands" and the like with .fifo, and the topic "alarms" with the queue "alarms-in" behind it
//   kinesalite   the stream "plant" with two shards
//   POST /send?queue=NAME       a JSON array of bodies, or of [body, group]; POST /left?queue=NAME   how many are in it
//   POST /messages?queue=NAME   every message of the queue, taken out of it; POST /records   every record of the stream
// Prints {"fauxqs", "kinesalite", "control"} and more on a line once they listen on loopback.
import { createServer } from 'node:http';
import { buildApp } from 'fauxqs';
import kinesalite from 'kinesalite';

const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)));
// Neither server checks signatures, but both want to see one, and take the region from it.
const authorization =
  'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-central-1/test/aws4_request, SignedHeaders=host;x-amz-date, Signature=0';
const headers = { authorization, 'x-amz-date': '20260101T000000Z' };

async function call(url, target, version, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'x-amz-target': target, 'content-type': `application/x-amz-json-${version}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${target}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : {};
}
const sqs = (action, body) => call(fauxqs, `AmazonSQS.${action}`, '1.0', body);
const kinesis = (action, body) => call(kinesaliteUrl, `Kinesis_20131202.${action}`, '1.1', body);
async function sns(fields) {
  const response = await fetch(fauxqs, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Version: '2010-03-31', ...fields }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${fields.Action}: ${response.status} ${text}`);
  return text;
}

const app = buildApp({ defaultRegion: 'eu-central-1', logger: false });
const fauxqs = await app.listen({ host: '127.0.0.1', port: 0 });
const kinesaliteUrl = await listen(kinesalite({ createStreamMs: 0 }));

const queues = {};
const fifo = { FifoQueue: 'true' };
for (const [name, attributes] of [['orders', {}], ['orders.fifo', fifo], ['commands', {}], ['commands.fifo', fifo], ['alarms-in', {}]]) {
  queues[name] = (await sqs('CreateQueue', { QueueName: name, Attributes: attributes })).QueueUrl;
}
const topic = /<TopicArn>(.*?)<\/TopicArn>/.exec(await sns({ Action: 'CreateTopic', Name: 'alarms' }))[1];
const { Attributes } = await sqs('GetQueueAttributes', { QueueUrl: queues['alarms-in'], AttributeNames: ['QueueArn'] });
await sns({ Action: 'Subscribe', TopicArn: topic, Protocol: 'sqs', Endpoint: Attributes.QueueArn });
await kinesis('CreateStream', { StreamName: 'plant', ShardCount: 2 });

async function messages(queue) {
  const all = [];
  for (;;) {
    const { Messages } = await sqs('ReceiveMessage', {
      QueueUrl: queues[queue],
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      AttributeNames: ['All'],
    });
    if (!Messages?.length) return all;
    for (const message of Messages) {
      all.push({ body: message.Body, attributes: message.MessageAttributes ?? {}, system: message.Attributes ?? {} });
      await sqs('DeleteMessage', { QueueUrl: queues[queue], ReceiptHandle: message.ReceiptHandle });
    }
  }
}

async function send(queue, bodies) {
  for (const [index, entry] of bodies.entries()) {
    const [body, group] = [entry].flat();
    const ids = group ? { MessageGroupId: group, MessageDeduplicationId: String(index) } : {};
    await sqs('SendMessage', { QueueUrl: queues[queue], MessageBody: body, ...ids });
  }
  return bodies.length;
}

async function left(queue) {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const { Attributes } = await sqs('GetQueueAttributes', { QueueUrl: queues[queue], AttributeNames: names });
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

async function records() {
  const all = [];
  const { StreamDescription } = await kinesis('DescribeStream', { StreamName: 'plant' });
  for (const shard of StreamDescription.Shards) {
    const { ShardIterator } = await kinesis('GetShardIterator', {
      StreamName: 'plant',
      ShardId: shard.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    const { Records } = await kinesis('GetRecords', { ShardIterator });
    all.push(...Records.map((record) => ({ key: record.PartitionKey, body: Buffer.from(record.Data, 'base64').toString() })));
  }
  return all;
}

const control = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  const queue = searchParams.get('queue');
  try {
    let body = '';
    for await (const piece of request) body += piece;
    const does = {
      '/send': () => send(queue, JSON.parse(body)),
      '/left': () => left(queue),
      '/messages': () => messages(queue),
      '/records': () => records(),
    };
    response.end(JSON.stringify(await does[pathname]()));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
console.log(JSON.stringify({ fauxqs, kinesalite: kinesaliteUrl, control: await listen(control), queues, topic }));
