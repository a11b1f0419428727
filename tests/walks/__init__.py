# SPDX-License-Identifier: EUPL-1.2
"""Walks past every screen in every state, in a real browser against a really running demo.

A walk is a function that takes a `Stage`, drives browsers, and yields what is on the screen each time that is worth
looking at. Whoever makes a screen or a state adds a walk, or a stop on one, in a file of this folder; it is found by
itself. Then the screen is tested for access, width, keyboard and strangers (test_screens.py), and its picture is taken
(`scripts/screens`).
"""
