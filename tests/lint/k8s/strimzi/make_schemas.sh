#!/usr/bin/env bash
# Strimzi's custom resources as strict JSON schemas: <kind>-<version>.json, unknown keys refused.
#
#   make_schemas.sh JARS JAVA OUTPUT    JARS from pom.xml, JAVA 21 or newer
set -euo pipefail

jars=$1 java=$2 output=$3
package=io.strimzi.api.kafka.model
mkdir -p "$output"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for class in kafka.Kafka nodepool.KafkaNodePool topic.KafkaTopic user.KafkaUser; do
  "$java" -cp "$jars/*" io.strimzi.crdgenerator.CrdGenerator "$package.$class=$work/$class.yaml"
done
/usr/bin/python3 "$(dirname "$0")/strict_schemas.py" "$output" "$work"/*.yaml
