"""ECS in moto: tasks have one container and no bindings, services forget their deployment settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs import models, responses
from moto.moto_api import state_manager

KEPT = {
    "deploymentConfiguration": "deployment_configuration",
    "placementConstraints": "placement_constraints",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}


def all_containers(original: Any) -> Any:
    """Every container of the task definition, with the host ports that it got."""

    def start_task(self: Any, cluster_str: str, task_definition_str: str, *args: Any, **kwargs: Any) -> Any:
        tasks = original(self, cluster_str, task_definition_str, *args, **kwargs)
        definition = self.describe_task_definition(task_definition_str)
        for task in tasks:
            task.containers = [_container(definition, index) for index in range(len(definition.container_definitions))]
        return tasks

    return start_task


def _container(definition: Any, index: int) -> Any:
    container: Any = models.Container(definition)  # type: ignore[abstract]
    described = definition.container_definitions[index]
    container.name, container.last_status = described["name"], "RUNNING"
    container.network_bindings = [
        {
            "bindIP": "0.0.0.0",
            "containerPort": one["containerPort"],
            "hostPort": one["hostPort"],
            "protocol": one.get("protocol", "tcp"),
        }
        for one in described.get("portMappings", [])
    ]
    return container


def of_service(original: Any) -> Any:
    """list_tasks takes a service's name, and overlooks it."""

    def list_tasks(self: Any, *args: Any, service_name: str | None = None, **kwargs: Any) -> Any:
        tasks = original(self, *args, **kwargs)
        return [one for one in tasks if service_name is None or one.group == f"service:{service_name}"]

    return list_tasks


def by_name(original: Any) -> Any:
    """The response hands its filters over by position; here they get their names."""
    names = ("cluster_str", "container_instance", "family", "started_by", "service_name", "desiredStatus")
    return lambda self, *args, **kwargs: original(self, **dict(zip(names, args, strict=False)), **kwargs)


def keep_settings(original: Any) -> Any:
    def create_service(self: Any) -> Any:
        result = original(self)
        cluster, name = self._get_param("cluster", "default"), self._get_param("serviceName")
        (service,), _ = self.ecs_backend.describe_services(cluster, [name])
        for given, kept in KEPT.items():
            if self._get_param(given) is not None:
                setattr(service, kept, self._get_param(given))
        return result if isinstance(result, ActionResult) else ActionResult({"service": service})

    return create_service


@contextmanager
def tasks_stay_running() -> Iterator[None]:
    """moto ages a task with every describe_tasks; AWS does not."""
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
    try:
        yield
    finally:
        state_manager.unset_transition("ecs::task")


HOLES: tuple[tuple[Any, str, Callable[[Any], Any], tuple[str, ...] | None], ...] = (
    (models.EC2ContainerServiceBackend, "start_task", all_containers, ("cluster_str", "task_definition_str")),
    (
        models.EC2ContainerServiceBackend,
        "list_tasks",
        lambda original: by_name(of_service(original)),
        ("cluster_str", "container_instance", "family", "started_by", "service_name", "desiredStatus"),
    ),
    (responses.EC2ContainerServiceResponse, "create_service", keep_settings, ("self",)),
)
