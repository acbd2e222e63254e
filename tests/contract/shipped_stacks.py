"""What is shipped as CloudFormation and as Terraform, read for checks: templates as their values, modules as they compute."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import tfparse
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
passed = 0


def check(what, held, seen=None):
    global passed
    if not held:
        sys.exit(f"FAILED: {what}: {seen!r}")
    passed += 1


class Template(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, kept as they are."""


def short(loader, suffix, node):
    several = isinstance(node, yaml.SequenceNode)
    return {suffix: loader.construct_sequence(node, deep=True) if several else loader.construct_scalar(node)}


Template.add_multi_constructor("!", short)


def template(file):
    return yaml.load(file.read_text(), Template)


def rendered(value, names):
    """A template's value with references replaced."""
    match value:
        case {"Ref": name} if len(value) == 1:
            return names[name]
        case {"GetAtt": name} if len(value) == 1:
            return names[name]
        case {"Sub": text} if len(value) == 1:
            for name, instead in names.items():
                text = text.replace("${" + name + "}", instead)
            return text
        case dict():
            return {key: rendered(one, names) for key, one in value.items()}
        case list():
            return [rendered(one, names) for one in value]
        case _:
            return value


def lint(files):
    done = subprocess.run([pathlib.Path(sys.executable).parent / "cfn-lint", *files], capture_output=True, text=True)
    check("cfn-lint passes", done.returncode == 0, done.stdout + done.stderr)


def known_to_iam(policies, *more):
    """Every action, condition key and resource is one that IAM has, for all that parliament knows."""
    with tempfile.TemporaryDirectory() as scratch:
        files = [pathlib.Path(scratch) / f"{name}.json" for name in policies]
        for file, statements in zip(files, policies.values()):
            file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        check_policies = ROOT / "tests/contract/iam_parliament.py"
        done = subprocess.run([sys.executable, check_policies, *files, *more], capture_output=True, text=True)
    check("parliament finds nothing", done.returncode == 0, done.stdout + done.stderr)


def evaluated(module, told, variables):
    """A Terraform module's resources by type, as its engine computes them where AWS says this of what `told` names."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "deploy"
        shutil.copytree(ROOT / "deploy", copy)
        folder = copy / module
        text = (folder / "main.tf").read_text()
        for name, said in told.items():
            text = text.replace("${" + name + "}", said).replace(name, json.dumps(said))
        (folder / "main.tf").write_text(text)
        (folder / "terraform.tfvars").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in variables.items()))
        return tfparse.load_from_path(str(folder), stop_on_hcl_error=True, vars_paths=["terraform.tfvars"])


def document(text):
    return json.loads(text)["Statement"]
