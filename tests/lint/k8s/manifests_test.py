"""deploy/k8s, rendered by kustomize: every resource against its schema, and what no schema sees."""

import base64
import copy
import functools
import json
import os
import pathlib
import subprocess
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(os.environ["PLAZO_ROOT"])
SCHEMAS = pathlib.Path(os.environ["PLAZO_K8S_SCHEMAS"])
NATIVE = SCHEMAS / "python/kubernetes_validate/kubernetes-json-schema/v1.34.0-local-strict"
OVERLAYS = sorted(path.name for path in (ROOT / "deploy/k8s/overlays").iterdir())
SERVICES = {"intake", "router", "sla-timer", "notifier", "desk"}

# Made by hand or by Strimzi before the services start.
FOREIGN_SECRETS = {
    "production": {"plazo-message-id", "plazo-smtp", "plazo-cluster-ca-cert"}
    | {f"plazo-{service}" for service in SERVICES},
    "dev": set(),
}


@functools.cache
def render(overlay):
    text = subprocess.run(
        [os.environ["PLAZO_KUSTOMIZE"], "build", ROOT / "deploy/k8s/overlays" / overlay],
        check=True, capture_output=True, text=True).stdout
    return [document for document in yaml.safe_load_all(text) if document]


@functools.cache
def definitions():
    found = json.loads((NATIVE / "_definitions.json").read_text())
    found.pop("$id", None)
    return found


@functools.cache
def validator(api_version, kind):
    group, _, version = api_version.rpartition("/")
    if group == "kafka.strimzi.io":
        path = SCHEMAS / "strimzi" / f"{kind.lower()}-{version}.json"
    else:
        stem = "-".join(part for part in (kind.lower(), group.split(".")[0], version) if part)
        path = NATIVE / f"{stem}.json"
    schema = json.loads(path.read_text())
    # Their $id is a URL; references are then looked for where it points.
    schema.pop("$id", None)
    resolver = jsonschema.RefResolver(
        "/api/", schema, store={"/api/_definitions.json": definitions()})
    return jsonschema.Draft7Validator(schema, resolver=resolver)


def faults(resource):
    checker = validator(resource["apiVersion"], resource["kind"])
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in checker.iter_errors(resource)]


def name_of(resource):
    return f"{resource['kind']}/{resource['metadata']['name']}"


def of_kind(resources, *kinds):
    return [resource for resource in resources if resource["kind"] in kinds]


def workloads(resources):
    return of_kind(resources, "Deployment", "StatefulSet")


def names(resources, kind):
    return {resource["metadata"]["name"] for resource in of_kind(resources, kind)}


def matches(selector, labels):
    for expression in selector.get("matchExpressions", []):
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items())


