"""A source folder → an immutable, content-addressed version."""

from __future__ import annotations

from sandbox_host.packages.builder import build
from sandbox_host.packages.deployment import Deployment, Entrypoints, Hook, Job, Page, Route
from sandbox_host.packages.describe import verify
from sandbox_host.packages.evaluation import Evaluate, Evaluation, EvaluationFailed, ExportFact, ModuleError
from sandbox_host.packages.package import Package
from sandbox_host.packages.problems import BuildFailed, PackageError, Problem
from sandbox_host.packages.source_map import Position, SourceMap

__all__ = [
    "BuildFailed", "Deployment", "Entrypoints", "Evaluate", "Evaluation", "EvaluationFailed", "ExportFact", "Hook",
    "Job", "ModuleError", "Package", "PackageError", "Page", "Position", "Problem", "Route", "SourceMap", "build",
    "verify",
]  # fmt: skip
