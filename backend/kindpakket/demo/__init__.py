# SPDX-License-Identifier: EUPL-1.2
"""The demo: a made-up municipality that comes in through the same files, API and calls as a real one."""