def pod_labels(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


class SchemaTest(unittest.TestCase):
    def test_every_resource_obeys_its_schema(self):
        for overlay in OVERLAYS:
            for resource in render(overlay):
                with self.subTest(f"{overlay} {name_of(resource)}"):
                    self.assertEqual(faults(resource), [])

    def test_a_planted_typo_is_found_in_every_kind(self):
        planted = {}
        for overlay in OVERLAYS:
            for resource in render(overlay):
                planted.setdefault(resource["kind"], resource)
        for kind, resource in planted.items():
            for place in ("spec", None) if "spec" in resource else (None,):
                broken = copy.deepcopy(resource)
                (broken[place] if place else broken)["replicsa"] = 1
                with self.subTest(f"{kind} {place}"):
                    self.assertIn("replicsa", " ".join(faults(broken)))

    def test_a_wrong_type_deep_inside_a_pod_is_found(self):
        for workload in workloads(render("production")):
            broken = copy.deepcopy(workload)
            broken["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["periodSeconds"] = "2s"
            with self.subTest(name_of(workload)):
                self.assertEqual(len(faults(broken)), 1)


class ReferenceTest(unittest.TestCase):
    def test_what_a_pod_mounts_exists(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            there = {
                "configMap": names(resources, "ConfigMap"),
                "secret": names(resources, "Secret") | FOREIGN_SECRETS[overlay],
                "persistentVolumeClaim": names(resources, "PersistentVolumeClaim"),
            }
            key = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName"}
            for workload in workloads(resources):
                spec = workload["spec"]["template"]["spec"]
                claims = workload["spec"].get("volumeClaimTemplates", [])
                volumes = {volume["name"] for volume in spec["volumes"]}
                volumes |= {claim["metadata"]["name"] for claim in claims}
                with self.subTest(f"{overlay} {name_of(workload)}"):
                    for volume in spec["volumes"]:
                        for source, field in key.items():
                            if source in volume:
                                self.assertIn(volume[source][field], there[source])
                    for container in spec["containers"]:
                        mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
                        self.assertEqual(mounted, volumes)

    def test_selectors_find_exactly_one_workload(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            for resource in of_kind(resources, "Service", "PodDisruptionBudget"):
                selector = resource["spec"]["selector"]
                selector = selector if resource["kind"] != "Service" else {"matchLabels": selector}
                found = [w for w in workloads(resources) if matches(selector, pod_labels(w))]
                with self.subTest(f"{overlay} {name_of(resource)}"):
                    self.assertEqual(len(found), 1)

    def test_named_ports_exist(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            for service in of_kind(resources, "Service"):
                workload, = [w for w in workloads(resources)
                             if matches({"matchLabels": service["spec"]["selector"]}, pod_labels(w))]
                ports = {port["name"]
                         for container in workload["spec"]["template"]["spec"]["containers"]
                         for port in container["ports"]}
                with self.subTest(f"{overlay} {name_of(service)}"):
                    self.assertLessEqual(
                        {port["targetPort"] for port in service["spec"]["ports"]}, ports)

    def test_autoscalers_scale_what_exists_and_has_no_fixed_size(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            for scaler in of_kind(resources, "HorizontalPodAutoscaler"):
                target, = [w for w in workloads(resources)
                           if w["metadata"]["name"] == scaler["spec"]["scaleTargetRef"]["name"]]
                with self.subTest(f"{overlay} {name_of(scaler)}"):
                    self.assertEqual(target["kind"], scaler["spec"]["scaleTargetRef"]["kind"])
                    self.assertNotIn("replicas", target["spec"])

    def test_network_policies_select_somebody(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            labels = [pod_labels(w) for w in workloads(resources)] + [{"strimzi.io/cluster": "plazo"}]
            for policy in of_kind(resources, "NetworkPolicy"):
                with self.subTest(f"{overlay} {name_of(policy)}"):
                    self.assertTrue(any(matches(policy["spec"]["podSelector"], l) for l in labels))


class PodTest(unittest.TestCase):
    def containers(self):
        for overlay in OVERLAYS:
            for workload in workloads(render(overlay)):
                pod = workload["spec"]["template"]["spec"]
                for container in pod["containers"]:
                    yield f"{overlay} {name_of(workload)}", pod, container

    def test_all_five_services_are_there(self):
        for overlay in OVERLAYS:
            found = {pod_labels(w)["app.kubernetes.io/name"] for w in workloads(render(overlay))}
            self.assertLessEqual(SERVICES, found, overlay)

    def test_pods_meet_the_restricted_standard(self):
        for where, pod, container in self.containers():
            with self.subTest(where):
                self.assertEqual(pod["securityContext"]["runAsUser"], 65532)
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertEqual(
                    pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertFalse(pod["automountServiceAccountToken"])
                context = container["securityContext"]
                self.assertFalse(context["allowPrivilegeEscalation"])
                self.assertTrue(context["readOnlyRootFilesystem"])
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]})

    def test_containers_say_what_they_need_and_how_they_are(self):
        for where, _, container in self.containers():
            with self.subTest(where):
                self.assertIn("memory", container["resources"]["limits"])
                self.assertLessEqual({"cpu", "memory"}, set(container["resources"]["requests"]))
                self.assertIn("readinessProbe", container)
                self.assertIn("livenessProbe", container)

    def test_services_are_probed_by_grpc_on_the_port_their_config_names(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            for workload in workloads(resources):
                service = pod_labels(workload)["app.kubernetes.io/name"]
                if service not in SERVICES:
                    continue
                pod = workload["spec"]["template"]["spec"]
                container, = pod["containers"]
                config = yaml.safe_load(self.config_of(resources, pod)[f"{service}.yaml"])
                with self.subTest(f"{overlay} {service}"):
                    self.assertEqual(container["args"], ["--config", f"/etc/plazo/{service}.yaml"])
                    port = container["readinessProbe"]["grpc"]["port"]
                    self.assertEqual(config["listen"]["address"], f"0.0.0.0:{port}")
                    self.assertIn(port, [p["containerPort"] for p in container["ports"]])
                    variables = {v["name"]: v for v in container["env"]}
                    self.assertEqual(
                        variables["PLAZO_INSTANCE_ID"]["valueFrom"]["fieldRef"]["fieldPath"],
                        "metadata.name")

    def config_of(self, resources, pod):
        wanted, = [v["configMap"]["name"] for v in pod["volumes"] if v["name"] == "config"]
        found, = [c for c in of_kind(resources, "ConfigMap") if c["metadata"]["name"] == wanted]
        return found["data"]

    def test_every_file_a_config_names_is_mounted(self):
        for overlay in OVERLAYS:
            resources = render(overlay)
            for workload in workloads(resources):
                if pod_labels(workload)["app.kubernetes.io/name"] not in SERVICES:
                    continue
                pod = workload["spec"]["template"]["spec"]
                mounts = tuple(m["mountPath"] for m in pod["containers"][0]["volumeMounts"])
                for text in self.config_of(resources, pod).values():
                    for path in absolute_paths(yaml.safe_load(text)):
                        with self.subTest(f"{overlay} {name_of(workload)} {path}"):
                            # The image brings the templates.
                            self.assertTrue(path.startswith(mounts + ("/usr/share/plazo/",)))

    def test_what_decides_once_has_a_stable_name(self):
        for overlay in OVERLAYS:
            stateful = names(render(overlay), "StatefulSet")
            self.assertLessEqual({"plazo-router", "plazo-sla-timer"}, stateful)

    def test_development_keys_are_long_enough(self):
        for secret in of_kind(render("dev"), "Secret"):
            for value in secret["data"].values():
                self.assertGreaterEqual(len(base64.b64decode(value)), 16)


def absolute_paths(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from absolute_paths(value)
    elif isinstance(node, list):
        for value in node:
            yield from absolute_paths(value)
    elif isinstance(node, str) and node.startswith("/"):
        yield node


class TopicTest(unittest.TestCase):
    def test_topics_have_the_partitions_that_state_is_keyed_by(self):
        for overlay, replicas in (("production", 3), ("dev", 1)):
            for topic in of_kind(render(overlay), "KafkaTopic"):
                self.assertEqual(topic["spec"]["partitions"], 24)
                self.assertEqual(topic["spec"]["replicas"], replicas)

    def test_production_has_no_listener_without_tls(self):
        kafka, = of_kind(render("production"), "Kafka")
        self.assertTrue(all(listener["tls"] for listener in kafka["spec"]["kafka"]["listeners"]))
        self.assertEqual(kafka["spec"]["kafka"]["authorization"], {"type": "simple"})


if __name__ == "__main__":
    unittest.main()
