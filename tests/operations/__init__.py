# SPDX-License-Identifier: EUPL-1.2
"""Tests of what who runs the server goes by: readiness, metrics, the log, the doctor, the files of the service."""
