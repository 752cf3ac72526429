"""Paho's Python client: publishes COUNT numbered messages, or leaves a will behind and vanishes.

usage: paho_client.py PORT 5|3.1.1 publish QOS COUNT
       paho_client.py PORT 5|3.1.1 vanish
"""
import os
import sys

import paho.mqtt.client as mqtt

port, version, task = int(sys.argv[1]), sys.argv[2], sys.argv[3]
protocol = mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311
client = mqtt.Client(client_id="paho-python", protocol=protocol)
client.max_inflight_messages_set(200)
if task == "vanish":
    client.will_set("state/paho", "gone", qos=1)
client.connect("127.0.0.1", port, keepalive=30)
client.loop_start()
if task == "vanish":
    client.publish("state/paho", "here", qos=1).wait_for_publish(30)
    os._exit(0)
qos, count = int(sys.argv[4]), int(sys.argv[5])
sent = [client.publish("sensors/paho", str(i), qos=qos) for i in range(count)]
for message in sent:
    message.wait_for_publish(30)
    if not message.is_published():
        sys.exit("not acknowledged")
client.disconnect()
client.loop_stop()
