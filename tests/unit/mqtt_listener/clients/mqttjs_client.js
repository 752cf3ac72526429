// mqtt.js: publishes COUNT numbered messages. usage: node mqttjs_client.js PORT 5|3.1.1 QOS COUNT
const mqtt = require('mqtt');
const [port, version, qos, count] = process.argv.slice(2);
const client = mqtt.connect({
  host: '127.0.0.1', port: Number(port), protocolVersion: version === '5' ? 5 : 4, clientId: 'mqttjs',
});
let open = Number(count);
client.on('error', (error) => { console.error(error.message); process.exit(1); });
client.on('connect', () => {
  for (let i = 0; i < Number(count); ++i) {
    client.publish('sensors/mqttjs', String(i), { qos: Number(qos) }, (error) => {
      if (error) { console.error(error.message); process.exit(1); }
      if (--open === 0) client.end(false, () => process.exit(0));
    });
  }
});
