"""What is deployed fits the product: pinned, checked, bounded, and with settings that exist."""

from __future__ import annotations

import configparser
import ipaddress
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from setup.processes import GRACE
from tests.house.repository import ROOT
from tests.house.test_settings import DOCUMENTED, NOT_SETTINGS, in_code, in_other_files

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OBJECTS: list[dict[str, Any]] = [
    found
    for path in sorted((ROOT / "deploy/kubernetes").rglob("*.yaml"))
    for found in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
IN_THE_IMAGE = set(re.findall(r"(\w+)=", re.search(r"(?ms)^ENV (.*?)$\nUSER", DOCKERFILE)[1]))  # type: ignore[index]
KNOWN = set(DOCUMENTED.findall((ROOT / ".env.example").read_text(encoding="utf-8"))) | NOT_SETTINGS
# of the images of others
FOREIGN = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDISCLI_AUTH"}
PROXY = set(re.findall(r"\$\{(\w+)\}", (ROOT / "deploy/haproxy.cfg").read_text(encoding="utf-8")))
PORTS = {"bot": 8080, "rasa": 5005, "actions": 5055}
HEALTH = {"bot": "/healthz", "rasa": "/", "actions": "/health"}
PINNED = re.compile(r"[\w./-]+:\d+\.\d+(\.\d+)?(-\w+)*|\$\{TTHC_IMAGE:\?.*\}")


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in OBJECTS if found["kind"] == kind}


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("Deployment", "Job"):
        for name, found in of_kind(kind).items():
            yield name, found["spec"]["template"]
    for name, found in of_kind("CronJob").items():
        yield name, found["spec"]["jobTemplate"]["spec"]["template"]


PODS = dict(pods())
DEPLOYMENTS = of_kind("Deployment")


def test_everything_that_runs_is_deployed_both_ways() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "bot", "rasa", "actions", "backup", "proxy"}
    assert set(PODS) == {"bot", "rasa", "actions", "redis", "migrate", "backup", "restore"}


def test_every_image_is_pinned_and_runs_without_root() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += [one["image"] for pod in PODS.values() for one in pod["spec"]["containers"]]
    images += re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
    assert len(images) > 12
    assert [image for image in images if not PINNED.fullmatch(image)] == []
    assert re.search(r"(?m)^USER 1\d+$", DOCKERFILE)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_watched_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"] and service["mem_limit"]
    if name in (*PORTS, "migrate", "backup"):
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert "ports" not in service, "only the proxy is reached from outside"


@pytest.mark.parametrize("name", sorted(PODS))
def test_every_container_is_bounded_and_confined(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] and not spec["automountServiceAccountToken"]
    assert not spec["enableServiceLinks"]  # else the Service "bot" sets BOT_PORT to an address
    for container in spec["containers"]:
        assert set(container["resources"]["limits"]) == set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        if name in DEPLOYMENTS:
            assert container["readinessProbe"] and container["livenessProbe"]


