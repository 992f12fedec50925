"""Zalo Official Account, OpenAPI v3. Source of every rule: docs.zaloplatforms.com/docs/OA."""

NAME = "zalo"
