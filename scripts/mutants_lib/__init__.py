# SPDX-License-Identifier: EUPL-1.2
"""Mutation testing of the contract: every small change to its rules must make a test fail, or be explained."""
