# SPDX-License-Identifier: EUPL-1.2
"""The API: a file per audience. Endpoints translate between HTTP and the use cases, and decide who may call."""
