"""Zalo Official Account, OpenAPI v3. Source of every rule: docs.zaloplatforms.com/docs/OA."""

NAME = "zalo"
FILE_HOSTS = ("*.zdn.vn",)  # where Zalo keeps what citizens send
