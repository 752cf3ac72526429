// A store that knows nothing of the gateway's own code, for tests/e2e/s3_out_test.cpp: s3rver, with the bucket "archive"
// below a folder. It knows access key ids, and checks no signature of version 4. Prints its address on a line once it listens on loopback.
// usage: node s3_server.mjs FOLDER [PORT]
import { mkdirSync } from 'node:fs';
import S3rver from 's3rver';

const [directory, port] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const store = new S3rver({
  address: '127.0.0.1',
  port: Number(port ?? 0),
  silent: true,
  directory,
  configureBuckets: [{ name: 'archive' }],
});
const address = await store.run();
console.log(`http://127.0.0.1:${address.port}`);