@pytest.mark.parametrize("name", sorted(PORTS))
def test_ports_probes_services_and_budgets_match(name: str) -> None:
    container = PODS[name]["spec"]["containers"][0]
    assert container["ports"] == [{"name": "http", "containerPort": PORTS[name]}]
    assert container["readinessProbe"]["httpGet"] == {"path": HEALTH[name], "port": "http"}
    assert f"127.0.0.1:{PORTS[name]}{HEALTH[name]}" in " ".join(SERVICES[name]["healthcheck"]["test"])
    (port,) = of_kind("Service")[name]["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (PORTS[name], "http")
    labels = PODS[name]["metadata"]["labels"]
    for kind in ("Service", "PodDisruptionBudget"):
        selector = of_kind(kind)[name]["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels.items()
    scaling = of_kind("HorizontalPodAutoscaler")[name]["spec"]
    assert scaling["scaleTargetRef"]["name"] == name
    assert scaling["minReplicas"] >= 2 > of_kind("PodDisruptionBudget")[name]["spec"]["minAvailable"]
    assert DEPLOYMENTS[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    template = f"server-template {name} 8 {name}:{PORTS[name]} "
    assert template in (ROOT / "deploy/haproxy.cfg").read_text(encoding="utf-8")


def test_everything_is_closed_and_then_opened_to_who_needs_it() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nobody"]["spec"] == {
        "podSelector": {"matchLabels": {"part-of": "tthc"}},
        "policyTypes": ["Ingress"],
    }
    assert all(pod["metadata"]["labels"]["part-of"] == "tthc" for pod in PODS.values())
    opened = {found["spec"]["podSelector"]["matchLabels"].get("app") for found in policies.values()} - {None}
    assert opened == set(DEPLOYMENTS)


def test_every_setting_exists_and_no_secret_is_written_down() -> None:
    named = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert len(named) > 20
    assert named - KNOWN - FOREIGN - PROXY == set()
    values = of_kind("ConfigMap")["tthc"]["data"]
    assert set(values) <= KNOWN
    assert [name for name in values if re.search("SECRET|PASSWORD|TOKEN|DATABASE_URL", name)] == []
    assert of_kind("Secret") == {}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|TOKEN|AUTH", name):
                assert str(value).startswith("${"), name
    assert {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "SANIC_HOST", "MPLCONFIGDIR"} == IN_THE_IMAGE - KNOWN


# whose code runs in a container, and files that name what it reads
READERS = {
    "migrate": (("knowledge",), ()),
    "bot": (("bot", "knowledge"), ()),
    "backup": (("bot", "knowledge"), ()),
    "actions": (("actions", "knowledge"), ()),
    "rasa": (("nlu",), ("deploy/endpoints.yml", "credentials.yml")),
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_every_setting_that_a_container_reads_reaches_it(name: str) -> None:
    rooms, others = READERS[name]
    read = (in_code(rooms) | in_other_files(others)) & KNOWN
    assert len(read) >= 4
    service = SERVICES[name]
    given = set(service["environment"]) | IN_THE_IMAGE | (KNOWN if service.get("env_file") == [".env"] else set())
    assert read - given == set()


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_setting_of_one_machine_does_not_win_over_that_of_the_image(name: str) -> None:
    service = SERVICES[name]
    if "env_file" in service:  # docker lets it win over what the image says
        assert (IN_THE_IMAGE & KNOWN) - NOT_SETTINGS - set(service["environment"]) == set()
        assert {"DATABASE_URL", "RASA_URL", "ACTIONS_URL", "FORWARDED_ALLOW_IPS"} <= set(service["environment"])


def test_only_the_proxy_and_what_comes_through_its_port_is_believed() -> None:
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    own = SERVICES["proxy"]["networks"]["default"]["ipv4_address"]
    believed = SERVICES["bot"]["environment"]["FORWARDED_ALLOW_IPS"].split(",")
    assert believed == [network["gateway"], own]
    assert SERVICES["proxy"]["environment"]["TLS_PROXY"] == network["gateway"]
    assert all(ipaddress.ip_address(one) in ipaddress.ip_network(network["subnet"]) for one in believed)
    assert not any(ipaddress.ip_address(one) in ipaddress.ip_network(network["ip_range"]) for one in believed)
    assert [port.split(":")[0] for port in SERVICES["proxy"]["ports"]] == ["127.0.0.1"]


def test_the_unit_of_one_machine_runs_what_a_person_runs() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(ROOT / "deploy/systemd/tthc.service", encoding="utf-8")
    service = unit["Service"]
    assert (service["ExecStart"], service["Restart"]) == ("/usr/bin/make run", "on-failure")
    assert service["User"] == "tthc" and service["KillMode"] == "mixed"  # make run stops its own
    assert float(service["TimeoutStopSec"]) > 2 * GRACE
    assert (service["UMask"], service["LimitNOFILE"]) == ("0077", "65536")
    assert service["WorkingDirectory"].startswith(service["ReadWritePaths"])


def test_the_whole_product_is_in_the_image() -> None:
    copied = set(re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", DOCKERFILE))
    words = {word for line in copied for word in line.split()}
    assert {"actions", "bot", "knowledge", "nlu", "endpoints.yml", "deploy/endpoints.yml", "config.yml"} <= words
