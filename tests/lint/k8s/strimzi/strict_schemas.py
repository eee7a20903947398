"""CRDs to JSON schemas that refuse unknown keys:  strict_schemas.py OUTPUT CRD.yaml..."""

import json
import pathlib
import sys

import yaml


def strict(schema):
    """The OpenAPI schema of a CRD as JSON schema; objects with known properties are closed."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(part) for key, part in schema.items() if key != "description"}
    if result.pop("x-kubernetes-int-or-string", False):
        result.pop("anyOf", None)
        result["type"] = ["integer", "string"]
    open_ended = result.pop("x-kubernetes-preserve-unknown-fields", False)
    if isinstance(schema.get("properties"), dict) and not open_ended:
        result.setdefault("additionalProperties", False)
    return result


def main():
    output = pathlib.Path(sys.argv[1])
    for path in sys.argv[2:]:
        crd = yaml.safe_load(pathlib.Path(path).read_text())
        for version in crd["spec"]["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"].update(
                apiVersion={"const": f"{crd['spec']['group']}/{version['name']}"},
                kind={"const": crd["spec"]["names"]["kind"]},
                metadata={"type": "object"})
            schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
            name = f"{crd['spec']['names']['kind'].lower()}-{version['name']}.json"
            (output / name).write_text(json.dumps(schema))


if __name__ == "__main__":
    main()
