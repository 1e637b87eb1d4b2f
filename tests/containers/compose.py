#!/usr/bin/python3
"""docker/compose.yaml for Podman, where no Docker Compose can be had and all containers share one pod.

    compose.py COMPOSE ENV services            services in the order they may start in
    compose.py COMPOSE ENV after SERVICE       "<service> <condition>" a line: what it waits for
    compose.py COMPOSE ENV build               "<target> <image>" a line
    compose.py COMPOSE ENV volume NAME         arguments of `podman volume create`, each ended by NUL
    compose.py COMPOSE ENV volumes             names of volumes
    compose.py COMPOSE ENV ports               "<service> <published>:<inside>" a line
    compose.py COMPOSE ENV create SERVICE      arguments of `podman create` up to image and command

A key this file does not know ends it: what is tested is what the file says.
"""
import json
import pathlib
import re
import sys

import yaml

# What a pod without a network, run by a test, has another answer for.
ELSEWHERE = {
    "build",  # the caller builds
    "depends_on",  # the caller waits
    "logging",  # Podman has no driver "local"
    "network_mode",  # the pod's, which is none
    "ports",  # nobody outside the pod
    "profiles",  # the caller chooses
    "restart",  # a service that ends is a failure, not to be hidden
    "secrets",  # with volumes
    "volumes",
    "tmpfs",
    "healthcheck",
    "environment",
    "image",
    "command",
}


def interpolate(value, variables):
    if isinstance(value, dict):
        return {key: interpolate(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolate(one, variables) for one in value]
    if not isinstance(value, str):
        return value

    def one(match):
        if match.group() == "$$":
            return "$"
        name, operator, operand = match.group("name", "operator", "operand")
        known = variables.get(name, "")
        if known or not operator:
            if not known and name not in variables:
                sys.exit(f"{name} is not set")
            return known
        if operator == ":?":
            sys.exit(f"{name}: {operand}")
        return operand

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<operand>[^}]*))?\}", one, value)


class Compose:
    def __init__(self, path, env):
        variables = {}
        for line in pathlib.Path(env).read_text().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.partition("=")
                variables[name] = value
        self.folder = pathlib.Path(path).resolve().parent
        self.file = interpolate(yaml.safe_load(pathlib.Path(path).read_text()), variables)
        self.services = self.file["services"]

    def after(self, name):
        return {other: how["condition"] for other, how in self.services[name].get("depends_on", {}).items()}

    def ordered(self):
        done = []

        def visit(name, path=()):
            if name in path:
                sys.exit(f"{name} waits for itself")
            for other in self.after(name):
                visit(other, (*path, name))
            if name not in done:
                done.append(name)

        for name in self.services:
            if "profiles" not in self.services[name]:
                visit(name)
        return done

    def mounts(self, service):
        for mount in service.get("volumes", []):
            rest = dict(mount)
            kind, source, target = rest.pop("type"), rest.pop("source"), rest.pop("target")
            options = [f"type={kind}", f"target={target}"]
            if kind == "bind":
                source = self.folder / source
                if not source.exists():
                    sys.exit(f"there is no {source}")
            elif source not in self.file["volumes"]:
                sys.exit(f"there is no volume {source}")
            if rest.pop("read_only", False):
                options.append("readonly")
            rest.pop("volume", None)  # nocopy: Podman copies into volumes without options only
            if rest:
                sys.exit(f"mount {target}: unknown {', '.join(rest)}")
            yield "--mount", ",".join([*options, f"source={source}"])
        for target in service.get("tmpfs", []):
            yield "--tmpfs", target
        for name in service.get("secrets", []):
            path = (self.folder / self.file["secrets"][name]["file"]).resolve()
            if not path.is_file():
                sys.exit(f"there is no {path}")
            yield "--mount", f"type=bind,target=/run/secrets/{name},readonly,source={path}"

    def settings(self, service):
        for key, value in service.items():
            if key in ELSEWHERE:
                continue
            if key == "read_only":
                if value:  # and no hidden tmpfs, which only Podman has
                    yield "--read-only"
                    yield "--read-only-tmpfs=false"
            elif key == "user":
                yield f"--user={value}"
            elif key in ("cap_drop", "security_opt"):
                for one in value:
                    yield f"--{key.replace('_', '-')}={one.replace(':true', '')}"
            elif key == "ulimits":
                # Naming one drops Podman's own defaults, and its limit of processes is above what root may set.
                for name, limit in {"nproc": 16384, **value}.items():
                    yield f"--ulimit={name}={limit}:{limit}"
            elif key == "mem_limit":
                yield f"--memory={value}"
            elif key == "pids_limit":
                yield f"--pids-limit={value}"
            elif key == "shm_size":
                yield f"--shm-size={value}"
            elif key == "stop_signal":
                yield f"--stop-signal={value}"
            elif key == "stop_grace_period":
                yield f"--stop-timeout={value.removesuffix('s')}"
            else:
                sys.exit(f"unknown key {key}")

    def create(self, name):
        service = self.services[name]
        arguments = list(self.settings(service))
        for option in self.mounts(service):
            arguments += option
        for key, value in service.get("environment", {}).items():
            arguments += ["--env", f"{key}={value}"]
        health = service.get("healthcheck")
        if health:
            arguments += ["--health-cmd", json.dumps(health["test"])]
        return [*arguments, service["image"], *service.get("command", [])]


def main():
    compose = Compose(*sys.argv[1:3])
    what, *name = sys.argv[3:]
    if what == "services":
        print(*compose.ordered(), sep="\n")
    elif what == "after":
        for other, condition in compose.after(name[0]).items():
            print(other, condition)
    elif what == "build":
        images = {one["build"]["target"]: one["image"] for one in compose.services.values() if "build" in one}
        for target, image in images.items():
            print(target, image)
    elif what == "volumes":
        print(*compose.file["volumes"], sep="\n")
    elif what == "volume":
        options = (compose.file["volumes"][name[0]] or {}).get("driver_opts", {})
        print("".join(f"--opt={key}={value}\0" for key, value in options.items()), end="")
    elif what == "ports":
        for service, settings in compose.services.items():
            for port in settings.get("ports", []):
                print(service, port)
    elif what == "create":
        print("".join(f"{one}\0" for one in compose.create(name[0])), end="")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
